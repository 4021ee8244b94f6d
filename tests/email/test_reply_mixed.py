"""Letters mixed at random from tables, always the same ones: any answer above any attribution or headers, wrapped anyhow.

The tables of single forms cannot show that an answer's last line is taken for the beginning of an attribution, or that an
attribution runs into headers. Add a line to a table; each line meets many others.
"""

import random
import textwrap

from gateway.email.reply_text import visible_text

ATTRIBUTIONS = """
On Mon, Jun 3, 2024 at 10:11 AM {n} (via Google Docs) <{a}> wrote:
On 3/6/2024, 10:11 AM, "{n}" <{a}> wrote:
On 6/3/24, 10:11 AM, "{n} on behalf of Carol" <{a} on behalf of carol@example.org> wrote:
"{n}" <{a}> wrote:
"{n}" <{a}> wrote in message\\nnews:abc$1@news.example.org...
"{n}" <{a}> escribió en el mensaje news:abc@example.org...
On Mon, 03 Jun 2024 10:11:12 +0200, {n} <{a}> wrote:
On Mon, 03 Jun 2024 10:11:12 -0700 (PDT), {n} <{a}> said:
{n} <{a}> said on Mon, 3 Jun 2024 10:11:12 +0200:
On Mon, Jun 03, 2024 at 10:11:12AM +0200, {n} wrote:
On Jun 03 2024, {n} <{a}> wrote:
Quoting {n} (2024-06-03 10:11:12):
At Mon, 3 Jun 2024 10:11:12 +0200,\\n{n} wrote:
On lun., juin 03 2024, {n} <{a}> wrote:
On Monday 03 June 2024 10:11:12 {n} wrote:
Em Segunda 03 Junho 2024 10:11:12 {n} escreveu:
On 2024-06-03T10:11:12+0200, {n} wrote:
On 2024-06-03 10:11:12 +0200, {n} wrote:
On Mon 2024-06-03 10:11:12 +0200, {n} wrote:
On 3.6.2024 10.11, {n} wrote:
On 06/03/2024 10:11 AM, {n} wrote:
On 03/06/24 10:11, {n} via Letters wrote:
On Mon, Jun 3, 2024 at 10:11 AM, {n} <\\n{a}> wrote:
Em seg., 3 de jun. de 2024 às 10:11, {n} <\\n{a}> escreveu:
Le lun. 3 juin 2024 à 10 h 11 min, {n} <{a}> a écrit :
Le 3 juin 2024 à 10 h 11, {n} <{a}> a écrit :
Le lundi 03 juin 2024 à 10:11 +0200, {n} a écrit :
Le Mon, 3 Jun 2024 10:11:12 +0200,\\n{n} <{a}> a écrit :
Le 03/06/2024 10:11, « {n} » <{a}> a écrit :
Le 3 juin 2024 à 10:11:12, {n} ({a}) a écrit:
Am Mo., 3. Juni 2024 um 10:11 Uhr schrieb {n} via Liste <liste@example.org>:
Am 3. Juni 2024 um 10:11 schrieb {n} <{a}>:
Am 03.06.2024 um 10:11 schrieb "{n}" <{a}>:
Am 03.06.24, 10:11 schrieb "{n}" <{a}>:
Am Montag, dem 03.06.2024 um 10:11 +0200 schrieb {n}:
Am 3.6.24 schrieb {n} <{a}>:
Am 2024-06-03 10:11, schrieb {n}:
Hallo {n}, Du schriebst am 03.06.2024 10:11:
Von meinem iPhone gesendet\\n\\nAm 03.06.2024 um 10:11 schrieb {n} <{a}>:
Gesendet: Montag, 03. Juni 2024 um 10:11 Uhr\\nVon: "{n}" <{a}>\\nAn: alice@example.org\\nBetreff: Hallo
El lun, 3 de jun. de 2024 a la(s) 10:11, {n} ({a}) escribió:
El lun., 3 de junio de 2024 10:11 a. m., {n} <{a}> escribió:
El lun, 03-06-2024 a las 10:11 +0200, {n} escribió:
El 3 de junio de 2024 a las 10:11:12, {n} ({a}) escribió:
El lun, jun 3, 2024 at 10:11, {n} <{a}> escribió:
Il giorno 03 giu 2024, alle ore 10:11, {n} ha scritto:
Il 03 Giugno 2024 10:11 {n} <{a}> ha scritto:
Il lun 3 giu 2024 alle 10:11 {n} <{a}> ha scritto:
In data lunedì 3 giugno 2024 10:11:12 CEST, {n} ha scritto:
In data 3 giugno 2024 alle ore 10:11:12, {n} ({a}) ha scritto:
Em seg, 3 de jun de 2024 às 10:11, {n}\\n<{a}> escreveu:
Em 3 de jun de 2024, à(s) 10:11, {n} <{a}> escreveu:
Em 3 de junho de 2024 às 10:11:12, {n} ({a}) escreveu:
Em segunda-feira, 3 de junho de 2024, {n} <{a}> escreveu:
On segunda, jun 3, 2024 at 10:11, {n} <{a}> wrote:
Op ma 3 jun. 2024 om 10:11 schreef {n} <{a}\\n>:
Op 3-6-2024 om 10:11 schreef {n}:
Op ma, 2024-06-03 om 10:11 +0200 schreef {n}:
Op maandag 3 juni 2024 10:11 heeft {n} <{a}> geschreven:
Op 3 jun. 2024 10:11 a.m. schreef "{n}" <{a}>:
Den mån 3 juni 2024 kl 10:11 skrev {n} via Lista <lista@example.org>:
mån 2024-06-03 klockan 10:11 +0200 skrev {n}:
On 2024-06-03 10:11, {n} skrev:
3 jun 2024 kl. 10:11 skrev {n} <{a}>:
{n} skrev 2024-06-03 10:11:
tir. 3. juni 2024, 10:11 skrev {n} <{a}>:
On man., juni 3, 2024 at 10:11, {n} <{a}> wrote:
Den 03-06-2024 kl. 10:11 skrev {n}:
Den mandag den 3. juni 2024 skrev {n} <{a}>:
{n} skrev den 03-06-2024 10:11:
man, 03 06 2024 kl. 10:11 +0200, skrev {n}:
Den man. 3. jun. 2024 10.11 {n} <{a}> skrev:
ma 3. kesäk. 2024 klo 10.11 {n} <{a}> kirjoitti:
{n} ({a}) kirjoitti 3.6.2024 kello 10.11:
3. kesäkuuta 2024 klo 10.11, {n} <{a}> kirjoitti:
3.6.2024 klo 10.11 {n} kirjoitti:
maanantai 3. kesäkuuta 2024 {n} <{a}> kirjoitti:
W dniu 2024-06-03 o 10:11, {n} pisze:
W dniu 3 cze 2024, o godz. 10:11, {n} <{a}> napisał:
Dnia 03.06.2024 o godz. 10:11 {n} napisał(a):
Dnia 2024-06-03, o godz. 10:11:12\\n{n} <{a}> napisał(a):
dnia pon., 3 cze 2024 o 10:11 {n} <{a}> napisała:
Użytkownik {n} <{a}> napisał:
Użytkownik "{n}" <{a}> napisał w wiadomości news:abc@example.org...
Wiadomość napisana w dniu 3 cze 2024, o godz. 10:11, przez {n} <{a}>:
{n} <{a}> w dniu 03.06.2024 10:11 napisał(a):
Dne 3.6.2024 v 10:11 {n} napsal(a):
Dne pondělí 3. června 2024 10:11:12 CEST, {n} napsal(a):
{n} píše v Po 03. 06. 2024 v 10:11 +0200:
po 3. 6. 2024 v 10:11, {n} <{a}> napsal:
3. 6. 2024 v 10:11, {n} <{a}>:
Dne 3. 6. 2024 10:11 napsal uživatel {n} <{a}>:
V pondelok 3. júna 2024 10:11 {n} napísal(a):
po 3. 6. 2024 o 10:11 {n} <{a}> napísal(a):
V Po, 03. 06. 2024 o 10:11 +0200, {n} napísal(a):
{n} <{a}> ezt írta (időpont: 2024. jún. 3., Hét, 10:11):
2024. június 3. 10:11 {n} <{a}> írta:
2024. 06. 03. 10:11 keltezéssel, {n} <{a}> írta:
Ekkor: 2024. június 3., hétfő 10:11, {n} <{a}> írta:
În lun., 3 iun. 2024 la 10:11, {n} <{a}> a scris:
La luni, 3 iunie 2024, {n} <{a}> a scris:
Pe luni, 3 iunie 2024, 10:11:12 EEST, {n} <{a}> a scris:
Pe data de 3 iun. 2024, la 10:11, {n} <{a}> a scris:
На 3.06.2024 г. 10:11, {n} написа:
На пн, 3.06.2024 г., 10:11 ч. {n} <{a}> написа:
В понеделник, 3 юни 2024 г., {n} <{a}> написа:
On понеделник, юни 3, 2024, {n} <{a}> wrote:
pon, 3. lip 2024. u 10:11 {n} <{a}> napisao/la je:
Dana 3. lipnja 2024. u 10:11 {n} <{a}> je napisala:
U pon, 3. 6. 2024. u 10:11, {n} je napisao:
дана пон, 3. јун 2024. у 10:11 {n} <{a}> је написао:
V pon., 3. jun. 2024 ob 10:11 je {n} <{a}> napisal:
{n} je 3.6.2024 ob 10:11 napisal(a):
Dne pon., 3. jun. 2024, 10:11 je {n} <{a}> napisal:
на 3 јуни 2024, {n} <{a}> напиша:
Στις Δευ, 3 Ιουν 2024, 10:11 ο χρήστης {n} <{a}> έγραψε:
Στις 03/06/2024 10:11 πμ, ο/η {n} έγραψε:
Στις 3 Ιουν 2024, 10:11 π.μ., ο χρήστης "{n}" <{a}> έγραψε:
3 Haz 2024 Pzt, saat 10:11 tarihinde {n} <{a}> şunu yazdı:
{n} <{a}>, 3 Haz 2024 Pzt, 10:11 tarihinde yazdı:
Tarih: 3 Haziran 2024 Pazartesi 10:11, {n} <{a}> yazdı:
03.06.2024 10:11, {n} yazdı:
3 Haz 2024 10:11 tarihinde "{n}" <{a}> yazdı:
Пн, 3 июн. 2024 г. в 10:11, {n} <{a}>:
пн, 3 июня 2024, 10:11 {n} <{a}>:
3 июн. 2024 г. 10:11 пользователь "{n}" <{a}> написал:
В сообщении от 3 июня 2024 10:11:12 {n} написал:
В письме от понедельник, 3 июня 2024 г. 10:11:12 MSK пользователь {n} написал:
В Пн, 03/06/2024 в 10:11 +0300, {n} пишет:
03.06.2024, 10:11, "{n}" <{a}>:
03.06.2024 в 10:11, {n} написал(а):
пн, 3 черв. 2024, 10:11 користувач {n} <{a}> пише:
3 червня 2024 р. 10:11 користувач {n} <{a}> написав:
03.06.24 10:11, {n} пише:
пн, 3 чэр 2024, 10:11 карыстальнік {n} <{a}> напісаў:
2024-06-03 10:11, {n} rašė:
2024 m. birželio 3 d., pirmadienis, {n} <{a}> rašė:
2024-06-03, pr, 10:11, {n} <{a}> parašė:
Pirmd., 2024. gada 3. jūn. plkst. 10:11, {n} <{a}> rakstīja:
Kuupäeval 3. juuni 2024 10:11 kirjutas {n} <{a}>:
Esmaspäev, 3. juuni 2024 kell 10:11 {n} <{a}> kirjutas:
{n} <{a}> kirjutas kuupäeval E, 3. juuni 2024 kell 10:11:
Ar Gwe, 3 Meh 2024 am 10:11 ysgrifennodd {n} <{a}>:
El dl., 3 juny 2024 a les 10:11, {n} (<{a}>) va escriure:
El dia 3 juny 2024 10:11, {n} <{a}> va escriure:
Missatge de {n} <{a}> del dia dl., 3 juny 2024 a les 10:11:
O luns, 3 xuño 2024 10:11, {n} <{a}> escribiu:
O 3 de xuño de 2024, {n} <{a}> escribiu:
2024(e)ko ekainaren 3a 10:11, {n} <{a}>(e)k idatzi du:
{n}(e)k hau idatzi du (2024 eka. 3 10:11):
Vào Th 2, 3 thg 6, 2024 vào lúc 10:11 SA {n} <{a}> đã viết:
Vào ngày Th 2, 3 thg 6 2024, 10:11 {n} <{a}> đã viết:
Ngày 3 tháng 6 năm 2024 lúc 10:11, {n} <{a}> đã viết:
Vào 3/6/2024 10:11 SA, {n} đã viết:
On Sen, 3 Jun 2024 10.11 {n} <{a}> wrote:
Pada Sen, 3 Jun 2024 pukul 10.11 {n} <{a}> menulis:
Pada hari Senin, 3 Juni 2024, {n} <{a}> menulis:
Pada tanggal 3 Juni 2024 10.11, {n} <{a}> menulis:
Pada Isn, 3 Jun 2024 pada 10:11 PG {n} <{a}> menulis:
ในวันที่ จันทร์ที่ 3 มิถุนายน พ.ศ. 2567, {n} <{a}> เขียนว่า:
เมื่อ 3 มิ.ย. 2567 BE เวลา 10:11 {n} <{a}> เขียนว่า:
วันที่ 3 มิถุนายน 2024 10:11, {n} <{a}> เขียนว่า:
เมื่อ จ. 3 มิ.ย. 2024 เวลา 10:11 {n} <{a}> เขียน:
बुध, 3 जून 2024 को 10:11 am बजे {n} <{a}> ने लिखा:
3 जून 2024 को 10:11 पर, {n} <{a}> ने लिखा:
3 जून 2024 10:11 को {n} <{a}> ने लिखा:
৩ জুন ২০২৪ ১০:১১ তারিখে {n} <{a}> লিখেছেন:
در دوشنبه ۳ ژوئن ۲۰۲۴ ساعت ۱۰:۱۱ {n} <{a}> نوشت:
در ۱۴۰۳/۳/۱۴ ۱۰:۱۱، {n} نوشت:
‫بتاريخ الاثنين، 3 يونيو 2024 في 10:11 ص كتب {n} <{a}>:‬
في ٣ يونيو ٢٠٢٤ ١٠:١١ ص، كتب "{n}" <{a}>:
في الاثنين، ٣ يونيو، ٢٠٢٤ ١٠:١١ ص {n} <{a}> كتب:
بتاريخ 3 يونيو، 2024 10:11 ص، جاء من {n} <{a}>:
‪On Mon, Jun 3, 2024 at 10:11 AM ‫{n}‬‎ <‪{a}‬‏> wrote:‬
‫בתאריך יום ב׳, 3 ביוני 2024 ב-10:11 מאת {n} <‪{a}‬‏>:‬
‫ב-3 ביוני 2024, 10:11, ‏‎{n}‎‏ <‏{a}‏> כתב/ה:‬
ב-יום שני, 3 ביוני 2024 בשעה 10:11:12 UTC+3, {n} <{a}> כתב:
‏בתאריך 3 ביוני 2024 בשעה 10:11, ‏{n} <{a}> כתב:
{n} <{a}> 于2024年6月3日周一 上午10:11写道：
{n} <{a}>于 2024年6月3日周一 10:11写道：
在 2024年6月3日，10:11，{n} <{a}> 写道：
于 2024年6月3日 10:11, {n} <{a}> 写道:
2024年6月3日 10:11于 {n} <{a}>写道：
2024-06-03 10:11 GMT+08:00 {n} <{a}>:
在2024-06-03 10:11:12，{n} <{a}>写道：
在 2024/6/3 10:11, {n} 写道:
在 2024年6月3日 +0800 10:11 ，{n} <{a}>，写道：
On 06/3/2024 10:11，{n}<{a}> wrote：
在06/3/2024 10:11，{n}<{a}> 写道：
---原始邮件---\\n发件人: "{n}"<{a}>\\n发送时间: 2024年6月3日(星期一) 上午10:11\\n收件人: "Alice"<alice@example.org>;\\n主题: Re: Hello
发件人： {n}\\n发送时间： 2024-06-03  10:11\\n收件人： Alice\\n主题： Re: Hello
{n} <{a}> 於 2024年6月3日 週一 10:11 寫道：
{n} <{a}> 於 2024年6月3日 上午10:11 寫道：
在 2024年6月3日 週一 上午 10:11，{n} <{a}> 寫道：
{n} 於 2024/6/3 上午 10:11 寫道:
2024年6月3日(月) 10:11 {n} <{a}>:
2024年6月3日(月) 午前10:11 {n} <{a}>:
2024年6月3日(月)、10:11 {n} <{a}>:
2024/06/03 10:11、{n} <{a}> のメール:
2024/06/03 10:11、{n}のメール:
2024年6月3日 10:11 +0900、{n} <{a}>のメール:
2024年6月3日(月) 10:11 +0900 {n} <{a}>:
{n} さんは 2024/06/03 10:11 に書きました:
(2024/06/03 10:11), {n} wrote:
On 2024/06/03 10:11:12 {n} <{a}> wrote:
2024-06-03 (月) の 10:11 +0900 に {n} さんは書きました:
2024년 6월 3일 (월) AM 10:11, {n} <{a}>님이 작성:
2024년 6월 3일 (월) 오전 10:11, {n}님이 작성:
2024년 6월 3일 오전 10:11에, {n} <{a}>님이 쓴 글:
2024. 6. 3. 10:11에 {n} 이(가) 쓴 글:
2024-06-03 오전 10:11에 {n} 이(가) 쓴 글:
-----Original Message-----\\n발신: "{n}" <{a}>\\n날짜: 2024. 6. 3. 오전 10:11\\n수신: alice@example.org\\n제목: 안녕
--------- 원본 메일 ---------\\n보낸사람 : {n} <{a}>\\n받는사람 : alice@example.org\\n날짜 : 2024-06-03 10:11 (GMT+09:00)\\n제목 : 안녕
ორშ, 3 ივნ. 2024, 10:11 {n} <{a}> წერს:
Երկ, 3 Հնս 2024 թ., 10:11 {n} <{a}>-ը գրել է՝
Më 3 qer 2024, në 10:11, {n} <{a}> shkroi:
Mnamo Jtt, 3 Jun 2024 saa 10:11 {n} <{a}> aliandika:
Op Ma., 3 Jun. 2024, 10:11 het {n} <{a}> geskryf:
mán., 3. jún. 2024 kl. 10:11, {n} <{a}> skrifaði:
Þann 3.6.2024 kl. 10:11, skrifaði {n} <{a}>:
Hi {n} <{a}>, on 3 June 2024 you wrote:
On June 3, 2024, at 10:11 AM, {n} via Discourse <forum@example.org> wrote:
{n} @bob\\nwrote 3 hours ago:
On Jun 3, 2024, 10:11 AM -0700, {n} <{a}>, wrote:
On 3 Jun 2024, 10:11 AM +0200, {a}, wrote:
Sent from Spark\\nOn Jun 3, 2024, 10:11 AM -0700, {n} <{a}>, wrote:
On Mon, Jun 3, 2024 10:11 AM, {n} {a} wrote:
On Mon, Jun 3, 2024 at 10:11 AM {n} < {a} > wrote:
On Mon, Jun 3, 2024 at 10:11 AM {n} <[{a}](mailto:{a})> wrote:
On Mon, Jun 3, 2024 at 10:11 AM [{n}](mailto:{a}) <[{n}](mailto:{a})> wrote:
On Mon, Jun 3, 2024 at 10:11 AM, {n} [{a}](mailto:{a}) wrote:
On Mon, Jun 3, 2024 at 10:11 AM {n} <*{a}*> wrote:
*On Mon, Jun 3, 2024 at 10:11 AM {n} <{a}> wrote:*
**On Mon, Jun 3, 2024 at 10:11 AM {n} <{a}> wrote:**
_On Mon, Jun 3, 2024 at 10:11 AM {n} <{a}> wrote:_
On Mon, Jun 3, 2024 at 10:11 AM, {n} <{a}>\\n\\nwrote:
On Monday, June 3rd, 2024 at 10:11, {n} <{a}> wrote:
On Monday, 3 June 2024 at 10:11:12 BST, {n} <{a}> wrote:
Le lundi 3 juin 2024 à 10:11:12 UTC+2, {n} <{a}> a écrit :
‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐\\nOn Monday, June 3rd, 2024 at 10:11, {n} <{a}> wrote:
------- Original Message -------\\nOn Monday, June 3rd, 2024 at 10:11, {n} <{a}> wrote:
-------- Originalnachricht --------\\nAm 03.06.24 10:11 um schrieb {n} :
-------- Messaggio originale --------\\nDa: {n} <{a}>\\nData: 03/06/24 10:11 (GMT+01:00)\\nA: Alice
-------- Message d'origine --------\\nDe : {n} <{a}>\\nDate : 03/06/2024 10:11 (GMT+01:00)\\nÀ : alice@example.org\\nObjet : Re: Hello
3 Jun 2024, 10:11 by {a}:
Jun 3, 2024, 10:11 by {a}:
3. Juni 2024, 10:11 von {a}:
3 juin 2024 10:11 de {a}:
3 июн. 2024 г., 10:11 от {a}:
Mon, Jun 3, 2024 at 10:11 AM {n} <{a}>:
Jun 3, 2024 10:11 AM {n} <{a}>:
{n} | ACME <{a}> wrote on Mon, 3 Jun 2024 at 10:11 am:
At 10:11 AM -0400 6/3/24, {n} wrote:
At 10:11 03.06.2024, {n} wrote:
At 10:11 03/06/2024 +0200, you wrote:
On Monday, June 3, 2024 10:11:12 AM {n} <{a}> wrote:
From: {n} <{a}>\\nTo: alice@example.org\\nDate: 06/03/2024 10:11 AM\\nSubject: Hello\\nSent by: Carol
""".strip().splitlines()
NAMES = (
    "Bob", "Bob Reader", "Reader, Bob", "bob@example.org", "Dr. Bob v. Reader", "BOB READER", "bob123", "ACME Support", "The Letter [Town]",
    "Иван Петров", "王小明", "محمد علي", "Bob Reader via Letters", "Jean-Luc Ü. Dupré-Ñandú",
)  # fmt: skip
ANSWERS = (
    "Thank you, I read it.\n\nAlice", "ok", "+1", "👍", "2\n3", "10:30", "A", "On Monday", "12. Mai", "What did you mean by this?", "好的，谢谢！", "Done",
    "Hi Bob,\n\nI agree with 1 and 2:\n\n1. first\n2. second\n\n- a\n- b\n\nBest,\nAlice",
    "See https://example.org/a/b?c=d#e for more\nand <https://example.org> too",
    "Is 10:30 on 5 May fine?\nOr 11:00?",
    "The main points are:\n* one\n* two\n\nRegards",
    "Merci beaucoup !\n\nCordialement,\nAlice",
    "了解です。\nよろしくお願いします。",
    "Try this:\n\n    x = 1\n    if x > 2:\n        pass\n\nok?",
    "No.\n\nAs I wrote on Monday, we need 3 more people",
    "Grazie mille\nA presto",
    "I'll call you at 555-0100.\nAlice\nACME Inc.\n+1 555 0100",
    "Call me\n\nAlice Writer\nTel. 030 123 45 67",
)  # fmt: skip
OLD = (
    "Here it is.",
    "Hi Alice,\n\nShall we meet at 10?\n\nBob",
    "Hi,\n\nthe text\n\n-- \nBob Reader\nACME",
    "Sent from my iPhone",
)
MARKS = ("> ", ">", "| ", " > ", "")
GAPS = ("\n\n", "\n", "\n\n\n", "\n \n")
TRAILS = (
    "", "\n\n", "\n-- \nAlice", "\n\nSent from my iPhone", '\n\n--\nYou received this message because you are subscribed to the Google Groups "x" group.',
    "\n_______________________________________________\nx mailing list\nx@example.org\nhttps://lists.example.org/x",
)  # fmt: skip


