"""A member's own words that hold a word or a shape which programs use too: none of them is cut, and no quotation below them published."""

import pytest

from gateway.email.reply_html import visible_html
from gateway.email.reply_lines import is_sent_from
from gateway.email.reply_text import visible_text

QUOTATION = (
    "On Mon, 3 May 2026 at 10:30 Anna <anna@example.org> wrote:\n> My phone number is 0123, please keep it private."
)

LINES = """
Bắt đầu từ ngày mai nhé.
Başlangıçta ben de korktum.
Başlangıçta şunlar lazım:
Început bun de an!
Începutul e mereu greu.
Weitergeleitete Mail ist angekommen.
Weitergeleitete Nachrichten bitte an:
転送されたメールを読みました。
Mulai pesan sekarang, kuenya enak!
İletilen bilgiler şunlar:
Отправлю с почты завтра.
Отправляйте с почты на Ленина.
Послать со мной телефон?
Poslat s ní telefon?
Poslat do opravy ten telefon, nebo ne?
Send med laderen til telefonen også.
Skicka med en laddare till telefonen också!
Skickade med appen du tipsade om.
Wysłano z poczty w Krakowie.
Enviadme por WhatsApp la dirección.
Enviadas por correo las fotos del iPhone.
Verschickt per Post habe ich das Telefon gestern.
Envoyée par mon ordinateur, la photo est plus grande.
Verstuurd per post, samen met je telefoon.
Saadetud on kaks kirja, üks telefonile.
我把照片用手机寄出
来自QQ邮箱的朋友你好
传自家人的消息，手机坏了。
Sent from home. I am happy.
Sent from Rome. What happened there
Sent from Paris. The app works.
--- contact me by mail: bob@example.org ---
--- E-Mail: alice@example.org ---
-- letter to bob@example.org --
*** send mail to alice@example.org for tickets ***
*** Original letter ***
--- Nasıl mesaj atılır? ---
--- Pirmininko pranešimas ---
--- Antwort auf die Mitteilung der Stadt ---
""".strip().splitlines()

LETTERS = [
    "Merhaba\n\nBaşlangıçta şunlar lazım:\n\n- un\n- su",
    "Hi,\n\nTickets: Anna <anna@example.org>\nDate: 3 May 2026\nSubject: Sailing\n\nCome all.",
    "Hallo,\n\nKontakt: Anna <anna@example.org>\nDatum: 3. Mai 2026\nThema: Segeln\n\nKommt alle.",
    "Contact: Bob <bob@example.org>\nDate: 3 May 2026, 18:00\nTo: the old mill\n\nBring cake.",
    "I looked.\n\n*** Original letter ***\n\nDear Bob, it was 1890.",
]


@pytest.mark.parametrize("line", LINES)
def test_a_line_stays_wherever_it_stands(line: str) -> None:
    for text in [line, f"{line}\n\nBob", f"Hi\n\n{line}", f"Hi\n\n{line}\n\nBob"]:
        assert visible_text(text) == text
        assert visible_text(f"{text}\n\n{QUOTATION}\n") == text
    assert not is_sent_from(line)  # which would take it from a post's end, too


@pytest.mark.parametrize("text", LETTERS)
def test_a_letter_stays_whole(text: str) -> None:
    assert visible_text(text) == text
    assert visible_text(f"{text}\n\n{QUOTATION}\n") == text


@pytest.mark.parametrize(
    "line",
    [
        "In comp.lang.python bob wrote:",
        "Alice from the mailing list wrote:",
        "Admin on forum wrote:",
        "On the list, bob said:",
        "Yesterday my colleague wrote",
    ],
)
def test_whoever_wrote_goes_with_the_quotation_right_below(line: str) -> None:
    assert visible_text(f"{line}\n> hi\n\nok") == "ok"


@pytest.mark.parametrize(
    "html",
    [
        "<p style='display:none'>pre<p>My reply</p>",
        "<p style=display:none>pre<div>My reply</div>",
        "<td style='display:none'>a<td>My reply",
        "<tr style='display:none'><td>a<tr><td>My reply",
        "<table><tr><th style='display:none'>a<td>My reply</table>",
        "<div style='color: red; DISPLAY : none !important'>a</div>My reply",
        "<div data-note='display:none'>My reply</div>",
        "<div title=\"a style='display:none'\">My reply</div>",
        "<div style='--x-display:none'>My reply</div>",
        "<div style='display:none'>My reply</div>",
    ],
)
def test_what_is_hidden_ends_where_its_element_does(html: str) -> None:
    assert visible_html(html).strip("| \n-") == "My reply"


def test_a_hidden_item_of_a_list_ends_where_the_next_begins() -> None:
    assert visible_html("<li style='display:none'>a<ul><li>b</ul><li>My reply") == "- My reply"
    assert visible_html("<dl><dt style='display:none'>a<dd>My reply</dl>").strip(": \n") == "My reply"
