"""Rarer words and shapes around a reply, each of which was once taken for the author's, or the author's for it."""

import pytest

from gateway.email.reply_html import visible_html
from gateway.email.reply_text import visible_text

QUOTED = "> Can I start?\n> Ann"

SENT_FROM = (
    """
Versendet von meinem Smartphone|Gesendet von Yahoo Mail. App herunterladen|Envoyé depuis Yahoo Mail. Obtenir l’application|Inviata dal mio iPhone
Inviato dal mio dispositivo Android con K-9 Mail. Perdonate la brevità.|Enviado pelo meu Moto G|Enviado do meu dispositivo Android com K-9 Mail. Desculpe a brevidade.
Verstuurd vanuit de Ziggo Mail app|Skickades från E-post för Windows|Sendt frå min iPhone|Wysłane przez Onet Poczta|Odesláno prostřednictvím Proton Mail|Poslané z mobilu
Odoslané pomocou Proton Mail|Trimis cu Proton Mail|Изпратено през АБВ Поща|Изпратено с Proton Mail|Надіслано через Proton Mail|Надіслано з мобільного|Στάλθηκε με το Proton Mail
Απεσταλμένο από το iPhone μου|أُرسل من هاتفي|مُرسلة من iPhone|فرستاده شده از آیفون من|از آیفون من ارسال شد|ارسال\u200cشده از iPhone من|Dikirim dari HP saya|Dikirim dari perangkat seluler
Yahoo!メールからの送信|发自移动设备|从 Galaxy 发送的邮件|来自QQ邮箱手机版|從 Yahoo奇摩 Android 版寄出|傳自我的 iPhone|삼성 모바일에서 보냄|Saadetud telefonist|Nosūtīts no mana tālruņa
Sūtīts no mana iPhone|Siųsta iš mano iPhone|Poslano s mobitela|Enviat des del meu mòbil|Enviat amb Proton Mail|Nire iPhone-tik bidalita|Enviado dende o meu móbil
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

MARKERS = (
    """
***** Original Message *****|-------- Ursprüngliche Mitteilung --------|-----Rendez-vous d'origine-----|-----Cita original-----|----- Messaggio iniziale -----|---- Mensagem inicial ----
-----Appuntamento originale-----|-----Oorspronkelijke afspraak-----|-----Ursprunglig avtalad tid-----|-----Oprindelig aftale-----|-------- Opprinneleg melding --------|-----Alkuperäinen tapaaminen-----
----- Oryginalny list -----|-----Eredeti találkozó-----|------ Mesaj inițial ------|-------- Оригинално писмо --------|-------- Asıl mesaj --------|-------- پیغام اصلی --------
-------- Pirminis laiškas --------|-----Originalus pranešimas-----|----- Réacheminé par Bob Li/Corp le 12/03/2024 09:41 -----|-------- Doorgezonden bericht --------|Začátek předávané zprávy:
Început mesaj redirecționat:|Початок переадресованого повідомлення:|Başlangıçta iletilen ileti:|شروع پیام هدایت\u200cشده:|Bắt đầu thông báo chuyển tiếp:|転送されたメール:|-------- Edasi saadetud kiri --------
----- Message from Ann Roe <ann@example.org> ---------|-------- Original message --------From: Ann <ann@example.org> Date: 3/12/24 To: Bo Subject: Start|Kérjük, válaszát e sor fölé írja
""".replace("\n", "|")
    .strip("|")
    .split("|")
)

BLOCKS = """
De la|Dată|Către|Subiect
Din|Trimis la|Pentru|Subiect
المرسل|تاريخ الإرسال|المستلم|الموضوع
จาก|ส่งแล้ว|ถึง|ชื่อเรื่อง
Người gửi|Thời gian gửi|Người nhận|Chủ đề
발신자|발송 시간|수신자|제목
Sūtītājs|Datums|Adresāts|Tēma
Siuntėjas|Išsiųsta|Gavėjas|Tema
Pošiljatelj|Poslano|Prejemnik|Zadeva
Пошиљалац|Датум|Прималац|Тема
Igorlea|Data|Hartzailea|Gaia
Whoever|Date|To|Subject
""".strip().split("\n")

ATTRIBUTIONS = [
    "Quoting Ann Roe (2024-03-12 09:41:07)",
    "Åsa Öberg <asa@example.org> skrev: (12 mars 2024\n09:41:07 CET)",
    "Around about 12/03/24 09:41, Ann Roe typed ...",
    "tiistai 12. maaliskuuta 2024 klo\n09.41.07 UTC+2 Päivi Hämäläinen\n<paivi@example.org> kirjoitti:",
    "Pada Selasa, 12 Maret 2024 pukul\n09.41.07 WIB, Siti <siti@example.org>\nmenulis:",
    "On Tue, Mar 12,\n2024 at 9:41 AM Ann Roe <ann@example.org>\nwrote:",
    'Кому: Иван (ivan@example.org);\nТема: План;\n12.03.2024, 09:41, "Анна" <anna@example.org>:',
    "-------- Xyzzy --------\nFrom: Ann <ann@example.org>\nDate: 12/03/2024\nTo: Bo\nSubject: x",
]

SHAPES = {
    "a forward below a signature": (
        "-- \nBo Li\n\n---------- Forwarded message ---------\nFrom: Ann <ann@example.org>\nSubject: x\n\nhi",
        "---------- Forwarded message ---------\nFrom: Ann <ann@example.org>\nSubject: x\n\nhi",
    ),
    "the attribution inside a quotation that is answered in parts": (
        "> On 12 Mar 2024, at 09:41, Ann <ann@example.org> wrote:\n> \n> Lunch?\n\nYes.\n\n> And Bo?\n\nHim too.",
        "> Lunch?\n\nYes.\n\n> And Bo?\n\nHim too.",
    ),
    "Sent from on one line with the attribution": (
        f"Sure.\n\nSent from my iPhone On Mar 12, 2024, at 9:41 AM, Ann <ann@example.org> wrote:\n\n{QUOTED}",
        "Sure.",
    ),
    "GroupWise, wrapped": (
        f"Sure.\n\n>>> On 3/12/2024 at 9:41 AM, in message <65F0@example.org>, Ann Roe\n<ann@example.org> wrote:\n{QUOTED}",
        "Sure.",
    ),
    "Horde": (
        f"Sure.\n\n ----- Message from Ann <ann@example.org> ---------\n   Date: Tue, 12 Mar 2024 09:41:07 +0100\n   From: Ann <ann@example.org>\n\n{QUOTED}\n\n"
        " ----- End message from Ann <ann@example.org> -----",
        "Sure.",
    ),
}

KEPT = [
    "Sent from my heart to yours\n\nBo",
    "Sent by courier this morning.\n\nBo",
    "Sent with love\n\nBo",
    "Poslano včera poštou.\n\nBo",
    "Plan:\n\n- kites\n- string\n\n* * *\n\nMore soon.",
    "Ask Ann <ann@example.org>. She wrote on 12 March that it's fine:\nshe has the key.",
    "Le 12 mars 2024, Paul a écrit un poème :\n\nLa mer est grise.\n\nVoilà.",
    'Q: When?\n\nA: On 12 March 2024, I wrote:\n\n"This is it."',
    "As the poet says:\n\n> The sea is grey.\n\nI agree.",
    "Date: 12 March 2024\nPlace: the pier\nAsk: Ann <ann@example.org>\n\nSee you!",
    "--- News ---\n\nThe pier is open.",
]


@pytest.mark.parametrize("line", SENT_FROM)
def test_sent_from_goes_whatever_the_verb_and_the_device(line: str) -> None:
    assert (
        visible_text(f"Ok.\n\n{line}\n\n> On 12 Mar 2024, at 09:41, Ann <ann@example.org> wrote:\n>\n> hi\n") == "Ok."
    )


@pytest.mark.parametrize("line", MARKERS)
def test_the_line_above_an_earlier_message_ends_the_reply(line: str) -> None:
    assert visible_text(f"Ok.\n\n{line}\n\nCan I start?") == "Ok."


@pytest.mark.parametrize("labels", BLOCKS)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_a_block_of_quoted_headers_goes(labels: str, between: str) -> None:
    values = ["Ann Roe <ann@example.org>", "12.3.2024 9:41", "Bo Li <bo@example.org>", "Start"]
    block = between.join(f"{label}: {value}" for label, value in zip(labels.split("|"), values, strict=True))
    assert visible_text(f"Ok.\n\n{block}\n\nCan I start?") == "Ok."


@pytest.mark.parametrize("attribution", ATTRIBUTIONS)
def test_an_attribution_goes_with_its_quotation(attribution: str) -> None:
    assert visible_text(f"Ok.\n\n{attribution}\n\n{QUOTED}") == "Ok."


@pytest.mark.parametrize("name", SHAPES)
def test_what_is_new_stays(name: str) -> None:
    text, expected = SHAPES[name]
    assert visible_text(text) == expected
    assert visible_text(text.replace("\n", "\r\n")) == expected


@pytest.mark.parametrize("text", KEPT)
def test_the_authors_own_words_stay(text: str) -> None:
    assert visible_text(text) == text


def test_an_attribution_inside_an_answered_block_quote_goes_from_html_too() -> None:
    html = (
        '<body>Hi Ann,<br><div><blockquote type="cite"><div>On 12 Mar 2024, at 09:41, Ann &lt;ann@example.org&gt; wrote:</div><br>'
        '<div>Can I start?</div></blockquote><div><br></div>Yes.<br><blockquote type="cite"><div>With what?</div></blockquote><div><br></div>A tail.</div></body>'
    )
    assert visible_html(html) == "Hi Ann,\n\n> Can I start?\n\nYes.\n\n> With what?\n\nA tail."


def test_what_no_reader_shows_is_not_visible_text() -> None:
    assert visible_html('<div style="display: none">In short</div><p>Sure.</p>') == "Sure."
    assert visible_html('<body><span style="display:none"/><p>Sure.</p></body>') == "Sure."