def quoted(text: str, mark: str) -> str:
    return "\n".join(f"{mark}{line}" for line in text.split("\n"))


def attributed(r: random.Random, form: str) -> str:
    lead = form.replace("{n}", r.choice(NAMES)).replace("{a}", "bob@example.org").replace("\\n", "\n")
    address = r.choice(
        ["<bob@example.org>"] * 6 + ["<bob@example.org<mailto:bob@example.org>>", "<mailto:bob@example.org>"]
    )
    lead = lead.replace("<bob@example.org>", address)
    width = r.choice([0, 0, 78, 72, 60])
    if not width:
        return lead
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in lead.split("\n")
    )


def test_any_answer_comes_out_whole_from_above_any_attribution() -> None:
    r = random.Random(1)
    for form in ATTRIBUTIONS * 6:
        answer, old, mark = r.choice(ANSWERS), r.choice(OLD), r.choice(MARKS)
        text = f"{answer}{r.choice(GAPS)}{attributed(r, form)}{r.choice(GAPS[:3])}{quoted(old, mark)}{r.choice(TRAILS)}"
        text = text.replace("\n", r.choice(["\n", "\n", "\r\n"]))
        assert visible_text(text).split() == answer.split(), text


def test_any_answer_comes_out_whole_from_below_any_attribution() -> None:
    r = random.Random(2)
    for form in ATTRIBUTIONS * 3:
        answer, old, mark = r.choice(ANSWERS), r.choice(OLD), r.choice(MARKS[:4])
        text = f"{attributed(r, form)}{r.choice(GAPS[:3])}{quoted(old, mark)}\n\n{answer}{r.choice(TRAILS)}"
        assert visible_text(text).split() == answer.split(), text


