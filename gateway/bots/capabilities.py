"""What each chat can carry, as its adapter declares it; the numbers are the platforms' own, from the pages named beside them.

Adapters lay out answers by them, the contract's scenes are chosen by them, and the table in docs/members/chats.md prints them.
"""

from gateway.core.messages import Capabilities

# core.telegram.org/bots/api: sendMessage, sendPhoto, sendMediaGroup, sendDocument, getFile, InlineKeyboardButton
TELEGRAM = Capabilities(
    text=4096,
    caption=1024,
    styles=True,
    photos=10,
    largest_photo=10_000_000,
    largest_file=50_000_000,
    takes=20 * 1024 * 1024,
    threads=True,
    hears_edits=True,
    changes=True,
    buttons=True,
    button_data=64,
    linked=True,
    names_notify=True,
    unasked=True,
    news=True,
    kept=True,
)

# docs.slack.dev: Blocks, Block elements, Views. A message takes more text than 9,000 characters, but its blocks do so less and less readably.
SLACK = Capabilities(
    text=9_000,
    styles=True,
    photos=20,
    largest_file=1_000_000_000,
    takes=30 * 1024 * 1024,
    threads=True,
    hears_edits=True,
    hears_deletes=True,
    changes=True,
    buttons=True,
    button_data=2000,
    modals=True,
    ephemeral=True,
    linked=True,
    names_notify=True,
    unasked=True,
    news=True,
    kept=True,
)

CONSOLE = Capabilities(markdown=True)
