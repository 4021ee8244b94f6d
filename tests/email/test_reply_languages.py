"""Attribution lines, header blocks, "Original Message" lines and mobile signatures in the languages members write in."""

import textwrap

from gateway.email.reply_text import visible_text

ATTRIBUTIONS = {
    "English, Gmail": "On Wed, Jan 1, 2025 at 3:00 PM Bob Reader <bob@example.org> wrote:",
    "English, Gmail short day first": "On Wed, 1 Jan 2025, 15:00 Bob Reader, <bob@example.org> wrote:",
    "English, Apple": "On Jan 1, 2025, at 15:00, Bob Reader <bob@example.org> wrote:",
    "English, Thunderbird": "On 1/1/25 3:00 PM, Bob Reader wrote:",
    "English, Evolution": "On Wed, 2025-01-01 at 15:00 +0000, Bob Reader wrote:",
    "English, Zoho": "---- On Wed, 01 Jan 2025 15:00:00 +0000 Bob Reader <bob@example.org> wrote ----",
    "English, Proton": "On Wednesday, January 1st, 2025 at 3:00 PM, Bob Reader <bob@example.org> wrote:",
    "English, Proton with dashes": "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐",
    "English, Eudora": "At 1/1/2025 03:00 PM, you wrote:",
    "English, mutt": "* Bob Reader <bob@example.org> [2025-01-01 15:00]:",
    "English, Gnus": "Bob Reader <bob@example.org> writes:",
    "English, news": "In message <abc123@example.org>, Bob Reader writes:",
    "English, name first": "Bob Reader <bob@example.org> wrote on 01/01/2025 03:00:00 PM:",
    "English, Lotus Notes": "Bob Reader/Town/Example wrote on 01/01/2025 03:00:00 PM:",
    "English, list": "bobr via Example Forum <forum@example.org> wrote:",
    "English, Yahoo": "On Wednesday, January 1, 2025, 3:00 PM, Bob Reader <bob@example.org> wrote:",
    "English, forum": "Posted by bobr on 01/01/2025",
    "Gmail, old": "2025-01-01 15:00 GMT+01:00 Bob Reader <bob@example.org>:",
    "Gmail, older": "2025/1/1 Bob Reader <bob@example.org>",
    "German, Gmail": "Am Mi., 1. Jan. 2025 um 15:00 Uhr schrieb Bob Reader <bob@example.org>:",
    "German, Thunderbird": "Am 01.01.25 um 15:00 schrieb Bob Reader:",
    "German, Apple": "Am 01.01.2025 um 15:00 schrieb Bob Reader <bob@example.org>:",
    "German, name first": "Bob Reader <bob@example.org> schrieb am Mi., 1. Jan. 2025 um 15:00 Uhr:",
    "German, GMX": "Bob Reader <bob@example.org> hat am 01.01.2025 15:00 geschrieben:",
    "German, Apple date first": "Am 1. Januar 2025 um 15:00:00, Bob Reader (bob@example.org) schrieb:",
    "German, K-9": "Am 1. Januar 2025 15:00:00 MEZ schrieb Bob Reader <bob@example.org>:",
    "French, Gmail": "Le mer. 1 janv. 2025 à 15:00, Bob Reader <bob@example.org> a écrit :",
    "French, Thunderbird": "Le 01/01/2025 à 15:00, Bob Reader a écrit :",
    "Spanish, Gmail": "El mié, 1 ene 2025 a las 15:00, Bob Reader (<bob@example.org>) escribió:",
    "Spanish, long": "El miércoles, 1 de enero de 2025, Bob Reader escribió:",
    "Spanish, Thunderbird": "El 1/1/25 a las 15:00, Bob Reader escribió:",
    "Portuguese, Gmail": "Em qua., 1 de jan. de 2025 às 15:00, Bob Reader <bob@example.org> escreveu:",
    "Portuguese, Apple": "No dia 01/01/2025, às 15:00, Bob Reader <bob@example.org> escreveu:",
    "Italian, Gmail": "Il giorno mer 1 gen 2025 alle ore 15:00 Bob Reader <bob@example.org> ha scritto:",
    "Italian, Thunderbird": "Il 01/01/2025 15:00, Bob Reader ha scritto:",
    "Dutch, Gmail": "Op wo 1 jan 2025 om 15:00 schreef Bob Reader <bob@example.org>:",
    "Dutch, Apple": "Op 1 jan. 2025 om 15:00 heeft Bob Reader <bob@example.org> het volgende geschreven:",
    "Norwegian, Gmail": "ons. 1. jan. 2025 kl. 15:00 skrev Bob Reader <bob@example.org>:",
    "Norwegian, Apple": "1. jan. 2025 kl. 15:00 skrev Bob Reader <bob@example.org>:",
    "Swedish, Gmail": "Den ons 1 jan. 2025 kl 15:00 skrev Bob Reader <bob@example.org>:",
    "Swedish, Thunderbird": "Den 2025-01-01 kl. 15:00, skrev Bob Reader:",
    "Danish, Gmail": "Den ons. 1. jan. 2025 kl. 15.00 skrev Bob Reader <bob@example.org>:",
    "Finnish, Gmail": "ke 1. tammik. 2025 klo 15.00 Bob Reader (bob@example.org) kirjoitti:",
    "Finnish, Thunderbird": "Bob Reader kirjoitti 1.1.2025 klo 15.00:",
    "Polish, Gmail": "śr., 1 sty 2025 o 15:00 Bob Reader <bob@example.org> napisał(a):",
    "Polish, Gmail old": "W dniu 1 stycznia 2025 15:00 użytkownik Bob Reader <bob@example.org> napisał:",
    "Polish, Thunderbird": "W dniu 01.01.2025 o 15:00, Bob Reader pisze:",
    "Polish, Apple": "Dnia 1 sty 2025 o godz. 15:00 Bob Reader <bob@example.org> napisał(a):",
    "Russian, Gmail": "ср, 1 янв. 2025 г. в 15:00, Bob Reader <bob@example.org>:",
    "Russian, Gmail old": "1 января 2025 г., 15:00 пользователь Bob Reader <bob@example.org> написал:",
    "Russian, Thunderbird": "01.01.2025 15:00, Bob Reader пишет:",
    "Russian, Yandex": '01.01.2025, 15:00, "Bob Reader" <bob@example.org>:',
    "Russian, Mail.ru": "Среда, 1 января 2025, 15:00 +03:00 от Bob Reader <bob@example.org>:",
    "Russian, Apple": "1 янв. 2025 г., в 15:00, Bob Reader <bob@example.org> написал(а):",
    "Ukrainian, Gmail": "ср, 1 січ. 2025 р. о 15:00 Bob Reader <bob@example.org> пише:",
    "Ukrainian, Apple": "1 січ. 2025 р. о 15:00 Bob Reader <bob@example.org> написав(-ла):",
    "Czech, Gmail": "st 1. 1. 2025 v 15:00 odesílatel Bob Reader <bob@example.org> napsal:",
    "Czech, Thunderbird": "Dne 01. 01. 25 v 15:00 Bob Reader napsal(a):",
    "Slovak, Gmail": "st 1. 1. 2025 o 15:00 Bob Reader <bob@example.org> napísal(a):",
    "Slovak, Thunderbird": "Dňa 1. 1. 2025 o 15:00 Bob Reader napísal(a):",
    "Hungarian, Gmail": "Bob Reader <bob@example.org> ezt írta (időpont: 2025. jan. 1., Sze, 15:00):",
    "Hungarian, Thunderbird": "2025. 01. 01. 15:00 keltezéssel, Bob Reader írta:",
    "Romanian, Gmail": "În mie., 1 ian. 2025 la 15:00, Bob Reader <bob@example.org> a scris:",
    "Romanian, Thunderbird": "Pe 01.01.2025 15:00, Bob Reader a scris:",
    "Greek, Gmail": "Στις Τετ 1 Ιαν 2025 στις 3:00 μ.μ., ο χρήστης Bob Reader <bob@example.org> έγραψε:",
    "Turkish, Gmail": "Bob Reader <bob@example.org>, 1 Oca 2025 Çar, 15:00 tarihinde şunu yazdı:",
    "Turkish, Apple": "1 Oca 2025 tarihinde 15:00 saatinde, Bob Reader <bob@example.org> şunları yazdı:",
    "Hebrew, Gmail": "‫בתאריך יום ד׳, 1 בינו׳ 2025 ב-15:00 מאת ‪Bob Reader‬‏ <‪bob@example.org‬‏>:‬",
    "Hebrew, Apple": "ב-1 בינו׳ 2025, בשעה 15:00, Bob Reader <bob@example.org> כתב/ה:",
    "Arabic, Gmail": "في الأربعاء، 1 يناير 2025 في 3:00 م تمت كتابة ما يلي بواسطة Bob Reader <bob@example.org>:",
    "Arabic, Apple": "في ١ يناير ٢٠٢٥، الساعة ٣:٠٠ م، كتب Bob Reader <bob@example.org>:",
    "Vietnamese, Gmail": "Vào Th 4, 1 thg 1, 2025 vào lúc 15:00 Bob Reader <bob@example.org> đã viết:",
    "Indonesian, Gmail": "Pada tanggal Rab, 1 Jan 2025 pukul 15.00 Bob Reader <bob@example.org> menulis:",
    "Thai, Gmail": "ในวันที่ พ. 1 ม.ค. 2025 เวลา 15:00 Bob Reader <bob@example.org> เขียนว่า:",
    "Chinese, Gmail": "Bob Reader <bob@example.org> 于2025年1月1日周三 15:00写道：",
    "Chinese, Apple": "2025年1月1日 下午3:00，Bob Reader <bob@example.org> 写道：",
    "Chinese, Thunderbird": "在 2025/1/1 15:00, Bob Reader 写道:",
    "Chinese, traditional": "Bob Reader <bob@example.org> 於 2025年1月1日 週三 下午3:00寫道：",
    "Japanese, Gmail": "2025年1月1日(水) 15:00 Bob Reader <bob@example.org>:",
    "Japanese, Apple": "2025/01/01 15:00、Bob Reader <bob@example.org>のメール:",
    "Japanese, Thunderbird": "On 2025/01/01 15:00, Bob Reader wrote:",
    "Korean, Gmail": "2025년 1월 1일 (수) 오후 3:00, Bob Reader <bob@example.org>님이 작성:",
    "Korean, Apple": "2025. 1. 1. 오후 3:00, Bob Reader <bob@example.org> 작성:",
    "Bulgarian, Gmail": "На ср, 1.01.2025 г. в 15:00 Bob Reader <bob@example.org> написа:",
    "Croatian, Gmail": "sri, 1. sij 2025. u 15:00 Bob Reader <bob@example.org> napisao je:",
    "Serbian, Gmail": "сре, 1. јан 2025. у 15:00 Bob Reader <bob@example.org> је написао/ла:",
    "Slovenian, Gmail": "V V sre., 1. jan. 2025 ob 15:00 je oseba Bob Reader <bob@example.org> napisala:",
    "Catalan, Gmail": "Missatge de Bob Reader <bob@example.org> del dia dc., 1 de gen. 2025 a les 15:00:",
    "Lithuanian, Gmail": "2025-01-01, tr, 15:00 Bob Reader <bob@example.org> rašė:",
    "Latvian, Gmail": "trešd., 2025. g. 1. janv., plkst. 15:00 — lietotājs Bob Reader (<bob@example.org>) rakstīja:",
    "Estonian, Gmail": "Kuupäev K, 1. jaanuar 2025 kell 15:00 kirjutas Bob Reader <bob@example.org>:",
    "Persian, Gmail": "در تاریخ چهارشنبه ۱ ژانویهٔ ۲۰۲۵،‏ ۱۵:۰۰ Bob Reader <bob@example.org> نوشت:",
    "Hindi, Gmail": "बुध, 1 जन॰ 2025 को 3:00 pm बजे को Bob Reader <bob@example.org> ने लिखा:",
}
NEEDS_A_QUOTE = {"Gmail, older", "English, Gnus", "English, news", "English, forum"}