def test_any_answer_comes_out_whole_from_above_an_attribution_quoted_too() -> None:
    r = random.Random(3)
    for form in ATTRIBUTIONS * 3:
        answer = r.choice(ANSWERS)
        text = f"{answer}{r.choice(GAPS)}{quoted(f'{attributed(r, form)}', '> ')}\n>\n{quoted(r.choice(OLD), '> ')}"
        assert visible_text(text).split() == answer.split(), text


LABELS = """
From|Sent|To|Cc|Subject
Von|Gesendet|An|Cc|Betreff
De |Envoyé |À |Cc |Objet
De|Enviado el|Para|CC|Asunto
De|Enviada em|Para|Cc|Assunto
Da|Inviato|A|Cc|Oggetto
Van|Verzonden|Aan|CC|Onderwerp
Fra|Sendt|Til|Kopi|Emne
Från|Skickat|Till|Kopia|Ämne
Lähettäjä|Lähetetty|Vastaanottaja|Kopio|Aihe
Od|Wysłano|Do|DW|Temat
Od|Odesláno|Komu|Kopie|Předmět
Feladó|Elküldve|Címzett|Másolatot kap|Tárgy
De la|Trimis|Către|Cc|Subiect
От|Отправлено|Кому|Копия|Тема
Від|Надіслано|Кому|Копія|Тема
Από|Στάλθηκε|Προς|Κοιν.|Θέμα
Kimden|Gönderildi|Kime|Bilgi|Konu
מאת|נשלח|אל|עותק|נושא
من|تم الإرسال|إلى|نسخة|الموضوع
Từ|Đã gửi|Đến|Cc|Chủ đề
发件人|发送时间|收件人|抄送|主题
发自|日期|至|抄送|主题
寄件者|寄件日期|收件者|副本|主旨
差出人|送信日時|宛先|CC|件名
보낸 사람|보낸 날짜|받는 사람|참조|제목
""".strip().splitlines()
VALUES = (
    ("Bob Reader <bob@example.org>", "Bob Reader [mailto:bob@example.org]", "Reader, Bob", "Bob [mailto:bob@example.org] On Behalf Of Carol"),
    ("Monday, June 3, 2024 10:11 AM", "3. Juni 2024 10:11:12", "2024年6月3日 10:11", "03.06.24 10:11 (GMT+01:00)", "\u200e3/\u200e6/\u200e2024 10:11"),
    ("Alice", "Alice <alice@example.org>,\n Carol <carol@example.org>,\n\tDan <dan@example.org>", "undisclosed-recipients:;"),
    ("Carol <carol@example.org>", "Carol"),
    ("Re: Hello", "RE: [EXT] Re: what: a subject with a colon", "", "AW: Über den\n nächsten Brief"),
)  # fmt: skip
ABOVE = (
    "", "\n\n", "_" * 32 + "\n", "-" * 10 + "\n", " " + "-" * 30 + "\n", "=====\n", "⸻\n", "━━━━━━━\n", "- - - - - - -\n", "-----Original Message-----\n",
    "Sent from my iPhone\n" + "_" * 32 + "\n", "Get Outlook for iOS<https://aka.ms/o0ukef>\n" + "_" * 32 + "\n",
)  # fmt: skip
FORMS = (
    "{}: {}",
    "*{}:* {}",
    "**{}**: {}",
    "{}:\t{}",
    "{} : {}",
    "{}：{}",
    "{}:{}",
    "  {}: {}",
    "{}:  {}  ",
    "\xa0{}:\xa0{}",
    "{}:\n{}",
)
ORDERS = ((0, 1, 2, 4), (0, 1, 2, 3, 4), (1, 0, 2, 4), (0, 2, 1, 4), (4, 1, 0, 2), (0, 2, 3, 1, 4), (0, 1, 4))


