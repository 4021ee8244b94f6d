"""Whether a machine sent a mail on its own (RFC 3834): such mail is never posted and never answered."""

from gateway.core.words import N
from gateway.email.header_values import words
from gateway.email.parts import Header, Part, parameter, raw_header, raw_headers
from gateway.email.reply_marks import is_reply_mark, without_reply_mark

BY_SUBJECT = N("its subject is that of an automatic reply")  # the one reason that a person may give, too
_BY_LIST = N("it came through a mailing list")
_BY_MACHINE = N("it is an automatic reply")
_PRECEDENCES = frozenset({"bulk", "list", "junk", "auto_reply"})
_MARKS = {
    "list-id": _BY_LIST,
    "list-post": _BY_LIST,
    "list-help": _BY_LIST,
    "list-owner": _BY_LIST,
    "list-archive": _BY_LIST,
    "list-subscribe": _BY_LIST,
    "list-unsubscribe": _BY_LIST,
    "mailing-list": _BY_LIST,
    "x-mailing-list": _BY_LIST,
    "x-cron-env": N("it says that a machine sent it"),
    "x-autoreply": _BY_MACHINE,
    "x-autorespond": _BY_MACHINE,
    "x-autoreply-from": _BY_MACHINE,
    "x-auto-reply-from": _BY_MACHINE,
    "x-autoresponder": _BY_MACHINE,
    "x-mail-autoreply": _BY_MACHINE,
    "x-failed-recipients": N("it is a report about a mail that could not be delivered"),
}
_CALENDARS = frozenset({"text/calendar", "application/ics"})
_SAYS_NO = frozenset({"no", "false", "0", ""})
_REPORTS = frozenset(
    {"multipart/report", "message/delivery-status", "message/disposition-notification", "message/feedback-report"}
)
_SUBJECTS = (
    # English
    "automatic reply", "auto reply", "autoreply", "auto-reply", "auto response", "autoresponse", "auto-response", "out of office",
    "out of the office", "out-of-office", "away from the office", "out of office autoreply", "vacation reply",
    "out of office reply", "automatic response", "automated reply", "automated response", "away message",
    # German, Dutch, Nordic
    "automatische rückantwort", "abwesenheitsassistent", "abwesenheitsbenachrichtigung", "afwezigheidsassistent", "automatische reactie",
    "automatisk besvarelse", "automatiskt meddelande", "automatisk melding", "automaattinen viesti", "poissaoloviesti",
    "automatische antwort", "abwesenheitsnotiz", "abwesenheitsmeldung", "abwesenheit", "autom. antwort",
    "automatisch antwoord", "automatisch bericht", "afwezigheidsbericht", "afwezig", "autosvar", "automatiskt svar", "automatisk svar",
    "automatisk svar fra", "frånvaromeddelande", "frånvarande", "fraværsmelding", "fraværende", "ikke på kontoret",
    "automaattinen vastaus", "poissaoloilmoitus", "sjálfvirkt svar",
    # Romance
    "réponse automatique", "reponse automatique", "absence du bureau", "absent du bureau", "message d'absence", "respuesta automática",
    "respuesta automatica", "fuera de la oficina", "ausente de la oficina", "risposta automatica", "fuori sede", "fuori ufficio",
    "resposta automática", "resposta automatica", "ausência temporária", "ausência do escritório", "fora do escritório",
    "răspuns automat", "raspuns automat", "resposta automàtica",
    "réponse d'absence", "notification d'absence", "message automatique", "mensaje automático", "respuesta de ausencia",
    "mensagem automática", "resposta de ausência", "messaggio automatico", "risposta di assenza", "mesaj automat", "missatge automàtic",
    # Slavic, Baltic, Hungarian
    "wiadomość automatyczna", "informacja o nieobecności", "automatická zpráva", "oznámení o nepřítomnosti", "oznámenie o neprítomnosti",
    "автоматическое сообщение", "автоматическое уведомление об отсутствии", "уведомление об отсутствии", "автоматичне повідомлення", "automatska poruka",
    "automatyczna odpowiedź", "autoodpowiedź", "odpowiedź automatyczna", "poza biurem", "automatická odpověď", "mimo kancelář",
    "automatická odpoveď", "mimo kancelárie", "автоматический ответ", "автоответ", "вне офиса", "нет на работе",
    "автоматична відповідь", "автовідповідь", "автоматичен отговор", "аутоматски одговор", "automatski odgovor", "samodejni odgovor",
    "automatinis atsakymas", "automātiskā atbilde", "automaatvastus", "automatikus válasz", "házon kívül",
    # Others
    "otomatik cevap", "otomatik mesaj", "tin nhắn tự động", "自动应答", "自動返答", "자동 답장", "자동 메시지",
    "otomatik yanıt", "ofis dışında", "αυτόματη απάντηση", "εκτός γραφείου", "תגובה אוטומטית", "מענה אוטומטי", "رد تلقائي",
    "پاسخ خودکار", "स्वचालित उत्तर", "ตอบกลับอัตโนมัติ", "trả lời tự động", "balasan otomatis", "balasan automatik", "自动回复", "自动答复",
    "自動回覆", "自動回复", "自動返信", "自動応答", "不在通知", "不在のお知らせ", "자동 회신", "자동회신", "자동 응답", "부재중", "부재 중",
)  # fmt: skip
_BRACKETS = (("[", "]"), ("(", ")"), ("【", "】"), ("<", ">"))
_MOST_MARKS = 10