def test_an_attribution_and_the_quotation_under_it_go() -> None:
    for name in ATTRIBUTIONS:
        assert (
            visible_text(f"Thank you, I read it.\n\n{ATTRIBUTIONS[name]}\n\n> Here it is.\n>\n> Bob\n")
            == "Thank you, I read it."
        )


def test_an_attribution_without_quotation_marks_ends_the_reply() -> None:
    for name in ATTRIBUTIONS:
        text = f"Thank you, I read it.\n\n{ATTRIBUTIONS[name]}\n\nHere it is.\n\nBob\n"
        if name not in NEEDS_A_QUOTE:
            assert visible_text(text) == "Thank you, I read it."


def test_an_attribution_goes_when_a_client_wrapped_it() -> None:
    for name in ATTRIBUTIONS:
        for width in [44, 52, 66, 76]:
            wrapped = textwrap.fill(ATTRIBUTIONS[name], width, break_long_words=False, break_on_hyphens=False)
            assert visible_text(f"Thank you.\nI read it.\n\n{wrapped}\n\n> Here it is.\n") == "Thank you.\nI read it."


def test_an_answer_below_the_quotation_is_the_reply() -> None:
    for name in ATTRIBUTIONS:
        assert (
            visible_text(f"{ATTRIBUTIONS[name]}\n> Here it is.\n> Bob\n\nThank you, I read it.\n")
            == "Thank you, I read it."
        )


