"""Every refusal that the mail server makes by itself, with its code, its status (RFC 3463) and its sentence.

A door makes its own: unknown recipients and senders, forgeries, a full disk.
"""

from gateway.email.door import Refusal

NO_SUCH_COMMAND = Refusal(500, "5.5.1", "This server does not know that command. Nothing was done.")
LINE_TOO_LONG = Refusal(500, "5.5.2", "That command line is too long. Nothing was done.")
UNREADABLE = Refusal(500, "5.5.2", "That line holds control characters or is not UTF-8. Nothing was done.")
HELLO_SYNTAX = Refusal(501, "5.5.4", "Say who you are, as in: EHLO mail.example.org")
NO_ARGUMENT = Refusal(501, "5.5.4", "This command takes nothing after it.")
NO_TLS = Refusal(502, "5.5.1", "TLS is not set up here. Send without it, or ask whoever runs this server for it.")
NO_LOGINS = Refusal(502, "5.5.1", "There are no logins here. Send without one.")
NOT_OFFERED = Refusal(502, "5.5.1", "This server does not offer that command. Write to the address itself.")
HELLO_FIRST = Refusal(503, "5.5.1", "Say hello first, with EHLO.")
LHLO_ONLY = Refusal(500, "5.5.1", "This is LMTP: say hello with LHLO.")
MAIL_FIRST = Refusal(503, "5.5.1", "Name the sender first, with MAIL FROM.")
MAIL_TWICE = Refusal(503, "5.5.1", "A mail is already begun. Finish it, or take it back with RSET.")
RCPT_FIRST = Refusal(503, "5.5.1", "Name a recipient first, with RCPT TO.")
NO_RECIPIENTS = Refusal(554, "5.5.1", "No recipient of this mail was accepted, so there is nothing to take.")
TLS_FIRST = Refusal(530, "5.7.0", "This server takes mail only over TLS. Send STARTTLS first.")
TLS_ALREADY = Refusal(503, "5.5.1", "This connection is encrypted already.")
TLS_PIPELINED = Refusal(554, "5.5.1", "Nothing may follow STARTTLS before the handshake. Goodbye.")

MAIL_SYNTAX = Refusal(501, "5.5.4", "Name the sender as in: MAIL FROM:<alice@example.org>")
RCPT_SYNTAX = Refusal(501, "5.5.4", "Name the recipient as in: RCPT TO:<alice@example.org>")
BAD_SENDER = Refusal(501, "5.1.7", "The sender's address is not a valid mail address.")
LONG_SENDER = Refusal(501, "5.1.7", "The sender's address is too long: 320 characters are the most.")
LONG_RECIPIENT = Refusal(
    501, "5.1.3", "The recipient's address is too long: 64 octets before the @ and 255 after it are the most."
)
BAD_RECIPIENT = Refusal(501, "5.1.3", "The recipient's address is not a valid mail address.")
SENDER_ROUTE = Refusal(501, "5.1.7", "The sender's address holds a route (@relay:address). Routes are not accepted.")
RECIPIENT_ROUTE = Refusal(
    501, "5.1.3", "The recipient's address holds a route (@relay:address). Routes are not accepted."
)
SENDER_NOT_ASCII = Refusal(553, "5.6.7", "The sender's address is not ASCII; say so with SMTPUTF8.")
RECIPIENT_NOT_ASCII = Refusal(553, "5.6.7", "The recipient's address is not ASCII; say so with SMTPUTF8.")
BAD_PARAMETER = Refusal(501, "5.5.4", "A parameter after the address has no valid value.")
BAD_XFORWARD = Refusal(501, "5.5.4", "Say it as in: XFORWARD ADDR=192.0.2.1 HELO=mail.example.org")
UNKNOWN_PARAMETER = Refusal(555, "5.5.4", "A parameter after the address is not one this server knows.")
TOO_MANY_RECIPIENTS = Refusal(452, "4.5.3", "Too many recipients for one mail. Send to the others in another.")

BARE_LINE_ENDS = Refusal(550, "5.6.0", "The mail holds CR or LF characters that end no line. It was not stored.")
OVERLOADED = Refusal(452, "4.3.1", "Too much mail is arriving at this moment. Nothing was stored; try again later.")
FAULT = Refusal(451, "4.3.0", "Something went wrong here. Your mail was not taken; please try again later.")

TALKED_FIRST = Refusal(554, "5.5.1", "You spoke before this server had greeted you. Goodbye.")
TOO_MANY_CONNECTIONS = Refusal(421, "4.7.0", "Too many connections from your address. Try again later.")
CONNECTING_TOO_FAST = Refusal(421, "4.7.0", "Too many new connections from your network. Try again in a minute.")
REFUSED_TOO_OFTEN = Refusal(421, "4.7.0", "Too much from your network had to be refused. Try again in ten minutes.")
NO_PROXY_HEADER = Refusal(421, "4.3.5", "The proxy in front of this server does not say who you are. Try again later.")
FULL_HOUSE = Refusal(421, "4.3.2", "Too many connections at this moment. Try again later.")
TOO_MANY_ERRORS = Refusal(421, "4.7.0", "Too many errors on this connection. Goodbye.")
TOO_MUCH_TALK = Refusal(421, "4.7.0", "Too many commands that bring no mail. Goodbye.")
TOO_SLOW = Refusal(421, "4.4.2", "You were silent or slow for too long. Nothing was stored; goodbye.")
MAKE_ROOM = Refusal(421, "4.3.2", "You were silent and others are waiting. Goodbye.")
CLOSING = Refusal(421, "4.3.2", "This server is shutting down. Nothing further was stored; try again later.")


def too_large(size: int) -> Refusal:
    """The refusal of a mail over `size` bytes."""
    return Refusal(552, "5.3.4", f"The mail is too large: at most {size // 1024:,} KB are taken. It was not stored.")
