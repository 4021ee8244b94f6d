"""HTML replies as many clients write them: the answer comes out alone, as Markdown."""

import pytest

from gateway.email.reply_text import visible_html

YES = "<div>Yes, gladly.</div>"
OLD = "<div>Shall we?</div><div>Bob</div>"
LEAD = 'On Mon, Jun 3, 2024 at 10:11 AM Bob Reader &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt; wrote:'
HEADERS = "<b>From:</b> Bob Reader &lt;bob@example.org&gt;<br><b>Sent:</b> Monday, June 3, 2024 10:11 AM<br><b>To:</b> Alice<br><b>Subject:</b> Hi"

# All of these say "Yes, gladly." and nothing else.
CLIENTS = {
    "bare blockquote": f"{YES}<blockquote>{OLD}</blockquote>",
    "attribution inside a bare blockquote": f"Yes, gladly.<blockquote><div>{LEAD}</div>{OLD}</blockquote>",
    "attribution above a bare blockquote": f"Yes, gladly.<div>{LEAD}</div><blockquote>{OLD}</blockquote>",
    "attribution in the same block": f"<p>Yes, gladly.<br><br>{LEAD}</p><blockquote>{OLD}</blockquote>",
    "attribution and quotation in one block": f"<div>Yes, gladly.</div><div>{LEAD}<br>Shall we?<br>Bob</div>",
    "everything in one block": f"<div>Yes, gladly.<br><br>{LEAD}<br>Shall we?<br>Bob</div>",
    "headers in one block with the answer": f"<div>Yes, gladly.<br><br>{HEADERS}<br><br>Shall we?</div>",
    "headers in paragraphs": f"<p>Yes, gladly.</p><p><b>From:</b> Bob Reader</p><p><b>Sent:</b> Monday, 3 June 2024</p><p><b>To:</b> Alice</p><p><b>Subject:</b> Hi</p>{OLD}",
    "headers in a table": f"{YES}<table><tr><td><b>From:</b></td><td>Bob &lt;bob@example.org&gt;</td></tr><tr><td><b>Sent:</b></td><td>Monday 3 June 2024</td></tr><tr><td><b>To:</b></td><td>Alice</td></tr><tr><td><b>Subject:</b></td><td>Hi</td></tr></table>{OLD}",
    "headers under a rule": f"{YES}<hr>{HEADERS}<br>{OLD}",
    "rule and attribution": f"{YES}<hr><div>{LEAD}</div>{OLD}",
    "Gmail": f'<div dir="ltr">Yes, gladly.</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" class="gmail_attr">{LEAD}<br></div><blockquote class="gmail_quote" style="margin:0px 0px 0px 0.8ex">{OLD}</blockquote></div>',
    "Gmail, extra": f'<div dir="ltr">Yes, gladly.</div><div class="gmail_extra"><br><div class="gmail_quote">{LEAD}<br><blockquote class="gmail_quote">{OLD}</blockquote></div><br></div>',
    "Gmail on a phone": f'<div dir="auto">Yes, gladly.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">Le lun. 3 juin 2024 à 10:11, Bob &lt;bob@example.org&gt; a écrit :<br></div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Gmail with prefix and signature": f'<div dir="ltr">Yes, gladly.<br clear="all"><div><br></div><span class="gmail_signature_prefix">-- </span><br><div dir="ltr" class="gmail_signature" data-smartmail="gmail_signature">Alice<br>Writer</div></div><br><div class="gmail_quote"><div class="gmail_attr">{LEAD}</div><blockquote class="gmail_quote">{OLD}</blockquote></div>',
    "Gmail copied by Outlook": f'<div>Yes, gladly.</div><div class="x_gmail_quote"><div class="x_gmail_attr">{LEAD}</div><blockquote class="x_gmail_quote">{OLD}</blockquote></div>',
    "Inbox": f'<div>Yes, gladly.</div><div class="inbox_gmail_quote">{LEAD}<blockquote>{OLD}</blockquote></div>',
    "Outlook on the web": f'<div class="elementToProof">Yes, gladly.</div><div id="appendonsend"></div><hr tabindex="-1" style="display:inline-block; width:98%"><div id="divRplyFwdMsg" dir="ltr"><font>{HEADERS}</font></div><div>{OLD}</div>',
    "Outlook copied": f'<div>Yes, gladly.</div><div id="x_appendonsend"></div><hr><div id="x_divRplyFwdMsg">{HEADERS}</div>{OLD}',
    "Outlook, new": f'<div class="elementToProof">Yes, gladly.</div><div id="ms-outlook-mobile-signature"><div>Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div></div><div id="mail-editor-reference-message-container"><div class="ms-outlook-mobile-reference-message skipProofing">{HEADERS}</div>{OLD}</div>',
    "Outlook for phones": f'<div>Yes, gladly.</div><div class="ms-outlook-ios-signature">Get <a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg">{HEADERS}</div>{OLD}',
    "Outlook 2013": f'<div class="WordSection1"><p class="MsoNormal">Yes, gladly.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div><div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">{HEADERS}<o:p></o:p></p></div></div>{OLD}</div>',
    "Outlook 2013, quoted inside": f'<div class="WordSection1"><p class="MsoNormal">Yes, gladly.</p><div style="border:none;border-left:solid blue 1.5pt;padding:0in 0in 0in 4.0pt"><div><div style="border:none;border-top:solid #B5C4DF 1.0pt"><p class="MsoNormal">{HEADERS}</p></div></div>{OLD}</div></div>',
    "Outlook for Mac": f'<div>Yes, gladly.</div><div style="border:none;border-top:solid #B5C4DF 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">{HEADERS.replace("Sent", "Date")}</p></div>{OLD}',
    "Outlook Express": f'<DIV>Yes, gladly.</DIV><BLOCKQUOTE style="PADDING-LEFT: 5px; BORDER-LEFT: #000000 2px solid"><DIV>----- Original Message ----- </DIV><DIV style="BACKGROUND: #e4e4e4"><B>From:</B> Bob </DIV><DIV><B>To:</B> Alice </DIV><DIV><B>Sent:</B> Monday</DIV>{OLD}</BLOCKQUOTE>',
    "Outlook 2003": f'<div>Yes, gladly.</div><div class=OutlookMessageHeader lang=en-us dir=ltr align=left><hr tabindex=-1><font face=Tahoma size=2>{HEADERS}<br></font><br></div>{OLD}',
    "Hotmail": f'<div dir="ltr">Yes, gladly.<br><br><div><hr id="stopSpelling">From: bob@example.org<br>To: alice@example.org<br>Date: Mon, 3 Jun 2024<br>Subject: Hi<br><br>{OLD}</div></div>',
    "Apple Mail": f'<html><body style="word-wrap: break-word;">Yes, gladly.<br id="lineBreakAtBeginningOfMessage"><div><br><blockquote type="cite"><div>On Jun 3, 2024, at 10:11, Bob &lt;bob@example.org&gt; wrote:</div><br class="Apple-interchange-newline"><div>{OLD}</div></blockquote></div><br></body></html>',
    "iPhone": f'<html><body dir="auto">Yes, gladly.<br><br id="lineBreakAtBeginningOfSignature"><div dir="ltr">Sent from my iPhone</div><div dir="ltr"><br><blockquote type="cite">On Jun 3, 2024, at 10:11, Bob &lt;bob@example.org&gt; wrote:<br><br></blockquote></div><blockquote type="cite"><div dir="ltr">{OLD}</div></blockquote></body></html>',
    "iPhone in German": f'<html><body dir="auto">Yes, gladly.<div dir="ltr">Von meinem iPhone gesendet</div><div dir="ltr"><br><blockquote type="cite">Am 03.06.2024 um 10:11 schrieb Bob &lt;bob@example.org&gt;:<br><br></blockquote></div><blockquote type="cite">{OLD}</blockquote></body></html>',
    "Thunderbird": f'<p>Yes, gladly.</p><div class="moz-cite-prefix">On 6/3/24 10:11, Bob wrote:<br></div><blockquote type="cite" cite="mid:a@b">{OLD}</blockquote><br><div class="moz-signature">-- <br>Alice</div>',
    "Thunderbird, forward container": f'<p>Yes, gladly.</p><div class="moz-forward-container"><br>-------- Forwarded Message --------<table class="moz-email-headers-table"><tr><th>Subject: </th><td>Hi</td></tr><tr><th>From: </th><td>Bob</td></tr></table>{OLD}</div>',
    "Yahoo": f'<html><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">Yes, gladly.</div><div><br></div></div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div><div>On Monday, June 3, 2024 at 10:11:12 AM GMT+2, Bob &lt;bob@example.org&gt; wrote:</div><div><br></div>{OLD}</div></div></body></html>',
    "Yahoo, old": f'<html><body><div>Yes, gladly.<br></div><div class="qtdSeparateBR"><br><br></div><div class="yahoo_quoted" style="display: block;"><div>On Monday, June 3, 2024 10:11 AM, Bob &lt;bob@example.org&gt; wrote:<br></div>{OLD}</div></body></html>',
    "Yahoo on Android": f'Yes, gladly.<br><br><div id="ymail_android_signature"><a href="https://example.org">Sent from Yahoo Mail on Android</a></div> <br> <blockquote style="margin: 0 0 20px 0;"> <div style="font-family:Roboto;"> <div>On Mon, Jun 3, 2024 at 10:11 AM, Bob</div><div>&lt;bob@example.org&gt; wrote:</div> </div> <div>{OLD}</div></blockquote>',
    "AOL": f'<div>Yes, gladly.</div><br><br><div id="AOLMsgPart_1"><div>-----Original Message-----<br>From: Bob &lt;bob@example.org&gt;<br>To: Alice<br>Sent: Mon, Jun 3, 2024 10:11 am<br>Subject: Hi<br><br></div>{OLD}</div>',
    "Proton": f'<div>Yes, gladly.</div><div class="protonmail_signature_block protonmail_signature_block-empty"></div><div class="protonmail_quote">On Monday, June 3rd, 2024 at 10:11, Bob &lt;bob@example.org&gt; wrote:<br><blockquote class="protonmail_quote" type="cite">{OLD}</blockquote></div>',
    "Zoho": f'<div>Yes, gladly.</div><div class="zmail_extra"><div id="Zm-_Id_-Sgn1">---- On Mon, 03 Jun 2024 10:11:12 +0200 <b>Bob &lt;bob@example.org&gt;</b> wrote ----</div><blockquote id="blockquote_zmail">{OLD}</blockquote></div>',
    "Zimbra": f'<html><body><div>Yes, gladly.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__"><blockquote>{HEADERS}</blockquote></div><div data-marker="__QUOTED_TEXT__"><blockquote>{OLD}</blockquote></div></body></html>',
    "Fastmail": f'<!DOCTYPE html><html><body><div>Yes, gladly.</div><div><br></div><div>On Mon, Jun 3, 2024, at 10:11 AM, Bob wrote:<br></div><blockquote type="cite" id="qt">{OLD}</blockquote></body></html>',
    "HEY": f'<div class="trix-content"><div>Yes, gladly.</div></div><br><div>On June 3, 2024, Bob &lt;bob@example.org&gt; wrote:</div><blockquote class="hey-quote">{OLD}</blockquote>',
    "Front": f'<div>Yes, gladly.</div><br><div class="front-signature">Alice<br>Writer</div><br><blockquote type="cite" class="front-blockquote">On June 3, 2024, 10:11 AM GMT+2 <a href="mailto:bob@example.org">bob@example.org</a> wrote:<br><br>{OLD}</blockquote>',
    "Superhuman": f'<div>Yes, gladly.</div><div class="gmail_signature"><div>Sent via <a href="https://sprh.mn">Superhuman</a></div></div><br><div><div class="gmail_quote">On Mon, Jun 03, 2024 at 10:11 AM, Bob <span>&lt;bob@example.org&gt;</span> wrote:<br><blockquote class="gmail_quote">{OLD}</blockquote></div></div>',
    "Spark": f'<html><body><div name="messageBodySection"><div dir="auto">Yes, gladly.</div></div><div name="messageSignatureSection"><br>Alice</div><div name="messageReplySection">On Jun 3, 2024, 10:11 AM +0200, Bob &lt;bob@example.org&gt;, wrote:<br><blockquote type="cite" class="spark_quote">{OLD}</blockquote></div></body></html>',
    "Airmail": f'<body><div id="bloop_customfont">Yes, gladly.</div> <br> <div id="bloop_sign_1" class="bloop_sign"></div> <br><p class="airmail_on">On June 3, 2024 at 10:11:12, Bob (<a href="mailto:bob@example.org">bob@example.org</a>) wrote:</p> <blockquote type="cite" class="clean_bq">{OLD}</blockquote></body>',
    "Newton": f'<div>Yes, gladly.</div><div class="cm_signature">Sent from <a href="https://x.example">Newton</a></div><br><div id="cm_replymail_content_wrap"><div class="cm_quote">On Mon, Jun 3, 2024 at 10:11 AM, Bob &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt; wrote:<blockquote>{OLD}</blockquote></div></div>',
    "Samsung": f'<html><body dir="auto"><div dir="auto">Yes, gladly.</div><div><br></div><div id="composer_signature" dir="auto"><div style="font-size:12px">Sent from my Galaxy</div></div><div><br></div><div><!-- originalMessage --><div>-------- Original message --------</div><div>From: Bob &lt;bob@example.org&gt; </div><div>Date: 03/06/2024  10:11  (GMT+01:00) </div><div>To: Alice </div><div>Subject: Hi </div><div><br></div></div>{OLD}</body></html>',
    "K-9": f'<html><body>Yes, gladly.<br><br><div class="gmail_quote">On 3 June 2024 10:11:12 CEST, Bob &lt;bob@example.org&gt; wrote:<blockquote class="gmail_quote">{OLD}</blockquote></div></body></html>',
    "BlueMail": f'<html><body><div dir="auto">Yes, gladly.</div><div class="gmail_quote">On Jun 3, 2024, at 10:11, Bob &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt; wrote:<blockquote class="gmail_quote">{OLD}</blockquote></div></body></html>',
    "Windows Mail": f'<div>Yes, gladly.</div><div data-signatureblock="true"><div>Sent from Windows Mail</div></div><div style="padding-top: 5px; border-top-color: rgb(229, 229, 229); border-top-width: 1px; border-top-style: solid;">{HEADERS}</div>{OLD}',
    "Mail for Windows": f'<div class="WordSection1"><p class="MsoNormal">Yes, gladly.</p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><p class="MsoNormal">Sent from <a href="https://go.microsoft.com/fwlink/?LinkId=550986">Mail</a> for Windows</p><div style="mso-element:para-border-div;border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0cm 0cm 0cm"><p class="MsoNormal">{HEADERS}</p></div>{OLD}</div>',
    "mail.ru": f'<HTML><BODY><div>Yes, gladly.</div><div><br></div><blockquote style="border-left:1px solid #0857A6;margin:10px;padding:0 0 0 10px">Понедельник, 3 июня 2024, 10:11 +03:00 от Bob &lt;bob@example.org&gt;:<br>{OLD}</blockquote></BODY></HTML>',
    "mail.ru, new": f'<div>Yes, gladly.</div><div data-signature-widget="container"><div data-signature-widget="content">--<br>Alice</div></div><blockquote data-type="mail-quote"><div class="js-helper js-readmsg-msg">{OLD}</div></blockquote>',
    "Yandex": f'<div>Yes, gladly.</div><div>\xa0</div><div>03.06.2024, 10:11, "Bob" &lt;bob@example.org&gt;:</div><blockquote type="cite">{OLD}</blockquote>',
    "QQ": f'<div>Yes, gladly.</div><div><br></div><div><includetail><div>&nbsp;</div><div style="font:Verdana normal 14px;color:#000;"><div style="FONT-SIZE: 12px;">------------------&nbsp;原始邮件&nbsp;------------------</div><div style="FONT-SIZE: 12px;background:#efefef;"><div><b>发件人:</b> "Bob"&lt;bob@example.org&gt;;</div><div><b>发送时间:</b> 2024年6月3日(星期一) 上午10:11</div><div><b>收件人:</b> "Alice";</div><div><b>主题:</b> Hi</div></div>{OLD}</div></includetail></div>',
    "NetEase": f'<div>Yes, gladly.</div><div class="ntes-mailmaster-quote"><div>---- 回复的原邮件 ----</div><table><tr><td>发件人</td><td>Bob</td></tr></table><blockquote id="ntes-pcmail-quote">{OLD}</blockquote></div>',
    "NetEase on the web": f'<div>Yes, gladly.</div><pre>At 2024-06-03 10:11:12, "Bob" &lt;bob@example.org&gt; wrote:</pre><blockquote id="isReplyContent">{OLD}</blockquote>',
    "Naver": f'<div>Yes, gladly.</div><p>-----Original Message-----<br><b>From:</b> "Bob"&lt;bob@example.org&gt;<br><b>To:</b> Alice<br><b>Cc:</b><br><b>Sent:</b> 2024-06-03 (월) 10:11:12 (GMT+09:00)<br><b>Subject:</b> Hi<br></p>{OLD}',
    "GMX": f'<html><body><div>Yes, gladly.</div><div name="quote" style="margin:10px 5px 5px 10px; border-left:2px solid #C3D9E5;"><div style="margin:0 0 10px 0;"><b>Gesendet:</b>&nbsp;Montag, 03. Juni 2024 um 10:11 Uhr<br><b>Von:</b>&nbsp;Bob &lt;bob@example.org&gt;<br><b>An:</b>&nbsp;Alice<br><b>Betreff:</b>&nbsp;Hi</div><div name="quoted-content">{OLD}</div></div></body></html>',
    "Open-Xchange": f'<p>Yes, gladly.</p><blockquote type="cite"><div>Bob &lt;bob@example.org&gt; hat am 03.06.2024 10:11 CEST geschrieben:</div>{OLD}</blockquote>',
    "Tutanota": f'<div dir="auto">Yes, gladly.</div><div class="signature">-- <br>Alice</div><br><div>3 Jun 2024, 10:11 by bob@example.org:<br></div><blockquote class="tutanota_quote">{OLD}</blockquote>',
    "Roundcube": f'<p>Yes, gladly.</p><p id="reply-intro">On 2024-06-03 10:11, Bob wrote:</p><blockquote type="cite"><div id="replybody1">{OLD}</div></blockquote>',
    "RainLoop": f'<div>Yes, gladly.<br><signature></signature>June 3, 2024 10:11 AM, "Bob" &lt;<a href="mailto:bob@example.org">bob@example.org</a>&gt; wrote:<blockquote>{OLD}</blockquote></div>',
    "Notes": f'<font size=2 face="sans-serif">Yes, gladly.</font><br><br><br><table width=100%><tr valign=top><td><font size=1>From:</font></td><td><font size=1>Bob &lt;bob@example.org&gt;</font></td></tr><tr><td><font size=1>To:</font></td><td><font size=1>Alice</font></td></tr><tr><td><font size=1>Date:</font></td><td><font size=1>06/03/2024 10:11 AM</font></td></tr><tr><td><font size=1>Subject:</font></td><td><font size=1>Hi</font></td></tr></table><br><hr noshade><br>{OLD}',
    "Notes, attribution": '<font size=2>Yes, gladly.</font><br><br><font size=2>Bob Reader &lt;bob@example.org&gt; wrote on 06/03/2024 10:11:12 AM:</font><br><br><font size=2>&gt; Shall we?</font><br><font size=2>&gt; Bob</font>',
    "Evolution": f'<html><body><div>Yes, gladly.</div><div><br></div><div>On Mon, 2024-06-03 at 10:11 +0200, Bob wrote:</div><blockquote type="cite" style="margin:0 0 0 .8ex">{OLD}</blockquote></body></html>',
    "KMail": '<html><body><p style="margin:0">Yes, gladly.</p><p style="margin:0">&nbsp;</p><p style="margin:0">On Monday, 3 June 2024 10:11:12 CEST Bob wrote:</p><p style="margin:0">&gt; Shall we?</p><p style="margin:0">&gt; Bob</p></body></html>',
    "Mailbird": f'<div>Yes, gladly.</div><div class="mb_sig"></div><blockquote class="history_container" type="cite"><p>On 6/3/2024 10:11:12 AM, Bob &lt;bob@example.org&gt; wrote:</p>{OLD}</blockquote>',
    "eM Client": f'<div>Yes, gladly.</div><div><br></div><div>------ Original Message ------</div><div>From "Bob" &lt;bob@example.org&gt;</div><div>To Alice</div><div>Date 6/3/2024 10:11:12 AM</div><div>Subject Hi</div><div id="x1"><blockquote cite="a@b" type="cite" class="cite2">{OLD}</blockquote></div>',
    "help desk": '<p>Yes, gladly.</p><p>##- Please type your reply above this line -##</p><p>Your ticket.</p>',
    "Basecamp": '<div>Yes, gladly.</div><div>-----------------------<br>Reply ABOVE THIS LINE to post a message.</div>',
    "GitHub": '<p dir="auto">Yes, gladly.</p><p style="font-size:small">&mdash;<br>Reply to this email directly, <a href="https://example.org">view it on GitHub</a>.</p>',
    "Freebird": f'<p>Yes, gladly.</p><div class="freebirdBgOnQuote">On Jun 3 2024 Bob wrote:</div><blockquote class="freebirdquote">{OLD}</blockquote>',
    "unclosed tags": f"<div>Yes, gladly.<div>{LEAD}<blockquote>{OLD}",
    "Chinese attribution": f"<div>Yes, gladly.</div><div>Bob &lt;bob@example.org&gt; 于2024年6月3日周一 10:11写道：</div><blockquote>{OLD}</blockquote>",
    "Hebrew": f'<div dir="rtl">Yes, gladly.</div><div dir="rtl">‫בתאריך יום ב׳, 3 ביוני 2024 ב-10:11 מאת Bob &lt;bob@example.org&gt;:‬</div><blockquote>{OLD}</blockquote>',
    "signature, by its dashes": "<div>Yes, gladly.</div><div>-- </div><div>Alice</div><div>Writer</div>",
    "signature, with a no-break blank": "<div>Yes, gladly.</div><div>--&nbsp;</div><div>Alice</div>",
    "signature in pre": '<p>Yes, gladly.</p><pre class="moz-signature" cols="72">-- \nAlice</pre>',
    "tracking pixel": f'<div>Yes, gladly.</div><img src="https://example.org/t.gif" width="1" height="1" alt=""><blockquote type="cite">{OLD}</blockquote>',
    "conditional comments": f"<!--[if gte mso 9]><xml><o:x/></xml><![endif]--><style>p{{}}</style><p class=MsoNormal>Yes, gladly.</p><div style='border:none;border-top:solid #E1E1E1 1.0pt'>{HEADERS}</div>{OLD}",
    "a ruled paragraph, labels nobody knows": "<p class=MsoNormal>Yes, gladly.</p><p class=MsoNormal style='border:none;border-top:solid #E1E1E1 1.0pt'><b>Xyz:</b> Bob<br><b>Abc:</b> Qwe</p><p class=MsoNormal>Shall we?</p>",
    "Mailspring": f'<div>Yes, gladly.</div><signature>Alice</signature><div class="gmail_quote_attribution">On Jun 3 2024, at 10:11 am, Bob &lt;bob@example.org&gt; wrote:</div><blockquote class="gmail_quote">{OLD}</blockquote>',
    "GroupWise": f"<div>Yes, gladly.</div><div>&gt;&gt;&gt; Bob &lt;bob@example.org&gt; 3/6/2024 10:11 &gt;&gt;&gt;</div>{OLD}",
    "Hotmail, typed marks": "<div dir='ltr'>Yes, gladly.<br><br><div>&gt; Date: Mon, 3 Jun 2024 10:11:12 +0200<br>&gt; From: bob@example.org<br>&gt; To: alice@example.org<br>&gt; Subject: Hi<br>&gt; <br>&gt; Shall we?<br></div></div>",
    "IBM Verse": f'<div class="socmaildefaultfont"><div>Yes, gladly.</div><div>&nbsp;</div><blockquote data-history-expanded="1" style="border-left:solid #aaaaaa 2px;">----- Original message -----<br>From: Bob<br>To: Alice<br>Subject: Hi<br>Date: Mon, Jun 3, 2024 10:11 AM<br>{OLD}</blockquote></div>',
    "Lark": f'<div>Yes, gladly.</div><div class="history-quote-wrapper"><div>From: Bob&lt;bob@example.org&gt;</div><div>Date: Mon, Jun 3, 2024, 10:11 AM</div><div>Subject: Hi</div><div>To: Alice</div>{OLD}</div>',
}  # fmt: skip


