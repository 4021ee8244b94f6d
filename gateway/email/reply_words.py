"""The words that mail clients put around a quotation, in the languages members write in.

Everything is lower case and without bidirectional marks; `reply_lines.plain` brings a line into that form. Add a
language here and a row for it in tests/email/test_reply_languages.py.
"""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# "… wrote:" as one word between blanks. Words that ordinary sentences end with as well stand in WEAK_VERBS.
VERBS = _words("""
    wrote writes цитирование schrieb schreibt geschrieben écrit ecrit écrivait escribió escribio escribiu escreveu scritto scrive
    schreef schrijft geschreven skrev skreiv skriver skrifaði kirjoitti kirjoittanut napisał napisała napisał(a) napisal
    napisala napisał/a napisali napisano pisze написал написала написал(а) написала(а) написали пишет писал писала пишете
    написав написала написав(ла) написав(-ла) пише писав napsal napsala napsal(a) napsal/a napsali píše napísal napísala
    napísal(a) napísali írta írja scris γράψε έγραψε έγραψαν γράφει yazdı yazdi yazmış כתב כתבה כתב/ה כתבת כתבו כתב(ה)
    كتب كتبت كتبها viết menulis menuliskan tulis ditulis написа написао написао/ла написала/о napisao napisala napisao/la napisao/napisala
    parašė rašė rakstīja kirjutas kirjutanud escriure escrigué escrit escrigut idatzi shkroi shkruan sulat sumulat isinulat scrisse scrit
    quoting zitat citando citant citeert citeren citerer citerar citat cytuję cytat цитирую цитата citace lainaus idézet alıntı
    aliandika aliandikia skryf geskryf ubhale نوشت نوشته لکھا लिखा लिखते लिखा। लिहिले लेख्नुभयो লিখেছেন লিখেছে লিখেছেন। লিখলেন લખ્યું ਲਿਖਿਆ எழுதியது எழுதினார் రాశారు
    ಬರೆದಿದ್ದಾರೆ എഴുതി skreau skriuwde scríobh sgrìobh ysgrifennodd skrivet skrev/skreiv skreivað піша напісаў напісала напісаў(-ла) напиша
    писали писал(а) пишут жазды жазған жазды. ёзди yozdi бичсэн წერდა დაწერა წერს գրել գրեց գրեց․ ጽፏል ጻፈ napisao(la) napisal/-a napisal(-a) napisana napísané napísal/-a
    schrieben schriebst verfasste verfaßte antwortete répondu respondió respondeu antwoordde svarade svarede odpisał odpověděl odpovedal ответил ответила відповів
""")
# What stands before the time of day; a line that ends in one goes on with the hour.
HOUR_WORDS = _words(
    "klo kello kl kl. pukul um om at alle ore às las lúc เวลา plkst plkst. kell ob klockan godz godz. godzinie στις לשעה ساعت الساعة"
)
# What an attribution may begin with when it names the writer first: "Quoting Bob …", "Missatge de Bob …".
OPENERS = _words("""
    quoting zitat citando citant citeert citeren citerer citerar citat cytuję cytat citace цитирование idézet missatge wiadomość zpráva správa mensagem
    excerpts mensaje message messaggio bericht nachricht сообщение повідомлення цитирую цитата
""")
ARTICLES = _words("a an un une una uno uma ein eine einen en ett et een")  # "wrote a letter": no name follows
FIRST_PERSON = _words("i ich ik jag jeg eg ja я j'ai j’ai")
WEAK_VERBS = _words(
    "sent said says dit disse sagte meinte typed spake scribbled posted skickade sendte schickte envoyé reageerde sendt"
)
# "… wrote:" in scripts that do not put blanks between words.
JOINED_VERBS = (
    "写道", "寫道", "写到", "寫到", "書きました", "書き込みました", "書いた", "のメール", "のメッセージ", "からのメール",
    "提到", "写的", "寫的", "说道", "來信", "来信", "书写", "쓴 글", "쓴글", "쓰신 글", "님이 작성", "님이 씀", "작성함", "작성", "썼습니다", "님의 말", "님의 메시지", "작성했습니다", "เขียนว่า", "เขียน", "បានសរសេរ",
)  # fmt: skip

