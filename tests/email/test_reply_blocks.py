"""Blocks of quoted headers, lines above an original or forwarded message, "Sent from …" and "reply above" in more languages."""

from gateway.email.reply_text import visible_text

ANSWER = "Thank you, I read it.\n\nAlice"

# from | sent | to | cc | subject, as Outlook, Samsung, Yahoo, Windows Mail, Lotus Notes and others write them
LABELS = """
From|Sent|To|Cc|Subject
From|Date|To|Cc|Subject
From|Received|To|Cc|Subject
Von|Gesendet|An|Cc|Betreff
Von|Datum|An|Kopie|Betreff
Von|Gesendet am|An|Cc|Thema
De |Envoyé |À |Cc |Objet
De|Envoyé|À|Cc|Objet
De|Date|À|Cc|Objet
Expéditeur|Date|Destinataire|Copie à|Objet
De|Enviado|Para|CC|Asunto
De|Enviado el|Para|CC|Asunto
De|Fecha|Para|Cc|Asunto
De|Fecha|A|Cc|Asunto
De|Enviada em|Para|Cc|Assunto
De|Enviado|Para|Cc|Assunto
De|Data|Para|Cc|Assunto
De|Enviada|Para|Cc|Assunto
Da|Inviato|A|Cc|Oggetto
Da|Data|A|Cc|Oggetto
Da|Inviato il|A|Cc|Oggetto
Mittente|Data|Destinatario|Cc|Oggetto
Van|Verzonden|Aan|CC|Onderwerp
Van|Datum|Aan|Cc|Onderwerp
Fra|Sendt|Til|Kopi|Emne
Fra|Dato|Til|Cc|Emne
Frå|Sendt|Til|Kopi|Emne
Från|Skickat|Till|Kopia|Ämne
Från|Datum|Till|Kopia|Ämne
Avsändare|Datum|Mottagare|Kopia|Ämne
Lähettäjä|Lähetetty|Vastaanottaja|Kopio|Aihe
Lähettäjä|Päivämäärä|Vastaanottaja|Kopio|Aihe
Frá|Sent|Til|Afrit|Efni
Frá|Dagsetning|Til|Afrit|Efni
Od|Wysłano|Do|DW|Temat
Od|Wysłane|Do|DW|Temat
Od|Data|Do|Dw|Temat
Od|Odesláno|Komu|Kopie|Předmět
Od|Datum|Komu|Kopie|Předmět
Od|Odoslané|Komu|Kópia|Predmet
Od|Dátum|Komu|Kópia|Predmet
Feladó|Elküldve|Címzett|Másolatot kap|Tárgy
Feladó|Dátum|Címzett|Másolat|Tárgy
De la|Trimis|Către|Cc|Subiect
De la|Data|Către|Cc|Subiect
От|Отправлено|Кому|Копия|Тема
От|Дата|Кому|Копия|Тема
От кого|Дата|Кому|Копия|Тема
Від|Надіслано|Кому|Копія|Тема
Від|Дата|Кому|Копія|Тема
Ад|Адпраўлена|Каму|Копія|Тэма
От|Изпратено|До|Копие|Относно
От|Дата|До|Копие|Относно
Шаље|Послато|Прима|Копија|Тема
Od|Poslato|Za|Cc|Tema
Od|Poslato|Za|Kopija|Naslov
Šalje|Poslano|Prima|Kopija|Predmet
Od|Datum|Za|Kopija|Predmet
Od|Poslano|Za|Kp|Zadeva
Од|Испратено|До|Копија|Предмет
Nuo|Išsiųsta|Kam|Kopija|Tema
No|Nosūtīts|Kam|Kopija|Tēma
Saatja|Saadetud|Adressaat|Koopia|Teema
Saatja|Kuupäev|Saaja|Koopia|Teema
De|Enviat|Per a|A/c|Assumpte
De|Enviat el|A|Cc|Tema
De|Enviado o|Para|Cc|Asunto
Nork|Bidalia|Nori|Kopia|Gaia
Από|Στάλθηκε|Προς|Κοιν.|Θέμα
Από|Ημερομηνία|Προς|Κοιν.|Θέμα
Kimden|Gönderildi|Kime|Bilgi|Konu
Kimden|Tarih|Kime|Bilgi|Konu
Gönderen|Gönderme Tarihi|Alıcı|Bilgi|Konu
Kimdən|Göndərilib|Kimə|Surət|Mövzu
Nga|Dërguar|Për|Cc|Subjekti
מאת|נשלח|אל|עותק|נושא
מאת|‏‏נשלח|אל|עותק|נושא
מאת|תאריך|אל|עותק|הנושא
من|تم الإرسال|إلى|نسخة|الموضوع
من|أرسلت|إلى|نسخة|الموضوع
من|التاريخ|إلى|نسخة|الموضوع
از|ارسال شده|به|رونوشت|موضوع
از|تاریخ|به|رونوشت|موضوع
منجانب|بھیجا گیا|بنام|نقل|موضوع
प्रेषक|भेजा गया|प्रति|प्रतिलिपि|विषय
से|दिनांक|को|प्रति|विषय
প্রেরক|প্রেরিত|প্রতি|অনুলিপি|বিষয়
Dari|Dikirim|Kepada|Tembusan|Perihal
Dari|Tanggal|Ke|Cc|Subjek
Daripada|Dihantar|Kepada|Sk|Subjek
Từ|Đã gửi|Đến|Cc|Chủ đề
Từ|Ngày|Đến|Cc|Tiêu đề
Mula kay|Ipinadala|Para kay|Cc|Paksa
จาก|ส่ง|ถึง|สำเนาถึง|เรื่อง
จาก|วันที่|ถึง|สำเนา|หัวเรื่อง
发件人|发送时间|收件人|抄送|主题
发件人|日期|收件人|抄送|主题
发自|日期|至|抄送|主题
寄件者|寄件日期|收件者|副本|主旨
寄件人|日期|收件人|副本|主旨
自|已傳送|至|副本|主旨
差出人|送信日時|宛先|CC|件名
差出人|日付|宛先|Cc|件名
From|日時|宛先|Cc|件名
送信者|送信日|宛先|Cc|件名
보낸 사람|보낸 날짜|받는 사람|참조|제목
발신|날짜|수신|참조|제목
보낸사람|날짜|받는사람|참조|제목
Ó|Seolta|Chuig|Cc|Ábhar
Van|Gestuur|Aan|Cc|Onderwerp
Kutoka|Imetumwa|Kwa|Cc|Mada
""".strip().splitlines()
FORMS = {
    "plain": "{}: {}", "bold": "*{}:* {}", "bold apart": "*{}*: {}", "tab": "{}:\t{}", "markdown": "**{}:** {}", "blank before": "{} : {}",
    "quoted": "> {}: {}", "quoted, bold": "> *{}:* {}", "wide": "{}：{}", "no blank": "{}:{}", "quoted with a bar": "| {}: {}", "in brackets": "[{}: {}]",
}  # fmt: skip
VALUES = (
    "Bob Reader <bob@example.org>",
    "Monday, 3 June 2024 10:11",
    "Alice Writer <alice@example.org>",
    "carol@example.org; dan@example.org",
    "Re: Hello",
)
BARE = ("Bob Reader", "3. 6. 2024 10:11", "Alice Writer", "Carol", "Hello")
LEADING = {
    "": "",
    "underscores": "_" * 32 + "\n",
    "dashes": "-" * 20 + "\n",
    "dots": "." * 30 + "\n",
    "rule and blank": "_" * 48 + "\n\n",
    "original": "-----Original Message-----\n",
}


