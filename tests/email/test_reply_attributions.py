"""Attribution lines of each client in each interface language, for any name, wrapped anywhere: they and the quotation go.

`{n}` is the name of whom the reply answers, `{a}` the address. Add a client or a language as a line.
"""

import itertools
import textwrap

from gateway.email.reply_text import visible_text

GMAIL = """
af  Op Ma. 3 Jun. 2024 om 10:11 het {n} <{a}> geskryf:
am  ሰኞ፣ ጁን 3 2024 በ10:11 ላይ {n} <{a}> ጽፏል፦
ar  في الاثنين، 3 يونيو 2024 في 10:11 ص تمت كتابة ما يلي بواسطة ‪{n}‬‏ <‪{a}‬‏>:
az  {n} <{a}>, 3 İyn 2024 B.e., 10:11 tarixində bunu yazdı:
be  пн, 3 чэр. 2024 г. у 10:11 {n} <{a}> піша:
bg  На пн, 3.06.2024 г. в 10:11 {n} <{a}> написа:
bn  সোম, ৩ জুন, ২০২৪ তারিখে ১০:১১ AM টায় তারিখে {n} <{a}> লিখেছেন:
ca  Missatge de {n} <{a}> del dia dl., 3 de juny 2024 a les 10:11:
cs  po 3. 6. 2024 v 10:11 odesílatel {n} <{a}> napsal:
cs  Dne 3. června 2024 10:11 {n} <{a}> napsal(a):
cy  Ar Llun, 3 Meh 2024 am 10:11 ysgrifennodd {n} <{a}>:
da  Den man. 3. jun. 2024 kl. 10.11 skrev {n} <{a}>:
da  Den 3. juni 2024 kl. 10.11 skrev {n} <{a}>:
de  Am Mo., 3. Juni 2024 um 10:11 Uhr schrieb {n} <{a}>:
de  Am Mo., 3. Juni 2024, 10:11 hat {n} <{a}> geschrieben:
de  Am 03.06.2024 10:11 schrieb "{n}" <{a}>:
de  {n} <{a}> schrieb am Mo., 3. Juni 2024, 10:11:
el  Στις Δευ 3 Ιουν 2024 στις 10:11 π.μ., ο χρήστης {n} <{a}> έγραψε:
el  Στις 3 Ιουνίου 2024 - 10:11 π.μ., ο χρήστης {n} <{a}> έγραψε:
en  On Mon, Jun 3, 2024 at 10:11 AM {n} <{a}> wrote:
en  On Mon, Jun 3, 2024, 10:11 AM {n} <{a}> wrote:
en  On Mon, 3 Jun 2024 at 10:11, {n} <{a}> wrote:
en  On Mon, 3 Jun, 2024, 10:11 am {n}, <{a}> wrote:
en  On Jun 3, 2024 10:11 AM, "{n}" <{a}> wrote:
en  On Mon, Jun 3, 2024 at 10:11 AM 'Bob Reader' via Writers <writers@example.org> wrote:
en  On Monday, June 3, 2024 at 10:11:12 AM UTC+2 {n} wrote:
en  On Monday, June 3, 2024 at 10:11:12 AM UTC-4, {n} wrote:
es  El lun, 3 jun 2024 a las 10:11, {n} (<{a}>) escribió:
es  El lun, 3 de jun de 2024, 10:11 a. m., {n} <{a}> escribió:
es  El lun., 3 jun. 2024 10:11, {n} <{a}> escribió:
es  El 3 de junio de 2024 10:11, {n} <{a}> escribió:
es  El 03/06/2024 10:11, "{n}" <{a}> escribió:
et  Kuupäev E, 3. juuni 2024 kell 10:11 kirjutas {n} <{a}>:
eu  {n} erabiltzaileak (<{a}>) hau idatzi du (2024 eka. 3, al. (10:11)):
fa  در تاریخ دوشنبه ۳ ژوئن ۲۰۲۴،‏ ۱۰:۱۱ {n} <{a}> نوشت:
fi  ma 3. kesäk. 2024 klo 10.11 {n} ({a}) kirjoitti:
fi  3. kesäkuuta 2024 10.11 {n} <{a}> kirjoitti:
fil Noong Lun, Hun 3, 2024 nang 10:11 AM, isinulat ni {n} <{a}> ang:
fr  Le lun. 3 juin 2024 à 10:11, {n} <{a}> a écrit :
fr  Le 3 juin 2024 10:11, {n} <{a}> a écrit :
fr  Le 3 juin 2024 à 10 h 11, {n} <{a}> a écrit :
fr  Le lun. 3 juin 2024, 10 h 11, {n} <{a}> a écrit :
fy  Op mo 3 jun 2024 om 10:11 skreau {n} <{a}>:
ga  Ar Luan 3 Meith 2024 ag 10:11, scríobh {n} <{a}>:
gl  O luns, 3 de xuño de 2024 ás 10:11, {n} (<{a}>) escribiu:
gu  સોમ, 3 જૂન, 2024 ના રોજ 10:11 AM વાગ્યે {n} <{a}> એ લખ્યું:
he  ‫בתאריך יום ב׳, 3 ביוני 2024 ב-10:11 מאת ‪{n}‬‏ <‪{a}‬‏>:‬
he  בתאריך 3 ביוני 2024 10:11, מאת {n} <{a}>:
hi  सोम, 3 जून 2024 को 10:11 am बजे को {n} <{a}> ने लिखा:
hr  pon, 3. lip 2024. u 10:11 {n} <{a}> napisao je:
hr  Dana 3. lipnja 2024. 10:11 {n} <{a}> je napisao/la:
hu  {n} <{a}> ezt írta (időpont: 2024. jún. 3., H, 10:11):
hu  2024. június 3. 10:11 {n} írta, <{a}>:
hy  Երկ, 3 հնս, 2024 թ., 10:11 {n} <{a}> գրեց․
id  Pada tanggal Sen, 3 Jun 2024 pukul 10.11 {n} <{a}> menulis:
id  Pada Sen, 3 Jun 2024 10.11, {n} <{a}> menulis:
is  Þann mán., 3. jún. 2024 kl. 10:11 skrifaði {n} <{a}>:
is  mán., 3. jún. 2024 kl. 10:11 skrifaði {n} <{a}>:
it  Il giorno lun 3 giu 2024 alle ore 10:11 {n} <{a}> ha scritto:
it  Il lun 3 giu 2024, 10:11 {n} <{a}> ha scritto:
it  Il 03/giu/2024 10:11 "{n}" <{a}> ha scritto:
it  Il giorno 3 giugno 2024 10:11, {n} <{a}> ha scritto:
ja  2024年6月3日(月) 10:11 {n} <{a}>:
ja  2024年6月3日 10:11 {n} <{a}>:
ja  2024/06/03 10:11 "{n}" <{a}>:
ka  ორშ, 3 ივნ. 2024, 10:11-ზე {n} <{a}> წერდა:
kk  2024 ж. 3 мау., дс 10:11 {n} <{a}> деген жазды:
km  នៅ ច, 3 មិថុនា 2024 វេលា​ម៉ោង 10:11 {n} <{a}> បាន​សរសេរ​ថា៖
kn  ಸೋಮ, ಜೂನ್ 3, 2024 ರಂದು 10:11 ಪೂರ್ವಾಹ್ನ ಸಮಯಕ್ಕೆ {n} <{a}> ಅವರು ಬರೆದಿದ್ದಾರೆ:
ko  2024년 6월 3일 (월) 오전 10:11, {n} <{a}>님이 작성:
ko  2024. 6. 3. 오전 10:11에 "{n}" <{a}>님이 작성:
lt  2024-06-03, pr, 10:11 {n} <{a}> rašė:
lv  pirmd., 2024. g. 3. jūn., plkst. 10:11 — lietotājs {n} (<{a}>) rakstīja:
mk  На пон, 3 јун. 2024 г. во 10:11 {n} <{a}> напиша:
ml  2024, ജൂൺ 3 തിങ്കൾ 10:11 AM-ന്, {n} <{a}> എഴുതി:
mn  2024 оны 6-р сарын 3, Да 10:11 цагт {n} <{a}> бичсэн нь:
mr  सोम, ३ जून, २०२४ रोजी १०:११ AM वाजता {n} <{a}> ने लिहिले:
ms  Pada Isn, 3 Jun 2024 pada 10:11 {n} <{a}> menulis:
my  ၂၀၂၄၊ ဇွန် ၃၊ လာ ၁၀:၁၁ တွင် {n} <{a}> က ရေးခဲ့သည်:
ne  सोम, जुन ३, २०२४ मा १०:११ AM मा {n} <{a}> ले लेख्नुभयो:
nl  Op ma 3 jun 2024 om 10:11 schreef {n} <{a}>:
nl  Op ma 3 jun. 2024 10:11 schreef {n} <{a}>:
nl  Op 3 juni 2024 10:11 schreef {n} <{a}>:
no  man. 3. juni 2024 kl. 10:11 skrev {n} <{a}>:
no  3. juni 2024 kl. 10:11 skrev {n} <{a}>:
pl  pon., 3 cze 2024 o 10:11 {n} <{a}> napisał(a):
pl  pon., 3 cze 2024, 10:11 użytkownik {n} <{a}> napisał:
pl  W dniu 3 czerwca 2024 10:11 użytkownik {n} <{a}> napisał:
pt  Em seg., 3 de jun. de 2024 às 10:11, {n} <{a}> escreveu:
pt  Em seg, 3 de jun de 2024 10:11, {n} <{a}> escreveu:
pt  Em 3 de junho de 2024 10:11, {n} <{a}> escreveu:
pt  {n} <{a}> escreveu (segunda, 3/06/2024 à(s) 10:11):
pt  A segunda, 3/06/2024, 10:11, {n} <{a}> escreveu:
ro  În lun., 3 iun. 2024 la 10:11, {n} <{a}> a scris:
ro  În data de lun., 3 iun. 2024, 10:11 {n} <{a}> a scris:
ro  Pe 3 iunie 2024, 10:11, {n} <{a}> a scris:
ru  пн, 3 июн. 2024 г. в 10:11, {n} <{a}>:
ru  пн, 3 июн. 2024 г., 10:11 {n} <{a}>:
ru  3 июня 2024 г., 10:11 пользователь {n} <{a}> написал:
ru  03.06.2024 10:11 пользователь "{n}" <{a}> написал:
si  සඳු, 2024 ජුනි 3, පෙ.ව. 10:11 ට {n} <{a}> විසින් ලියන ලදී:
sk  po 3. 6. 2024 o 10:11 {n} <{a}> napísal(a):
sk  Dňa 3. júna 2024 10:11, {n} <{a}> napísal/a:
sl  V V pon., 3. jun. 2024 ob 10:11 je oseba {n} <{a}> napisala:
sl  Dne 3. junij 2024 10:11 je {n} <{a}> napisal/-a:
sq  Më hën, 3 qer 2024 në 10:11 {n} <{a}> shkroi:
sr  пон, 3. јун 2024. у 10:11 {n} <{a}> је написао/ла:
sr  pon, 3. jun 2024. u 10:11 {n} <{a}> je napisao/la:
sv  Den mån 3 juni 2024 kl 10:11 skrev {n} <{a}>:
sv  Den mån 3 juni 2024 10:11{n} <{a}> skrev:
sv  Den 3 juni 2024 10:11 skrev {n} <{a}>:
sw  Mnamo Jtt, 3 Jun 2024, 10:11 {n} <{a}> aliandika:
ta  திங்., 3 ஜூன், 2024 அன்று முற்பகல் 10:11 மணிக்கு, {n} <{a}> எழுதியது:
te  సోమ, 3 జూన్, 2024న 10:11 AMకి {n} <{a}> ఇలా రాశారు:
th  ในวันที่ จ. 3 มิ.ย. 2024 เวลา 10:11 {n} <{a}> เขียนว่า:
tr  {n} <{a}>, 3 Haz 2024 Pzt, 10:11 tarihinde şunu yazdı:
tr  3 Haziran 2024 10:11 tarihinde {n} <{a}> yazdı:
uk  пн, 3 черв. 2024 р. о 10:11 {n} <{a}> пише:
uk  3 червня 2024 р. 10:11 {n} <{a}> написав:
ur  پیر، 3 جون، 2024 کو 10:11 AM بجے {n} <{a}> نے لکھا:
vi  Vào Th 2, 3 thg 6, 2024 vào lúc 10:11 {n} <{a}> đã viết:
vi  Vào 10:11 Th 2, 3 thg 6, 2024 {n} <{a}> đã viết:
zh  {n} <{a}> 于2024年6月3日周一 10:11写道：
zh  在 2024年6月3日星期一，{n} <{a}> 写道：
zh  {n} <{a}> 於 2024年6月3日 週一 上午10:11寫道：
zh  {n} <{a}>於 2024年6月3日 週一，上午10:11寫道：
zu  NgoMso, Jun 3, 2024 ngo-10:11 {n} <{a}> ubhale:
"""
APPLE = """
ar  في ٣ يونيو ٢٠٢٤، الساعة ١٠:١١ ص، كتب {n} <{a}>:
ar  ‏في 3 يونيو 2024، الساعة 10:11 ص، كتب/كتبت {n} ‏<{a}>:
ca  El 3 juny 2024, a les 10:11, {n} <{a}> va escriure:
cs  3. 6. 2024 v 10:11, {n} <{a}>:
cs  3. června 2024 v 10:11, {n} <{a}>:
da  Den 3. jun. 2024 kl. 10.11 skrev {n} <{a}>:
de  Am 03.06.2024 um 10:11 schrieb {n} <{a}>:
de  Am 3. Juni 2024 um 10:11:12 MESZ schrieb {n} <{a}>:
el  Στις 3 Ιουν 2024, στις 10:11 π.μ., ο/η {n} <{a}> έγραψε:
en  On Jun 3, 2024, at 10:11 AM, {n} <{a}> wrote:
en  On 3 Jun 2024, at 10:11, {n} <{a}> wrote:
en  On 3 Jun 2024, at 10:11 am, {n} <{a}> wrote:
en  On Jun 3, 2024, at 10:11, {n} via Forum <forum@example.org> wrote:
es  El 3 jun 2024, a las 10:11, {n} <{a}> escribió:
es  El 03/06/2024, a las 10:11 a.m., {n} <{a}> escribió:
es  El 3 jun. 2024, a la(s) 10:11, {n} <{a}> escribió:
fi  {n} <{a}> kirjoitti 3.6.2024 kello 10.11:
fi  {n} <{a}> kirjoitti 3. kesäkuuta 2024 kello 10.11:
fr  Le 3 juin 2024 à 10:11, {n} <{a}> a écrit :
he  ‫ב-3 ביוני 2024, בשעה 10:11, ‏{n} ‏<{a}> כתב/ה:‬
hr  Dana 3.6.2024. u 10:11, korisnik {n} <{a}> napisao je:
hu  {n} <{a}> írta (2024. jún. 3., 10:11):
hu  2024. jún. 3. dátummal, 10:11 időpontban {n} <{a}> írta:
id  Pada 3 Jun 2024, pukul 10.11, {n} <{a}> menulis:
it  Il giorno 3 giu 2024, alle ore 10:11, {n} <{a}> ha scritto:
ja  2024/06/03 10:11、{n} <{a}>のメール:
ja  2024年6月3日 10:11、{n} <{a}>のメール：
ja  2024年6月3日(月) 10:11、{n} <{a}>が書いたメール:
ko  2024. 6. 3. 오전 10:11, {n} <{a}> 작성:
ko  {n} <{a}>, 2024. 6. 3. 오전 10:11 작성:
nl  Op 3 jun 2024, om 10:11 heeft {n} <{a}> het volgende geschreven:
nl  Op 3 jun 2024 om 10:11 heeft {n} <{a}> het volgende geschreven:
no  3. juni 2024 kl. 10:11 skrev {n} <{a}>:
no  Den 3. juni 2024 kl. 10:11 skrev {n} <{a}>:
pl  Wiadomość napisana przez {n} <{a}> w dniu 3 cze 2024, o godz. 10:11:
pl  {n} <{a}> w dniu 3 cze 2024, o godz. 10:11, napisał(a):
pt  Em 3 de jun. de 2024, à(s) 10:11, {n} <{a}> escreveu:
pt  No dia 03/06/2024, às 10:11, {n} <{a}> escreveu:
pt  {n} <{a}> escreveu no dia 03/06/2024, às 10:11:
ro  Pe 3 iun. 2024, la 10:11, {n} <{a}> a scris:
ru  3 июня 2024 г., в 10:11, {n} <{a}> написал(а):
ru  3 июня 2024 г., в 10:11 AM, {n} <{a}> написал(а):
sk  3. 6. 2024 o 10:11, {n} <{a}> napísal:
sk  Dňa 3. 6. 2024 o 10:11 používateľ {n} <{a}> napísal:
sv  3 juni 2024 kl. 10:11 skrev {n} <{a}>:
th  เมื่อวันที่ 3 มิ.ย. 2567 เวลา 10:11 {n} <{a}> เขียนว่า:
tr  {n} <{a}> şunları yazdı (3 Haz 2024 10:11):
tr  3 Haz 2024 tarihinde 10:11 saatinde, {n} <{a}> şunları yazdı:
uk  3 черв. 2024 р. о 10:11 {n} <{a}> пише:
uk  3 черв. 2024 р., о 10:11, {n} <{a}> написав(-ла):
vi  Vào ngày 3 thg 6, 2024, lúc 10:11, {n} <{a}> đã viết:
zh  2024年6月3日 10:11，{n} <{a}> 写道：
zh  在 2024年6月3日，上午10:11，{n} <{a}> 写道：
zh  {n} <{a}> 於 2024年6月3日 上午10:11 寫道：
"""
THUNDERBIRD = """
af  Op 03/06/2024 10:11 het {n} geskryf:
ar  في 3/6/24 10:11 ص، كتب {n}:
ast El 3/6/24 a les 10:11, {n} escribió:
be  03.06.24 10:11, {n} піша:
bg  На 3.06.24 г. в 10:11, {n} написа:
br  D'an 03/06/2024 da 10:11, {n} en deus skrivet :
ca  El 3/6/24 a les 10:11, {n} ha escrit:
cs  Dne 03. 06. 24 v 10:11 {n} napsal(a):
cs  {n} napsal(a) dne 3. 6. 2024 v 10:11:
cy  Ar 03/06/2024 10:11, ysgrifennodd {n}:
da  Den 03.06.2024 kl. 10.11 skrev {n}:
de  Am 03.06.24 um 10:11 schrieb {n}:
de  {n} schrieb am 03.06.2024 um 10:11:
el  Στις 3/6/24 10:11, ο/η {n} έγραψε:
el  Στις 3/6/24 10:11 π.μ., {n} έγραψε:
en  On 6/3/24 10:11 AM, {n} wrote:
en  On 03/06/2024 10:11, {n} wrote:
en  On 2024-06-03 10:11, {n} wrote:
en  On 6/3/2024 at 10:11 AM {n} wrote:
en  {n} wrote on 6/3/24 10:11 AM:
en  {n} wrote on 3/06/2024 10:11 AM:
es  El 3/6/24 a las 10:11, {n} escribió:
es  {n} escribió el 3/6/24 a las 10:11:
et  Kell 10:11 03.06.2024 kirjutas {n}:
et  {n} kirjutas 03.06.2024 kell 10:11:
eu  2024/06/03 10:11(e)an, {n}(e)k idatzi zuen:
fi  {n} kirjoitti 3.6.2024 klo 10.11:
fi  3.6.2024 10.11, {n} kirjoitti:
fr  Le 03/06/2024 à 10:11, {n} a écrit :
fr  {n} a écrit le 03/06/2024 à 10:11 :
fy  Op 03-06-2024 om 10:11 skreau {n}:
ga  Ar 03/06/2024 10:11, scríobh {n}:
gd  Air 03/06/2024 10:11, sgrìobh {n}:
gl  O 3/6/24 ás 10:11, {n} escribiu:
he  בתאריך 03/06/2024 10:11, {n} כתב:
hr  Dana 3. 6. 2024. 10:11, {n} je napisao/la:
hsb Dnja 03.06.24 we 10:11 je {n} napisał(a):
hu  2024. 06. 03. 10:11 keltezéssel, {n} írta:
hu  {n} írta 2024. 06. 03. 10:11 keltezéssel:
id  Pada 03/06/24 10.11, {n} menulis:
is  Þann 3.6.2024 10:11, skrifaði {n}:
it  Il 03/06/2024 10:11, {n} ha scritto:
it  {n} ha scritto il 03/06/2024 alle 10:11:
ja  On 2024/06/03 10:11, {n} wrote:
ja  {n} さんは書きました (2024/06/03 10:11):
ka  {n} 03.06.24 10:11-ზე წერდა:
kk  03.06.2024 10:11, {n} жазған:
ko  24. 6. 3. 오전 10:11에 {n} 이(가) 쓴 글:
ko  2024-06-03 오전 10:11에 {n} 이(가) 쓴 글:
lt  2024-06-03 10:11, {n} rašė:
lv  2024.06.03. 10:11, {n} rakstīja:
ms  Pada 3/6/2024 10:11 AM, {n} menulis:
nb  Den 03.06.2024 10:11, skrev {n}:
nl  Op 03-06-2024 om 10:11 schreef {n}:
nl  {n} schreef op 3-6-2024 om 10:11:
nn  Den 03.06.2024 10:11, skreiv {n}:
pl  W dniu 3.06.2024 o 10:11, {n} pisze:
pl  Dnia 2024-06-03 10:11, {n} napisał(a):
pt  Em 03/06/2024 10:11, {n} escreveu:
pt  Às 10:11 de 03/06/2024, {n} escreveu:
rm  Ils 03-06-2024 10:11, {n} ha scrit:
ro  La 03.06.2024 10:11, {n} a scris:
ro  Pe 03.06.2024 10:11, {n} a scris:
ru  03.06.2024 10:11, {n} пишет:
ru  {n} пишет 03.06.2024 10:11:
sk  Dňa 3. 6. 2024 o 10:11 {n} napísal(a):
sl  {n} je 3. 6. 2024 ob 10:11 napisal:
sl  Dne 3. 6. 2024 ob 10:11 je {n} napisal(a):
sq  Më 3.6.24 10:11, {n} shkroi:
sr  {n} је написао/ла 3.6.24. у 10:11:
sr  3.6.2024. у 10:11, {n} је написао/ла:
sv  Den 2024-06-03 kl. 10:11, skrev {n}:
sv  {n} skrev den 2024-06-03 10:11:
th  ในวันที่ 3/6/24 10:11, {n} เขียนว่า:
tr  03.06.2024 10:11 tarihinde {n} yazdı:
tr  {n}, 03.06.2024 10:11 tarihinde şunları yazdı:
uk  03.06.24 10:11, {n} пише:
vi  Vào lúc 10:11 3/6/24, {n} đã viết:
vi  Vào 03/06/2024 10:11, {n} viết:
zh  在 2024/6/3 10:11, {n} 写道:
zh  {n} 於 2024/6/3 10:11 寫道:
zh  {n} 于 2024/6/3 10:11 写道:
zh  {n} 於 2024/6/3 上午10:11 提到:
"""
YAHOO = """
cs  Dne pondělí 3. června 2024 10:11:12 SELČ, {n} <{a}> napsal(a):
da  mandag den 3. juni 2024 10.11.12 CEST skrev {n} <{a}>:
de  Am Montag, 3. Juni 2024 um 10:11:12 MESZ hat {n} <{a}> Folgendes geschrieben:
de  {n} <{a}> schrieb am 10:11 Montag, 3.Juni 2024:
el  Στις Δευτέρα 3 Ιουνίου 2024 - 10:11:12 π.μ. EEST, ο χρήστης {n} <{a}> έγραψε:
en  On Monday, June 3, 2024 at 10:11:12 AM GMT+2, {n} <{a}> wrote:
en  On Monday, June 3, 2024, 10:11:12 AM EDT, {n} <{a}> wrote:
en  On Monday, 3 June 2024, 10:11, {n} <{a}> wrote:
en  On Mon, Jun 3, 2024 at 10:11 AM, {n}<{a}> wrote:
en  On Monday, June 3, 2024 10:11 AM, {n} <{a}> wrote:
es  El lunes, 3 de junio de 2024, 10:11:12 CEST, {n} <{a}> escribió:
es  El lunes, 3 de junio de 2024, 10:11:12 a. m. GMT-5, {n} <{a}> escribió:
fi  maanantai 3. kesäkuuta 2024 klo 10.11.12 UTC+3 {n} <{a}> kirjoitti:
fr  Le lundi 3 juin 2024 à 10:11:12 UTC+2, {n} <{a}> a écrit :
fr  Le Lundi 3 juin 2024 10h11, {n} <{a}> a écrit :
hu  2024. június 3., hétfő 10:11:12 CEST időpontban {n} <{a}> ezt írta:
id  Pada Senin, 3 Juni 2024 10.11.12 WIB, {n} <{a}> menulis:
it  Il lunedì 3 giugno 2024 alle ore 10:11:12 CEST, {n} <{a}> ha scritto:
it  Il Lunedì 3 Giugno 2024 10:11, {n} <{a}> ha scritto:
nl  Op maandag 3 juni 2024 om 10:11:12 CEST schreef {n} <{a}>:
no  mandag 3. juni 2024 kl. 10:11:12 CEST, skrev {n} <{a}>:
pl  W dniu poniedziałek, 3 czerwca 2024 10:11:12 CEST, użytkownik {n} <{a}> napisał:
pt  Em segunda-feira, 3 de junho de 2024 às 10:11:12 BRT, {n} <{a}> escreveu:
ro  luni, 3 iunie 2024, 10:11:12 EEST, {n} <{a}> a scris:
ru  Понедельник, 3 июня 2024, 10:11 +03:00 от {n} <{a}>:
ru  понедельник, 3 июня 2024 г. в 10:11:12 UTC+3, {n} <{a}> написал(а):
sv  Den måndag 3 juni 2024 10:11:12 CEST skrev {n} <{a}>:
th  ใน วันจันทร์ที่ 3 มิถุนายน 2024 10:11:12 GMT+7, {n} <{a}> เขียน:
tr  3 Haziran 2024 Pazartesi 10:11:12 GMT+3 tarihinde {n} <{a}> şunu yazdı:
vi  Vào Thứ Hai, 3 tháng 6, 2024 lúc 10:11:12 GMT+7, {n} <{a}> đã viết:
zh  {n} <{a}> 在 2024年6月3日 星期一 上午10:11:12 [GMT+8] 寫道：
zh  在 2024年6月3日星期一 GMT+8 上午10:11:12，{n} <{a}> 写道：
"""
OTHERS = """
BlackBerry    On Jun 3, 2024, at 10:11, {n} <{a}<mailto:{a}>> wrote:
Outlook-Mac   On 6/3/24, 10:11 AM, "{n}" <{a}> wrote:
Outlook-Mac   Am 03.06.24, 10:11 schrieb "{n}" <{a}>:
Outlook-Mac   Le 03/06/2024 10:11, « {n} » <{a}> a écrit :
Outlook-Mac   El 3/6/24 10:11, "{n}" <{a}> escribió:
Outlook-Mac   Em 03/06/2024 10:11, "{n}" <{a}> escreveu:
Outlook-Mac   Op 03-06-2024 10:11 heeft {n} <{a}> geschreven:
Entourage     On 6/3/24 10:11 AM, "{n}" <{a}> wrote:
Evolution     On Mon, 2024-06-03 at 10:11 +0200, {n} wrote:
Evolution     Am Montag, dem 03.06.2024 um 10:11 +0200 schrieb {n}:
Evolution     Le lundi 03 juin 2024 à 10:11 +0200, {n} a écrit :
Evolution     El lun, 03-06-2024 a las 10:11 +0200, {n} escribió:
Evolution     Il giorno lun, 03/06/2024 alle 10.11 +0200, {n} ha scritto:
Evolution     Op ma 03-06-2024 om 10:11 [+0200], schreef {n}:
Evolution     В Пн, 03/06/2024 в 10:11 +0300, {n} пишет:
Evolution     mån 2024-06-03 klockan 10:11 +0200 skrev {n}:
Evolution     Dnia 2024-06-03, pon o godzinie 10:11 +0200, {n} pisze:
Evolution     在 2024-06-03一的 10:11 +0800，{n}写道：
KMail         On Monday, 3 June 2024 10:11:12 CEST {n} wrote:
KMail         Am Montag, 3. Juni 2024, 10:11:12 CEST schrieb {n}:
KMail         Le lundi 3 juin 2024, 10:11:12 CEST {n} a écrit :
KMail         El lunes, 3 de junio de 2024 10:11:12 (CEST) {n} escribió:
KMail         В письме от понедельник, 3 июня 2024 г. 10:11:12 MSK пользователь {n} написал:
mutt          On Mon, Jun 03, 2024 at 10:11:12AM +0200, {n} wrote:
mutt          Am Mon, Jun 03, 2024 at 10:11:12AM +0200 schrieb {n}:
mutt          * {n} <{a}> [2024-06-03 10:11]:
mutt          Quoting {n} ({a}):
neomutt       On 2024-06-03 10:11 +0200, {n} <{a}> wrote:
Gnus          {n} <{a}> writes:
Gnus          * {n} <{a}> writes:
slrn          On 2024-06-03, {n} <{a}> wrote:
Sylpheed      On Mon, 3 Jun 2024 10:11:12 +0200\\n{n} <{a}> wrote:
Claws         Am Mon, 3 Jun 2024 10:11:12 +0200\\nschrieb {n} <{a}>:
Horde         Zitat von {n} <{a}>:
Horde         Quoting {n} <{a}>:
Horde         {n} <{a}> a écrit :
Horde         Citando {n} <{a}>:
Horde         Citeren {n} <{a}>:
Horde         Citerar {n} <{a}>:
Roundcube     On 2024-06-03 10:11, {n} wrote:
Roundcube     Am 2024-06-03 10:11, schrieb {n}:
Roundcube     Le 2024-06-03 10:11, {n} a écrit :
Roundcube     Il 2024-06-03 10:11 {n} ha scritto:
Roundcube     {n} je 2024-06-03 10:11 napisal:
Roundcube     Dne 2024-06-03 10:11, {n} napsal:
Roundcube     W dniu 2024-06-03 10:11, {n} napisał(a):
Squirrelmail  On Mon, June 3, 2024 10:11 am, {n} wrote:
SquirrelDe    Am Mo, 3.06.2024, 10:11, schrieb {n}:
SquirrelFr    Le Lun 3 juin 2024 10:11, {n} a écrit :
RainLoop      On June 3, 2024 at 10:11 AM, {n} <{a}> wrote:
RainLoop      June 3, 2024 10:11 AM, "{n}" <{a}> wrote:
RainLoop      3 juin 2024 10:11 "{n}" <{a}> a écrit:
RainLoop      3. Juni 2024 10:11, "{n}" <{a}> schrieb:
Open-Xchange  {n} <{a}> hat am 03.06.2024 10:11 CEST geschrieben:
Open-Xchange  On 06/03/2024 10:11 AM {n} <{a}> wrote:
Open-Xchange  Le 03/06/2024 10:11 CEST, {n} <{a}> a écrit :
Open-Xchange  {n} <{a}> schreef op 03-06-2024 10:11 CEST:
Open-Xchange  Il 03/06/2024 10:11 CEST {n} <{a}> ha scritto:
Open-Xchange  {n} <{a}> escribió el 03/06/2024 10:11 CEST:
Proton        On Monday, June 3rd, 2024 at 10:11 AM, {n} <{a}> wrote:
Proton        On Monday, June 3rd, 2024 at 10:11, {n} <{a}> wrote:
Proton        Am Montag, 3. Juni 2024 um 10:11 schrieb {n} <{a}>:
Proton        Le lundi 3 juin 2024 à 10:11, {n} <{a}> a écrit :
Proton        El lunes, 3 de junio de 2024 a las 10:11, {n} <{a}> escribió:
Proton        понедельник, 3 июня 2024 г. в 10:11, {n} <{a}>:
Tutanota      3 Jun 2024, 10:11 by {a}:
Tutanota      Jun 3, 2024, 10:11 by {a}:
Tutanota      3. Juni 2024, 10:11 von {a}:
Fastmail      On Mon, Jun 3, 2024, at 10:11 AM, {n} wrote:
Fastmail      On Mon, 3 Jun 2024, at 10:11, {n} wrote:
HEY           On June 3, 2024, {n} <{a}> wrote:
HEY           On June 3, 2024 at 10:11am, {n} <{a}> wrote:
Spark         On Jun 3, 2024, 10:11 AM +0200, {n} <{a}>, wrote:
Spark         On 3 Jun 2024, 10:11 +0200, {n} <{a}>, wrote:
Spark         Am 3. Juni 2024, 10:11 +0200 schrieb {n} <{a}>:
Spark         Le 3 juin 2024 à 10:11 +0200, {n} <{a}>, a écrit :
Airmail       On 3 June 2024 at 10:11:12, {n} ({a}) wrote:
Airmail       On June 3, 2024 at 10:11:12 AM, {n} ({a}(mailto:{a})) wrote:
Airmail       Am 3. Juni 2024 um 10:11:12, {n} ({a}) schrieb:
Airmail       Le 3 juin 2024 à 10:11:12, {n} ({a}) a écrit:
Newton        On Mon, Jun 3, 2024 at 10:11 AM, {n} < {a} [{a}] > wrote:
Superhuman    On Mon, Jun 03, 2024 at 10:11 AM, {n} < {a} > wrote:
Superhuman    On Mon, Jun 3, 2024, {n} <{a}> wrote:
Mailbird      On 6/3/2024 10:11:12 AM, {n} <{a}> wrote:
Mailbird      Am 03.06.2024 10:11:12 schrieb {n} <{a}>:
eM-Client     On 6/3/2024 10:11:12 AM, "{n}" <{a}> wrote:
Front         On June 3, 2024, 10:11 AM GMT+2 {a} wrote:
Missive       On Monday, June 3, 2024, at 10:11 AM, {n} <{a}> wrote:
Nine          Am 3. Juni 2024 10:11:12 AM schrieb {n} <{a}>:
AquaMail      On June 3, 2024 10:11:12 AM {n} <{a}> wrote:
AquaMail      Am 3. Juni 2024 10:11:12 schrieb {n} <{a}>:
BlueMail      On Jun 3, 2024, at 10:11 AM, {n} <{a}> wrote:
K-9           On 3 June 2024 10:11:12 CEST, {n} <{a}> wrote:
K-9           Am 3. Juni 2024 10:11:12 MESZ schrieb {n} <{a}>:
K-9           Le 3 juin 2024 10:11:12 GMT+02:00, {n} <{a}> a écrit :
K-9           El 3 de junio de 2024 10:11:12 CEST, {n} <{a}> escribió:
K-9           Il 3 giugno 2024 10:11:12 CEST, {n} <{a}> ha scritto:
K-9           Op 3 juni 2024 10:11:12 CEST schreef {n} <{a}>:
K-9           Em 3 de junho de 2024 10:11:12 BRT, {n} <{a}> escreveu:
K-9           3 июня 2024 г. 10:11:12 GMT+03:00, {n} <{a}> пишет:
K-9           Dnia 3 czerwca 2024 10:11:12 CEST, {n} <{a}> napisał/a:
K-9           Dne 3. června 2024 10:11:12 SELČ, {n} <{a}> napsal:
K-9           Den 3 juni 2024 10:11:12 CEST, skrev {n} <{a}>:
K-9           3 Haziran 2024 10:11:12 GMT+03:00 tarihinde {n} <{a}> yazdı:
K-9           2024年6月3日 10:11:12 GMT+09:00、{n} <{a}>のメール:
K-9           于 2024年6月3日 GMT+08:00 上午10:11:12, {n} <{a}> 写到:
Zoho          ---- On Mon, 03 Jun 2024 10:11:12 +0200 {n} <{a}> wrote ----
Zoho          ---- On Mon, 03 Jun 2024 10:11:12 +0200 {a} wrote ----
Zoho          ---- Em seg., 03 jun. 2024 10:11:12 -0300 {n} <{a}> escreveu ----
Zoho          ---- Le lun., 03 juin 2024 10:11:12 +0200 {n} <{a}> a écrit ----
Zoho          ---- El lun, 03 jun 2024 10:11:12 +0200 {n} <{a}> escribió ----
Zoho          ---- Am Mo., 03 Juni 2024 10:11:12 +0200 {n} <{a}> schrieb ----
Notes         {n} <{a}> wrote on 06/03/2024 10:11:12 AM:
Notes         {n} <{a}> schrieb am 03.06.2024 10:11:12:
Notes         {n} a écrit sur 03/06/2024 10:11:12 :
Mail.ru       Понедельник, 3 июня 2024, 10:11 +03:00 от {n} <{a}>:
Mail.ru       Пн, 3 июн 2024, 10:11, {n} <{a}>:
Mail.ru       Monday, June 3, 2024 10:11 +03:00 from {n} <{a}>:
Yandex        03.06.2024, 10:11, "{n}" <{a}>:
Yandex        03.06.2024, 10:11, {n} ({a}):
Rambler       03.06.2024, 10:11, {n} <{a}> писал(а):
ukr.net       3 червня 2024, 10:11:12, від "{n}" <{a}>:
i.ua          3 червня 2024, 10:11 {n} <{a}> написав:
Seznam        ---------- Původní e-mail ----------
WP            Dnia 3 czerwca 2024 10:11 {n} <{a}> napisał(a):
Onet          W dniu 2024-06-03 10:11:12 użytkownik {n} <{a}> napisał:
o2.pl         Dnia 3 czerwca 2024 10:11 {n} &lt;{a}&gt; napisał(a):
Interia       Od: "{n}" <{a}>\\nDo: alice@example.org;\\nWysłane: 10:11 Poniedziałek 2024-06-03\\nTemat: Hello
Libero        Il 3 giugno 2024 alle 10.11 {n} <{a}> ha scritto:
laposte       Le 3 juin 2024 à 10:11, {n} <{a}> a écrit :
UOL           Em 03/06/2024 às 10:11 horas, {a} escreveu:
BOL           De: {a}\\nEnviada: Segunda-feira, 3 de Junho de 2024 10:11\\nPara: alice@example.org\\nAssunto: Hello
QQ            在2024年6月3日 10:11，{n}<{a}> 写道：
163           在 2024-06-03 10:11:12，"{n}" <{a}> 写道：
163           At 2024-06-03 10:11:12, "{n}" <{a}> wrote:
163           ---- 回复的原邮件 ----
163           在2024年06月03日 10:11，{n} 写道：
Naver         -----Original Message-----\\nFrom: "{n}" <{a}>\\nTo: <alice@example.org>;\\nCc:\\nSent: 2024-06-03 (월) 10:11:12 (GMT+09:00)\\nSubject: Hello
Daum          --------- 원본 메일 ---------
TB-forum      Am 03.06.2024 um 10:11 Uhr schrieb {n}:
news          In article <abc@example.org>, {n} <{a}> wrote:
news          In message <abc@example.org>\\n          {n} <{a}> wrote:
GitHub        {n} wrote on Jun 3, 2024:
The-Bat       Monday, June 3, 2024, 10:11:12 AM, you wrote:
The-Bat       Понедельник, 3 июня 2024 г., 10:11:12, Вы писали:
The-Bat       Вы писали 3 июня 2024 г., 10:11:12:
Becky         On Mon, 3 Jun 2024 10:11:12 +0900\\n{n} <{a}> wrote:
Eudora        At 10:11 AM 6/3/2024, {n} wrote:
Pegasus       On 3 Jun 2024 at 10:11, {n} wrote:
Groups        On Monday, June 3, 2024 at 10:11:12 AM UTC+2, {n} wrote:
Groups        Am Montag, 3. Juni 2024 um 10:11:12 UTC+2 schrieb {n}:
Groups        Le lundi 3 juin 2024 à 10:11:12 UTC+2, {n} a écrit :
Groups        El lunes, 3 de junio de 2024 a las 10:11:12 UTC+2, {n} escribió:
Groups        Em segunda-feira, 3 de junho de 2024 às 10:11:12 UTC-3, {n} escreveu:
Groups        2024年6月3日月曜日 10:11:12 UTC+9 {n}:
Groups        在2024年6月3日星期一 UTC+8 10:11:12<{n}> 写道：
Groups        понедельник, 3 июня 2024 г. в 10:11:12 UTC+3, {n}:
Apple-odd     On Jun 3, 2024, at 10:11\u202fAM, {n} <{a}> wrote:
Apple-odd     On Mon, 3 Jun 2024 at 10:11\xa0{n}\xa0<{a}> wrote:
"""
# As found in the wild: old clients, other orders, half names.
STRONG = """
bob@example.org writes:
Bob Reader wrote the following on 6/3/24 10:11 AM:
Bob Reader schrieb am 03.06.2024 10:11 folgendes:
In a message dated 6/3/2024 10:11:12 A.M. Eastern Daylight Time, bob@example.org writes:
In a message dated 03/06/2024 10:11:12 GMT Daylight Time, bob@example.org writes:
In einer eMail vom 03.06.2024 10:11:12 Westeuropäische Sommerzeit schreibt bob@example.org:
Dans un e-mail daté du 03/06/2024 10:11:12 Paris, Madrid, bob@example.org a écrit :
On the 3rd of June 2024, Bob Reader <bob@example.org> wrote:
On Mon Jun 3 10:11:12 2024, bob@example.org wrote:
On Mon Jun 03, 2024, bob@example.org wrote:
On Mon 03 Jun 2024 at 10:11, Bob Reader <bob@example.org> wrote:
On 03-Jun-2024 10:11, Bob Reader <bob@example.org> wrote:
On 3-Jun-24 10:11, Bob Reader wrote:
On 20240603 10:11, Bob Reader wrote:
On 2024.06.03 10:11, Bob Reader wrote:
On 3 June 2024 10:11:12 Bob Reader <bob@example.org> wrote:
On 03 Jun 24, Bob Reader wrote:
On Jun 3, 10:11 am, Bob Reader <bob@example.org> wrote:
On 3 Jun., 10:11, Bob Reader <bob@example.org> wrote:
On 6/3/24, Bob Reader <bob@example.org> wrote:
On Monday 3 June 2024 Bob Reader <bob@example.org> wrote:
On Monday, Bob Reader <bob@example.org> wrote:
On Today 10:11, Bob Reader <bob@example.org> wrote:
Dana 3.6.2024. 10:11, Bob Reader <bob@example.org> je napisao:
Den 2024-06-03 10:11, Bob Reader <bob@example.org> skrev:
--- On Mon, 6/3/24, Bob Reader <bob@example.org> wrote:
--- El lun, 3/6/24, Bob Reader <bob@example.org> escribió:
--- En date de : Lun 3.6.24, Bob Reader <bob@example.org> a écrit :
--- Bob Reader <bob@example.org> schrieb am Mo, 3.6.2024:
--- Lun 3/6/24, Bob Reader <bob@example.org> ha scritto:
--- Em seg, 3/6/24, Bob Reader <bob@example.org> escreveu:
--- In letters@groups.example, "Bob" <bob@...> wrote:
--- Bob Reader <bob@example.org> wrote:
---- Bob Reader <bob@example.org> wrote:
---- Bob Reader <bob@example.org> schrieb ----
Bob Reader, Mon Jun 03 2024 10:11:12 GMT+0200 (CEST):
[2024-06-03 10:11] Bob Reader <bob@example.org>:
+ Bob Reader <bob@example.org> [03.06.24 10:11]:
Bob Reader <bob@example.org> (2024-06-03 10:11):
Bob Reader <bob@example.org> [Mon, Jun 03, 2024 at 10:11:12AM +0200]:
Bob Reader (bob@example.org) wrote:
Bob Reader [bob@example.org] wrote:
Bob Reader <bob@example.org> escribió:
Bob Reader <bob@example.org> escribió el lun, 3 de jun de 2024 a las 10:11:
Bob Reader <bob@example.org> escreveu em seg, 3/06/2024 às 10:11:
Bob Reader <bob@example.org> a écrit le lun. 3 juin 2024 à 10:11 :
Bob Reader <bob@example.org> ha scritto in data lun 3 giu 2024 alle 10:11:
Bob Reader <bob@example.org> schreef op ma 3 jun 2024 om 10:11:
Bob Reader <bob@example.org> skrev den mån 3 juni 2024 kl 10:11:
El 3 de junio de 2024, 10:11, Bob Reader<bob@example.org> escribió:
Em 3 de junho de 2024 10:11, Bob Reader escreveu:
Em seg, 3 de jun de 2024 às 10:11, <bob@example.org> escreveu:
On Mon, Jun 3, 2024 at 10:11 AM <bob@example.org> wrote:
Le lun. 3 juin 2024 à 10:11, <bob@example.org> a écrit :
Am Mo., 3. Juni 2024 um 10:11 Uhr schrieb <bob@example.org>:
Am Mo, 3.06.2024, 10:11 schrieb Bob Reader:
Am 3. Juni 2024 10:11 schrieb Bob Reader <bob@example.org>:
Am 3.6.2024 um 10:11 Uhr hat Bob Reader geschrieben:
Op 3 juni 2024 om 10:11:12, Bob Reader (bob@example.org) schreef:
Il giorno lunedì 3 giugno 2024, Bob Reader <bob@example.org> ha scritto:
Le lundi 3 juin 2024, Bob Reader <bob@example.org> a écrit :
Am Montag, 3. Juni 2024 schrieb Bob Reader :
Am Montag, 3. Juni 2024 schrieb Bob Reader <bob@example.org>:
El lunes, 3 de junio de 2024, Bob Reader <bob@example.org> escribió:
понедельник, 3 июня 2024 г. пользователь Bob Reader <bob@example.org> написал:
В Mon, 3 Jun 2024 10:11:12 +0300 Bob Reader <bob@example.org> пишет:
3.06.2024 10:11, Bob Reader написал:
3 июня 2024 г. в 10:11 Bob Reader написал:
Пнд 03 Июн 2024 10:11:12 +0300, Bob Reader <bob@example.org> написал:
2024-06-03 10:11、Bob Reader さんは書きました:
2024/06/03 10:11、Bob Reader <bob@example.org> のメッセージ:
(2024/06/03 10:11), Bob Reader wrote:
2024年6月3日(月) 午前10:11 Bob Reader <bob@example.org>:
2024年6月3日月曜日、Bob Reader<bob@example.org>さんは書きました:
On Mon, 3 Jun 2024 10:11:12 +0900 (JST)\\nBob Reader <bob@example.org> wrote:
Bob Reader <bob@example.org> 在 2024年6月3日 週一 上午10:11 寫道：
Bob Reader <bob@example.org>在2024年6月3日 周一，上午10:11写道：
在 2024年6月3日 上午10:11，Bob Reader <bob@example.org>写道：
在 2024-06-03 10:11:12，Bob Reader <bob@example.org> 写道：
2024년 6월 3일 월요일, Bob Reader<bob@example.org>님이 작성한 메시지:
2024년 6월 3일 오전 10:11, Bob Reader <bob@example.org>님의 말:
Dnia 3 czerwca 2024 10:11 "Bob Reader" <bob@example.org> napisał(a):
W dniu pon., 3.06.2024 o 10:11 Bob Reader <bob@example.org> napisał(a):
pon, 3 cze 2024, 10:11: Bob Reader <bob@example.org> napisał(a):
Dne po 3. 6. 2024 10:11 uživatel Bob Reader <bob@example.org> napsal:
Bob Reader <bob@example.org> írta (2024. június 3. 10:11):
Bob Reader <bob@example.org> ezt írta (időpont: 2024. jún. 3., Hét 10:11):
În lun., 3 iun. 2024, 10:11 Bob Reader <bob@example.org> a scris:
Στις 3/6/2024 10:11 π.μ., ο Bob Reader έγραψε:
3 Haziran 2024 Pazartesi tarihinde Bob Reader <bob@example.org> yazdı:
Bob Reader <bob@example.org> şunu yazdı:
בתאריך 3 ביוני 2024 בשעה 10:11, מאת Bob Reader <bob@example.org>:
ב-3 ביוני 2024 10:11, Bob Reader <bob@example.org> כתב:
بتاريخ 3 يونيو 2024 10:11 ص، كتب Bob Reader <bob@example.org>:
Vào 10:11 Ngày 03 tháng 06 năm 2024, Bob Reader <bob@example.org> đã viết:
Pada 3 Juni 2024 10.11, Bob Reader <bob@example.org> menulis:
เมื่อ 3 มิถุนายน 2567 10:11, Bob Reader <bob@example.org> เขียนว่า:
ma 3. kesäkuuta 2024 klo 10.11 Bob Reader (bob@example.org) kirjoitti:
Lainaus Bob Reader <bob@example.org>:
man. den 3. jun. 2024 kl. 10.11 skrev Bob Reader <bob@example.org>:
Bob Reader <bob@example.org> skrev den 3. juni 2024 kl. 10.11:
Þann mán., 3. jún. 2024 kl. 10:11 skrifaði Bob Reader <bob@example.org>:
""".strip().splitlines()
WEAK = """
Bob wrote the following:
Bob Reader said:
Bob typed:
Bob meinte:
Bob a dit :
Bob Reader <bob@example.org> says:
On 6/3/24, Bob scribbled:
Once upon a time, Bob wrote:
Bob escribió lo siguiente:
Bob schrieb Folgendes:
You wrote:
Sie schrieben:
Du schriebst:
Tu as écrit :
Bob Reader <bob@example.org>:
@bob wrote:
Bob Reader said the following on 6/3/2024 10:11 AM:
Bob Reader, 03.06.2024 10:11:
""".strip().splitlines()
CLIENTS = {
    f"{client} {line}": line.partition(" ")[2].strip().replace("\\n", "\n")
    for client, lines in {
        "Gmail": GMAIL,
        "Apple": APPLE,
        "Thunderbird": THUNDERBIRD,
        "Yahoo": YAHOO,
        "": OTHERS,
    }.items()
    for line in lines.strip().splitlines()
}
NAMES = ("Bob Reader", "Reader, Bob (Town)", "bob@example.org", "Dr. Bob v. Reader")
ANSWER = "Thank you, I read it.\n\nAlice"
NEEDS_A_QUOTE = ("GitHub", "slrn")  # nothing but the quotation tells them from a sentence


