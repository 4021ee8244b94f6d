"""How a newsletter looks, on its owner's page: templates are changed, looked at, refused with a reason, and given up again."""

import pytest

from tests.conftest import Cast
from tests.web.conftest import Browser, everything

LOOKS, SAMPLE = "/me/issues/looks", "/me/issues/looks/sample"
pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def shown(page: str, name: str) -> str:
    return page.partition(f'name="{name}"')[2].partition(">")[2].partition("</textarea>")[0].strip("\n")


async def test_an_owner_changes_the_styles_looks_at_a_sample_and_goes_back(alice: Browser) -> None:
    styles = shown((await alice.get(LOOKS)).text, "newsletter.css")
    before = everything(alice.house)
    sample = await alice.get(SAMPLE)
    assert "A sample post" in sample.text
    assert "default-src 'none'" in sample.headers["Content-Security-Policy"]
    assert everything(alice.house) == before
    changed = {"newsletter.css": styles.replace("#a8321f", "#00664d").replace("\n", "\r\n")}
    done = await alice.post(LOOKS, **changed)
    assert done.status_code == 303
    assert "color: #00664d" in (await alice.get(SAMPLE)).text
    page = (await alice.get(LOOKS)).text
    assert page.count("your own") == 1
    assert "#00664d" in shown(page, "newsletter.css")
    await alice.post(LOOKS, **{"newsletter.css": ""})
    assert "your own" not in (await alice.get(LOOKS)).text


async def test_what_can_not_be_mailed_is_refused_with_what_was_typed(alice: Browser) -> None:
    await alice.get(LOOKS)
    before = everything(alice.house)
    refused = await alice.post(LOOKS, **{"newsletter.css": "p { background: url(https://e.example/x) }"})
    assert refused.status_code == 400
    assert "url(" in refused.text.partition("<form")[0]
    assert "Nothing was saved." in refused.text
    assert "e.example" in shown(refused.text, "newsletter.css")
    assert everything(alice.house) == before


async def test_nobody_else_comes_here(browser: Browser, cast: Cast) -> None:
    for url in (LOOKS, SAMPLE):
        assert (await browser.get(url)).headers["Location"] == "/sign-in"