def block(labels: str, form: str, values: tuple[str, ...] = VALUES) -> list[str]:
    return [form.format(label, value) for label, value in zip(labels.split("|"), values, strict=True)]


def test_a_block_of_headers_goes_however_it_is_written() -> None:
    for labels in LABELS:
        for form in FORMS.values():
            quoted = form.startswith((">", "|"))
            old = f"{form[0]} Here it is." if quoted else "Here it is."
            for values in (VALUES, BARE):
                for order in ((0, 1, 2, 3, 4), (0, 2, 1, 4), (1, 0, 2, 4), (4, 0, 2, 1), (0, 1, 2, 4), (0, 2, 4)):
                    lines = block(labels, form, values)
                    head = "\n".join(lines[n] for n in order)
                    if values is BARE and len(order) < 4:
                        continue
                    assert visible_text(f"{ANSWER}\n\n{head}\n\n{old}\n") == ANSWER, (form, order)


def test_what_stands_above_a_block_of_headers_goes_too() -> None:
    for labels in LABELS:
        for lead in LEADING.values():
            head = "\n".join(block(labels, "{}: {}"))
            assert visible_text(f"{ANSWER}\n\n{lead}{head}\n\nHere it is.\n") == ANSWER, lead
            assert visible_text(f"{ANSWER}\n{lead}{head}\nHere it is.\n") == ANSWER, lead