HEADERS = {
    "English": ("From", "Sent", "To", "Subject"),
    "German": ("Von", "Gesendet", "An", "Betreff"),
    "French": ("De ", "Envoyé ", "À ", "Objet "),
    "Spanish": ("De", "Enviado", "Para", "Asunto"),
    "Spanish, new": ("De", "Enviado el", "Para", "Asunto"),
    "Portuguese": ("De", "Enviada em", "Para", "Assunto"),
    "Italian": ("Da", "Inviato", "A", "Oggetto"),
    "Dutch": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "Norwegian": ("Fra", "Sendt", "Til", "Emne"),
    "Swedish": ("Från", "Skickat", "Till", "Ämne"),
    "Danish": ("Fra", "Sendt", "Til", "Emne"),
    "Finnish": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "Polish": ("Od", "Wysłano", "Do", "Temat"),
    "Russian": ("От", "Отправлено", "Кому", "Тема"),
    "Ukrainian": ("Від", "Надіслано", "Кому", "Тема"),
    "Czech": ("Od", "Odesláno", "Komu", "Předmět"),
    "Slovak": ("Od", "Odoslané", "Komu", "Predmet"),
    "Hungarian": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "Romanian": ("De la", "Trimis", "Către", "Subiect"),
    "Greek": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "Turkish": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "Hebrew": ("מאת", "נשלח", "אל", "נושא"),
    "Arabic": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "Vietnamese": ("Từ", "Đã gửi", "Đến", "Chủ đề"),
    "Indonesian": ("Dari", "Terkirim", "Kepada", "Perihal"),
    "Thai": ("จาก", "ส่ง", "ถึง", "เรื่อง"),
    "Chinese": ("发件人", "发送时间", "收件人", "主题"),
    "Chinese, traditional": ("寄件者", "寄件日期", "收件者", "主旨"),
    "Japanese": ("差出人", "送信日時", "宛先", "件名"),
    "Korean": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
}


