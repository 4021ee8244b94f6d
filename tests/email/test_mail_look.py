"""Mails in a real browser: valid HTML, nothing that axe-core finds, nothing wider than a small phone, in light and in dark.

The judges are npm's html-validate and axe-core, as in judges/package-lock.json: `npm ci --prefix tests/email/judges` gets them (Node 20). Without them, or
without chromium, the test is skipped, unless POSTROOM_CLIENTS=required. POSTROOM_WRITE_PAGES=1 takes the pictures for the docs anew.
"""

import asyncio
import base64
import io
import json
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from PIL import Image, ImageDraw
from sqlalchemy.orm import Session

from gateway.app import RENDERERS
from gateway.core.community import micro_monday
from gateway.core.house import House
from gateway.core.ledger import outbox
from gateway.core.ledger.outbox import Intent
from gateway.core.messages import Answer
from gateway.core.people.community import Community
from gateway.core.store.models import Member
from gateway.core.words import speaking
from gateway.core.writing.text import render
from gateway.email import compose
from gateway.newsletter.render import render_issue
from tests.browser import Page, chromium
from tests.conftest import Cast, Clock
from tests.newsletter.conftest import Press, at
from tests.newsletter.test_render import blog, photo, post
from tests.pages import DOCS
from tests.web.test_look import HARD_TO_FIT, LONG

pytestmark = [pytest.mark.system, pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)]

JUDGES = Path(__file__).parent / "judges"
HARBOUR = """The ferry was late again, and for once nobody minded. We stood at the rail with our coffee and watched the fog lift off the water, first
the pilings, then the cranes, then the whole far shore at once.

> It is the waiting that makes it a journey, said the man beside me, and went back to his newspaper.

I have been thinking about [small ports](https://example.com/ports) since. They have three things in common:

- a bench that nobody put there on purpose,
- a shop that is always *about* to close,
- and somebody who knows when the next boat **really** leaves.

## What I packed

A notebook, two pencils, `one` knife, and the good thermos.
"""
ODD = """# One

### Three, with nothing between

[![linked](https://evil.example/p.gif)](https://example.com/) and [![](/media/b1200)](https://example.com/)

| left | right |
|:-----|------:|
| a    | 1     |

A note.[^1]

[^1]: Its words, with `code`.

<details><summary>More</summary>hidden words</details>
"""


def tools() -> str:
    """Where node is; skips or fails where the judges can't be had."""
    node = shutil.which("node")
    if node is None or not (JUDGES / "node_modules" / "axe-core").is_dir():
        missing = "node is not installed" if node is None else "html-validate and axe-core are not installed"
        if os.environ.get("POSTROOM_CLIENTS") == "required":
            pytest.fail(f"{missing}, and POSTROOM_CLIENTS=required asks for it")
        pytest.skip(missing)
    return node


def issues(community: Community) -> Iterator[tuple[str, str]]:
    """Newsletters: a short one, a long one, one in German, and one that is hard to fit."""
    view = "https://alice.example.org/newsletters/weekly/2026-W48"
    harbour = blog(
        title="Notes from the Harbour", description="Small ports, slow boats, and what one sees there.",
        postal_address="Alice Liddell\n1 Folly Bridge\nOxford",
    )  # fmt: skip
    garden = blog(title="Der Garten im November", language="de", description="Was jetzt noch wächst.", postal_address="Am Deich 3\n26548 Norderney")  # fmt: skip
    fitted = blog(title=LONG, description=LONG, postal_address=LONG)
    made = {
        "each": render_issue(community, harbour, [post(HARBOUR, title="The late ferry", media=(photo("Fog over the harbour"),))], cadence="each", mark="unsubscribe-1", view_url=view),
        "weekly": render_issue(
            community, harbour,
            [post(HARBOUR, title="The late ferry"), post("Two herons on the slipway this morning, and not one of them in a hurry.", media=(photo("Two herons"),)), post("The lighthouse is open again. *Go before noon*, when the light comes from behind.", title="Light")],
            cadence="weekly", mark="unsubscribe-1", view_url=view, intro="Dear readers,\n\na **quiet** week: three small things, and a photo of the herons.",
        ),
        "german": render_issue(community, garden, [post("Der Grünkohl steht, der Rosenkohl auch. Alles andere *schläft*.", title="Was jetzt noch wächst"), post("Heute der erste Frost.")], cadence="monthly", mark="unsubscribe-1", view_url=view),
        "hard": render_issue(community, fitted, [post(HARD_TO_FIT, title=LONG), post(ODD)], cadence="weekly", mark="unsubscribe-1", intro=HARD_TO_FIT),
    }  # fmt: skip
    for name, issue in made.items():
        yield name, issue.html.replace("unsubscribe-1", "https://alice.example.org/unsubscribe/abc")