# What an attribution begins with when it begins with a date: "On …", "Am …", and the weekdays.
ON_WORDS = _words("""
    on at am le el em no il op den på i w dnia dne dňa dana ngày vào lúc pada tanggal în in la lé στις την στη tarihinde
    בתאריך ב ביום في بتاريخ يوم 在 於 于 on: am: от в v у u на сре sri вчера date: datum på: ons: kuupäev kuupäeval در ในวันที่ เมื่อ data den: am. elo no.dia
    mon tue tues wed thu thur thurs fri sat sun monday tuesday wednesday thursday friday saturday sunday
    mo di mi do fr sa so montag dienstag mittwoch donnerstag freitag samstag sonntag
    lun mar mer jeu ven sam dim lundi mardi mercredi jeudi vendredi samedi dimanche
    mié jue vie sáb dom lunes martes miércoles jueves viernes sábado domingo seg ter qua qui sex segunda terça quarta quinta
    gio sab lunedì martedì mercoledì giovedì venerdì domenica ma wo vr za zo maandag dinsdag woensdag donderdag vrijdag
    man tir ons tor tors fre lør søn mån tis lör sön mandag tirsdag onsdag torsdag fredag lørdag søndag måndag tisdag
    ma ti ke to pe la su maanantai tiistai keskiviikko torstai perjantai pon wt śr czw pt sob niedz pn вт ср чт пт сб вс пн нд
    po út st čt pá so ne ut št pi pazartesi salı çarşamba perşembe cuma cumartesi pazar pzt sal çar per cum cmt paz
    hé ke sze cs pé szo vas δευ τρί τετ πέμ παρ σάβ κυρ δευτέρα τρίτη τετάρτη πέμπτη παρασκευή σάββατο κυριακή
    понедельник вторник среда четверг пятница суббота воскресенье понеділок вівторок середа четвер пʼятниця субота неділя
    poniedziałek wtorek środa czwartek piątek sobota niedziela pon wto śro czw pią sob nie pondělí úterý středa čtvrtek pátek neděle
    pondelok utorok streda štvrtok piatok nedeľa hétfő kedd szerda csütörtök péntek szombat vasárnap luni marți miercuri joi vineri sâmbătă duminică
    mie joi vin sâm ponedjeljak ponedeljak ponedeljek понедељак понеделник dilluns dl. dt. dc. dj. dv. ds. dg. maanantaina luns xov senin selasa rabu kamis jumat
    minggu isnin thứ pirmd otrd trešd ceturtd piektd sestd svētd pr an tr kt pn št sk esmaspäev teisipäev kolmapäev neljapäev reede laupäev pühapäev
    ใน mán þri mið fim fös lau sun þann ar air kell dnja më në mnamo jtt noong às ils în dňa dana jar den. dia o a elo v sex. ayer hier gestern yesterday
""")
# "X <address> … wrote": what stands for "by" in attributions without a verb.
FROM_BY = _words("от від מאת بواسطة od przez de von fra")

