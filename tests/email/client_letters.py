"""One letter as many mail programs send it: written by hand after what each of them does, with names and addresses of our cast.

Each says the same two paragraphs with a bold word and a photo between them or at the end; what differs is all that programs differ in.
"""

import base64
import quopri

PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
FIRST = "The café by the harbour asks 5 € – and nobody hurries."
SECOND = "We took the last ferry."
RICH = FIRST.replace("nobody", "<b>nobody</b>")


def b64(text: str | bytes, charset: str = "utf-8") -> str:
    data = text if isinstance(text, bytes) else text.replace("\n", "\r\n").encode(charset)
    return base64.encodebytes(data).decode()


def qp(text: str, charset: str = "utf-8") -> str:
    return quopri.encodestring(text.encode(charset)).decode()


PHOTO = b64(PNG)
OUTLOOK_PLAIN = f"{FIRST}\n\n[cid:image001.png@01DB3C9A.12345670]\n\n{SECOND}\n"
PLAIN = f"{FIRST}\n\n{SECOND}\n"
OUTLOOK_IOS_PLAIN = f"{FIRST}\n\n{SECOND}\n\nGet Outlook for iOS<https://aka.ms/o0ukef>\n"
IPHONE_PLAIN = f"{FIRST}\n\n{SECOND}\n\nSent from my iPhone"
PROTON_PLAIN = f"{FIRST}\n\n{SECOND}\n\nSent with [Proton Mail](https://proton.me/mail/home) secure email."
SAMSUNG_PLAIN = f"{FIRST}\n\n{SECOND}\n\nSent from my Galaxy\n"
K9_PLAIN = f"{FIRST}\n\n{SECOND}\n-- \nSent from my Android device with K-9 Mail. Please excuse my brevity."
FLOWED_FIRST = FIRST.replace("harbour asks", "harbour \nasks")

GMAIL_WEB = f"""\
MIME-Version: 1.0
From: Alice <alice@example.org>
Date: Sun, 22 Nov 2026 09:30:00 +0100
Message-ID: <CAF+oo7Hq=Kx1@mail.gmail.com>
Subject: Harbour light
To: alice@post.example.org
Content-Type: multipart/related; boundary="0000000000002b7c1e0627a1b2c3"

--0000000000002b7c1e0627a1b2c3
Content-Type: multipart/alternative; boundary="0000000000002b7c1d0627a1b2c2"

--0000000000002b7c1d0627a1b2c2
Content-Type: text/plain; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

{qp(FIRST.replace("nobody", "*nobody*"))}
[image: lake.png]
{SECOND}

--0000000000002b7c1d0627a1b2c2
Content-Type: text/html; charset="UTF-8"
Content-Transfer-Encoding: quoted-printable

{qp(f'<div dir="ltr"><div>{RICH}</div><div><img src="cid:ii_m3abc0" alt="lake.png" width="562" height="421"><br></div><div><br></div><div>{SECOND}</div></div>')}

--0000000000002b7c1d0627a1b2c2--
--0000000000002b7c1e0627a1b2c3
Content-Type: image/png; name="lake.png"
Content-Disposition: inline; filename="lake.png"
Content-Transfer-Encoding: base64
X-Attachment-Id: ii_m3abc0
Content-ID: <ii_m3abc0>

{PHOTO}
--0000000000002b7c1e0627a1b2c3--
"""