def notices(press: Press) -> Iterator[tuple[str, str]]:
    """A confirmation, a digest, Micro Monday's two, and what a person said, as members and readers get them."""
    press.change(Member, press.cast.bob, digest="weekly", last_seen_at=None)
    mine = press.publish("My own words", author="bob")
    press.reply(mine, "Have you seen the herons?", author="alice")
    press.publish(HARBOUR, title="The late ferry")

    def recommended(session: Session) -> None:
        alice, carol = session.get_one(Member, press.cast.alice), session.get_one(Member, press.cast.carol)
        micro_monday.recommend(session, press.house.community, alice, carol, "She draws boats.", press.clock.now)

    press.run(recommended)
    reader = press.reader(status="pending")
    asked = Intent("confirm_subscription", "email", "eve@example.net", "confirm:1", {"nonce": 7}, subscriber_id=reader)  # fmt: skip
    press.run(lambda session: outbox.queue_many(session, [asked], press.clock.now))
    for moment in ("2026-11-28 09:00", "2026-11-30 09:00", "2026-12-01 09:00"):
        press.clock.now = at(moment)
        press.tick()
    for kind in ("confirm_subscription", "digest", "micro_monday_prompt", "micro_monday_round_up", "reply"):
        language = "de" if kind == "confirm_subscription" else "en"
        with speaking(language):
            said = next(
                answer for row in press.queued(kind) if (answer := press.said(row, dict(RENDERERS))) is not None
            )
            yield kind, _mail(said, language)


def _mail(answer: Answer, language: str) -> str:
    subject = compose.subject_of(answer)
    return compose.render(answer, subject=subject, language=language, replies=True, render_html=render)[1]


async def test_mails_are_valid_readable_by_all_and_fit(house: House, cast: Cast, clock: Clock, tmp_path: Path) -> None:
    node = tools()
    letters = {**dict(issues(house.community)), **dict(notices(Press(house, cast, clock)))}
    files = {name: tmp_path / f"{name}.html" for name in letters}
    for name, html in letters.items():
        files[name].write_text(_with_a_picture(html), "utf-8")
    judged = await asyncio.create_subprocess_exec(
        node, str(JUDGES / "validate.mjs"), *map(str, files.values()), stdout=asyncio.subprocess.PIPE, cwd=JUDGES
    )
    async with asyncio.timeout(60):
        found: list[str] = json.loads((await judged.communicate())[0])
    async with chromium(tmp_path / "chromium") as page:
        for name, file in files.items():
            for scheme in ("light", "dark"):
                found += [f"{name}, {scheme}: {fault}" async for fault in _faults(page, file, scheme)]
        if os.environ.get("POSTROOM_WRITE_PAGES"):
            await _take_pictures(page, files)
    assert not found, "\n".join(found)
    assert page.complaints == []


async def _faults(page: Page, file: Path, scheme: str) -> AsyncIterator[str]:
    await page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
    await page.open(file.as_uri())
    width = await page.value("document.documentElement.scrollWidth")
    if width != 320:
        yield f"it is {width} px wide on a phone of 320"
    await page.value((JUDGES / "node_modules/axe-core/axe.min.js").read_text("utf-8") + ";0")
    rules = {"page-has-heading-one": {"enabled": file.stem != "reply"}}  # what a person says has no headline
    run = f"axe.run({{rules: {json.dumps(rules)}}})"
    said = await page.value(f"{run}.then(found => JSON.stringify(found.violations.concat(found.incomplete)))")
    for one in json.loads(said):
        for node in one["nodes"]:
            yield f"{one['id']}: {node['target']}: {node['failureSummary']}"


async def _take_pictures(page: Page, files: dict[str, Path]) -> None:
    """For docs/pictures: what they are of, what they are called, and how large they are."""
    for name, picture, scheme, width, height in (
        ("weekly", "newsletter", "light", 700, 1420),
        ("weekly", "newsletter-dark", "dark", 700, 1420),
        ("each", "newsletter-phone-dark", "dark", 390, 1340),
        ("confirm_subscription", "confirmation-phone", "light", 390, 420),
        ("digest", "digest-phone", "light", 390, 600),
    ):
        await page.ask("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": True}
        await page.ask("Emulation.setDeviceMetricsOverride", **size)
        await page.open(files[name].as_uri())
        shot = await page.ask("Page.captureScreenshot", format="png")
        taken = Image.open(io.BytesIO(base64.b64decode(shot["data"]))).convert("RGB")
        taken.quantize(64).save(DOCS / "pictures" / f"{picture}.png", optimize=True)


def _with_a_picture(html: str) -> str:
    """Our own pictures as they would be loaded: a drawing of a harbour."""
    file = io.BytesIO()
    drawn = Image.new("RGB", (1160, 700), "#c9d6d8")
    pen = ImageDraw.Draw(drawn)
    pen.rectangle((0, 430, 1160, 700), fill="#5f7f86")
    pen.ellipse((820, 120, 940, 240), fill="#f3e3c3")
    pen.polygon([(300, 430), (620, 430), (570, 500), (350, 500)], fill="#a8321f")
    pen.line([(460, 430), (460, 190)], fill="#3a3530", width=8)
    pen.polygon([(470, 200), (470, 410), (590, 410)], fill="#fbfaf7")
    drawn.save(file, "PNG")
    data = f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"
    return html.replace("https://example.org/media/b1200", data)
