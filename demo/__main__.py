"""`make demo`: the whole way, played on this machine. Prints each step with what arrived where; `--once` ends with 0 only if every step came true."""

import argparse
import asyncio
import logging
import re
import shutil
import signal
import sys
import tempfile
from collections.abc import Awaitable, Callable
from datetime import datetime, time, timedelta
from pathlib import Path

from demo.town import PATIENCE, Outside, Town, letter, photograph

ALICE, BOB, CAROL, READER = "alice@example.com", "bob@example.com", "carol@example.com", "rosa@example.com"


def main() -> None:
    parser = argparse.ArgumentParser(prog="make demo")
    parser.add_argument("--once", action="store_true", help="verify every step and leave")
    parser.add_argument("--port", type=int, default=8025)
    parser.add_argument("--database-url", default="", help="PostgreSQL instead of SQLite")
    chosen = parser.parse_args()
    logging.basicConfig(level=logging.WARNING)
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    try:
        sys.exit(asyncio.run(_demo(chosen.once, chosen.port, chosen.database_url)))
    except KeyboardInterrupt:
        print("\nStopped.")


async def _demo(once: bool, port: int, database_url: str) -> int:
    folder = Path(tempfile.mkdtemp(prefix="postroom-demo-"))
    web, viewer, smtp = _free_ports(3) if once else (port, port + 1, 2525)
    try:
        async with Town(folder, web, viewer, smtp, database_url) as town:
            failed = await _play(Play(town))
            if not once and not failed:
                await _stay(town)
            return 1 if failed else 0
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _play(play: "Play") -> bool:
    """Plays every step; True when one failed."""
    for number, (title, step) in enumerate(play.steps(), 1):
        print(f"\n\033[1m{number:>2}. {title}\033[0m" if sys.stdout.isatty() else f"\n{number:>2}. {title}")
        try:
            for line in await step():
                print(f"    {line}")
        except Exception as error:
            print(f"    FAILED: {type(error).__name__}: {error}")
            return True
    print(f"\nAll {len(play.steps())} steps came true.")
    return False


async def _stay(town: Town) -> None:
    print(
        f"""
In Demo Town it is {town.now():%A, %d %B %Y} now. Look around, until Ctrl-C:
  the community          {town.base_url}
  Alice's blog           {town.blog_url("alice")}
  every mail that left   {town.viewer_url}
  post by mail           swaks --server 127.0.0.1:{town.smtp} --from {ALICE} --to alice@post.localhost --h-Subject 'Hello' --body 'A first post'
"""
    )
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, town.app.ask_to_stop)
    await town.app.serve()
    print("\nStopped.")