OUTLOOK_DESKTOP = f"""\
From: Alice <alice@example.org>
To: "alice@post.example.org" <alice@post.example.org>
Subject: Harbour light
Thread-Topic: Harbour light
Thread-Index: AdtABCDEFG==
Date: Sun, 22 Nov 2026 08:30:00 +0000
Message-ID: <DB9PR01MB1234@DB9PR01MB1234.eurprd01.prod.exchangelabs.com>
Accept-Language: de-DE, en-US
Content-Language: de-DE
X-MS-Has-Attach: yes
X-MS-TNEF-Correlator:
X-Auto-Response-Suppress: All
Content-Type: multipart/related;
\tboundary="_004_DB9PR01MB1234DB9PR01MB1234eurp_";
\ttype="multipart/alternative"
MIME-Version: 1.0

--_004_DB9PR01MB1234DB9PR01MB1234eurp_
Content-Type: multipart/alternative;
\tboundary="_000_DB9PR01MB1234DB9PR01MB1234eurp_"

--_000_DB9PR01MB1234DB9PR01MB1234eurp_
Content-Type: text/plain; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

{qp(OUTLOOK_PLAIN, "cp1252")}
--_000_DB9PR01MB1234DB9PR01MB1234eurp_
Content-Type: text/html; charset="Windows-1252"
Content-Transfer-Encoding: quoted-printable

{qp(f'<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style><!-- p.MsoNormal {{margin:0cm}} --></style><!--[if gte mso 9]><xml></xml><![endif]--></head><body lang="DE"><div class="WordSection1"><p class="MsoNormal">{RICH}<o:p></o:p></p><p class="MsoNormal"><img width="100" id="Bild_x0020_1" src="cid:image001.png@01DB3C9A.12345670"><o:p></o:p></p><p class="MsoNormal">{SECOND}<o:p></o:p></p></div></body></html>', "cp1252")}
--_000_DB9PR01MB1234DB9PR01MB1234eurp_--

--_004_DB9PR01MB1234DB9PR01MB1234eurp_
Content-Type: image/png; name="image001.png"
Content-Description: image001.png
Content-Disposition: inline; filename="image001.png"; size=79;
\tcreation-date="Sun, 22 Nov 2026 08:30:00 GMT";
\tmodification-date="Sun, 22 Nov 2026 08:30:00 GMT"
Content-ID: <image001.png@01DB3C9A.12345670>
Content-Transfer-Encoding: base64

{PHOTO}
--_004_DB9PR01MB1234DB9PR01MB1234eurp_--
"""

OUTLOOK_WEB = f"""\
From: Alice <alice@example.org>
To: "alice@post.example.org" <alice@post.example.org>
Subject: Harbour light
Date: Sun, 22 Nov 2026 08:30:00 +0000
Message-ID: <AM0PR@AM0PR.eurprd.prod.outlook.com>
X-MS-Has-Attach: yes
Content-Type: multipart/mixed; boundary="_004_AM0PR_"
MIME-Version: 1.0

--_004_AM0PR_
Content-Type: multipart/alternative; boundary="_000_AM0PR_"

--_000_AM0PR_
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{b64(PLAIN)}
--_000_AM0PR_
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{b64(f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body dir="ltr"><div class="elementToProof" style="font-family: Aptos">{RICH}</div><div class="elementToProof"><br></div><div class="elementToProof">{SECOND}</div></body></html>')}
--_000_AM0PR_--

--_004_AM0PR_
Content-Type: image/png; name="lake.png"
Content-Description: lake.png
Content-Disposition: attachment; filename="lake.png"; size=79
Content-Transfer-Encoding: base64

{PHOTO}
--_004_AM0PR_--
"""

OUTLOOK_MOBILE = f"""\
From: Alice <alice@example.org>
To: alice@post.example.org
Subject: Harbour light
Date: Sun, 22 Nov 2026 08:30:00 +0000
Message-ID: <VI1@VI1.eurprd.prod.outlook.com>
Content-Type: multipart/mixed; boundary="_004_VI1_"
MIME-Version: 1.0

--_004_VI1_
Content-Type: multipart/alternative; boundary="_000_VI1_"

--_000_VI1_
Content-Type: text/plain; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

{qp(OUTLOOK_IOS_PLAIN, "cp1252")}
--_000_VI1_
Content-Type: text/html; charset="iso-8859-1"
Content-Transfer-Encoding: quoted-printable

{qp(f'<html><body><div dir="ltr">{RICH}</div><div dir="ltr"><br></div><div dir="ltr">{SECOND}</div><div id="ms-outlook-mobile-signature"><div><br></div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div></body></html>', "cp1252")}
--_000_VI1_--

--_004_VI1_
Content-Type: image/png; name="IMG_0001.png"
Content-Disposition: attachment; filename="IMG_0001.png"
Content-ID: <6E1F@eurprd.prod.outlook.com>
Content-Transfer-Encoding: base64

{PHOTO}
--_004_VI1_--
"""