def block(name: str, form: str = "{}: {}") -> str:
    values = ("Bob Reader <bob@example.org>", "2025-01-01 15:00", "alice@example.org", "Hello")
    return "\n".join(form.format(label, value) for label, value in zip(HEADERS[name], values, strict=True))


def test_a_block_of_quoted_headers_ends_the_reply() -> None:
    for name in HEADERS:
        for form in ["{}: {}", "*{}:* {}", "{}:\t{}", "> {}: {}", "**{}:** {}"]:
            quoted = "> Here it is." if form.startswith(">") else "Here it is."
            assert visible_text(f"I read it.\n\nAlice\n\n{block(name, form)}\n\n{quoted}\n") == "I read it.\n\nAlice"


def test_the_rule_above_the_headers_goes_with_them() -> None:
    for name in HEADERS:
        for rule in ["_" * 32, "-----Original Message-----", "- " * 20, "=" * 40]:
            assert visible_text(f"I read it.\n\n{rule}\n{block(name)}\n\nHere it is.\n") == "I read it."


def test_headers_set_in_full_width_colons_end_the_reply() -> None:
    text = "收到。\n\n发件人：Bob\n发送时间：2025年1月1日 15:00\n收件人：alice@example.org\n主题：你好\n\n正文\n"
    assert visible_text(text) == "收到。"