def test_any_answer_comes_out_whole_from_above_any_block_of_headers() -> None:
    r = random.Random(4)
    for labels in LABELS * 40:
        answer, form, names = r.choice(ANSWERS), r.choice(FORMS), labels.split("|")
        head = "\n".join(form.format(names[n], r.choice(VALUES[n])) for n in r.choice(ORDERS))
        text = f"{answer}{r.choice(GAPS[:3])}{r.choice(ABOVE)}{head}{r.choice(GAPS[:3])}{r.choice(OLD)}"
        assert visible_text(text).split() == answer.split(), text


WROTE = "On Mon, Jun 3, 2024 at 10:11 AM Bob <bob@example.org> wrote:"
LONG = "It was a long walk through the hills, and we stopped at every village to drink coffee and talk."
SHAPES = {
    "quoted lines that a relay wrapped": (f"Yes.\n\n{WROTE}\n\n> a line of the old letter that was so long that a relay wrapped it at\nseventy columns\n> and here it goes on\n", "Yes."),
    "quoted-printable that nobody decoded": (f"Yes.\n\n{WROTE}\n\n> a line of the old letter that was so long that it was torn here by th=\ne encoding\n> and goes on\n", "Yes."),
    "a lone dash above a signature": ("Yes.\n\n-\nAlice Writer\nThe Letter\n", "Yes."),
    "a lone underscore above a signature": ("Yes.\n\n_\nAlice Writer\n", "Yes."),
    "a long signature under a rule": ("Yes.\n\n---\nAlice Writer\nEditor in chief\nThe Letter Ltd\n12 Long Street\nTown AB1 2CD\nTel: +44 20 1234 5678\nFax: +44 20 1234 5679\nwww.example.org\n", "Yes."),
    "a newsreader's attribution": ('"Bob" <bob@example.org> wrote in message\nnews:abc$1@news.example.org...\n> Shall we?\n\nYes.\n', "Yes."),
    "Notes, a line": ("Yes.\n\nBob Reader ---03.06.2024 10:11:12---Hello Alice, shall we\n\nFrom: Bob Reader\nTo: Alice\nDate: 03.06.2024 10:11\nSubject: Hello\n\nShall we?", "Yes."),
    "Notes, a letterhead": ("Yes.\n\nBob Reader <bob@example.org>\n06/03/2024 10:11 AM\n\nTo\nAlice Writer <alice@example.org>\ncc\n\nSubject\nHello\n\nShall we?", "Yes."),
    "GroupWise, above what is not quoted": ("Yes.\n\n>>> On 6/3/2024 at 10:11 AM, in message <ABC@example.org>, Bob <bob@example.org> wrote:\nShall we?\n", "Yes."),
    "QQ, its blanks written out": ("Yes.\n\n------------------&nbsp;原始邮件&nbsp;------------------\n发件人: Bob\n\nShall we?", "Yes."),
    "French, in one line": ("Oui.\n\nDe : Bob <bob@example.org> - Envoyé : lundi 3 juin 2024 10:11\n\nOn y va ?", "Oui."),
}  # fmt: skip
STAY = {
    "an old letter": f"On 5 May 1912 she wrote to her sister:\n\n{LONG}\n\nIsn't that lovely?",
    "an old letter, quoted": f"On 5 May 1912 she wrote to her sister:\n\n> {LONG}\n\nSo true.",
    "an old letter in German": f"Am 5. Mai 1912 schrieb sie an ihre Schwester:\n\n{LONG}\n\nSchön.",
    "an old letter in French": f"Le 5 mai 1912, elle a écrit à sa sœur :\n\n{LONG}\n\nC'est beau.",
    "an old letter in Chinese": f"1912年5月5日，她写道：\n\n{LONG}",
    "a journey": "Date: 5 May\nFrom: Rome\nTo: Milan\nTrain: 9512\n\nAlice",
    "a list under a rule": "Intro.\n\n---\n\n- a\n- b\n",
    "a heading under a rule": "Intro.\n\n---\n\n## Next\n\nWords.\n",
    "a sentence about a phone": "Von meinem Handy aus geht das nicht.\n\nAlice",
    "a short answer to a quotation": "> Can you send me the report of last week, so that I can finish my talk?\nyes\n> And when?\nnow",
}


def test_replies_of_further_shapes() -> None:
    for name, (text, expected) in SHAPES.items():
        assert visible_text(text) == expected, name
    for name, text in STAY.items():
        assert visible_text(text).split() == text.split(), name