ORIGINALS = """
-------- Original Message --------
-------- Original message --------
----- Original Message -----
--- Original message ---
---- Original Message ----
------ Original Message ------
------- Original Message -------
------------------ Original ------------------
------------------ Original message ------------------
-- Original Message --
_____ Original message _____
*-----Original Message-----*
--- Original Message sent by Bob ---
-----Original Appointment-----
------ Original Message from Bob Reader ------
----- Begin Original Message -----
-------- Quoted message --------
-------- Ursprüngliche Nachricht --------
-----Ursprüngliche Nachricht-----
---------- Ursprüngliche Nachricht ----------
----- Ursprüngliche Message -----
------ Originalnachricht ------
-------- Originalnachricht --------
-------- Original-Nachricht --------
----- Original Nachricht -----
-----Ursprünglicher Termin-----
----- Original-Mail -----
-------- Message d'origine --------
-------- Message d’origine --------
-----Message d'origine-----
-------- Message original --------
-------- Message initial --------
-------- Courriel original --------
----- Mail Original -----
-------- Mensaje original --------
-----Mensaje original-----
---------- Mensaje original ----------
------ Mensaje Original ------
-------- Mensagem original --------
-----Mensagem Original-----
----- Mensagem original -----
-------- Messaggio originale --------
----Messaggio originale----
-----Messaggio originale-----
------ Messaggio Originale ------
-------- Oorspronkelijk bericht --------
-----Oorspronkelijk bericht-----
-------- Origineel bericht --------
----- Oorspronkelijke bericht -----
-------- Opprinnelig melding --------
-----Opprinnelig melding-----
-------- Originalt meddelande --------
-------- Originalmeddelande --------
-----Ursprungligt meddelande-----
-------- Ursprungligt meddelande --------
-------- Oprindelig besked --------
-----Oprindelig meddelelse-----
-------- Original meddelelse --------
-------- Alkuperäinen viesti --------
-----Alkuperäinen viesti-----
-------- Upprunaleg skilaboð --------
-----Upprunaleg skilaboð-----
-------- Oryginalna wiadomość --------
-------- Wiadomość oryginalna --------
-----Wiadomość oryginalna-----
----- Wiadomość oryginalna -----
-------- Treść oryginalnej wiadomości --------
-------- Původní zpráva --------
---------- Původní e-mail ----------
______________________________________________________________ Původní zpráva
-----Původní zpráva-----
-------- Pôvodná správa --------
-----Pôvodná správa-----
-------- Eredeti üzenet --------
-----Eredeti üzenet-----
-------- Eredeti levél --------
-------- Mesaj original --------
-----Mesaj original-----
-------- Mesajul original --------
-------- Исходное сообщение --------
-----Исходное сообщение-----
-------- Оригинальное сообщение --------
----- Исходное письмо -----
-------- Первоначальное сообщение --------
-------- Вихідне повідомлення --------
-------- Оригінальне повідомлення --------
-------- Початкове повідомлення --------
--- Оригінальне повідомлення ---
-------- Зыходнае паведамленне --------
-------- Оригинално съобщение --------
-----Original Message-----
-------- Оригинална порука --------
-------- Originalna poruka --------
-----Izvorna poruka-----
-------- Izvorna poruka --------
-------- Prvotno sporočilo --------
-------- Izvirno sporočilo --------
-------- Оригинална порака --------
-------- Originalus laiškas --------
-------- Pradinis laiškas --------
-------- Originali žinutė --------
-------- Sākotnējais ziņojums --------
-------- Oriģinālais ziņojums --------
-------- Algne kiri --------
-------- Algne sõnum --------
-------- Originaalkiri --------
-------- Missatge original --------
-------- Mensaxe orixinal --------
-------- Jatorrizko mezua --------
-------- Αρχικό μήνυμα --------
-----Αρχικό μήνυμα-----
-------- Özgün ileti --------
-------- Orijinal mesaj --------
-----Orijinal İleti-----
-------- İlkin mesaj --------
-------- Mesazhi origjinal --------
-------- הודעה מקורית --------
-----הודעה מקורית-----
-------- الرسالة الأصلية --------
-------- رسالة أصلية --------
-------- پیام اصلی --------
-------- मूल संदेश --------
-------- মূল বার্তা --------
-------- Pesan asli --------
-------- Mesej asal --------
-------- Thư gốc --------
-------- Tin nhắn gốc --------
-------- ข้อความเดิม --------
-----原始邮件-----
------------------ 原始邮件 ------------------
------------------ 原始邮件 ------------------&nbsp;
-------- 原始信息 --------
-------- 原始消息 --------
-----邮件原件-----
-----原始郵件-----
-------- 原始訊息 --------
-------- 原始信件 --------
---- 回复的原邮件 ----
---- Replied Message ----
-----元のメッセージ-----
-------- 元のメッセージ --------
------ Original Message ------
-------- オリジナルメッセージ --------
---------- 元のメール ----------
-----원본 메시지-----
-------- 원본 이메일 --------
-------- 원래 메시지 --------
--------- 원본 메일 ---------
---------[ 받은 메일 내용 ]----------
---------- Forwarded message ----------
---------- Forwarded message ---------
----- Forwarded Message -----
-------- Forwarded Message --------
------ Forwarded message ------
--- Forwarded message from Bob Reader <bob@example.org> ---
----- Forwarded message from Bob Reader -----
----- End forwarded message -----
---------- Weitergeleitete Nachricht ----------
---------- Forwarded message ---------
-------- Weitergeleitete Nachricht --------
----- Weitergeleitet von Bob Reader/Town am 03.06.2024 10:11 -----
---------- Message transféré ----------
---------- Message transféré ---------
-------- Message transféré --------
-------- Courriel transféré --------
----- Transféré par Bob Reader le 03/06/2024 10:11 -----
---------- Mensaje reenviado ----------
---------- Forwarded message ---------
-------- Mensaje reenviado --------
---------- Mensagem encaminhada ----------
-------- Mensagem reencaminhada --------
---------- Messaggio inoltrato ----------
-------- Messaggio Inoltrato --------
---------- Doorgestuurd bericht ----------
-------- Doorgestuurd bericht --------
---------- Videresendt meddelelse ----------
-------- Videresendt besked --------
---------- Videresendt melding ----------
---------- Vidarebefordrat meddelande ----------
-------- Vidarebefordrat meddelande --------
---------- Edelleenlähetetty viesti ----------
---------- Välitetty viesti ----------
---------- Áframsent skeyti ----------
---------- Przekazana wiadomość ----------
---------- Wiadomość przekazana dalej ----------
-------- Wiadomość przesłana dalej --------
-------- Treść przekazanej wiadomości --------
---------- Přeposlaná zpráva ----------
-------- Přeposlaná zpráva --------
---------- Preposlaná správa ----------
---------- Továbbított levél ----------
-------- Továbbított üzenet --------
---------- Mesaj redirecționat ----------
-------- Mesaj înaintat --------
---------- Пересылаемое сообщение ----------
---------- Forwarded message ---------
-------- Перенаправленное сообщение --------
-------- Пересланное сообщение --------
-------- Пересылаемое сообщение --------
---------- Пересланий лист ----------
---------- Переслане повідомлення ----------
-------- Перенаправлене повідомлення --------
---------- Препратено съобщение ----------
---------- Прослеђена порука ----------
---------- Proslijeđena poruka ----------
---------- Prosleđena poruka ----------
---------- Posredovano sporočilo ----------
---------- Persiųstas laiškas ----------
---------- Pārsūtītais ziņojums ----------
---------- Edastatud kiri ----------
---------- Missatge reenviat ----------
---------- Mensaxe reenviada ----------
---------- Birbidalitako mezua ----------
---------- Προωθημένο μήνυμα ----------
---------- İletilmiş mesaj ----------
-------- Yönlendirilmiş İleti --------
---------- הודעה שהועברה ----------
---------- الرسالة المعاد توجيهها ----------
-------- الرسالة المعاد توجيهها --------
---------- پیام هدایت‌شده ----------
---------- अग्रेषित संदेश ----------
---------- फ़ॉरवर्ड किया गया संदेश ----------
---------- Pesan terusan ----------
---------- Pesan yang diteruskan ----------
---------- Mesej dimajukan ----------
---------- Thư đã chuyển tiếp ----------
---------- ข้อความที่ส่งต่อ ----------
---------- 转发的邮件 ----------
---------- Forwarded message ---------
-------- 转发的消息 --------
---------- 轉寄的郵件 ----------
---------- 已轉寄郵件 ----------
---------- 転送されたメッセージ ----------
---------- 転送メッセージ ----------
---------- 전달된 메일 ----------
---------- 전달된 메시지 ---------
Begin forwarded message:
Anfang der weitergeleiteten Nachricht:
Début du message transféré :
Début du message réexpédié :
Inicio del mensaje reenviado:
Inicia el mensaje reenviado:
Início da mensagem encaminhada:
Início da mensagem reencaminhada:
Inizio messaggio inoltrato:
Begin doorgestuurd bericht:
Start på videresendt besked:
Start på videresendt melding:
Videresendt melding:
Vidarebefordrat brev:
Vidarebefordrat mejl:
Välitetty viesti alkaa:
Edelleenlähetetty viesti alkaa:
Początek przekazywanej wiadomości:
Początek przekazanej wiadomości:
Začátek přeposlané zprávy:
Začiatok preposlanej správy:
Továbbított levél kezdete:
Továbbított üzenet eleje:
Începutul mesajului redirecționat:
Начало переадресованного сообщения:
Начало переадресованного письма:
Початок листа, що пересилається:
Αρχή προωθημένου μηνύματος:
İletilen ileti başlangıcı:
İletilmiş mesajın başlangıcı:
תחילת ההודעה שהועברה:
بداية الرسالة المعاد توجيهها:
Bắt đầu thư được chuyển tiếp:
Mulai pesan yang diteruskan:
Permulaan mesej yang dimajukan:
ส่งต่อข้อความเริ่มต้น:
以下是转发的邮件：
开始转发的邮件：
开始转发邮件：
開始轉寄郵件：
以下是轉寄的郵件：
転送されたメッセージ：
転送メッセージの始まり：
전달된 메시지 시작:
전달된 메시지:
Inici del missatge reenviat:
Početak proslijeđene poruke:
""".strip().splitlines()