class Play:
    """The steps, and what they hand to each other."""

    def __init__(self, town: Outside) -> None:
        self.town = town
        self.post_url = ""
        self.bob = town.telegram.private_chat(first_name="Bob", username="bob")
        self.carol = town.slack.user("U1", name="carol").dm()

    def steps(self) -> list[tuple[str, Callable[[], Awaitable[list[str]]]]]:
        return [
            ("Three people join: Alice by mail, Bob on Telegram, Carol on Slack", self.join),
            ("Alice mails her blog a photo", self.alice_posts),
            ("Bob, who follows Alice, is told on Telegram", self.bob_is_told),
            ("Bob answers there, and Alice gets it by mail", self.bob_answers),
            ("Alice answers that mail, and Bob sees it on Telegram", self.alice_answers),
            ("Carol reads along on Slack and joins in", self.carol_joins),
            ("Rosa subscribes on the blog and confirms by mail", self.rosa_subscribes),
            ("On Monday morning the weekly issue goes out, and the Micro Monday prompts", self.monday),
            ("Bob recommends somebody; on Tuesday there is a round-up", self.tuesday),
            ("Rosa leaves with one click", self.rosa_leaves),
            ("On Saturday Alice gets her digest", self.saturday),
        ]

    async def join(self) -> list[str]:
        town = self.town
        for handle, name in (("alice", "Alice"), ("bob", "Bob"), ("carol", "Carol")):
            await town.add(handle, name)
        opened = self.bob.say(f"/start {await self.town.code('bob', 'telegram')}")
        asked = await self.bob.wait_for("Link this chat to", PATIENCE, after=opened.id)
        self.bob.press(asked.id, "Yes, I am @bob")
        await self.bob.wait_for("This chat is linked", PATIENCE, after=asked.id)
        await self.say_to_slack(f"link {await self.town.code('carol', 'slack')}", "This chat is linked")
        await self.say_to_telegram("follow @alice", "You follow Alice now")
        await self.say_to_slack("follow @alice", "You follow Alice now")
        return [
            f"Alice's blog: {town.blog_url('alice')}   her address: alice@post.localhost",
            "Bob linked his Telegram chat with a code, Carol her Slack; both follow Alice.",
        ]

    async def alice_posts(self) -> list[str]:
        town = self.town
        text = "The harbour at dusk. The last ferry had just left, and nobody was in a hurry.\n\nWhere do you go in the evening?"
        await town.mail(
            letter(f"Alice <{ALICE}>", "alice@post.localhost", "Harbour light", text, photo=photograph()),
            "alice@post.localhost",
        )
        told = await town.mail_for(ALICE, "Published:")
        found = re.search(r"http://alice\.localhost\S+", told.text)
        assert found is not None, told.text
        self.post_url = found[0]
        page = await town.get(self.post_url)
        assert "Harbour light" in page
        assert "The last ferry" in page
        photo = re.search(r'src="([^"]*/media/[0-9a-f]{64})"', page)
        assert photo is not None, "the photo is not on the page"
        timeline = await self.say_to_telegram("/timeline", "Harbour light")
        assert "Alice" in timeline
        return [
            f"On the blog: {self.post_url}",
            "In Bob's timeline: Alice, “Harbour light”.",
            "Alice was told by mail: “Published”.",
        ]

    async def bob_is_told(self) -> list[str]:
        seen = await self.bob.wait_for(
            lambda message: "wrote" in message.text and "Harbour light" in message.text, PATIENCE
        )
        self.told_bob = seen.id
        return [f"Telegram → Bob: {_short(seen.text)}"]

    async def bob_answers(self) -> list[str]:
        self.bob.say("To the pier, without a telephone.", reply_to=self.told_bob)
        await self.bob.wait_for("Your reply to Alice is out", PATIENCE)
        mail = await self.town.mail_for(ALICE, "To the pier")
        self.bobs_reply = mail
        return [
            f"Mail → Alice: “{mail.header('Subject')}” from {mail.header('From')}",
            f"    {_short(mail.text)}",
            f"    read it at {self.town.viewer_url}",
        ]

    async def alice_answers(self) -> list[str]:
        mail = self.bobs_reply
        address = re.sub(r".*<|>.*", "", mail.header("Reply-To"))
        quoted = "\n".join(f"> {line}" for line in mail.text.splitlines())
        answer = letter(
            f"Alice <{ALICE}>",
            address,
            f"Re: {mail.header('Subject')}",
            f"Then we meet there on Friday.\n\nOn Sun, 22 Nov 2026 at 18:04, Bob <do@post.localhost> wrote:\n{quoted}\n",
            In_Reply_To=mail.header("Message-ID"),
        )
        await self.town.mail(answer, address)
        seen = await self.bob.wait_for("Then we meet there on Friday.", PATIENCE)
        assert "To the pier" not in seen.text, "the quotation was not taken off"
        assert seen.reply_to is not None, "it is not threaded"
        return [f"Telegram → Bob: {_short(seen.text)} (in the same thread)"]

    async def carol_joins(self) -> list[str]:
        told = await self.carol.wait_for(
            lambda message: "Harbour light" in message.text and "wrote" in message.text, PATIENCE
        )
        self.carol.say("May I come along?", thread_ts=told.ts)
        await self.carol.wait_for("Your reply to Alice is out", PATIENCE)
        seen = await self.bob.wait_for("May I come along?", PATIENCE)
        mail = await self.town.mail_for(ALICE, "May I come along?")
        page = await self.town.get(self.post_url)
        for words in ("To the pier", "Then we meet there on Friday.", "May I come along?"):
            assert words in page, f"“{words}” is not in the conversation on the page"
        return [
            f"Slack → Carol: {_short(told.text)}; she answered in the thread.",
            f"Telegram → Bob: {_short(seen.text)}",
            f"Mail → Alice: “{mail.header('Subject')}”",
            f"The whole conversation: {self.post_url}",
        ]

    async def rosa_subscribes(self) -> list[str]:
        town, blog = self.town, self.town.blog_url("alice")
        await town.post(f"{blog}/subscribe", address=READER, cadence="weekly", website="")
        mail = await town.mail_for(READER, "/subscribe/confirm/")
        link = _link(mail.text, "/subscribe/confirm/")
        page = await town.get(link)
        assert "<button" in page
        await town.post(link)
        return [f"The form: {blog}/subscribe", f"Mail → Rosa: “{mail.header('Subject')}”, confirmed with its button."]

    async def monday(self) -> list[str]:
        self.town.forward_to(self.next(0, 9, 1))
        issue = await self.town.mail_for(READER, "The last ferry")
        assert issue.header("List-Unsubscribe-Post") == "List-Unsubscribe=One-Click", "no one-click header"
        assert "DKIM-Signature" in issue.raw.decode("utf-8", "replace")
        self.issue = issue
        prompt = await self.bob.wait_for("recommend @name", PATIENCE)
        return [
            f"Mail → Rosa: “{issue.header('Subject')}”, signed, with a one-click way out.",
            f"Telegram → Bob: {_short(prompt.text)}",
        ]

    async def tuesday(self) -> list[str]:
        await self.say_to_telegram("recommend @carol she asks the best questions", "Thank you: everybody can read it")
        told = await self.carol.wait_for("recommends you on Micro Monday", PATIENCE)
        self.town.forward_to(self.next(1, 9, 1))
        seen = await self.bob.wait_for("Whom members of", PATIENCE)
        return [
            f"Slack → Carol: {_short(told.text)}; she need not do anything, and may decline.",
            f"Telegram → Bob: {_short(seen.text)}",
            f"The collection: {self.town.base_url}/micro-monday",
        ]

    async def rosa_leaves(self) -> list[str]:
        found = re.search(r"<(https?://[^>]+/unsubscribe/[^>]+)>", self.issue.header("List-Unsubscribe"))
        assert found is not None
        await self.town.post(found[1], **{"List-Unsubscribe": "One-Click"})
        page = await self.town.get(found[1])
        return [
            "One POST, as Gmail and Apple Mail send it. She gets nothing more.",
            f"The page says: {_short(_words(page))}",
        ]

    async def saturday(self) -> list[str]:
        self.town.forward_to(self.next(5, 9, 1))
        mail = await self.town.mail_for(ALICE, "Your week in")
        return [f"Mail → Alice: “{mail.header('Subject')}”", f"    {_short(mail.text, 200)}"]

    def next(self, weekday: int, hour: int, minute: int) -> datetime:
        """The next such moment in UTC, in which everybody here lives."""
        now = self.town.now()
        day = now.date() + timedelta(days=(weekday - now.weekday()) % 7)
        moment = datetime.combine(day, time(hour, minute), now.tzinfo)
        return moment if moment > now else moment + timedelta(days=7)

    async def say_to_telegram(self, text: str, expected: str) -> str:
        said = self.bob.say(text)
        answer = await self.bob.wait_for(expected, PATIENCE, after=said.id)
        return answer.text

    async def say_to_slack(self, text: str, expected: str) -> str:
        said = self.carol.say(text)
        answer = await self.carol.wait_for(expected, PATIENCE, after=said.ts)
        return answer.text


def _free_ports(count: int) -> list[int]:
    import socket

    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _link(text: str, part: str) -> str:
    return next(word.strip("<>()") for word in text.split() if part in word)


def _words(page: str) -> str:
    main = page.partition("<main")[2].partition(">")[2].partition("</main>")[0]
    return re.sub(r"<[^>]*>", " ", main or page)


def _short(text: str, length: int = 110) -> str:
    words = " ".join(text.split())
    return f"“{words if len(words) <= length else words[:length].rsplit(' ', 1)[0] + ' …'}”"


if __name__ == "__main__":
    main()