APPLE_IPHONE = f"""\
Content-Type: multipart/alternative; boundary=Apple-Mail-12AB34CD-0001
Content-Transfer-Encoding: 7bit
From: Alice <alice@example.org>
Mime-Version: 1.0 (1.0)
Subject: Harbour light
Message-Id: <0B1C2D3E@example.org>
Date: Sun, 22 Nov 2026 09:30:00 +0100
To: alice@post.example.org
X-Mailer: iPhone Mail (23A355)

--Apple-Mail-12AB34CD-0001
Content-Type: text/plain;
\tcharset=utf-8
Content-Transfer-Encoding: quoted-printable

{qp(IPHONE_PLAIN)}
--Apple-Mail-12AB34CD-0001
Content-Type: multipart/related;
\ttype="text/html";
\tboundary=Apple-Mail-12AB34CD-0002
Content-Transfer-Encoding: 7bit

--Apple-Mail-12AB34CD-0002
Content-Type: text/html;
\tcharset=utf-8
Content-Transfer-Encoding: quoted-printable

{qp(f'<html><head><meta http-equiv="content-type" content="text/html; charset=utf-8"></head><body dir="auto">{RICH}<div><br></div><div><img src="cid:0B1C-L0-001" alt="image0.png" id="A1"></div><div><br></div><div>{SECOND}<br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div></div></body></html>')}
--Apple-Mail-12AB34CD-0002
Content-Type: image/png;
\tname=image0.png;
\tx-apple-part-url=0B1C-L0-001
Content-Disposition: inline;
\tfilename=image0.png
Content-Transfer-Encoding: base64
Content-Id: <0B1C-L0-001>

{PHOTO}
--Apple-Mail-12AB34CD-0002--

--Apple-Mail-12AB34CD-0001--
"""

APPLE_MAC_PLAIN = f"""\
From: Alice <alice@example.org>
Content-Type: multipart/mixed;
\tboundary="Apple-Mail=_4C1D2E3F"
Mime-Version: 1.0 (Mac OS X Mail 16.0 \\(3826.200.121\\))
Subject: Harbour light
Message-Id: <4C1D2E3F@example.org>
Date: Sun, 22 Nov 2026 09:30:00 +0100
To: alice@post.example.org
X-Mailer: Apple Mail (2.3826.200.121)

--Apple-Mail=_4C1D2E3F
Content-Transfer-Encoding: quoted-printable
Content-Type: text/plain;
\tcharset=utf-8

{qp(FIRST)}

--Apple-Mail=_4C1D2E3F
Content-Disposition: inline;
\tfilename=lake.png
Content-Type: image/png;
\tx-unix-mode=0644;
\tname="lake.png"
Content-Transfer-Encoding: base64

{PHOTO}
--Apple-Mail=_4C1D2E3F
Content-Transfer-Encoding: 7bit
Content-Type: text/plain;
\tcharset=us-ascii


{SECOND}

--Apple-Mail=_4C1D2E3F--
"""

YAHOO = f"""\
Date: Sun, 22 Nov 2026 08:30:00 +0000 (UTC)
From: Alice <alice@example.org>
To: "alice@post.example.org" <alice@post.example.org>
Message-ID: <123456789.1234567.1763800200000@mail.yahoo.com>
Subject: Harbour light
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="----=_Part_1234566_987654321.1763800200000"
References: <123456789.1234567.1763800200000.ref@mail.yahoo.com>
X-Mailer: WebService/1.1.24652 YMailNovation

------=_Part_1234566_987654321.1763800200000
Content-Type: multipart/alternative; boundary="----=_Part_1234565_12345678.1763800199999"

------=_Part_1234565_12345678.1763800199999
Content-Type: text/plain; charset=UTF-8
Content-Transfer-Encoding: base64

{b64(PLAIN)}
------=_Part_1234565_12345678.1763800199999
Content-Type: text/html; charset=UTF-8
Content-Transfer-Encoding: quoted-printable

{qp(f'<html><head></head><body><div class="ydp1a2byahoo-style-wrap" style="font-family:Helvetica Neue"><div dir="ltr" data-setdir="false">{RICH}</div><div dir="ltr"><br></div><div dir="ltr">{SECOND}</div></div></body></html>')}
------=_Part_1234565_12345678.1763800199999--

------=_Part_1234566_987654321.1763800200000
Content-Type: image/png
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="lake.png"
Content-ID: <d1c2b3a4>

{PHOTO}
------=_Part_1234566_987654321.1763800200000--
"""

THUNDERBIRD = f"""\
Content-Type: multipart/mixed; boundary="------------pZ0fGk1M2n3o4p5q"
Message-ID: <0f0e0d0c-1111-2222-3333-444455556666@example.org>
Date: Sun, 22 Nov 2026 09:30:00 +0100
MIME-Version: 1.0
User-Agent: Mozilla Thunderbird
Content-Language: en-US
From: Alice <alice@example.org>
To: alice@post.example.org
Subject: Harbour light

This is a multi-part message in MIME format.
--------------pZ0fGk1M2n3o4p5q
Content-Type: text/plain; charset=UTF-8; format=flowed
Content-Transfer-Encoding: 8bit

{FLOWED_FIRST}

{SECOND}

{"-- "}
Alice
--------------pZ0fGk1M2n3o4p5q
Content-Type: image/png; name="lake.png"
Content-Disposition: attachment; filename="lake.png"
Content-Transfer-Encoding: base64

{PHOTO}
--------------pZ0fGk1M2n3o4p5q--
"""