# "----- Original Message -----": one word of each column must be in the line between its dashes.
ORIGINAL_STEMS = (
    "origin", "oryginaln", "reply", "ursprüng", "urspruen", "ursprung", "antwort", "oprindelig", "opprinnelig", "oorspronkelijk",
    "alkuperäi", "orygin", "pierwotn", "исходн", "оригинал", "первоначальн", "вихідн", "початков", "оригінальн", "původn",
    "pôvodn", "eredeti", "αρχικ", "özgün", "orijinal", "מקורי", "أصلي", "اصلي", "gốc", "ban đầu", "asli", "ต้นฉบับ", "原始",
    "原邮", "原郵", "元の", "원본", "réponse", "respuesta", "izvorn", "original", "svar",
    "replied", "quoted", "initial", "eredet", "upprunal", "prvotn", "izvirn", "оригиналн", "зыходн", "originaal", "algne", "pradin", "sākotn", "oriģin", "orixinal",
    "jatorriz", "origjin", "ilkin", " ilk ", "পূর্ব", "মূল", "मूल", "asal", "เดิม", "オリジナル", "原件", "原信", "원래", "받은", "اصلی", "의 원문", "ориг", "изворн",
)  # fmt: skip
# The same, whole, where a word of it also begins headings of people's own: the beginning of a story, a meeting, a notice.
ORIGINAL_TITLES = (
    "ursprüngliche mitteilung", "rendez-vous d'origine", "rendez-vous d’origine", "cita original", "appuntamento originale", "compromisso original", "oorspronkelijke afspraak",
    "ursprunglig avtalad tid", "oprindelig aftale", "opprinnelig avtale", "opprinneleg melding", "alkuperäinen tapaaminen", "eredeti találkozó", "oryginalny list", "оригинално писмо",
    "پیغام اصلی", "originalus pranešimas", "pirminis laiškas", "pirminis pranešimas", "thông báo gốc", "mensaje inicial", "mensagem inicial", "messaggio iniziale", "mesaj inițial",
    "mesajul inițial", "asıl mesaj", "asıl ileti",
)  # fmt: skip
FORWARD_STEMS = (
    "forward", "weitergeleitet", "weiterleitung", "transféré", "transfere", "réexpédié", "transmis", "reenviad", "encaminhad",
    "inoltrat", "doorgestuurd", "videresendt", "vidarebefordra", "välitetty", "edelleenlähetetty", "przekazan", "przekazywan",
    "переслан", "пересыла", "переадрес", "перенаправ", "přeposlan", "předávan", "preposlan", "preposielan", "továbbított",
    "redirecționat", "réachemin", "doorgezonden", "edasisaad", "edasi saad", "بازارسال", "retransmis", "προωθη", "iletilen", "iletilm", "yönlendirilmiş", "הועבר", "מועבר", "معاد توجيه", "محولة", "معاد",
    "chuyển tiếp", "diteruskan", "ส่งต่อ", "转发", "轉寄", "轉發", "転送", "전달",
    "fwd", "przesłan", "înaintat", "препратен", "прослеђен", "препратена", "prosleđen", "proslijeđen", "proslje", "posredovan", "persiųst", "pārsūtīt", "edastat", "reenvia",
    "birbidal", "áframsen", "edelleenlähet", "преслан", "пересылан", "перасланае", "هدایت", "अग्रेषित", "फ़ॉरवर्ड", "ফরওয়ার্ড", "dimajukan", "terusan", "yönlendiril", "reencaminhad",
)  # fmt: skip
MESSAGE_STEMS = (
    "messag", "mensa", "nachricht", "bericht", "melding", "meddel", "besked", "viesti", "wiadomo", "zpráv", "zprav", "správ",
    "üzenet", "mesaj", "ileti", "сообщен", "письм", "повідомлен", "лист", "μήνυμα", "הודעה", "رسالة", "رساله", "thư", "tin nhắn",
    "pesan", "ข้อความ", "邮件", "郵件", "訊息", "メッセージ", "メール", "메시지", "메일", "mail", "correo", "courriel", "brev", "poruka",
    "posta", "epost",
    "appointment", "termin", "levél", "levele", "lêer", "skilabo", "skeyti", "порук", "порак", "съобщен", "паведамлен", "ліст", "sporočil", "laišk", "žinut",
    "ziņojum", "vēstul", "kiri", "sõnum", "missatge", "mensaxe", "mezu", "mesazh", "mejl", "پیام", "संदेश", "বার্তা", "mesej", "ต้นฉบับ", "消息", "信息", "信件",
    "thông báo chuyển tiếp", "原件", "내용", "편지", "letter", "e-post", "sähköpost",
)  # fmt: skip
# Apple Mail's lines, which carry no dashes but end in a colon: whole phrases, since their first words begin sentences too.
FORWARD_OPENINGS = (
    "begin forwarded message", "forwarded message", "start of forwarded message", "anfang der weitergeleiteten nachricht",
    "anfang der weitergeleiteten e-mail", "anfang der weitergeleiteten mail", "weitergeleitete nachricht", "weitergeleitete mail", "weitergeleitete e-mail",
    "début du message transféré", "début du message réexpédié", "début du courriel transféré", "début du courriel réexpédié",
    "inicio del mensaje reenviado", "inicia el mensaje reenviado", "inicio del correo reenviado", "início da mensagem encaminhada",
    "início da mensagem reencaminhada", "início do email encaminhado", "início do email reencaminhado", "início do e-mail encaminhado", "início do e-mail reencaminhado",
    "inizio messaggio inoltrato", "inizio del messaggio inoltrato", "inoltro messaggio", "begin doorgestuurd bericht", "start på videresendt",
    "videresendt melding", "videresendt besked", "videresendt meddelelse", "vidarebefordrat brev", "vidarebefordrat meddelande", "vidarebefordrat mejl",
    "vidarebefordrat e-post", "vidarebefordrat e-postmeddelande", "börja vidarebefordrat", "start på vidarebefordrat", "välitetty viesti", "edelleenlähetetty viesti",
    "początek przekazywanej wiadomości", "początek przekazanej wiadomości", "początek przesłanej wiadomości", "начало переадресованного", "начало пересылаемого",
    "начало пересланного", "початок пересланого", "початок перенаправленого", "початок переадресованого", "початок листа, що пересилається", "начало на препратено",
    "начало на препратеното", "začátek přeposlané", "začátek předávané", "začiatok preposlanej", "továbbított üzenet", "továbbított levél", "továbbított e-mail",
    "a továbbított üzenet", "a továbbított levél", "începutul mesajului redirecționat", "început mesaj redirecționat", "începutul mesajului retransmis",
    "έναρξη προωθημένου", "έναρξη του προωθημένου", "αρχή προωθημένου", "αρχή του προωθημένου", "iletilmiş mesajın başlangıcı", "iletilmiş iletinin başlangıcı",
    "iletilen ileti", "iletilen iletinin", "iletilen mesaj", "iletilen e-posta", "başlangıçta iletilen ileti", "תחילת ההודעה שהועברה", "תחילת ההודעה המועברת",
    "بداية الرسالة المعاد", "بداية الرسالة المحولة", "شروع پیام هدایتشده", "شروع پیام هدایت شده", "bắt đầu thư được chuyển tiếp", "bắt đầu thư chuyển tiếp", "bắt đầu thông báo chuyển tiếp",
    "bắt đầu tin nhắn chuyển tiếp", "bắt đầu tin nhắn được chuyển tiếp", "mulai pesan yang diteruskan", "mulai pesan diteruskan", "permulaan mesej yang dimajukan",
    "เริ่มข้อความที่ส่งต่อ", "เริ่มต้นข้อความที่ส่งต่อ", "ส่งต่อข้อความเริ่มต้น", "开始转发的邮件", "开始转发邮件", "下面是被转发的邮件", "下面是转发的邮件", "以下是转发的邮件",
    "開始轉寄郵件", "開始轉寄的郵件", "以下是轉寄的郵件", "転送されたメッセージ", "転送されたメール", "転送メッセージの始まり", "転送メッセージ", "전달된 메시지", "전달된 메일",
    "inici del missatge reenviat", "početak proslijeđene", "početak prosleđene", "začetek posredovanega", "आगे भेजा गया संदेश", "अग्रेषित संदेश",
)  # fmt: skip
ORIGINAL_OPENINGS = (
    "original message processed by", "reply message", "ursprüngliche nachricht verarbeitet", "original-nachricht verarbeitet",
)  # fmt: skip