def reason(header: Header, content_type: str, subject: str) -> str:
    """Why a mail counts as automatic, as the end of a sentence for people; "" when a person seems to have sent it.

    X-Auto-Response-Suppress alone says nothing: Outlook puts it on mail that people write.
    """
    if any(_word(value) not in {"", "no"} for value in raw_headers(header, "auto-submitted")):
        return N("it says that a machine sent it")
    if any(_word(value) in _PRECEDENCES for value in raw_headers(header, "precedence")):
        return N("it was sent in bulk or to a list")
    for name, why in _MARKS.items():
        if name in header and any(_word(value) not in _SAYS_NO for value in raw_headers(header, name)):
            return why
    if "".join(raw_header(header, "return-path").split()) == "<>":
        return N("it has no return address, as reports have")
    if content_type in _REPORTS:
        return N("it is a report about another mail")
    if is_absence(subject):
        return BY_SUBJECT
    return ""


def by_calendar(part: Part) -> str:
    """As `reason`, by the parts of a mail: a calendar program answers an invitation with one that says so (RFC 6047, 2.4), beside a text that it wrote."""
    if part.type in _CALENDARS and parameter(part.header, "content-type", "method").strip().lower() == "reply":
        return "" if _word(raw_header(part.header, "content-disposition")) == "attachment" else _BY_MACHINE
    return next(filter(None, map(by_calendar, part.children)), "")


def is_absence(subject: str) -> bool:
    """Whether a subject is one that programs for absence write: the phrase alone, in brackets, or before a colon or `Re:`."""
    subject = subject.casefold().strip()
    for _ in range(_MOST_MARKS):
        if not (rest := without_reply_mark(subject)):
            break
        subject = rest
    subject = subject.replace("：", ":").replace("’", "'")
    head, _, _ = subject.partition(":")
    words, _, last = head.rpartition(" ")
    bracketed = next((subject[1:].partition(end)[0] for start, end in _BRACKETS if subject.startswith(start)), "")
    answered = words if is_reply_mark(last.lstrip("([")) else ""  # “Out of office Re: Hello”, “… (Re: Hello)”
    return any(one.strip(" .!-–—[]()<>【】") in _FOLDED_SUBJECTS for one in (head, bracketed, answered))


def _word(value: str) -> str:
    """The first word of a header, comments and parameters left out."""
    return words(value[:200]).partition(";")[0].partition("(")[0].strip().casefold()


_FOLDED_SUBJECTS = frozenset(subject.casefold() for subject in _SUBJECTS)