PROTON = f"""\
Date: Sun, 22 Nov 2026 08:30:00 +0000
To: "alice@post.example.org" <alice@post.example.org>
From: Alice <alice@example.org>
Subject: Harbour light
Message-ID: <abcDEF123_-x=@proton.me>
Feedback-ID: 12345678:user:proton
X-Pm-Message-ID: 0123456789abcdef
MIME-Version: 1.0
Content-Type: multipart/mixed;
 boundary="b1_abcDEF123xyz"

--b1_abcDEF123xyz
Content-Type: multipart/alternative;
 boundary="b2_abcDEF123xyz"

--b2_abcDEF123xyz
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: base64

{b64(PROTON_PLAIN)}
--b2_abcDEF123xyz
Content-Type: text/html; charset=utf-8
Content-Transfer-Encoding: base64

{b64(f'<div style="font-family: Arial, sans-serif; font-size: 14px;">{RICH}</div><div style="font-family: Arial"><br></div><div style="font-family: Arial">{SECOND}</div><div class="protonmail_signature_block"><div class="protonmail_signature_block-proton">Sent with <a href="https://proton.me/mail/home">Proton Mail</a> secure email.</div></div>')}
--b2_abcDEF123xyz--

--b1_abcDEF123xyz
Content-Type: image/png; name=lake.png
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename=lake.png

{PHOTO}
--b1_abcDEF123xyz--
"""

HEY = f"""\
Date: Sun, 22 Nov 2026 08:30:00 +0000
From: Alice <alice@example.org>
To: alice@post.example.org
Message-ID: <0a1b2c3d4e5f@haystack.mail>
Subject: Harbour light
Mime-Version: 1.0
Content-Type: multipart/mixed;
 boundary="--==_mimepart_65a1b2c3d4e5f_1a2b3c";
 charset=UTF-8
Content-Transfer-Encoding: 7bit

----==_mimepart_65a1b2c3d4e5f_1a2b3c
Content-Type: multipart/alternative;
 boundary="--==_mimepart_65a1b2c3d4e60_1a2b3d";
 charset=UTF-8
Content-Transfer-Encoding: 7bit


----==_mimepart_65a1b2c3d4e60_1a2b3d
Content-Type: text/plain;
 charset=UTF-8
Content-Transfer-Encoding: quoted-printable

{qp(PLAIN)}
----==_mimepart_65a1b2c3d4e60_1a2b3d
Content-Type: text/html;
 charset=UTF-8
Content-Transfer-Encoding: quoted-printable

{qp(f'<!DOCTYPE html><html><head><meta content="text/html; charset=UTF-8" http-equiv="Content-Type"></head><body><div class="trix-content"><div>{RICH}<br><br>{SECOND}</div></div></body></html>')}
----==_mimepart_65a1b2c3d4e60_1a2b3d--

----==_mimepart_65a1b2c3d4e5f_1a2b3c
Content-Type: image/png;
 filename=lake.png
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename=lake.png
Content-ID: <65a1b2@haystack.mail>

{PHOTO}
----==_mimepart_65a1b2c3d4e5f_1a2b3c--
"""

FASTMAIL = f"""\
X-ThreadId: T0123456789abcdef
MIME-Version: 1.0
User-Agent: Cyrus-JMAP/3.13.0-alpha0-1093-gb7e6f3e
Date: Sun, 22 Nov 2026 09:30:00 +0100
From: Alice <alice@example.org>
To: alice@post.example.org
Message-Id: <0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9@app.fastmail.com>
Subject: Harbour light
Content-Type: multipart/mixed;
 boundary=0123456789abcdef0123456789abcdef

--0123456789abcdef0123456789abcdef
Content-Type: multipart/alternative;
 boundary=fedcba9876543210fedcba9876543210

--fedcba9876543210fedcba9876543210
Content-Type: text/plain;charset=utf-8
Content-Transfer-Encoding: quoted-printable

{qp(PLAIN)}
--fedcba9876543210fedcba9876543210
Content-Type: text/html;charset=utf-8
Content-Transfer-Encoding: quoted-printable

{qp(f'<!DOCTYPE html><html><head><title></title><style type="text/css">p.MsoNormal,p.MsoNoSpacing{{margin:0}}</style></head><body><div>{RICH}</div><div><br></div><div>{SECOND}</div></body></html>')}
--fedcba9876543210fedcba9876543210--
--0123456789abcdef0123456789abcdef
Content-Disposition: attachment;filename="lake.png"
Content-Type: image/png; name="lake.png"
Content-Transfer-Encoding: BASE64

{PHOTO}
--0123456789abcdef0123456789abcdef--
"""

