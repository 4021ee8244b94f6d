"""CPU from the bytes of a mail to what is published and proved, beside the usual libraries in the same run; prints one JSON line.

    python -m benchmarks.reading [mails]

`post`: a 10 KB mail with 5 KB of HTML, from bytes to a stored post with sanitised HTML: read, rendered and published on SQLite. `busy_ms` has as many in hand as
intake has when mails wait (`roles.AT_ONCE`), of as many members, and the writer puts them into as few commits as it likes; `alone_ms` is one after another, each in a commit of its own.
`whole`: the same with the inbox row, its claim, the desk, who is told, and the confirmation queued, three commits in all. `text`: the same mail from bytes to sanitised HTML alone, ours and the peer's (mail-parser, html-to-markdown,
markdown-it-py, nh3), which neither looks for a quotation nor for directives. `authentication`: SPF, DKIM and DMARC of a signed 10 KB mail with DNS answered
from a dict, beside authheaders. CPU is this process's, all its threads; a worker's frame there and back is in it.
"""

import itertools
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from email.message import EmailMessage
from functools import partial
from pathlib import Path
from typing import TypeVar

import mailparser
import nh3
from authheaders import authenticate_message
from html_to_markdown import convert
from markdown_it import MarkdownIt
from sqlalchemy.orm import Session

from benchmarks.door import RECIPIENT, SENDER, open_house
from gateway.cli.serving import settle
from gateway.core.desk import intake
from gateway.core.house import House
from gateway.core.ledger import inbox
from gateway.core.messages import InboundMessage
from gateway.core.people import accounts
from gateway.core.store.models import Blog, Member
from gateway.core.store.sql import by_id
from gateway.core.writing import blogs, posting, text
from gateway.email.authenticate import authenticate
from gateway.email.fingerprint import content_key
from gateway.email.prepared import PreparedMail, frame, head_of, mail_from, mail_head
from gateway.email.resolver import Kind
from gateway.email.signing import Signer, dns_record, generate_key
from gateway.email.worker_main import prepare_mail
from gateway.roles import AT_ONCE

ROUNDS = 5
T = TypeVar("T")
_NUMBERS = itertools.count(1_000_000)
PEER_IP = "192.0.2.10"
PARAGRAPH = (
    "<p>The <b>harbour</b> was quiet; we walked to the <a href='https://example.org/pier'>pier</a> and back,"
    " then sat a while &amp; drank tea. <i>Nothing</i> else happened.</p>\n"
)


def letter(number: int) -> bytes:
    """10 KB: a plain half, and an HTML half of 5 KB with a list, a table, a quotation and code."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = f"Alice <{SENDER}>", RECIPIENT, f"{number} quiet days"
    mail["Date"], mail["Message-ID"] = "Sun, 22 Nov 2026 09:00:00 +0000", f"<{number}@example.com>"
    more = "<ul><li>tea<li>bread</ul><blockquote>Old words</blockquote><pre>a = 1</pre><table><tr><th>a<th>b<tr><td>1<td>2</table>"
    html = f"<html><body>{PARAGRAPH * 29}{more}</body></html>"
    mail.set_content("The harbour was quiet; we walked to the pier and back.\n" * 72)
    mail.add_alternative(html, subtype="html")
    return mail.as_bytes(policy=mail.policy.clone(linesep="\r\n"))


def ours_read(raw: bytes) -> PreparedMail:
    """As a worker reads it and the server takes its answer."""
    blobs: list[bytes] = []
    _, words, *_ = frame({"mail": mail_head(prepare_mail(raw, 10, to_blog=True), blobs)}, blobs)
    head, _ = head_of(words)
    return mail_from(head["mail"], blobs)


def ours_text(raw: bytes) -> str:
    """Sanitised HTML by our own reading."""
    return text.render(ours_read(raw).post_text)


def peers_text(raw: bytes) -> str:
    """Sanitised HTML as one would have it from libraries."""
    mail = mailparser.parse_from_bytes(raw)
    return nh3.clean(MarkdownIt("gfm-like", {"linkify": False}).render(convert("".join(mail.text_html)).content or ""))


def ours_post(house: House, mails: Sequence[bytes]) -> None:
    """From bytes to stored posts, each on another blog; the mails are in hand at once."""
    read = [ours_read(raw) for raw in mails]
    with house.database.read() as session:
        words = [posting.write(session, house.community, mail.post_text, title=mail.post_title) for mail in read]
    publish = [partial(_published, house=house, number=number, words=one) for number, one in enumerate(words, 1)]
    for future in [house.database.writer.submit(unit) for unit in publish]:
        future.result()


def _published(session: Session, house: House, number: int, words: posting.Words) -> None:
    blog, author = by_id(session, Blog, number), by_id(session, Member, number)
    assert blog is not None
    assert author is not None
    posting.publish(session, house.community, blog, author, words, house.now())


def more_members(session: Session, now: datetime) -> None:
    """As many as intake works for at once."""
    for number in range(2, AT_ONCE + 1):
        member = accounts.join(session, handle=f"member{number}", address=f"member{number}@example.com", now=now)
        blogs.create(session, member, now)


def ours_whole(house: House, raw: bytes) -> None:
    """From bytes through inbox and desk to a stored post and a queued confirmation."""
    arrival = inbox.Arrival(
        channel="email",
        unique_key=content_key(raw),
        ordering_key="email:1",
        raw=raw,
        recipient=RECIPIENT,
        sender=SENDER,
        member_id=1,
    )
    now = house.now()
    claimed: list[inbox.Claim] = []

    def store(session: Session) -> None:
        inbox.store(session, arrival, now)

    def claim(session: Session) -> None:
        claimed.extend(inbox.claim(session, now, limit=1, lease=house.lease))

    house.database.writer.run(store)
    house.database.writer.run(claim)
    mail = ours_read(raw)
    message = InboundMessage(
        channel="email",
        account=SENDER,
        place=SENDER,
        member_id=1,
        text=mail.post_text,
        title=mail.post_title,
        blog_id=1,
        private=True,
    )
    with house.database.read() as session:
        plan = intake.understand(session, house.community, message)
    spoken = house.database.writer.run(
        lambda session: intake.apply(session, house.community, claimed[0], plan, now, house.randomness)
    )
    assert spoken.post_id is not None


class Dns:
    """A DNS of one domain, with its key."""

    def __init__(self, record: str) -> None:
        self.records = {
            ("example.com", "TXT"): f"v=spf1 ip4:{PEER_IP} -all",
            ("_dmarc.example.com", "TXT"): "v=DMARC1; p=reject",
            ("s1._domainkey.example.com", "TXT"): record,
        }

    def lookup(self, name: str, kind: Kind) -> tuple[str, ...]:
        found = self.records.get((name, kind))
        return () if found is None else (found,)

    def text(self, name: str | bytes, timeout: int = 0) -> str | None:
        """The form that authheaders asks in."""
        plain = name.decode() if isinstance(name, bytes) else name
        return self.records.get((plain.rstrip("."), "TXT"))


def ours_proved(dns: Dns, raw: bytes) -> None:
    verdict = authenticate(raw, peer_ip=PEER_IP, helo="mail.example.com", mail_from=SENDER, resolver=dns)
    assert (verdict.aligned, verdict.spf, verdict.dkim) == (True, "pass", ("example.com",))


def peers_proved(dns: Dns, raw: bytes) -> None:
    """DKIM and DMARC only: its SPF asks the system's own name servers."""
    answer = authenticate_message(raw, "post.example.org", spf=False, dkim=True, dmarc=True, dnsfunc=dns.text)
    assert "dkim=pass" in answer