# A block of quoted headers: label → what it names. Outlook, Yahoo, Hotmail, Windows Mail, AOL, Lotus Notes …
_LABELS = {
    "from": """din|المرسل|ผู้ส่ง|sūtītājs|siuntėjas|pošiljatelj|пошиљалац|igorlea|изпращач|подател|avsender|השולח|发送人|发送者|寄信人|보내는이|remitent|frá|ад|шаље|од|nork|kimdən|göndərən|nga|از|فرستنده|منجانب|प्रेषक|से|প্রেরক|থেকে|daripada|mula kay|发自|自|由|寄件人|발신|발신인|발신자|보낸이|oddi wrth|ó|kutoka|siunčia|no kā|nosūtītājs|sendandi|nadawca wiadomości|von:|de:|
        from|von|de|da|van|fra|från|fran|lähettäjä|od|от|от кого|від|від кого|feladó|de la|expeditor|από|απο|kimden|
        gönderen|מאת|من|từ|người gửi|dari|pengirim|จาก|发件人|寄件者|寄件人|差出人|送信者|送信元|보낸 사람|보낸사람|发信人|expéditeur|
        remitente|mittente|afzender|avsändare|absender|nadawca|odesílatel|odosielateľ|отправитель|відправник|saatja|nuo|no|sendt af|
        posted by|reply-to|respond to|on behalf of|remetente|発信者|보내는 사람|šalje|от:|frå""",
    "date": """dată|trimis pe|датум|ส่งแล้ว|thời gian gửi|발송 시간|발송 일시|απεσταλμένα|gönderim|siųsta|sūtīts|fecha de envío|data de envio|data invio|verzenddatum|sendedatum|dagsetning|адпраўлена|изпратено|изпратена|послато|испратено|poslato|nosūtīts|kuupäev|enviat|enviat el|data i hora|enviado o|enviado a las|bidalia|data:|göndərilib|dërguar|data e dërgimit|ارسال شده|تاریخ|بھیجا گیا|تاریخ:|भेजा गया|दिनांक|तारीख|প্রেরিত|তারিখ|dihantar|tarikh|ipinadala|petsa|已傳送|傳送|发件时间|時間|時刻|发送|日期时间|dzień|vreme|вријеме|време|datums|anfonwyd|dyddiad|seolta|dáta|gestuur|imetumwa|tarehe|σταλθηκε|sent on|date sent|gönderim zamanı|보낸 시각|보낸시간|발송일|날짜와 시간|küldés ideje|時間|sendt den|skickat den|verzonden op|inviata|inviato in data|enviado a|
        sent|date|gesendet|gesendet am|datum|envoyé|envoyé le|envoye|date d'envoi|enviado|enviado el|enviado em|enviada em|enviada|
        fecha|data|inviato|inviato il|verzonden|verstuurd|sendt|sendt dato|dato|skickat|skickad|lähetetty|päivämäärä|päiväys|pvm|wysłano|
        wysłane|data wysłania|отправлено|дата|дата отправки|надіслано|відправлено|odesláno|odoslané|odoslal|dátum|datum a čas|elküldve|
        küldve|küldés dátuma|trimis|trimis la|στάλθηκε|απεστάλη|ημερομηνία|gönderildi|gönderme tarihi|gönderim tarihi|gönderilen|tarih|
        נשלח|נשלח ב|תאריך|תם الإرسال|تم الإرسال|التاريخ|تاريخ الإرسال|أرسلت|đã gửi|gửi|ngày|ngày gửi|terkirim|dikirim|tanggal|ส่ง|ส่งเมื่อ|
        วันที่|发送时间|发送日期|日期|时间|寄件日期|傳送時間|傳送日期|送信日時|送信日|日付|日時|보낸 날짜|보낸날짜|날짜|saadetud|išsiųsta|nosūtīts|data i godzina|
        date/time|sent at|received|poslano""",
    "to": """pentru|المستلم|المرسل إليه|ผู้รับ|adresāts|gavėjas|прималац|hartzailea|получател|destinatari|נמען|收信人|接收人|接收者|受信者|받는이|каму|до|прима|за|prima|za|saaja|adressaat|saajad|per a|per|nori|kimə|për|به|گیرنده|بنام|प्रति|को|প্রতি|para kay|至|給|至:|수신|수신인|수신자|받는이|chuig|kwa|kam:|viðtakandi|príjemca|příjemce|odbiorca|do wiadomości|primatelj|prejemnik|prejemniki|примач|
        to|an|à|a|para|aan|naar|til|till|vastaanottaja|vastaanottajat|do|кому|komu|címzett|către|catre|προς|kime|alıcı|אל|ל|إلى|الى|
        đến|tới|người nhận|kepada|ke|untuk|ถึง|收件人|收件者|宛先|받는 사람|받는사람|수신|pro|destinataire|destinatario|destinatário|
        empfänger|geadresseerde|mottagare|modtager|mottaker|adresat|получатель|одержувач|kellele|kam|a:|per""",
    "cc": """dw.|do wiad.|afrit|копие|копија|kopija|kp|koopia|a/c|kopia:|surət|رونوشت|نقل|प्रतिलिपि|অনুলিপি|sk|s.k.|สำเนาถึง|副本抄送|kópia pre|kóp|κοιν.|copie carbone|cópia|ccn|cci|bcc|cco|skrytá kopie|samt|v kopii|kopiju|в копии|скрытая копия|
        cc|bcc|kopie|kopie an|copie à|copie|copia|copia a|kopi|kopi til|kopia|kopia till|kopio|dw|копия|копія|másolat|
        másolatot kap|bilgi|κοιν|κοινοποίηση|עותק|نسخة|抄送|副本|密件抄送|참조|สำเนา|tembusan|đồng kính gửi|kópia""",
    "subject": """temats|ogg|ชื่อเรื่อง|thema|тэма|относно|предмет|наслов|naslov|zadeva|tēma|assumpte|gaia|mövzu|subjekti|subyekti|tema e|موضوع|विषय|বিষয়|subjek|paksa|标题|主題|pwnc|ábhar|mada|titel|rubrik|betrifft|titolo|título|temat wiadomości|題名|제 목|objecte|oggetto:|subject line|tittel|
        subject|הנושא|betreff|objet|asunto|assunto|oggetto|onderwerp|emne|ämne|aihe|otsikko|temat|тема|předmět|predmet|tárgy|
        subiect|θέμα|konu|נושא|הנדון|الموضوع|chủ đề|tiêu đề|perihal|subjek|judul|เรื่อง|หัวเรื่อง|主题|主旨|主題|标题|件名|제목|sujet|titre|
        teema|tema|efni|re|betr""",
    "other": """attachments|attachment|anlagen|anlage|bijlagen|bijlage|pièces jointes|importance|priority|wichtigkeit|priorität|
        organization|answer to|antwort an|reply to|répondre à|responder a|message-id|mailed-by|списък|附件|添付ファイル|x-mailer|list-id|
        return-receipt-to|newsgroups|mailing list|reply-to address|sent by|from address|lämnat""",
}
LABELS = {label.strip(): role for role, labels in _LABELS.items() for label in labels.split("|") if label.strip()}