def filled(attribution: str, name: str, width: int = 0) -> str:
    text = attribution.replace("{n}", name).replace("{a}", "bob@example.org")
    if not width:
        return text
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.split("\n")
    )


def test_an_attribution_goes_with_its_quotation_for_any_name() -> None:
    for client in CLIENTS:
        for name in NAMES:
            lead = filled(CLIENTS[client], name)
            inside = lead.replace("\n", "\n> ")
            assert visible_text(f"{ANSWER}\n\n{lead}\n\n> Here it is.\n>\n> Bob\n") == ANSWER
            assert visible_text(f"{ANSWER}\n{lead}\n> Here it is.\n> Bob\n") == ANSWER
            assert visible_text(f"{ANSWER}\n\n> {inside}\n> \n> Here it is.\n") == ANSWER
            assert visible_text(f"{lead}\n> Here it is.\n\n{ANSWER}\n") == ANSWER


def test_an_attribution_ends_the_reply_where_the_quotation_is_not_marked() -> None:
    for client in CLIENTS:
        if not client.strip().startswith(NEEDS_A_QUOTE):
            for name in NAMES:
                lead = filled(CLIENTS[client], name)
                assert visible_text(f"{ANSWER}\n\n{lead}\n\nHere it is.\n\nBob\n") == ANSWER
                assert visible_text(f"{ANSWER}\n{lead}\nHere it is.\n\nBob\n") == ANSWER


def test_an_attribution_goes_however_it_was_wrapped() -> None:
    for client in CLIENTS:
        for name, width in itertools.product(NAMES[::2], (44, 58, 74)):
            lead = filled(CLIENTS[client], name, width)
            quoted = "\n".join(f"> {line}" for line in lead.split("\n"))
            assert visible_text(f"{ANSWER}\n\n{lead}\n\n> Here it is.\n") == ANSWER
            assert visible_text(f"{ANSWER}\n\n{quoted}\n>\n> Here it is.\n") == ANSWER
            if not client.strip().startswith(NEEDS_A_QUOTE):
                assert visible_text(f"{ANSWER}\n\n{lead}\n\nHere it is.\n") == ANSWER


def test_an_attribution_of_another_form_goes() -> None:
    for line in STRONG + WEAK:
        lead = line.replace("\\n", "\n")
        assert visible_text(f"{ANSWER}\n\n{lead}\n\n> Here it is.\n> Bob\n") == ANSWER
        assert visible_text(f"{lead}\n> Here it is.\n\n{ANSWER}\n") == ANSWER
        if line not in WEAK:
            assert visible_text(f"{ANSWER}\n\n{lead}\n\nHere it is.\n\nBob\n") == ANSWER
