"""What is owed to every reader stands below what a blog's own templates make, and nothing that these may say hides it: a browser looks."""

from pathlib import Path

import pytest

from gateway.core.errors import Invalid
from gateway.core.people.community import Community
from gateway.core.templates.inlining import settled
from gateway.newsletter import dress_code, owed
from gateway.newsletter.dressing import dressed
from tests.browser import chromium
from tests.newsletter.test_themes import shown

EVERYTHING = "html, body, div, p, a, *, [style], :last-child"
COVER = "position: fixed !important; top: 0; left: 0; width: 100vw !important; height: 100vh !important; background: #fff !important; z-index: 2147483647 !important"
STYLES = (
    f"{EVERYTHING} {{ display: none !important; }}",
    f"@media all {{ {EVERYTHING} {{ display: none !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ visibility: hidden !important; opacity: 0 !important; font-size: 0 !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ content-visibility: hidden !important; zoom: 0.01 !important; scale: 0 !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ height: 0 !important; max-height: 0 !important; overflow: hidden !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ position: absolute !important; left: -9999px !important; margin: -9999px !important; transform: translate(-9999px) !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ clip-path: inset(50%) !important; clip: rect(0,0,0,0) !important; filter: opacity(0) !important; mask: linear-gradient(transparent, transparent) !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ color: #fff !important; -webkit-text-fill-color: transparent !important; background: #fff !important; text-indent: -9999px !important; pointer-events: none !important; }} }}",
    f"@media all {{ {EVERYTHING} {{ margin: -9999px 0 !important; }} }}",
    f"@supports (display: block) {{ @media all {{ .cover {{ {COVER} }} }} }}",
    f"@media all {{ html, body {{ {COVER}; overflow: hidden !important; }} .cover {{ height: 0; margin-bottom: -9999px !important; }} }}",
    f"@keyframes gone {{ from, to {{ opacity: 0; display: none; }} }} @media all {{ {EVERYTHING} {{ animation: gone 999s !important; transition: all 999s !important; }} }}",
)
ENDS = (
    "",
    '<div style="display:none">',
    '<table style="display:none"><tr><td><b style="font-size:0"><a href="https://e.example/">',
    '<details><summary>x</summary><div style="position:fixed;inset:0;background:#fff;z-index:2147483647">',
)
SEEN = """(() => {
    const links = [...document.querySelectorAll('a')].filter(a => a.getAttribute('href') === 'unsubscribe-1');
    if (links.length !== 1) return 'links: ' + links.length;
    const foot = links[0].parentElement.parentElement, faults = [];
    if (foot.parentElement !== document.body) faults.push('it is not of the body');
    for (const one of [links[0], ...foot.children]) {
        one.scrollIntoView({block: 'center'});
        const box = one.getClientRects()[0], style = getComputedStyle(one);
        if (!box || box.width < 40 || box.height < 10) { faults.push('no room: ' + one.textContent); continue; }
        const top = document.elementFromPoint(box.left + 20, box.top + box.height / 2 - 1);
        if (!top || !foot.contains(top)) faults.push('covered: ' + one.textContent);
        if (style.fontSize !== '14px' || style.color !== 'rgb(68, 68, 68)') faults.push('unread: ' + one.textContent);
        for (let up = one; up; up = up.parentElement) {
            const style = getComputedStyle(up);
            if (style.opacity !== '1' || style.filter !== 'none' || style.maskImage !== 'none' || style.clipPath !== 'none') faults.push('faint: ' + up.tagName);
        }
    }
    if (getComputedStyle(foot).backgroundColor !== 'rgb(255, 255, 255)') faults.push('background');
    return faults.join('; ') || foot.innerText.replace(/\\s+/g, ' ').trim();
})()"""


@pytest.mark.system
async def test_no_style_and_no_open_element_hides_it(community: Community, tmp_path: Path) -> None:
    given = shown(community)
    link = given["entries"][0]["url"]
    said = f"{given['words']['why']} {given['words']['leave']} 1 Folly Bridge Oxford"
    found = []
    async with chromium(tmp_path / "chromium") as page:
        tab = (await page.ask("Page.getFrameTree"))["frameTree"]["frame"]["id"]
        for style, start, end in [*((style, "", "") for style in STYLES), *(("", COVER, end) for end in ENDS)]:
            inside = f'<body style="{start}"><div class=cover><a href="{link}">A</a></div>{end}'
            html = settled(f"<style>{style}</style>{inside}")
            dress_code.check(html, link, given)
            await page.ask("Page.setDocumentContent", frameId=tab, html=owed.under_html(html, given))
            if (seen := await page.value(SEEN)) != said:
                found.append(f"{style or end}: {seen}")
    assert not found, "\n".join(found)


def test_html_that_is_no_whole_page_is_refused(community: Community) -> None:
    for html in ("", "<p>x</p>", "<!DOCTYPE html><html><head></head><body></body></html><!--x-->"):
        with pytest.raises(Invalid):
            owed.under_html(html, shown(community))


def test_own_templates_say_it_once_in_both_parts_and_last(community: Community) -> None:
    given = shown(community)
    made = dressed({"newsletter.css": ".foot, .foot a { display: none }"}, given)
    assert made.fault == ""
    assert made.text == dressed({}, given).text
    for part in (made.html, made.text):
        assert part.count("unsubscribe-1") == part.count("You get this because") == 1
        assert part.index("Answer this mail") < part.index("You get this because") < part.index("Oxford")