ORIGINALS = """
-----Original Message-----
----- Original message -----
-------- Original Message --------
---- Original Message ----
*----- Original Message -----*
----- Reply message -----
-----Ursprüngliche Nachricht-----
-------- Ursprüngliche Nachricht --------
-------- Original-Nachricht --------
-----Message d'origine-----
----- Mail original -----
-------- Message original --------
-----Mensaje original-----
-----Mensagem original-----
-----Messaggio originale-----
-----Messaggio Originale-----
-----Oorspronkelijk bericht-----
-----Opprinnelig melding-----
-----Ursprungligt meddelande-----
-----Oprindelig meddelelse-----
-----Alkuperäinen viesti-----
-----Oryginalna wiadomość-----
-----Исходное сообщение-----
-----Оригинальное сообщение-----
-----Вихідне повідомлення-----
-----Původní zpráva-----
---------- Původní e-mail ----------
-----Pôvodná správa-----
-----Eredeti üzenet-----
-----Mesaj original-----
-----Αρχικό μήνυμα-----
-----Orijinal Mesaj-----
-----Özgün İleti-----
-----הודעה מקורית-----
-----الرسالة الأصلية-----
-----Thư gốc-----
-----Pesan Asli-----
-----ข้อความต้นฉบับ-----
-----原始邮件-----
------------------ 原始邮件 ------------------
-----原始郵件-----
-----元のメッセージ-----
-----Original Message-----\t
-----원본 메시지-----
---------- Forwarded message ---------
-------- Weitergeleitete Nachricht --------
-------- Message transféré --------
-------- Mensaje reenviado --------
-------- Mensagem encaminhada --------
-------- Messaggio Inoltrato --------
-------- Doorgestuurd bericht --------
-------- Videresendt melding --------
-------- Vidarebefordrat meddelande --------
-------- Välitetty viesti --------
-------- Wiadomość przekazana --------
-------- Перенаправленное сообщение --------
-------- Пересылаемое сообщение --------
-------- Přeposlaná zpráva --------
-------- Továbbított üzenet --------
-------- İletilmiş Mesaj --------
-------- 转发的消息邮件 --------
-------- 転送メッセージ --------
-------- 전달된 메시지 --------
Begin forwarded message:
Anfang der weitergeleiteten Nachricht:
Début du message réexpédié :
Inicio del mensaje reenviado:
Início da mensagem encaminhada:
Inizio messaggio inoltrato:
Begin doorgestuurd bericht:
Start på videresendt besked:
Vidarebefordrat brev:
Välitetty viesti alkaa:
Początek przekazywanej wiadomości:
Начало переадресованного сообщения:
Začátek přeposlané zprávy:
下面是被转发的邮件：
転送されたメッセージ：
전달된 메시지 시작:
----- Forwarded by Bob Reader/Town/Example on 01/01/2025 03:00 PM -----
""".strip().splitlines()


def test_the_line_above_an_original_or_forwarded_message_ends_the_reply() -> None:
    for line in ORIGINALS:
        assert visible_text(f"I read it.\n\n{line}\n\nHere it is.\n\nBob\n") == "I read it."


