"""What the words of reports mean, as the subject and detail of an RFC 3463 status; all in lower case.

In order: the first line of which a phrase is found counts, so the more telling phrases stand first.
"""

# who sends it, or how, and not who is to have it
OF_SENDER = (
    "sender address rejected", "sender verify failed", "sender domain must", "return address was refused", "sender rejected", "sender policy framework", "bad reputation", "poor reputation",
    "unsolicited", "blacklist", "black list", "block list", "blocklist", "blocked using", "dnsbl", "spamhaus", "spamcop", "barracudacentral", "message was classified as spam", "considered spam", "rejected as spam", "as spam",
)  # fmt: skip
# we, our server or what it may do are at fault, or how much was sent, whatever else the words seem to say
OF_US = (
    "sender address", "sender verif", "sender reject", "sender domain", "sender is", "sender denied", "sender not", "sender unknown", "unknown sender", "invalid sender", "envelope sender", "sender callout", "sender callback", "your sender", "callout verif",
    "from address", "from domain", "from header", "reply to mail from", "after mail from", "response to mail from", "your host", "your ip", "your server", "your mail server", "your domain", "your account", "your network",
    "reverse dns", "rdns", "ptr record", "no ptr", "authenticat", "not authorized", "unauthorized", "logged in", "log in first", "please log in", "smtp auth", "not allowed to send", "outgoing mail", "outgoing message", "command not", "unknown command",
    "rcpthosts", "relaying", "relay access", "relay denied", "relay not", "not relay", "to relay", "no relay", "relay is not", "unauthorized relay", "receiving mail at a rate", "too quickly", "rate limit",
)  # fmt: skip
# the same, unless the words say as clearly that nobody is there: many servers add who had asked
OF_HOST = (
    "client host", "client ip", "client address", "connecting host", "connecting ip", "connecting client", "hostname", "ip address", " helo", " ehlo", " spf", " dkim", " dmarc",
)  # fmt: skip
NOBODY_THERE = (
    "no such user", "user unknown", "unknown user", "no such recipient", "recipient unknown", "unknown recipient", "no such mailbox", "mailbox unknown", "unknown mailbox", "no mailbox here", "user not found",
    "mailbox not found", "recipient not found", "user does not exist", "mailbox does not exist", "account does not exist", "does not have a mailbox", "no such person", "no such address",
)  # fmt: skip
# what servers say of any refusal, and relays of a server's
OF_ANY = ("unknown address error", "recipient rejected", "address rejected", "not available")
MEANINGS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("7.1", OF_SENDER),
    ("2.2", (
        "mailbox is full", "mailbox full", "over quota", "overquota", "over the quota", "overdrawn", "quota exceed", "exceeded storage", "exceeding their quota", "exceeded its quota", "exceeded his quota", "exceeded the quota", "exceed quota", "exceeds allowed size",
        "disk quota", "exceeded their quota", "quota violation", "mail quota", "over-quota", "maildir over", "mailbox size limit", "mailbox limit", "storage limit", "storage quota", "account is over", "insufficient disk", "not enough disk", "not enough storage", "insufficient system storage",
        "mailfolder is full", "inbox is full", "inbox full", "folder is full", "box is full", "user is full", "account is full", "full mailbox", "mailbox exceeds", "exceeded the local limit", "out of storage", "out of disk space", "exceeded mailbox", "mailbox has exceeded", "too many messages", "mail box full", "mailbox_full", "mailboxfull",
        "boîte pleine", "boite pleine", "boîte aux lettres est pleine", "est pleine", "boite aux lettres pleine", "quota dépassé", "quota depasse", "postfach voll", "postfach ist voll", "ist voll", "überfüllt", "ueberfuellt", "speicherplatz", "kontingent", "buzón lleno", "buzon lleno", "está lleno", "esta lleno", "está llena",
        "casella piena", "casella è piena", "posta piena", "è piena", "e' piena", "caixa postal cheia", "caixa de correio cheia", "caixa cheia", "está cheia", "mailbox vol", "mailbox is vol", "postvak is vol", "skrzynka pełna", "skrzynka jest pełna", "przepełnion", "ящик переполнен", "переполнен", "переповнен", "schránka je plná", "přeplněna", "preplnená", "plná schránka",
        "megtelt", "är full", "er fuld", "er full", "on täynnä", "täynnä", " kotası dolu", "kutusu dolu", " kota ", "hộp thư đã đầy", "đã đầy", "penuh",
        "メールボックスが一杯", "メールボックスがいっぱい", "容量が一杯", "容量がいっぱい", "容量を超え", "容量超過", "邮箱已满", "邮箱满", "邮箱空间", "郵箱已滿", "信箱已滿", "信箱容量", "空间不足", "已满", "已滿", "용량 초과", "용량이 초과", "용량초과", "가득",
    )),
    ("1.10", ("nullmx", "null mx", "does not accept mail", "doesn't accept mail", "does not accept any mail")),
    ("1.2", (
        "host unknown", "unknown host", "domain not found", "name service error", "no such domain", "no such host", "host not found", "host or domain name not found", "couldn't find any host", "unrouteable mail domain", "unrouteable domain", "unroutable domain", "domain does not exist", "unknown domain", "bad destination host",
        "no mx", "unresolvable", "nxdomain", "unable to resolve", "cannot resolve", "could not be resolved", "dns error", "dns records for the", "domain name not found", "invalid domain", "bad domain", "non-existent host", "nonexistent domain", "non-existent domain", "no route found to domain", "name or service not known",
        "domain couldn't be found", "because the domain", "domaine inconnu", "unbekannte domain", "domain existiert nicht", "域名", "ドメインが見つ", "name server:",
    )),
    ("2.1", (
        "account is disabled", "account disabled", "account has been disabled", "account that you tried to reach is disabled", "mailbox disabled", "mailbox is disabled", "ly disabled", "user disabled", "deactivated", "account is inactive", "mailbox is inactive", "inactive user", "account inactive", "is inactive", "suspended", "discontinued",
        "account is locked", "account locked", "mailbox locked", "mailbox is locked", "account is closed", "account closed", "account has been closed", "no longer active", "not active", "account expired", "account has expired", "no longer accepts mail", "no longer in use", "no longer in service", "no longer available", "no longer valid", "cancelled",
        "gesperrt", "deaktiviert", "désactivé", "desactivé", "desactiva", "disattivat", "desativad", "zablokowan", "заблокирован", "отключен", "停用", "禁用", "휴면", "정지",
    )),
    ("3.4", (
        "message too large", "message size exceeds", "message is too large", "message too big", "exceeds maximum message size", "message file too big", "exceeds size limit", "exceeded the maximum incoming message size", "exceeds the maximum", "size exceeds", "too large to", "maximum message size", "message length exceeds", "trop volumineux", "zu groß", "zu gross", "demasiado grande", "troppo grande", "muito grande", "слишком большо", "太大", "サイズが大き",
    )),
    ("4.6", ("too many hops", "loops back to", "mail loop", "routing loop", "message looping", "message is looping", "hop count", "forwarded more than the maximum")),
    ("1.6", ("has moved to", "moved to another", "recipient has moved", "user has moved")),
    ("1.1", (
        "user unknown", "unknown user", "user_unknown", "no such user", "no such recipient", "no mailbox here", "no such mailbox", "unknown recipient", "recipient unknown", "unknown address", "address unknown", "addressee unknown", "mailbox unknown", "unknown mailbox", "unknown local", "unknown account", "unknown or invalid", "unknown or illegal", "invalid/unknown",
        "user not found", "user is not found", "recipient not found", "recipnotfound", "recipientnotfound", "wasn't found at", "address lookup", "address not found", "address was not found", "account not found", "name not found", "mailbox not found", "recipient name is not", "e-mail address is not found", "email address is not found", "no such address", "no address", "no such local user", "not a known user", "user not known", "not known to this",
        "account does not exist", "user does not exist", "mailbox does not exist", "address does not exist", "recipient does not exist", "name does not exist", "does not exist", "doesn't exist", "not exist", "nonexistent", "non-existent", "doesn't have a", "not have an account", "does not have a mailbox", "does not have a final", "not listed in", "not listed",
        "invalid recipient", "invalid receiver", "invalid mailbox", "invalid user", "invalid address", "invalid final delivery", "recipient is invalid", "recipient invalid", "not a valid", "not valid", "is not recognized", "not recognized", "not recognised", "address couldn't be found", "address could not be found", "couldn't be found", "does not like recipient", "no matches", "did not exactly match",
        "not our customer", "no such person", "no account", "no valid recipients", "user is unknown", "is unknown", "unknown to", "unrouteable address", "unroutable address", "bad destination mailbox", "bad address", "undeliverable address", "unable to find recipient", "cannot find", "possibly incorrect", "incorrect address", "recipient address rejected: user", "email account that you tried to reach",
        "unbekannt", "nicht gefunden", "nicht bekannt", "existiert nicht", "nicht vorhanden", "inconnu", "n'existe pas", "n’existe pas", "introuvable", "invalide", "desconocid", "no existe", "inexistente", "no se ha encontrado", "no se encontr", "não existe", "nao existe", "desconhecid", "não encontrad", "não foi encontrad", "sconosciut", "non esiste", "inesistente", "impossibile trovare", "non trovat",
        "onbekend", "bestaat niet", "niet gevonden", "okänd", "finns inte", "hittades inte", "ukendt", "findes ikke", "ukjent", "finnes ikke", "tuntematon", "ei löydy", "ei ole olemassa", "nie ma takiego", "nie istnieje", "nie znaleziono", "nieznany", "не найден", "не существует", "неизвестн", "нет такого", "такого пользователя нет", "не знайден", "не існує",
        "neexistuje", "neznámý", "nenalezen", "ismeretlen", "nem létezik", "nem található", "bulunamadı", "bulunamadi", "kullanici yok", "kullanıcı yok", "άγνωστ", "δεν υπάρχει", "не е намерен", "nu există", "nu exista", "tidak ditemukan", "không tồn tại",
        "不存在", "找不到", "查无", "无效", "見つかりません", "存在しません", "存在しない", "間違って", "不明", "존재하지", "없는 계정", "없는 사용자", "찾을 수 없",
    )),
    ("7.1", (
        "spam", "junk mail", "bulk mail", "blocked", " rbl", "access denied", "access forbidden", "policy violation", "policy reasons", "local policy", "security policy", "policy was violated", "against policy", "administrative prohibition", "administratively prohibited", "not allowed to send", "not authorized", "not permitted", "not accepting mail", "relaying denied", "relay access denied", "relaying to", "relay not permitted", "unable to relay", "relaying prohibited",
        "we do not relay", "no relay", "content rejected", "message refused", "message rejected", "message content", "virus", "infected", "banned", "prohibited attachment", "restricted to receive", "refused due to recipient preferences", "rejected by", "was rejected", "abgelehnt", "rejeté", "rechazad", "rifiutat", "recusad", "odrzucon", "отклонен", "отклонён", "拒绝", "拒否", "거부", "垃圾",
    )),
    ("1.1", ("mailbox unavailable", "mailbox not available", "recipient rejected", "recipient address rejected", "address rejected", "not available")),
    ("4.7", (
        "in the queue too long", "message expired", "delivery time expired", "retry timeout exceeded", "gave up after", "giving up after", "retry time not reached", "could not be delivered for more than", "could not be delivered for", "timed out while waiting", "maximum-time-expired", "message timed out", "max retry", "maximum retry", "not collected after",
    )),
    ("4.1", (
        "timed out", "timeout", "time out", "connection refused", "not responding", "could not connect", "unable to connect", "cannot connect", "connect to", "connection to", "did not respond", "did not accept our requests to connect", "establish an smtp connection", "not reachable", "unreachable", "lost connection", "connection lost", "connection dropped", "connection reset", "no route to host",
        "server unavailable or busy", "communications failure",
    )),
    ("2.0", ("greylist", "graylist", "grey-list", "try again later", "temporarily", "temporary")),
)  # fmt: skip
# What to tell people of a status's subject and detail.
SAID = {
    "1.1": "The address does not exist.", "1.2": "The address's domain does not exist.", "1.3": "The address is malformed.", "1.4": "The address stands for several mailboxes.", "1.6": "The mailbox has moved.",
    "1.7": "The recipient's server refuses our address.", "1.8": "The recipient's server refuses our address.", "1.10": "The address's domain takes no mail.", "2.1": "The mailbox is disabled.", "2.2": "The mailbox is full.", "2.3": "The message is too large for the mailbox.",
    "3.1": "The recipient's server has no room.", "3.4": "The message is too large.", "4.1": "The recipient's server does not answer.", "4.2": "The connection was bad.", "4.3": "The recipient's server could not look up the address.", "4.4": "The recipient's server cannot be found.",
    "4.5": "The recipient's server has too much to do.", "4.6": "The recipient's server sends mail in a circle.", "4.7": "The message waited too long.", "7.1": "The recipient's server refuses our mail.", "7.2": "The list takes no mail from us.",
    "7.20": "The recipient's server could not authenticate our mail.", "7.23": "The recipient's server could not authenticate our mail.", "7.25": "The recipient's server could not authenticate our mail.", "7.26": "The recipient's server could not authenticate our mail.",
    "7.27": "The recipient's server refuses our address.", "2.0": "The recipient's server asked to try later.",
}  # fmt: skip
# Lines that every report of a kind has, which tell nothing about this one.
GENERIC = (
    "i've given up", "didn't work out", "following address", "following recipient", "permanent fatal", "transcript of session", "created automatically", "one or more of its", "one or more recipients", "automatically generated", "sorry to have to inform", "wasn't able to deliver", "further assistance", "problem report",
    "technical details", "subject:", "date:", "from:", "sent:", "to:", "original message", "mail system", "qmail-send", "delivery status notification", "copy of the message", "postmaster", "this is a permanent error", "recipients. this is",
)  # fmt: skip
