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
***** My original message *****
--- Nasıl mesaj atılır? ---
--- Pirmininko pranešimas ---
--- Antwort auf die Mitteilung der Stadt ---
Versendet per Mail.
Enviada por correo la tablet de Ana.
Sendt fra Bergen med båt.
Poslano s ljubavlju, napravljeno rukama.
Skickat med posten igår, telefonen alltså.
Dikirim dari kantor pos, HP saya mati.
Відправлено з пошти вчора.
昨天用手机发送的邮件
發自內心的感謝，手機很好用。
昨日の件、スマホからの送信
Telefonoa postaz bidalita.
Fotos vom Handy habe ich gestern geschickt
Sent from my phone?
Sent from the heart, sorry.
Sent from Rome. Sorry for the delay.
Sent from our happy home in the hills.
--- Almond milk and mail ---
--- Az eredeti találkozó helye ---
--- Messaggio iniziale del progetto ---
-- the original letter was lost
Bắt đầu thư viện mới:
Začátek předávané štafety byl dobrý.
Početak prosle godine
Thus spake Zarathustra:
In 2024, on 12 March, she wrote ...
Our meeting: (3 May 2026, 10:30)
Am 3. Mai 2026 schrieb ich:
See you on 5 May at
Treffen am 5. Mai um
""".strip().splitlines()

LETTERS = [
    "Merhaba\n\nBaşlangıçta şunlar lazım:\n\n- un\n- su",
    "Hi,\n\nTickets: Anna <anna@example.org>\nDate: 3 May 2026\nSubject: Sailing\n\nCome all.",
    "Hallo,\n\nKontakt: Anna <anna@example.org>\nDatum: 3. Mai 2026\nThema: Segeln\n\nKommt alle.",
    "Contact: Bob <bob@example.org>\nDate: 3 May 2026, 18:00\nTo: the old mill\n\nBring cake.",
    "I looked.\n\n*** Original letter ***\n\nDear Bob, it was 1890.",
    "Organiser: Anna <anna@example.org>\nDate: 3 May 2026, 18:00\nSubject: the sea\n\nCome!",
    "Like my mother says:\n\n> Eat.\n\nI do.",
    "Wir sehen uns um\n18:30 am Bahnhof.\n\nAnna <anna@example.org>",
    "Thời gian: 18:00\nTừ: Hà Nội\nĐến: Huế\n\nMời bạn!",
    "The picture that I took of the lake last night when we were all\nsent from my phone to the cloud\nwas lost.",
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
    "line",
    [
        "Am 12.03.2024 schrieb bob:",
        "Le 12 mars 2024, Paul a écrit ce qui suit :",
        "El 12/03/2024, ana escribió lo siguiente:",
        "Op 12-03-2024 schreef bob het volgende:",
        "----- Nachricht von bob@example.org ---------\n   Datum: Tue, 12 Mar 2024 09:41:07 +0100\n     Von: Bob <bob@example.org>",
        "----- Mensaje de bob reader <bob@example.org> -----",
        "*** Original Message ***\nFrom: Bob <bob@example.org>\nDate: 3 May 2026\nSubject: x",
        "Weitergeleitete Nachricht\nVon: Bob <bob@example.org>\nDatum: 3. Mai 2026\nBetreff: x",
        "Enviado desde mi iPhone, disculpa la brevedad\n\n-----Original Message-----",
    ],
)
def test_what_somebody_else_wrote_is_not_published(line: str) -> None:
    assert visible_text(f"Yes.\n\n{line}\n\nMy number is 0123.") == "Yes."


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


def test_words_below_a_line_of_dashes_are_no_signature_above_a_forward() -> None:
    forward = "---------- Forwarded message ---------\nFrom: Anna <anna@example.org>\nSubject: x\n\nsecret"
    text = "Hello all, here is the news of the week."
    assert visible_text(f"--\n{text}\n\n{forward}") == text


def test_a_quotation_below_a_saying_of_ones_own_stays() -> None:
    text = "Thus spake Zarathustra:\n> I teach you the overman.\n\nI love it."
    assert visible_text(text) == text