def test_the_line_above_somebody_elses_mail_ends_the_reply() -> None:
    for line in sorted(set(ORIGINALS)):
        assert visible_text(f"{ANSWER}\n\n{line}\n\nHere it is.\n\nBob\n") == ANSWER
        assert (
            visible_text(f"{ANSWER}\n\n{line}\nFrom: Bob Reader <bob@example.org>\nSubject: Hello\n\nHere it is.\n")
            == ANSWER
        )
        assert visible_text(f"{ANSWER}\n{line}\nHere it is.\n") == ANSWER


SENT_FROM = """
Sent from my iPhone
Sent from my iPhone.
Sent from my iPhone 15 Pro Max
Sent from my iPhone using Mail
Sent from my iPad Pro
Sent from my Android device with K-9 Mail. Please excuse my brevity.
Sent from my Android phone with GMX Mail. Please excuse my brevity.
Sent from my BlackBerry 10 smartphone on the Bell network.
Sent from my BlackBerry - the most secure mobile device - via the Bell Network
Sent from my Windows Phone
Sent from my HTC
Sent from my Galaxy
Sent from my Pixel 8
Sent from my Huawei phone
Sent from my Xiaomi
Sent from my mobile. Please excuse typos.
Sent from my mobile, please excuse brevity
Sent from my phone
Sent from my tablet
Sent from my mobile phone
Sent from my handheld
Sent from my wireless device
Sent from my Sprint Samsung Galaxy S7.
Sent from my U.S. Cellular® smartphone
Sent from my T-Mobile 4G LTE device
Sent from my Samsung Galaxy , an AT&T LTE smartphone
Sent from my Verizon Wireless 4G LTE DROID
Sent from my MetroPCS 4G LTE Android device
Sent from a mobile device
Sent from mobile
Sent from Mobile
Sent from handheld device
Sent from Mailbird
Sent from Mail.ru app for Android
Sent from myMail for iOS
Sent from Outlook
Sent from Outlook Mobile
Sent from Outlook for iOS
Sent from Nine
Sent from Nine<http://www.9folders.com/>
Sent from Samsung Mobile
Sent from Samsung Mobile on O2
Sent from Polymail
Sent from Postbox
Sent from Spark
Sent from Front
Sent from Superhuman
Sent from Aol Mobile Mail
Sent from AOL on Android
Sent from the all new AOL app for Android
Sent from the all new Aol app for iOS
Sent from Yahoo Mail
Sent from Yahoo Mail. Get the app
Sent from Yahoo Mail for iPad
Sent from Xfinity Connect App
Sent from Xfinity Connect Mobile App
Sent from Proton Mail Android
Sent from Proton Mail for iOS
Sent from ProtonMail mobile
Sent from Tutanota
Sent from Zoho Mail
Sent from Fastmail
Sent from HEY for iPhone
Sent from VMware Boxer
Sent from Workspace ONE Boxer
Sent from Canary (https://canarymail.io)
Sent from Blue
Sent from BlueMail
Sent from Blue Mail on Android
Sent from Gmail
Sent from Inbox
Sent from CloudMagic Email
Sent from Alto
Sent from TypeApp
Sent from Edison Mail
Sent from Email+ secured by MobileIron
Sent from Evolution
Sent from my LG Mobile
Sent from my Motorola Smartphone on the Now Network from Sprint!
Sent via the Samsung Galaxy S10, an AT&T 5G Evolution capable smartphone
Sent via the Samsung Galaxy S24 Ultra 5G, an AT&T 5G smartphone
Sent via Superhuman
Sent via Newton Mail
Sent via iPhone
Sent via DROID on Verizon Wireless
Sent via carrier pigeon
Sent with Mixmax
Sent with Spark
Sent with Shift
Sent with Tutanota
Sent with Proton Mail secure email.
Sent with ProtonMail Secure Email.
Sent with Unibox
Sent using Zoho Mail
Sent using Mailspring
Sent using Hushmail
Sent by Outlook for Android
Sent on the move
Sent on the go
Sent wirelessly from my BlackBerry.
Sent securely with Tutanota
Get Outlook for Android
Get Outlook for iOS
Get Outlook for Mac
Get the Outlook app for Android
Get BlueMail for Android
Get BlueMail for Desktop
Get TypeApp for Android
Download Outlook for Mac
Typed with thumbs.
From my iPhone
From my Android phone on T-Mobile
On the go
Von meinem iPhone gesendet
Von meinem iPad gesendet
Von meinem Mobiltelefon gesendet
Von meinem Handy gesendet.
Von meinem Smartphone gesendet
Von meinem/meiner Galaxy gesendet
Von meinem Samsung Gerät gesendet.
Von meinem BlackBerry 10-Smartphone gesendet.
Von meinem Android-Gerät mit K-9 Mail gesendet. Bitte entschuldigen Sie meine Kürze.
Von meinem Windows Phone gesendet
Gesendet von meinem iPhone
Gesendet von iPhone
Gesendet von Yahoo Mail auf Android
Gesendet von Yahoo Mail für iPhone
Gesendet von Outlook Mobile
Gesendet von Outlook für Android
Gesendet von Mail für Windows
Gesendet von meinem Samsung Galaxy-Smartphone.
Gesendet mit der Telekom Mail App
Gesendet mit der WEB.DE Mail App
Gesendet mit der mobilen Mail App
Gesendet mit Proton Mail
Gesendet von unterwegs
Holen Sie sich Outlook für iOS
Holen Sie sich Outlook für Android
Outlook für Android beziehen
Outlook für Android herunterladen
Diese Nachricht wurde von meinem Android-Gerät mit K-9 Mail gesendet.
Envoyé de mon iPhone
Envoyé de mon iPad
Envoyé de mon téléphone
Envoyé de mon mobile
Envoyé de mon appareil Android
Envoyé de mon Galaxy
Envoyé de mon appareil mobile Samsung.
Envoyé depuis mon mobile
Envoyé depuis mon appareil mobile Samsung.
Envoyé depuis mon smartphone Samsung Galaxy.
Envoyé depuis l'application Mail Orange
Envoyé depuis Yahoo Mail pour Android
Envoyé depuis Outlook pour Android
Envoyé depuis Outlook
Envoyé depuis mon appareil Galaxy
Envoyé à partir de Yahoo Mail sur Android
Envoyé à partir de Courrier pour Windows
Envoyé à partir d’Outlook pour Android
Envoyé avec la messagerie sécurisée Proton Mail.
Obtenir Outlook pour iOS
Obtenir Outlook pour Android
Téléchargez Outlook pour Android
De mon iPhone
Enviado desde mi iPhone
Enviado desde mi iPad
Enviado desde mi móvil
Enviado desde mi teléfono
Enviado desde mi celular
Enviado desde mi Samsung
Enviado desde mi smartphone Samsung Galaxy.
Enviado desde mi dispositivo Samsung
Enviado desde mi smartphone BlackBerry 10.
Enviado desde Outlook para Android
Enviado desde Outlook
Enviado desde Yahoo Mail para Android
Enviado desde Yahoo Mail con Android
Enviado desde Correo para Windows 10
Enviado con el correo electrónico seguro de Proton Mail.
Enviado de Samsung Mobile
Obtener Outlook para iOS
Obtener Outlook para Android
Descarga Outlook para iOS
Enviado do meu iPhone
Enviado do meu iPad
Enviado do meu smartphone Samsung Galaxy.
Enviado do meu celular
Enviado do meu telemóvel
Enviado do meu Android
Enviado do Yahoo Mail no Android
Enviado do Yahoo Mail para iPhone
Enviado do Outlook
Enviado do Outlook para Android
Enviado do Correio para Windows
Enviado via iPhone
Enviado via iPad
Enviado via UOL Mail
Enviado a partir do meu smartphone Samsung Galaxy.
Obter o Outlook para iOS
Obter o Outlook para Android
Inviato da iPhone
Inviato da iPad
Inviato dal mio iPhone
Inviato dal mio telefono
Inviato dal mio cellulare
Inviato dal mio Galaxy
Inviato dal mio smartphone Samsung Galaxy.
Inviato da smartphone Samsung Galaxy.
Inviato da Posta per Windows
Inviato da Outlook per Android
Inviato da Yahoo Mail su Android
Inviato da Libero Mail per Android
Inviato con Proton Mail
Ottieni Outlook per iOS
Ottieni Outlook per Android
Scarica Outlook per Android
Verzonden vanaf mijn iPhone
Verzonden vanaf mijn iPad
Verzonden vanaf mijn telefoon
Verzonden vanaf mijn Galaxy
Verzonden vanaf mijn Samsung-apparaat
Verstuurd vanaf mijn iPhone
Verstuurd vanaf mijn iPad
Verstuurd vanaf mijn mobiele telefoon
Verzonden vanuit Mail voor Windows
Verzonden vanuit Outlook
Verzonden via Yahoo Mail op Android
Outlook voor iOS downloaden
Outlook voor Android downloaden
Download Outlook voor Android
Sendt fra min iPhone
Sendt fra min iPad
Sendt fra min mobil
Sendt fra min Samsung Galaxy-smartphone.
Sendt fra min Galaxy
Sendt fra Mail for Windows
Sendt fra E-post for Windows
Sendt fra Outlook til Android
Sendt fra Outlook for iOS
Sendt fra Yahoo Mail på Android
Hent Outlook til iOS
Hent Outlook for Android
Hent Outlook til Android
Skaff deg Outlook for iOS
Skickat från min iPhone
Skickat från min iPad
Skickat från min mobil
Skickat från min Galaxy
Skickat från min Samsung Galaxy smartphone.
Skickat från E-post för Windows
Skickat från Outlook för Android
Skickat från Yahoo Mail på Android
Skickat från Outlook
Hämta Outlook för iOS
Hämta Outlook för Android
Lähetetty iPhonesta
Lähetetty iPadista
Lähetetty iPhonestani
Lähetetty minun iPhonesta
Lähetetty puhelimestani
Lähetetty Samsung-laitteesta
Lähetetty Windowsin Sähköpostista
Lähetetty Yahoo Maililla Androidissa
Hanki Outlook for Android
Hanki Outlook for iOS
Sent úr iPhone
Sent frá iPhone
Wysłane z iPhone'a
Wysłane z iPhone’a
Wysłane z mojego iPhone'a
Wysłano z iPhone'a
Wysłano z urządzenia Galaxy
Wysłano z telefonu
Wysłane z telefonu Samsung Galaxy
Wysłane z aplikacji Poczta dla systemu Windows 10
Wysłane z aplikacji mobilnej WP Poczta
Wysłane z Yahoo Mail na Androidzie
Wysłane z Outlook dla Android
Wysłano z Outlooka
Pobierz aplikację Outlook dla systemu iOS
Pobierz program Outlook dla systemu Android
Uzyskaj Outlook dla systemu Android
Odesláno z iPhonu
Odesláno z mého iPhonu
Odesláno z iPadu
Odesláno z mobilu
Odesláno ze zařízení Galaxy
Odesláno z aplikace Seznam Email
Odesláno z Pošty pro Windows
Posláno z mobilu
Získat Outlook pro iOS
Získat Outlook pro Android
Odoslané z iPhonu
Odoslané z môjho iPhonu
Odoslané z mobilu
Odoslané zo zariadenia Galaxy
Odoslané z Pošty pre Windows
Získajte Outlook pre iOS
Elküldve az iPhone-omról
Elküldve iPhone-ról
iPhone készülékről küldve
Az iPhone-omról küldve
iPad-ről küldve
Samsung Galaxy okostelefonról küldve.
Küldve a Windows Posta alkalmazásából
Az Outlook beszerzése iOS-re
Az Outlook letöltése Androidra
Trimis de pe iPhone
Trimis de pe iPhone-ul meu
Trimis din Mail pentru Windows
Trimis din Yahoo Mail pe Android
Trimis din Outlook
Obțineți Outlook pentru iOS
Obțineți Outlook pentru Android
Отправлено с iPhone
Отправлено с моего iPhone
Отправлено с iPad
Отправлено с мобильного
Отправлено с мобильного устройства
Отправлено с телефона
Отправлено с моего мобильного телефона
Отправлено с моего Android-устройства
Отправлено с устройства Galaxy
Отправлено с моего устройства Samsung
Отправлено с Samsung Mobile
Отправлено из Mail.ru для Android
Отправлено из Почты Mail.ru
Отправлено из мобильной Почты Mail.ru
Отправлено из мобильного приложения Яндекс.Почты
Отправлено из Яндекс.Почты для мобильных
Отправлено из Outlook для Android
Отправлено из myMail для iOS
Отправлено из Почты для Windows
Отправлено с помощью Proton Mail
Отправлено через Outlook
Скачать Outlook для Android
Получите Outlook для iOS
Получите Outlook для Android
Надіслано з iPhone
Надіслано з мого iPhone
Надіслано з iPad
Надіслано з мого телефону
Надіслано з пристрою Galaxy
Надіслано з Пошти для Windows
Відправлено з iPhone
Отримати Outlook для Android
Адпраўлена з iPhone
Изпратено от моя iPhone
Изпратено от iPhone
Изпратено от Поща за Windows
Послато са мог iPhone-а
Послато са iPhone-а
Poslato sa mog iPhone-a
Poslano s mog iPhonea
Poslano s iPhonea
Poslano iz mojega iPhona
Poslano iz mojega iPhone-a
Išsiųsta iš mano „iPhone“
Išsiųsta iš „iPhone“
Nosūtīts no mana iPhone
Nosūtīts no iPhone
Saadetud minu iPhone'ist
Saadetud minu iPhone'ilt
Enviat des del meu iPhone
Enviat des de l'iPhone
Enviado desde o meu iPhone
Nire iPhonetik bidalia
Στάλθηκε από το iPhone μου
Στάλθηκε από το κινητό μου
Στάλθηκε από την Αλληλογραφία για Windows
Στάλθηκε από το Ταχυδρομείο Yahoo σε Android
Αποκτήστε το Outlook για iOS
Λήψη του Outlook για Android
iPhone'umdan gönderildi
iPhone’umdan gönderildi
iPad'imden gönderildi
Cep telefonumdan gönderildi
Samsung cihazımdan gönderildi
Samsung Galaxy akıllı telefonumdan gönderildi.
Windows için Posta ile gönderildi
Android'de Yahoo Postadan gönderildi
Android için Outlook uygulamasını edinin
iOS için Outlook'u edinin
נשלח מה-iPhone שלי
נשלח מהאייפון שלי
נשלח מה-Galaxy שלי
נשלח מהנייד שלי
‏נשלח מה-iPhone שלי
נשלח מ'דואר' עבור Windows
השג את Outlook עבור Android
השג את Outlook עבור iOS
أُرسلت من الـ iPhone
أرسلت من iPhone الخاص بي
تم الإرسال من الـ iPhone
مُرسل من هاتفي
مرسل من هاتف Samsung Galaxy
تم الإرسال من هاتف Galaxy الذكي الخاص بي
تم الإرسال من البريد لـ Windows
احصل على Outlook لـ Android
احصل على Outlook لـ iOS
ارسال شده از iPhone من
از iPhone من ارسال شد
मेरे iPhone से भेजा गया
iPhone से भेजा गया
आमार iPhone থেকে পাঠানো
Dikirim dari iPhone saya
Dikirim dari ponsel saya
Dikirim dari Yahoo Mail di Android
Dikirim dari Email untuk Windows
Terkirim dari Samsung Mobile
Dihantar daripada iPhone saya
Được gửi từ iPhone của tôi
Đã gửi từ iPhone của tôi
Đã gửi từ iPhone
Gửi từ iPhone của tôi
Được gửi từ thiết bị Samsung của tôi
Được gửi từ Thư dành cho Windows
Ipinadala mula sa aking iPhone
ส่งจาก iPhone ของฉัน
ส่งจาก iPhone
ส่งจากมือถือ
ส่งจากโทรศัพท์ของฉัน
发自我的 iPhone
发自我的iPad
发自我的手机
发自我的华为手机
发自我的小米手机
发自我的 Galaxy
发自 Windows 版邮件
从 Windows 版邮件发送
从 Windows 10 版邮件发送
发送自 Outlook for Android
发送自 Windows 10 版邮件应用
从我的Samsung智能手机发送
通过 Outlook for Android 发送
来自我的iPhone
发自QQ邮箱
发自网易邮箱手机版
发自新浪邮箱客户端
获取 Outlook for Android
获取适用于 iOS 的 Outlook
下载适用于 Android 的 Outlook
從我的iPhone傳送
從我的 iPad 傳送
傳送自我的 iPhone
從 Windows 版郵件傳送
從 Android 上的 Yahoo奇摩電子信箱傳送
我的 iPhone 傳送
取得 iOS 版 Outlook
取得 Android 版 Outlook
由我的 iPhone 傳送
iPhoneから送信
iPadから送信
私のiPhoneから送信
スマートフォンから送信
携帯から送信
Androidから送信
Galaxyから送信
マイ Galaxyから送信
Windows 10 版のメールから送信
Yahoo!メール - 送信日時
Outlook for Androidから送信
iOS 版 Outlook を入手
Outlook for iOS を入手
Android 版 Outlook を入手する
Outlook for Android<https://aka.ms/AAb9ysg>を入手
나의 iPhone에서 보냄
나의 iPad에서 보냄
내 Galaxy에서 보냄
내 휴대폰에서 보냄
삼성 갤럭시 스마트폰에서 보냈습니다.
네이버 메일앱에서 보냈습니다.
Windows용 메일에서 보냄
Android용 Outlook에서 보냄
iOS용 Outlook 다운로드
Android용 Outlook 다운로드
Outlook for Android 다운로드
Daum 메일앱에서 보냈습니다.
""".strip().splitlines()
NO_DEVICE = {"Typed with thumbs.", "Yahoo!メール - 送信日時", "On the go", "आमार iPhone থেকে পাঠানো", "De mon iPhone"}


