"""The phrases that tell a report in prose for what it is, in the languages that servers speak; all in lower case."""

# What announces the returned original: the report's own words end there.
END = (
    "original message", "copy of the message", "copy of your message", "below this line", "message header", "unsent message", "returned mail",
    "message headers follow", "header of the original", "headers of the original", "below the next line", "attachment is a copy", "returned message",
    "message follows", "original mail", "original message follows", "mensaje original", "end of message", "text of the message", "returned text",
    "header and top", "undelivered message", "the body of the original", "message contents follow", "original headers", "message text follows", "mensagem original",
)  # fmt: skip
# A mail was not delivered.
FAILURE = (
    "nie udało się dostarczyć", "nie udalo sie dostarczyc", "nie dostarczono", "보낼 수 없습니다", "não foi possível entregar", "nao foi possivel entregar", "nebylo možné", "전달하지 못", "non e' stato", "undelivered", "cannot deliver", "can't deliver", "couldn't deliver", "delivery of the email was stopped", "contains a virus", "message delivery failed", "has been returned", "were not delivered", "haven't received", "error delivering", "failed addresses", "did not receive", "not distributed", "trouble delivering", "unable to send", "未能送", "送信できません", "送れません",
    "未能传递", "未能传送", "配信に失敗", "送信に失敗", "bezorging is mislukt", "recapito non riuscito", "leverans misslyckades", "levering mislyk", "не удалось выполнить доставку", "falha na entrega", "error de entrega", "échec de la remise", "fehler bei der nachrichtenzustellung",
    "dostarczenie nie powiodło", "doručení se nezdařilo", "doručenie zlyhalo", "teslim başarısız", "toimitus näille", "kézbesítés sikertelen", "livrarea a eșuat", "배달하지 못", "pengiriman gagal", "gửi không thành công", "ส่งไม่สำเร็จ",
    "not be delivered", "not delivered", "could not deliver", "undeliver", "unable to deliver", "wasn't able to deliver", "were not able to deliver", "delivery failed",
    "failed to deliver", "delivery to the following", "delevery to the following", "following address", "following recipient", "did not reach", "not reach", "address(es) failed", "delivery failure",
    "failure notice", "failed recipient", "user unknown", "unknown user", "no such user", "permanent error", "permanent fatal", "not receive", "rejected",
    "recipients failed", "has failed", "failed address", "unknown host", "no valid recipients", "could not send", "non-delivery", "delivery status", "returned mail", "mail delivery", "not been delivered", "not yet been delivered", "delayed",
    "does not exist", "could not be sent", "mailbox unavailable", "non remis", "pas pu etre", "n'a pas pu être", "nicht zugestellt", "unzustellbar",
    "no pudo ser", "no se pudo entregar", "nao pode ser", "não pôde ser", "non recapitabil", "non è stato", "niet bezorgd", "kunne ikke leveres", "kan inte levereras",
    "ei voitu toimittaa", "nie można dostarczyć", "не доставлен", "не удалось доставить", "не может быть доставлено", "无法", "退信", "配信できません", "전송 실패",
    "no se entregó", "no se ha podido", "no ha podido ser", "no entregad", "no fue entregado", "não foi entregue", "não pode ser", "não pôde", "n'a pas été", "n'a pu être", "pas été remis", "n'ont pas", "échec de", "echec de",
    "non è stato possibile", "non recapitat", "mancata consegna", "impossibile recapitare", "kon niet worden", "niet worden afgeleverd", "niet afgeleverd", "niet besteld", "kunde inte", "har inte levererats", "blev ikke leveret", "ikke leveret", "kunne ikke",
    "ei voitu", "toimitus epäonnistui", "nie została dostarczona", "nie zostala dostarczona", "nie może zostać", "niedostarczon", "nemohla být", "nebyla doručena", "nelze doručit", "nedoručiteľn", "nemohla byť", "nem kézbesíthető", "kézbesíteni", "nu a putut fi",
    "недоставлен", "не может быть", "не было доставлено", "не вдалося", "не доставлено", "iletilemedi", "teslim edilemedi", "δεν ήταν δυνατή", "δεν παραδόθηκε", "לא נמסרה", "تعذر تسليم", "لم يتم تسليم", "配信ができ", "配信不能", "送信できません", "届けでき", "お届けすることができ",
    "退回", "无法投递", "無法投遞", "無法傳遞", "未能送达", "发送失败", "投递失败", "전송에 실패", "전송하지 못", "배달할 수 없", "발송 실패", "không gửi được", "không thể gửi", "gagal dikirim", "tidak terkirim", "nicht erreicht", "konnte nicht", "nicht ausgeliefert", "nicht möglich",
    "did not exactly match", "invalid final delivery", "transcript of session", "no matches to", "over quota", "unknown recipient", "cannot be delivered", "can not be delivered",
    "couldn't be delivered", "returned to you", "returned to sender", "can't be reached", "could not be reached", "permanently", "bounce", "no longer", "not found", "unknown address", "account is disabled",
)  # fmt: skip
# It is still being tried.
DELAY = (
    "will be retried", "has been delayed", "delivery is delayed", "is delayed", "warning only", "warning message only", "not yet been delivered", "do not need to resend", "attempts will continue",
    "temporary failure report", "problem delivering your message to", "will retry", "will be reattempted", "hasn't been delivered yet", "not been delivered yet", "message still undelivered", "is still being", "noch nicht zugestellt", "weiterhin versucht", "verzögert",
    "pas encore été", "a été retardé", "est retardée", "aún no se ha", "se ha retrasado", "ainda não foi", "in ritardo", "non è ancora", "nog niet", "vertraagd", "försenad", "ännu inte", "forsinket", "endnu ikke", "opóźnion", "jeszcze nie", "zpožděn", "ещё не доставлен", "еще не доставлен", "задержан",
    "gecikti", "遅延して", "まだ配信", "延迟投递", "尚未送达", "지연되", "will continue to attempt", "will keep trying", "this is just a warning", "still trying", "delayed mail", "do not need to take any action", "no action is required", "we will continue to", "delivery incomplete",
)  # fmt: skip
# What subjects of reports hold.
SUBJECTS = (
    "undeliver", "delivery", "returned mail", "returning to sender", "mail failed", "failure", "mail system error", "not delivered", "bounce", "rejected", "warning: could not send", "non remis", "unzustellbar", "undeliverable",
    "nicht zugestellt", "unzustell", "remise", "zustellung", "entregar", "entrega", "consegna", "bezorg", "niedostarcz", "nedoruč", "nebyla doručena", "недоставлен", "не доставлен", "не доставлено", "недоставка", "teslim", "iletil", "配信", "エラー", "送信でき",
    "投递", "投遞", "未送达", "전송", "실패", "배달", "retour", "rückläufer", "kézbesít", "levereras", "levering", "toimit", "system error", "return to sender", "no such user", "mailbox", "delivery",
    "delayed", "nondeliverable", "message status", "mail error", "unknown user", "email notification", "no entreg", "devuelto", "error sending", "errore", "mail not", "problem", "退信", "回退", "quota",
)  # fmt: skip
# The subjects that count whoever seems to send them.
STRONG_SUBJECTS = (
    "message you sent blocked", "blocked by our", "无法送达", "无法投递", "配信不能", "onbestelbaar", "non recapitabil", "kan inte lever", "kan ikke lever", "ikke leveres", "niet bezorgd", "zustellung", "não é possível entregar", "no se puede entregar", "не удается доставить", "не удаётся доставить",
    "nie można dostarczyć", "niedostarcz", "teslim edilem", "iletilemed", "toimitus", "kézbesíthetetlen", "doručiť", "doručit", "falha na entrega", "échec de la remise", "echec de la remise", "remise impossible", "error de entrega", "배달되지", "배달할 수",
    "undeliver", "delivery fail", "delivery status", "delivery notification", "delivery failure", "delivery error", "delivery problem", "non-delivery", "nondeliver", "returned mail", "returning to sender", "return to sender", "mail failed", "failed mail", "failure notice",
    "mail failure", "mail system error", "not delivered", "could not send", "could not be delivered", "message status", "mail error", "error sending", "message delivery", "delivery report", "non remis", "unzustell", "nicht zugestellt", "no entreg", "devuelto",
    "mancata consegna", "nedoruč", "недостав", "не доставлен", "退信通知", "系统退信", "退信:", "回退", "配信エラー", "配信でき", "配信失敗", "送信エラー", "전송 실패", "전송실패", "반송", "delivery delayed", "delayed mail", "mail returned", "unknown user", "user unknown", "mail not", "auto notice", "nameserver error", "no se puede entregar", "can't be delivered", "failed to deliver",
)  # fmt: skip
# It was delivered, after all.
SUCCESS = (
    "successfully delivered", "was delivered to", "has been delivered to", "were delivered", "successfully relayed", "delivery to the following recipients was successful", "relayed to the following",
    "erfolgreich zugestellt", "wurde zugestellt", "a été remis", "ha sido entregado", "foi entregue", "è stato recapitato", "доставлено успешно", "your message was successfully",
)  # fmt: skip
# What the senders of reports are called, and nobody else.
SURE_SENDERS = (
    "mailer-daemon", "mailer_daemon", "mailerdaemon", "mailer daemon", "mailer@", "mail-daemon", "mdaemon", "mmdf", "postmaster", "post_master", "mailmaster", "mailsystem", "mail system", "mail server", "mail delivery", "mail deliver system", "mail-delivery", "mail administrator", "mail router", "delivery subsystem", "delivery system",
    "delivery agent", "delivery notification", "delivery status", "system administrator", "systemadministrator", "administrateur syst", "administrador del sistema", "microsoft exchange", "content-filter", "mailscanner", "interscan", "amavis", "exchange administrator", "internet mail", "non-delivery", "mail gateway", "uucp", "<>",
)  # fmt: skip
# What the senders of reports are called, among others.
SENDERS = (
    "daemon", "bounce", "mailer", "root@", "administrator", "sysadmin", "listserv", "barracuda", "symantec", "gateway@", "admin@",
)  # fmt: skip
# How subjects of forwards begin.
FORWARDS = (
    "fwd:",
    "fw:",
    "wg:",
    "tr:",
    "rv:",
    "enc:",
    "i:",
    "vs:",
    "doorst:",
    "re:",
    "re :",
    "tr :",
    "转发",
    "轉寄",
    "전달:",
    "转发：",
)
# What Exchange sets behind the subject of a mail that it did not deliver, in French.
BEHIND_SUBJECTS = " : non remis"
# What reports say of the mail, and people hardly ever.
OF_MAIL = (
    "following address", "following recipient", "did not reach the following", "message could not be delivered", "message was not delivered", "message that you sent", "message you sent", "mail could not be delivered", "email could not be delivered", "could not be delivered to", "unable to deliver", "has not been delivered", "have mailed a message",
    "delivery to the following", "undelivered message", "message is undeliverable", "was undeliverable", "delivery failed", "your message to", "your mail to", "your email to", "your e-mail to", "ihre nachricht", "ihre e-mail", "votre message", "su mensaje", "sua mensagem", "il messaggio", "uw bericht", "ваше сообщение", "ваше письмо", "您的邮件", "您的郵件", "您发", "メール", "메일",
)  # fmt: skip
# What stands above the address of somebody who helps.
OFFERS = ("contact", "questions", "assistance", "support", "wenden sie sich")
# Lines that hold addresses of others than the recipient.
ASKING = (
    "contact",
    "postmaster",
    "abuse@",
    "help",
    "please send mail to",
    "please reply",
    "questions",
    "mailto:postmaster",
    "from:",
    "sender:",
    "reply-to",
    "support@",
    "message-id",
    "received:",
    "x-",
    "subject:",
    "on behalf",
    "cc:",
    "mail from",
    "standard form",
    "if you sent",
)  # fmt: skip
# Words beside which the recipient's address stands.
LABELS = (
    "recipient", "address", "user", "unknown", "rcpt to", "failed", "smtp", "reason", "delivery", "userid", "mailbox", "mail to", "addressed", "message to", "undeliverable", "deliver",
    "destinat", "generated from", "account", "reach", "quota", "empfänger", "expanded from", "dda", "rejected", "550", "553", "554", "501", "511",
)  # fmt: skip