def cpu_ms(work: Callable[[T], object], given: Sequence[T]) -> float:
    """CPU milliseconds for one of them."""
    begun = time.process_time()
    for one in given:
        work(one)
    return (time.process_time() - begun) / len(given) * 1000


def rounds(work: Callable[[Sequence[bytes]], object], count: int, together: int = 1) -> float:
    """The median of several rounds, each with other mails, for one mail; so many are given `together`."""

    def groups(how_many: int) -> list[list[bytes]]:
        return [[letter(next(_NUMBERS)) for _ in range(together)] for _ in range(how_many)]

    work(groups(1)[0])
    taken = [cpu_ms(work, groups(max(1, count // together))) for _ in range(ROUNDS)]
    return round(statistics.median(taken) / together, 2)


def side_by_side(works: dict[str, Callable[[bytes], object]], mails: list[bytes]) -> dict[str, float]:
    """The medians of several rounds in turn, and how many times as much the peer takes."""
    for work in works.values():
        work(mails[0])
    taken: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(ROUNDS):
        for name, work in works.items():
            taken[name].append(cpu_ms(work, mails))
    ms = {f"{name}_ms": round(statistics.median(values), 2) for name, values in taken.items()}
    return {**ms, "ratio": round(statistics.median(taken["peer"]) / statistics.median(taken["ours"]), 2)}


def run(count: int) -> dict[str, object]:
    """All three measurements."""
    mails = [letter(number) for number in range(count)]
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        house = open_house(Path(folder))
        try:
            house.database.writer.run(lambda session: more_members(session, house.now()))
            busy = rounds(partial(ours_post, house), count, together=AT_ONCE)
            alone = rounds(partial(ours_post, house), count)
            whole = rounds(lambda mails: ours_whole(house, *mails), count)
        finally:
            house.database.close()
    key = generate_key()
    signed = [Signer("example.com", "s1", key).sign(raw, now=int(time.time())) + raw for raw in mails]
    dns = Dns(dns_record(key))
    return {
        "benchmark": "reading",
        "bytes": len(mails[0]),
        "post": {"busy_ms": busy, "alone_ms": alone},
        "whole": {"ours_ms": whole},
        "text": side_by_side({"ours": ours_text, "peer": peers_text}, mails),
        "authentication": side_by_side({"ours": partial(ours_proved, dns), "peer": partial(peers_proved, dns)}, signed),
    }


if __name__ == "__main__":
    settle()  # as a process that serves does
    print(json.dumps(run(int(sys.argv[1]) if len(sys.argv) > 1 else 100)))