# "Sent from my …": the beginning of the line, or its end, in each language.
SENT_OPENINGS = (
    "sent from", "sent via", "sent with", "sent using", "sent by", "sent on the go", "sent off my", "sent through", "send from my",
    "get outlook for", "from my iphone", "from my ipad", "from my mobile", "from my phone", "from my android", "from my samsung",
    "from my blackberry", "from mobile", "from phone", "typed on", "written on my", "composed on", "dictated", "sent in haste from",
    "von meinem", "von mein", "gesendet von", "gesendet mit", "gesendet aus", "gesendet über", "gesendet via", "von unterwegs gesendet",
    "diese nachricht wurde von meinem", "mit meinem", "outlook für", "envoyé de", "envoyé depuis", "envoyé à partir", "envoyé avec",
    "envoyé par", "envoyé via", "télécharger outlook", "obtenez outlook", "provenance", "enviado desde", "enviado de", "enviado do",
    "enviado con", "enviado a partir", "enviado por", "enviado pelo", "enviado com", "enviado via", "enviado através", "enviado mediante",
    "obtener outlook", "obter o outlook", "obtenha o outlook", "descargar outlook", "inviato da", "inviato con", "inviato dal", "inviato tramite",
    "scarica outlook", "ottieni outlook", "verzonden vanaf", "verzonden met", "verzonden vanuit", "verzonden via", "verstuurd vanaf", "verstuurd met",
    "verstuurd via", "outlook voor", "download outlook", "sendt fra", "sendt med", "sendt via", "hent outlook", "skaff deg outlook", "få outlook", "skickat från",
    "skickat med", "skickat via", "hämta outlook", "sänt från", "lähetetty", "hanki outlook", "wysłane z", "wysłano z", "wysłane przy", "wysłane za",
    "pobierz outlook", "отправлено с", "отправлено из", "отправлено через", "отправлено от", "послано с", "надіслано з", "надіслано із", "відправлено з",
    "получить outlook", "скачать outlook", "odesláno z", "odesláno ze", "posláno z", "odoslané z", "odoslané zo", "získat outlook", "získať outlook",
    "az iphone", "elküldve", "küldve", "iphone-ról küldve", "trimis de pe", "trimis din", "trimis de", "στάλθηκε από", "εστάλη από", "απεστάλη από",
    "נשלח מ", "נשלח באמצעות", "أرسلت من", "أُرسلت من", "تم الإرسال من", "مرسل من", "được gửi từ", "đã gửi từ", "gửi từ", "dikirim dari", "terkirim dari",
    "dihantar dari", "ส่งจาก", "发自", "發自", "从我的", "從我的", "来自我的", "來自我的", "傳送自", "寄自", "发送自", "发送自我的", "獲取 outlook", "获取 outlook",
    "nosūtīts no", "išsiųsta iš", "saadetud minu", "saadetud telefonist", "saadetud nutitelefonist", "saadetud samsungi", "saadetud proton", "poslano s", "poslano iz", "послато са", "изпратено от", "enviat des", "bidalia",
    "sent with airmail", "via mobile",
    "sent úr", "sent frá", "sent on the move", "sent securely", "sent wirelessly", "sent in a hurry", "адпраўлена з", "poslato sa", "poslato iz", "poslano z", "послано из", "изпратено чрез",
    "ipinadala mula", "ارسال شده از", "فرستاده شده از", "مُرسل من", "أرسل من", "ส่งโดยใช้", "ส่งผ่าน", "dërguar nga", "göndərildi", "bidali", "отправлен с", "отправлен из",
    "enviada do", "enviada desde", "mandato da", "mandado desde", "spedito da", "mit freundlichem gruß von meinem iphone", "written on my", "typed on my", "message sent from", "this message was sent from my",
    "this email was sent from my", "dieses e-mail wurde", "diese e-mail wurde von meinem", "diese mail wurde von meinem", "ce message a été envoyé depuis mon", "ce mail a été envoyé depuis mon", "este mensaje ha sido enviado desde mi",
    "este mensaje fue enviado desde", "esta mensagem foi enviada do meu", "messaggio inviato da", "dit bericht is verzonden vanaf mijn", "dit bericht werd verzonden vanaf",
    "ارسالشده از", "传自我的", "傳自我的",
)  # fmt: skip
# The same by its parts: a word for "sent", then one for "from" or "with", then a device or a program and nothing else.
SENT = _words("""
    gesendet versendet verschickt versandt envoyé envoyée envoyés envoyées enviado enviada enviat enviats enviades inviato inviata inviati spedito spedita
    mandato mandata verzonden verstuurd gestuurd skickat skickad skickades sänt sendt wysłano wysłane wysłana odesláno odeslaná odeslané odoslané odoslaná odoslaný
    posláno poslaná poslané poslano poslato trimis trimisă изпратено изпратена изпратен отправлено отправлен отправлена послано послато надіслано надісланий відправлено
    адпраўлена испратено στάλθηκε εστάλη απεστάλη απεσταλμένο απεσταλμένα أُرسل أُرسلت أرسل أرسلت مُرسل مُرسلة مرسل مرسلة فرستاده ارسالشده nosūtīts nosūtīta sūtīts sūtīta
    išsiųsta išsiųstas siųsta siųstas dikirim terkirim
""")
SENT_FROM = _words("""
    von vom aus de do del dal dalla dall' des desde dende depuis d' da vanaf vanuit från fra frå af frá z ze zo s sa iz no iš din с со из із зі з от од από
    dari من از
""")
SENT_WITH = _words("""
    mit über via per par avec con com pelo pela por amb met med gjennom gennem genom cu prin so през чрез через с със με μέσω pomocí pomocou prostřednictvím przez przy dengan
    باستخدام عبر
""")
SENT_FILLERS = _words("""
    meinem meiner mon ma mes mi mio mia mijn min mitt meu minha el la le les l' lo der die das dem den de het een un una uno uma o il dell'
    mého svého mojego mój moje môjho môjho svojho mého mog mojega mojeg mana mano meu mea моего моєї мого моя моята моето мог мојот моят моята μου το τη την τον του saya من
    für for för til till pour para per voor dla для за για pro pre auf sur en su op pe na på i app appen mail e-post e-mail email poczta поща mobile
""")
SENT_PROGRAMS = (
    "proton", "yahoo", "outlook", "gmail", "gmx", "web.de", "icloud", "thunderbird", "fastmail", "tutanota", "tuta", "posteo", "zoho", "k-9", "fairemail", "ziggo", "kpn", "onet", "абв",
    "mail.ru", "spark", "iphon", "ipad", "ipod", "android", "samsung", "galaxy", "blackberry", "windows", "huawei", "xiaomi", "redmi", "айфон", "آیفون", "آيفون",
)  # fmt: skip
SENT_DEVICES = (
    "telefon", "telefón", "téléphon", "teléfon", "telèfon", "telemóv", "tālru", "mobil", "móvil", "móbil", "mòbil", "mobiel", "celular", "cellular", "smartphon", "smarttelefon",
    "handy", "tablet", "мобилн", "мобильн", "мобілн", "мобільн", "телефон", "смартфон", "κινητ", "هاتف", "جوال", "komórk", "mobitel", "laptop", "notebook", "ordinateur", "computer", "komput",
    "компьют", "dispositiv", "dispositiu", "appareil", "urządzeni", "uređaj", "zařízení", "zariadeni", "enhet", "enhed", "toestel", "gerät", "пристрою", "устройств",
)  # fmt: skip
SENT_WHOLE = ("来自qq邮箱", "来自qq邮箱手机版", "来自网易邮箱", "来自网易邮箱手机版", "来自网易邮箱大师")
# What Yahoo writes behind "Sent from Yahoo Mail.": one word of each.
APP = _words(
    "app application applicazione aplicación aplicação aplicativo applicatie programmet aplikację aplikaci приложение"
)
GET = _words(
    "get herunterladen holen obtenir obtenez télécharger téléchargez scarica ottieni descarga descargar consigue obtén obtener baixe obter obtenha download pobierz hämta hent"
)
# Of these openings the ones that also begin sentences: then the line must say that it was sent.
OPENINGS_OF_MORE = ("von meinem", "von mein", "mit meinem")
SENT_VERBS = ("gesendet", "geschickt", "geschrieben", "versendet", "verschickt", "getippt")
SENT_ENDINGS = (
    "gesendet", "gesendet.", "geschickt", "から送信", "より送信", "から送信しました", "で送信", "에서 보냄", "에서 보냈습니다", "에서 발송", "에서 전송",
    "傳送", "发送", "發送", "gönderildi", "gönderilmiştir", "gönderildi.", "küldve", "küldve.", "küldött", "from mobile", "via mobile", "from my phone", "from my iphone", "from my mobile",
    "を使用して送信", "からのメール送信", "se envió desde mi", "から送信されました",
    "からの送信", "tik bidalita",
    "에서 보냈습니다", "에서 보냄.", "で送信しました", "から送りました", "से भेजा गया", "থেকে পাঠানো", "থেকে প্রেরিত", "bidalia", "ارسال شد", "ارسال شده است", "傳送的", "发出", "發出", "에서 보낸 메일", "saadetud", "отправлено", "lähetetty",
)  # fmt: skip
HAVING = _words("ich wir hab habe haben hat hast habt hatte hatten")  # with "gesendet" they make a sentence
ENDINGS_OF_MORE = ("发送的邮件", "發送的郵件", "傳送的郵件", "寄出")  # only behind "从 " or "從 "
DEVICES = (
    "iphon", "ipad", "ipod", "android", "samsung", "galaxy", "blackberry", "mobil", "mobiel", "phone", "handy", "smartphone", "tablet", "outlook",
    "mail", "windows", "huawei", "xiaomi", "redmi", "nokia", "sony", "xperia", "yahoo", "device", "gerät", "telef", "téléphone",
    "appareil", "móvil", "celular", "dispositiv", "proton", "web.de", "telekom", "orange", "verizon", "spark", "airmail",
    "mailbird", "thunderbird", "posteo", "fastmail", "телефон", "смартфон", "айфон", "компьют", "яндекс", "手机", "手機", "携帯", "スマホ",
    "휴대", "พกพา", "nexus", "pixel", "motorola", "oneplus", "palm", "treo", "lumia", "surface", "client", "puhelim", "telefon", "komórk",
    "cellulare", "toestel", "enhet", "enhed", "cihaz", "мобильн", "мобілн", "мобилн", "telemóv", "teléf", "unterwegs", "the move", "the go", "tutanota", "κινητ", "נייד", "هاتفي", "جوال", "موبایل", "گوشی", "มือถือ", "โทรศัพท์", "スマート", "ケータイ", "邮箱", "信箱", "客户端", "메일",
    "스마트폰", "아이폰", "갤럭시", "फ़ोन", "फोन", "ফোন", "móbil", "mòbil", "telèfon", "tālru", "mugikor", "seluler", "perangkat", "hp saya", "mobitel", "모바일", "移动设备", "行動裝置", "裝置", "мобільн",
    "пристро", "устройств", "dispositiu", "urządz", "uređaj", "zariadeni", "zařízení", "készülék", "moto g", "k-9", "seadme", "įrengin", "ierīc", "آیفون", "laptop", "iwatch", "watch", "chromebook", "komput", "ordinateur", "computer", "gmail", "icloud", "zoho", "mailspring", "edison", "canary", "boxer", "superhuman", "newton", "polymail", "mixmax", "מכשיר", "אייפון", "نايفون", "آيفون", "الهاتف", "هاتف", "di động", "điện thoại", "ponsel", "ti-85",
)  # fmt: skip
SHORT_DEVICES = (
    "htc",
    "aol",
    "gmx",
    "ios",
    "mac",
    "hey",
    "lg",
    "app",
    "pc",
    "macbook",
    "imac",
)  # whole words only: "app" begins no "appetite" and ends no "happy"