SENT_FROM = """
Sent from my iPhone
Sent from my iPad.
Sent from my BlackBerry® wireless handheld
Sent from my Verizon, Samsung Galaxy smartphone
Sent from my T-Mobile 4G LTE Device
Sent from my Samsung Galaxy S24 5G, an AT&T 5G smartphone
Sent from Mail for Windows 10
Sent from Mail<https://go.microsoft.com/fwlink/?LinkId=550986> for Windows
Sent from Yahoo Mail on Android
Sent from Yahoo Mail for iPhone
Sent from Outlook for Android<https://aka.ms/ghei36>
Sent from Proton Mail mobile
Sent from Samsung tablet
Sent from Gmail Mobile
Sent from Windows Mail
Sent from my TI-85
Sent via mobile
Sent with Airmail
Sent with [Proton Mail](https://proton.me/) secure email.
Sent with ProtonMail Secure Email.
Sent via BlackBerry from T-Mobile
Get Outlook for iOS<https://aka.ms/o0ukef>
Get [Outlook for Android](https://aka.ms/ghei36)
(sent from a phone)
<<sent by galaxy>>
[Sent from my mobile device]
From My iPhone 6
Bob from mobile
Von meinem iPhone gesendet
Von meinem Samsung Galaxy Smartphone gesendet.
Gesendet von Mail für Windows 10
Gesendet mit der GMX Mail App
Diese Nachricht wurde von meinem Android-Mobiltelefon mit K-9 Mail gesendet.
Outlook für iOS beziehen
Envoyé de mon iPhone
Envoyé depuis mon téléphone
Envoyé à partir de Outlook
Envoyé de mon mobile Orange
Télécharger Outlook pour iOS
Provenance : Courrier pour Windows
Enviado desde mi iPhone
Enviado desde Correo para Windows
Enviado do meu iPhone
Enviado do Email para Windows
Inviato da iPhone
Inviato dal mio dispositivo Android
Verzonden vanaf mijn iPhone
Verstuurd vanaf mijn mobiel
Sendt fra min iPhone
Skickat från min iPhone
Lähetetty iPhonesta
Wysłane z iPhone'a
Wysłane z telefonu Samsung
Отправлено с iPhone
Отправлено из мобильной Яндекс Почты
Отправлено с моего телефона
Надіслано з iPhone
Odesláno z iPhonu
Odoslané z iPhonu
Az iPhone készülékemről küldve
iPhone-ról küldve
Trimis de pe iPhone-ul meu
Στάλθηκε από το iPhone μου
iPhone'umdan gönderildi
נשלח מה-iPhone שלי
أرسلت من الـ iPhone
Đã gửi từ iPhone của tôi
Dikirim dari iPhone saya
ส่งจาก iPhone ของฉัน
发自我的iPhone
從我的 iPhone 傳送
从我的 iPhone 发送
iPhoneから送信
Windows 版のメールから送信
나의 iPhone에서 보냄
내 iPhone에서 보냄
""".strip().splitlines()


def test_sent_from_a_device_goes() -> None:
    for line in SENT_FROM:
        assert visible_text(f"I read it.\n\n{line}\n") == "I read it."
        assert visible_text(f"I read it.\n\n{line}\n\nOn 1/1/25 3:00 PM, Bob wrote:\n> Here it is.\n") == "I read it."


STAYS = """
Sent from my desk, is much easier than my mobile phone.
I sent it from my phone yesterday, did it arrive?
Von meinem iPhone aus kann ich das Bild nicht sehen, sorry.
My brother wrote 3 letters about this. Here is the first:
Here is what my mother wrote in 2014:
On your remote host you can run:
One outstanding question I had:
On balance I agree with these:
Le problème est le suivant :
Am Ende bleibt nur eine Frage:
Call me at 10:30 on 5 May, please.
From: here to eternity
The date: 5 May. The place: the library.
2025 was a good year:
De plus, il y a 3 points :
I wrote:
bob@example.org is my address:
Date: Friday, 8 pm
1. Bring 2 chairs and 3 tables:
- wrote the 2 letters:
""".strip().splitlines()


def test_a_sentence_that_only_resembles_a_mark_stays() -> None:
    for line in STAYS:
        text = f"Dear Bob,\n\n{line}\n\nThe second part comes here and it is long enough to be read.\n\nAlice"
        assert visible_text(text) == text
