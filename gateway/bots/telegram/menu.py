"""The menus of commands that Telegram shows: other ones in private chats than in groups, in every language there is."""

from telegram import Bot, BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, BotCommandScopeDefault

from gateway.core.desk.grammar import VERBS
from gateway.core.desk.verbs import PRIVATE
from gateway.core.words import LANGUAGES, SOURCE, speaking, t

LONGEST_DESCRIPTION = 256  # characters (Bot API, BotCommand)
IN_GROUPS = tuple(verb for verb in VERBS if verb.name not in PRIVATE)
SCOPES = (
    (BotCommandScopeAllPrivateChats(), VERBS),
    (BotCommandScopeAllGroupChats(), IN_GROUPS),
    (BotCommandScopeDefault(), IN_GROUPS),
)


async def set_menus(bot: Bot) -> None:
    """Sets every menu; who speaks another language sees the English one. Raises TelegramError."""
    for scope, verbs in SCOPES:
        for language in LANGUAGES:
            with speaking(language):
                menu = [(verb.name, f"{t(verb.help)} ({t(verb.usage)})"[:LONGEST_DESCRIPTION]) for verb in verbs]
            await bot.set_my_commands(menu, scope=scope, language_code="" if language == SOURCE else language)