# "Reply above this line": help desks and trackers put it over what they send.
ABOVE_LINE = (
    "above this line", "above the line", "above this email", "above the dotted line", "above the dashed line", "over this line",
    "oberhalb dieser zeile", "über dieser zeile", "oberhalb dieser linie", "über dieser linie", "au-dessus de cette ligne",
    "au dessus de cette ligne", "encima de esta línea", "arriba de esta línea", "sobre esta línea", "acima desta linha", "acima dessa linha",
    "sopra questa linea", "sopra questa riga", "al di sopra di questa", "boven deze regel", "boven deze lijn", "over denne linje", "over denne linjen",
    "ovanför denna rad", "ovanför den här raden", "ovanför denna linje", "tämän rivin yläpuolelle", "powyżej tej linii", "nad tą linią", "выше этой линии",
    "выше этой строки", "над этой линией", "над этой строкой", "вище цієї лінії", "вище цього рядка", "nad tento řádek", "nad tímto řádkem", "nad tento riadok",
    "e sor fölé", "e vonal fölé", "deasupra acestei linii", "πάνω από αυτή", "bu satırın üstüne", "bu satırın üzerine", "מעל שורה זו", "فوق هذا السطر", "phía trên dòng này",
    "di atas garis ini", "di atas baris ini", "เหนือบรรทัดนี้", "do not write below this line", "do not reply below this line", "do not type below this line", "write below this line", "powyżej tego wiersza", "nad tym wierszem", "powyżej tej linijki", "над цим рядком", "над цією лінією", "над този ред", "iznad ove linije", "iznad ovog retka", "nad to vrstico",
    "nad tuto čáru", "nad túto čiaru", "nad touto čarou", "acima desta linea", "al di sopra di questa riga", "sobre esta linea", "por encima de esta linea", "virš šios eilutės", "virs šīs rindas", "selle rea kohale", "per sobre d'aquesta línia", "damunt d'aquesta línia", "lerro honen gainean", "fyrir ofan þessa línu",
    "بالای این خط", "इस पंक्ति के ऊपर", "এই লাইনের উপরে", "di atas talian ini", "請在此線以上", "请在此线上方", "이 줄 위쪽", "在此行之上", "在此行上方", "在此线以上", "この行より上", "この線より上", "이 줄 위에", "이 선 위에",
)  # fmt: skip