def test_sent_from_goes_in_every_language() -> None:
    for line in sorted(set(SENT_FROM) - NO_DEVICE):
        assert visible_text(f"{ANSWER}\n\n{line}\n") == ANSWER
        assert visible_text(f"{ANSWER}\n\n{line}\n\nOn 1/1/25 3:00 PM, Bob wrote:\n> Here it is.\n") == ANSWER
        assert (
            visible_text(
                f"{ANSWER}\n\n{line}\n________________________________\nFrom: Bob <bob@example.org>\nSent: Monday 10:11\n\nHere it is.\n"
            )
            == ANSWER
        )


ABOVE = """
##- Please type your reply above this line -##
## Please do not write below this line ##
##- Please do not write below this line -##
-- Please reply above this line --
--- Please reply above this line ---
---- Reply above this line ----
-----Reply above this line-----
--- Reply ABOVE THIS LINE to post a message ---
--- Reply ABOVE THIS LINE to add a comment to this request ---
=-=-=-= Please reply above this line =-=-=-=
*** Reply above this line ***
====== Please reply above this line ======
Reply above this line to add a comment
Please reply above this line
-- REPLY ABOVE THIS LINE --
-=-=-= Reply above this line -=-=-=
______ Please reply ABOVE THIS LINE to respond to this ticket ______
--- write your reply above this line ---
--------- Reply above this line ------------
Write above this line to reply
[Please write your reply above this line]
Respond above this line
##- Bitte geben Sie Ihre Antwort oberhalb dieser Zeile ein. -##
##- Bitte antworten Sie über dieser Zeile -##
--- Bitte antworten Sie oberhalb dieser Zeile ---
##- Veuillez saisir votre réponse au-dessus de cette ligne -##
##- Répondez au-dessus de cette ligne -##
##- Por favor, escriba su respuesta por encima de esta línea -##
##- Escriba su respuesta por encima de esta línea. -##
##- Responda por encima de esta línea -##
##- Por favor, digite sua resposta acima desta linha -##
##- Digite a sua resposta acima desta linha. -##
##- Escreva a sua resposta acima desta linha -##
##- Inserisci la risposta al di sopra di questa riga -##
##- Scrivi la risposta sopra questa riga. -##
##- Typ uw antwoord boven deze regel -##
##- Typ uw reactie boven deze regel -##
##- Skriv dit svar over denne linje -##
##- Skriv svaret ditt over denne linjen -##
##- Skriv ditt svar ovanför den här raden -##
##- Kirjoita vastauksesi tämän rivin yläpuolelle -##
##- Wpisz odpowiedź powyżej tej linii -##
##- Proszę wpisać odpowiedź powyżej tego wiersza -##
##- Svou odpověď napište nad tento řádek -##
##- Odpoveď napíšte nad tento riadok -##
##- Kérjük, válaszát e sor fölé írja -##
##- Vă rugăm să introduceți răspunsul deasupra acestei linii -##
##- Введите ответ над этой строкой -##
##- Пожалуйста, введите ответ выше этой строки -##
##- Введіть відповідь над цим рядком -##
##- Πληκτρολογήστε την απάντησή σας πάνω από αυτή τη γραμμή -##
##- Lütfen yanıtınızı bu satırın üzerine yazın -##
##- נא להקליד את תשובתך מעל שורה זו -##
##- يرجى كتابة ردك فوق هذا السطر -##
##- Vui lòng nhập câu trả lời phía trên dòng này -##
##- Ketik balasan Anda di atas baris ini -##
##- โปรดพิมพ์คำตอบของคุณเหนือบรรทัดนี้ -##
##- 请在此行上方键入您的回复 -##
##- 請在此行上方輸入您的回覆 -##
##- この行より上に返信を入力してください -##
##- 이 줄 위에 답장을 입력하세요 -##
""".strip().splitlines()


def test_a_help_desks_line_ends_the_reply() -> None:
    for line in ABOVE:
        assert visible_text(f"{ANSWER}\n\n{line}\n\nYour ticket 12 was updated.\n\nBob\n") == ANSWER
        assert visible_text(f"{ANSWER}\n\n> {line}\n>\n> Your ticket 12 was updated.\n") == ANSWER
        assert (
            visible_text(
                f"{ANSWER}\n\nOn 3/6/24 10:11, Desk <desk@example.org> wrote:\n\n> {line}\n>\n> Your ticket.\n"
            )
            == ANSWER
        )