SAMSUNG = f"""\
Date: Sun, 22 Nov 2026 09:30:00 +0100
Subject: Harbour light
Message-ID: <abcdefghijklmnop.1763800200000@email.android.com>
Importance: normal
From: =?UTF-8?Q?Alice?= <alice@example.org>
To: alice@post.example.org
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="--_com.samsung.android.email_1763800200000000"

----_com.samsung.android.email_1763800200000000
Content-Type: multipart/alternative; boundary="--_com.samsung.android.email_1763800200000001"

----_com.samsung.android.email_1763800200000001
Content-Type: text/plain; charset="utf-8"
Content-Transfer-Encoding: base64

{b64(SAMSUNG_PLAIN)}
----_com.samsung.android.email_1763800200000001
Content-Type: text/html; charset="utf-8"
Content-Transfer-Encoding: base64

{b64(f'<html><head><meta http-equiv="Content-Type" content="text/html; charset=UTF-8"></head><body dir="auto"><div dir="auto">{RICH}</div><div dir="auto"><br></div><div dir="auto">{SECOND}</div><div dir="auto"><br></div><div id="composer_signature" dir="auto"><div style="font-size:12px">Sent from my Galaxy</div></div></body></html>')}
----_com.samsung.android.email_1763800200000001--

----_com.samsung.android.email_1763800200000000
Content-Type: image/png; name="=?UTF-8?B?bGFrZS5wbmc=?="
Content-Transfer-Encoding: base64
Content-Disposition: attachment; filename="=?UTF-8?B?bGFrZS5wbmc=?="; size=79

{PHOTO}
----_com.samsung.android.email_1763800200000000--
"""

K9 = f"""\
Date: Sun, 22 Nov 2026 09:30:00 +0100
From: Alice <alice@example.org>
To: alice@post.example.org
Subject: Harbour light
User-Agent: K-9 Mail for Android
Message-ID: <6F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0@example.org>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=----ABCDEFGHIJKLMNOPQRSTUVWXYZ0123
Content-Transfer-Encoding: 7bit

------ABCDEFGHIJKLMNOPQRSTUVWXYZ0123
Content-Type: text/plain;
 charset=utf-8
Content-Transfer-Encoding: quoted-printable

{qp(K9_PLAIN)}
------ABCDEFGHIJKLMNOPQRSTUVWXYZ0123
Content-Type: image/png;
 name=lake.png
Content-Transfer-Encoding: base64
Content-Disposition: attachment;
 filename=lake.png;
 size=79

{PHOTO}
------ABCDEFGHIJKLMNOPQRSTUVWXYZ0123--
"""

ROUNDCUBE = f"""\
MIME-Version: 1.0
Date: Sun, 22 Nov 2026 09:30:00 +0100
From: Alice <alice@example.org>
To: alice@post.example.org
Subject: Harbour light
User-Agent: Roundcube Webmail/1.6.9
Message-ID: <0123456789abcdef@example.org>
Content-Type: multipart/mixed;
 boundary="=_0123456789abcdef0123456789abcdef"

--=_0123456789abcdef0123456789abcdef
Content-Transfer-Encoding: 8bit
Content-Type: text/plain; charset=UTF-8;
 format=flowed

{FIRST}

{SECOND}

--=_0123456789abcdef0123456789abcdef
Content-Transfer-Encoding: base64
Content-Type: image/png;
 name=lake.png
Content-Disposition: attachment;
 filename=lake.png;
 size=79

{PHOTO}
--=_0123456789abcdef0123456789abcdef--
"""

LETTERS = {
    "Gmail": GMAIL_WEB, "Outlook": OUTLOOK_DESKTOP, "Outlook on the web": OUTLOOK_WEB, "Outlook for iOS": OUTLOOK_MOBILE, "iPhone": APPLE_IPHONE,
    "Apple Mail": APPLE_MAC_PLAIN, "Yahoo": YAHOO, "Thunderbird": THUNDERBIRD, "Proton Mail": PROTON, "HEY": HEY, "Fastmail": FASTMAIL, "Samsung": SAMSUNG,
    "K-9": K9, "Roundcube": ROUNDCUBE,
}  # fmt: skip


def wire(name: str) -> bytes:
    """The letter of a program as it comes over SMTP."""
    return LETTERS[name].replace("\n", "\r\n").encode()