@pytest.mark.parametrize("client", CLIENTS)
def test_the_answer_comes_out_alone(client: str) -> None:
    assert visible_html(CLIENTS[client]) == "Yes, gladly."


OTHERS = {
    "a quotation of the author's own, then the answered one": (f"<p>As Tolstoy has it:</p><blockquote>All happy families.</blockquote><p>I agree.</p><div>{LEAD}</div><blockquote>{OLD}</blockquote>", "As Tolstoy has it:\n\n> All happy families.\n\nI agree."),
    "an own quotation at the end stays above an attribution": (f"Yes<blockquote>Own words</blockquote><div>{LEAD}</div><blockquote>{OLD}</blockquote>", "Yes\n\n> Own words"),
    "interleaved": ('<div class="moz-cite-prefix">On 6/3/24 10:11, Bob wrote:</div><blockquote type="cite">Shall we?</blockquote><p>Yes.</p><blockquote type="cite">When?</blockquote><p>At ten.</p>', "> Shall we?\n\nYes.\n\n> When?\n\nAt ten."),
    "below": (f'<div>{LEAD}</div><blockquote type="cite">{OLD}</blockquote><div>Yes.</div>', "Yes."),
    "a bare forward": (f'<div dir="ltr"><br><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Bob &lt;bob@example.org&gt;<br>Date: Mon, Jun 3, 2024<br>Subject: Hi<br>To: Carol<br></div>{OLD}</div></div>', None),
    "a forward with words": (f'<div dir="ltr">For you.<br><br><div class="gmail_quote"><div class="gmail_attr">---------- Forwarded message ---------<br>From: Bob<br>Date: Mon<br>Subject: Hi<br></div>{OLD}</div></div>', "For you."),
    "a bare forward by Apple": (f'<br><div>Begin forwarded message:</div><br><blockquote type="cite"><div><b>From: </b>Bob</div><br>{OLD}</blockquote>', "Begin forwarded message:\n\n> **From:** Bob  \n>\n> Shall we?  \n> Bob"),
    "a rule between two parts": ("<p>One part of what I say, long enough to be a paragraph of running text, it is.</p><hr><p>Another part of what I say, and it is long enough to be a paragraph as well, and then some more words.</p>", "One part of what I say, long enough to be a paragraph of running text, it is.\n\n---\n\nAnother part of what I say, and it is long enough to be a paragraph as well, and then some more words."),
    "a list, a link and an image": ('<p>See <a href="https://example.org/a">this</a>:</p><ol><li>one</li><li>two</li></ol><p><img src="cid:a" alt="a cat"></p>', "See [this](https://example.org/a):\n\n1. one\n2. two\n\n![a cat](cid:a)"),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_other_shapes_of_html_replies(name: str) -> None:
    html, expected = OTHERS[name]
    text = visible_html(html)
    if expected is None:
        assert "Shall we?" in text
    else:
        assert text == expected


ODDITIES = {
"font reply":(f"<font face=Arial>Yes.</font><br><br><font>{LEAD}</font><br><font>Shall we?</font>","Yes."),
"pre whole":(f"<pre>Yes.\n\n{LEAD}\n&gt; Shall we?\n&gt; Bob</pre>","Yes."),
"pre wrapped class":(f"<pre class='k9mail'>Yes.\n\n{LEAD}\n&gt; Shall we?</pre>","Yes."),
"p gt":(f"<p>Yes.</p><p>{LEAD}<br>&gt; Shall we?<br>&gt; Bob</p>","Yes."),
"from block span":("<div>Yes.<br><br><span>From: Bob &lt;b@x.org&gt;<br>Date: Monday<br>To: Alice<br>Subject: Hi</span><br><br>Shall we?</div>","Yes."),
"from p in mso german":("<p class=MsoNormal>Ja.</p><p class=MsoNormal>&nbsp;</p><p class=MsoNormal><b>Von:</b> Bob [mailto:b@x.org] <br><b>Gesendet:</b> Montag, 3. Juni 2024 10:11<br><b>An:</b> Alice<br><b>Betreff:</b> Hi</p><p class=MsoNormal>Sollen wir?</p>","Ja."),
"von labels bold inside":("<div>Ja.</div><div><b>Von: </b>Bob</div><div><b>Gesendet: </b>Montag, 3. Juni 2024</div><div><b>An: </b>Alice</div><div><b>Betreff: </b>Hi</div><div>Sollen wir?</div>","Ja."),
"strong labels":("<div>Yes.</div><hr><p><strong>From:</strong> Bob<br><strong>Sent:</strong> Monday, June 3, 2024<br><strong>To:</strong> Alice<br><strong>Subject:</strong> Hi</p>"+OLD,"Yes."),
"colon outside bold":("<div>Yes.</div><p><b>From</b>: Bob<br><b>Date</b>: Monday, June 3, 2024<br><b>To</b>: Alice<br><b>Subject</b>: Hi</p>"+OLD,"Yes."),
"border windowtext":("<p class=MsoNormal>Yes.</p><div style='border:none;border-top:solid windowtext 1.0pt'><p><b>From:</b> Bob<br><b>Sent:</b> Monday 3 June 2024</p></div>"+OLD,"Yes."),
"table layout":(f"<table><tr><td>Yes.</td></tr></table><div>{LEAD}</div><blockquote>{OLD}</blockquote>","Yes."),
"attr in bold":(f"<div>Yes.</div><div><b>{LEAD}</b></div><blockquote>{OLD}</blockquote>","Yes."),
"attr in italics":(f"<div>Yes.</div><div><i>{LEAD}</i></div><div>{OLD}</div>","Yes."),
"attr split divs":("<div>Yes.</div><div>On Mon, Jun 3, 2024 at 10:11 AM Bob Reader</div><div>&lt;<a href='mailto:b@x.org'>b@x.org</a>&gt; wrote:</div><blockquote>"+OLD+"</blockquote>","Yes."),
"attr link name":("<div>Yes.</div><div>On Mon, Jun 3, 2024 at 10:11 AM <a href='mailto:b@x.org'>Bob Reader</a> wrote:</div><blockquote>"+OLD+"</blockquote>","Yes."),
"attr span link":("<div>Yes.</div><div>Am 03.06.24 um 10:11 schrieb <a class='moz-txt-link-abbreviated' href='mailto:b@x.org'>b@x.org</a>:</div><blockquote type=cite>"+OLD+"</blockquote>","Yes."),
"two blockquotes":(f"<div>Yes.</div><div>{LEAD}</div><blockquote>{OLD}<blockquote>older</blockquote></blockquote>","Yes."),
"sent bold":("<div>Yes.</div><div><b>Sent from my iPhone</b></div>","Yes."),
"sent link":("<div>Yes.</div><div><a href='https://x'>Sent from Yahoo Mail on Android</a></div>","Yes."),
"sent italics":("<div>Yes.</div><div><i>Sent from my Galaxy</i></div>","Yes."),
"get outlook link":("<div>Yes.</div><div>Get <a href='https://aka.ms/o0ukef'>Outlook for iOS</a></div>","Yes."),
"outlook ger link":("<div>Ja.</div><div><a href='https://aka.ms/o0ukef'>Outlook für iOS</a> beziehen</div>","Ja."),
"entities":("<div>Yes&nbsp;&amp; no.</div><blockquote type=cite>"+OLD+"</blockquote>","Yes & no."),
"original bold":("<div>Yes.</div><div><b>-----Original Message-----</b></div><div>From: Bob</div>"+OLD,"Yes."),
"original center":("<div>Yes.</div><p>-------- Urspr&uuml;ngliche Nachricht --------</p><p>Von: Bob<br>Datum: 03.06.24</p>"+OLD,"Yes."),
"empty reply":("<div><br></div><blockquote type=cite>"+OLD+"</blockquote>",""),
"image only":("<div><img src='cid:1'></div><blockquote type=cite>"+OLD+"</blockquote>","![](cid:1)"),
"quote w/ class only":("<div>Yes.</div><div class='quote'>On Monday Bob wrote:<blockquote>"+OLD+"</blockquote></div>","Yes."),
"WordSection + hr":("<div class=WordSection1><p class=MsoNormal>Yes.</p><div class=MsoNormal align=center><hr size=3 width='100%'></div><p class=MsoNormal><b>From:</b> Bob<br><b>Sent:</b> Monday 3 June 2024<br><b>To:</b> A<br><b>Subject:</b> x</p></div>"+OLD,"Yes."),
"list reply":("<ul><li>one</li><li>two</li></ul><div>"+LEAD+"</div><blockquote>"+OLD+"</blockquote>","- one\n- two"),
"reply in span":(f"<span>Yes.</span><blockquote type='cite'>{LEAD}<br>{OLD}</blockquote>","Yes."),
"body text bare":(f"Yes.<br><br>{LEAD}<br><br>&gt; Shall we?<br>","Yes."),
"uppercase":("<DIV>Yes.</DIV><BLOCKQUOTE TYPE=CITE>"+OLD+"</BLOCKQUOTE>","Yes."),
"cyr":("<div>Да.</div><div>03.06.2024, 10:11, \"Боб\" &lt;b@x.org&gt;:</div><blockquote>"+OLD+"</blockquote>","Да."),
"sv":("<div>Ja.</div><div>Den m&aring;n 3 juni 2024 kl 10:11 skrev Bob &lt;b@x.org&gt;:</div><blockquote>"+OLD+"</blockquote>","Ja."),
"ja":("<div>はい。</div><div>2024年6月3日(月) 10:11 Bob &lt;b@x.org&gt;:</div><blockquote>"+OLD+"</blockquote>","はい。"),
    "code is no body": ("<p>Run this:</p><pre>a\n  b</pre>", "Run this:\n\n```\na\n  b\n```"),
}  # fmt: skip


@pytest.mark.parametrize("name", ODDITIES)
def test_odd_html_is_read_as_well(name: str) -> None:
    html, expected = ODDITIES[name]
    assert visible_html(html) == expected
