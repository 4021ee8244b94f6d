"""Bytes to text: by the label where it is right, by the bytes where it is not."""

import codecs
from encodings.aliases import aliases

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.email.charset_labels import codec_of
from gateway.email.charsets import decode, guess
from tests.email.growth import grows_linearly

RUSSIAN, GREEK, HEBREW, ARABIC = "Съешь ещё этих булок", "Καλημέρα κόσμε", "שלום עולם", "مرحبا بالعالم"
JAPANESE, CHINESE, TRADITIONAL, KOREAN = "日本語のメールです", "简体中文的信", "繁體中文的信", "안녕하세요 여러분"
POLISH, GERMAN, TURKISH, THAI = "Zażółć gęślą jaźń", "Zwölf Boxkämpfer, 5 €", "Pijamalı hasta", "สวัสดีชาวโลก"

# text, the codec that wrote it, the label on the mail
RIGHT = [
    (GERMAN, "utf-8", "UTF-8"), (GERMAN, "utf-8", "utf8"), (GERMAN, "utf-8", "x-utf-8"), (GERMAN, "utf-8", "utf8mb4"), (GERMAN, "utf-8", "cp65001"),
    (GERMAN, "utf-8", "unicode-1-1-utf-8"), (GERMAN, "utf-8", "utf-8 (Unicode)"), (GERMAN, "utf-8", "charset=utf-8"), (GERMAN, "utf-8", "'utf-8'"),
    (GERMAN, "utf-8-sig", "utf-8"), (GERMAN, "utf-7", "utf-7"), (JAPANESE, "utf-7", "unicode-1-1-utf-7"), (GERMAN, "utf-16", "utf-16"),
    (JAPANESE, "utf-16", "UTF-16"), (GERMAN, "utf-16-le", "utf-16le"), (GERMAN, "utf-16-be", "utf-16be"), (GERMAN, "utf-16-be", "utf-16"),
    (GERMAN, "utf-16-le", "utf-16"), (GERMAN, "utf-16-le", "iso-10646-ucs-2"), (GERMAN, "utf-16", "unicode"), (GERMAN, "utf-32", "utf-32"),
    (GERMAN, "utf-32-le", "utf-32"), (GERMAN, "utf-32-be", "ucs-4"), (GERMAN, "utf-16", "utf-16le"), (GERMAN, "utf-16", "utf-8"),
    (GERMAN, "cp1252", "windows-1252"), (GERMAN, "cp1252", "x-cp1252"), (GERMAN, "cp1252", "ansi"), (GERMAN, "cp1252", "Windows1252"),
    (GERMAN, "iso8859-15", "iso-8859-15"), (GERMAN, "iso8859-15", "latin-9"), ("Zwölf", "latin-1", "iso_8859-1:1987"), ("Zwölf", "latin-1", "8859-1"),
    ("Zwölf", "latin-1", "ISO8859_1"), ("Zwölf", "cp850", "ibm-850"), ("Zwölf", "cp437", "cp437"), ("Zwölf", "hp_roman8", "x-roman8"),
    ("Zwölf", "mac_roman", "macintosh"), ("Zwölf", "mac_roman", "x-mac-roman"), (POLISH, "mac_latin2", "x-mac-ce"), (GREEK, "mac_greek", "x-mac-greek"),
    (RUSSIAN, "mac_cyrillic", "x-mac-cyrillic"), (RUSSIAN, "mac_cyrillic", "x-mac-ukrainian"), (TURKISH, "mac_turkish", "x-mac-turkish"),
    (RUSSIAN, "koi8-r", "KOI8-R"), (RUSSIAN, "koi8-r", "koi8"), ("Їжак і єнот", "koi8-u", "koi8-u"), ("Їжак і єнот", "koi8-u", "koi8-ru"),
    (RUSSIAN, "cp1251", "windows-1251"), (RUSSIAN, "cp1251", "win-1251"), (RUSSIAN, "cp1251", "cp-1251"), (RUSSIAN, "cp1251", "x-cp1251"),
    (RUSSIAN, "cp866", "cp866"), (RUSSIAN, "iso8859-5", "iso-8859-5"),
    (GREEK, "iso8859-7", "iso-8859-7"), (GREEK, "cp1253", "windows-1253"), (HEBREW, "iso8859-8", "iso-8859-8-i"), (HEBREW, "iso8859-8", "ISO-8859-8-E"),
    (HEBREW, "cp1255", "windows-1255"), (ARABIC, "cp1256", "windows-1256"), (ARABIC, "iso8859-6", "iso-8859-6-i"),
    (POLISH, "iso8859-2", "iso-8859-2"), (POLISH, "cp1250", "windows-1250"), (TURKISH, "iso8859-9", "iso-8859-9"), (TURKISH, "cp1254", "windows-1254"),
    (THAI, "tis-620", "tis-620"), (THAI, "cp874", "windows-874"), (THAI, "cp874", "iso-8859-11"), ("ąčęėįšųū", "cp1257", "windows-1257"),
    ("Tiếng Việt".replace("ế", "ê").replace("ệ", "ê"), "cp1258", "windows-1258"),
    (JAPANESE, "iso2022_jp", "iso-2022-jp"), (JAPANESE, "iso2022_jp", "ISO-2022-JP"), ("ﾊﾝｶｸ" + JAPANESE, "iso2022_jp_ext", "iso-2022-jp"),
    (JAPANESE + "俱①", "iso2022_jp_2004", "iso-2022-jp-2004"), (JAPANESE + "俱①", "iso2022_jp_2004", "iso-2022-jp"), (JAPANESE, "iso2022_jp_3", "iso-2022-jp-3"),
    (JAPANESE + CHINESE[:2], "iso2022_jp_2", "iso-2022-jp-2"), (JAPANESE, "iso2022_jp_ext", "cp50221"), (JAPANESE, "euc_jp", "euc-jp"),
    (JAPANESE, "euc_jp", "x-euc-jp"), (JAPANESE, "euc_jp", "eucJP-ms"), (JAPANESE, "shift_jis", "shift_jis"), (JAPANESE, "shift_jis", "x-sjis"),
    (JAPANESE + "①㈱～", "cp932", "shift_jis"), (JAPANESE + "髙﨑", "cp932", "Shift-JIS"), (JAPANESE + "①", "cp932", "windows-31j"),
    (JAPANESE, "shift_jis_2004", "shift_jis-2004"),
    (CHINESE, "gb2312", "gb2312"), (CHINESE + "镕", "gbk", "gb2312"), (CHINESE + "镕", "gbk", "gbk"), (CHINESE + "㐀𠀀", "gb18030", "GB18030"),
    (CHINESE, "gbk", "x-gbk"), (CHINESE, "gbk", "cp936"), (CHINESE, "hz", "hz-gb-2312"), (CHINESE, "hz", "HZ"), (CHINESE, "gb2312", "gb_2312-80"),
    (TRADITIONAL, "big5", "big5"), (TRADITIONAL + "嘅喺", "big5hkscs", "big5-hkscs"), (TRADITIONAL + "嘅喺", "big5hkscs", "big5"),
    (TRADITIONAL, "cp950", "x-x-big5"), (TRADITIONAL, "big5", "cn-big5"), (TRADITIONAL + "碁銹", "cp950", "cp950"),
    (KOREAN, "euc_kr", "euc-kr"), (KOREAN + "똠", "cp949", "ks_c_5601-1987"), (KOREAN + "똠", "cp949", "euc-kr"), (KOREAN, "iso2022_kr", "iso-2022-kr"),
    (KOREAN, "cp949", "x-windows-949"), (KOREAN, "cp949", "uhc"), (KOREAN, "johab", "johab"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codec", "label"), RIGHT, ids=[f"{label}-{codec}" for _, codec, label in RIGHT])
def test_a_label_is_understood(text: str, codec: str, label: str) -> None:
    assert decode(text.encode(codec), label) == (text, True)


WRONG = [
    (GERMAN, "utf-8", "iso-8859-1"), (GERMAN, "utf-8", "windows-1252"), (GERMAN, "utf-8", "us-ascii"), (GERMAN, "utf-8", ""),
    (GERMAN, "utf-8", "unknown-8bit"), (GERMAN, "utf-8", "x-unknown"), (GERMAN, "utf-8", "x-user-defined"), (GERMAN, "utf-8", "no-such-charset"),
    (GERMAN, "utf-8", "utf-16"), (RUSSIAN, "utf-8", "windows-1251"), (RUSSIAN, "utf-8", "koi8-r"), (POLISH, "utf-8", "iso-8859-2"),
    (CHINESE, "utf-8", "gb2312"), (JAPANESE, "utf-8", "iso-2022-jp"), (JAPANESE, "utf-8", "shift_jis"), (KOREAN, "utf-8", "euc-kr"),
    (TRADITIONAL, "utf-8", "big5"), (JAPANESE, "iso2022_jp", "us-ascii"), (JAPANESE, "iso2022_jp", "utf-8"), ("plain", "ascii", "utf-16"),
    ("“quoted” – 5 €", "cp1252", "iso-8859-1"), ("“quoted” – 5 €", "cp1252", "latin1"), ("“quoted” – 5 €", "cp1252", "iso-8859-15"),
    ("„Žluťoučký kůň“ – š", "cp1250", "iso-8859-2"), ("“Привет” – №", "cp1251", "iso-8859-5"), ("“Καλημέρα”", "cp1253", "iso-8859-7"),
    ("“שלום”", "cp1255", "iso-8859-8-i"), ("😀 from Java", "utf-8", "utf-8"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "codec", "label"), WRONG, ids=[f"{label}-{codec}" for _, codec, label in WRONG])
def test_a_wrong_label_is_not_believed(text: str, codec: str, label: str) -> None:
    assert decode(text.encode(codec), label) == (text, True)


def test_windows_1252_that_nobody_labelled_is_read_and_marked_as_doubtful() -> None:
    assert decode("Grüße – 5 €".encode("cp1252"), "") == ("Grüße – 5 €", False)
    assert decode("Grüße – 5 €".encode("cp1252"), "us-ascii")[0] == "Grüße – 5 €"
    assert decode("Grüße – 5 €".encode("cp1252"), "utf-8")[0] == "Grüße – 5 €"
    assert decode("☃ snow ".encode() + b"na\xefve", "utf-8")[0] == "☃ snow naïve"


def test_half_a_character_is_none() -> None:
    assert decode(b"+2AA-x", "utf-7") == ("\ufffdx", True)


def test_java_writes_emoji_as_two_halves() -> None:
    halves = "\ud83d\ude00".encode("utf-8", "surrogatepass")
    assert decode(b"smile " + halves, "utf-8") == ("smile 😀", True)


@pytest.mark.parametrize("label", ["iso-2022-jp", "ISO-2022-JP-MS", "us-ascii", ""])
def test_signs_that_vendors_added_to_iso_2022_jp(label: str) -> None:
    """`-!` and `-j` of JIS row 13 are ① and ㈱, which windows and telephones write, and Python's codec refuses."""
    data = b"\x1b$BF|K\\\x1b(B \x1b$B-!-j\x1b(B end\r\n\x1b(I19\x1b(B\r\n"
    assert decode(data, label) == ("日本 ①㈱ end\r\nｱｹ\r\n", True)


def test_signs_that_vendors_added_to_euc_jp() -> None:
    assert decode("日本".encode("euc_jp") + b"\xad\xa1 \xad\xea", "euc-jp") == ("日本① ㈱", True)


def test_a_letter_of_three_bytes_is_no_proof_against_a_chinese_label() -> None:
    assert decode("联通".encode("gbk"), "gb2312") == ("联通", True)


@pytest.mark.parametrize(
    "label",
    [
        "zlib",
        "base64",
        "rot13",
        "hex",
        "punycode",
        "idna",
        "undefined",
        "unicode_escape",
        "mbcs",
        "\x00",
        "é",
        "x" * 500,
    ],
)
def test_a_codec_that_makes_no_text_is_no_charset(label: str) -> None:  # fmt: skip
    assert decode(b"plain", label) == ("plain", True)


def test_every_name_that_python_knows_gives_text_or_nothing() -> None:
    for label in {*aliases, *aliases.values()}:
        codec = codec_of(label)
        if codec is not None:
            assert isinstance(codecs.decode(b"", codec), str), label


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60), st.one_of(st.sampled_from([label for *_, label in RIGHT]), st.text(max_size=12)))
def test_any_bytes_under_any_label_give_text_without_nul(data: bytes, label: str) -> None:
    text, _ = decode(data, label)
    assert "\0" not in text
    text.encode()  # no halves of characters
    assert "\0" not in guess(data)


@pytest.mark.parametrize(
    ("label", "piece"),
    [
        ("utf-8", b"\xff"), ("utf-8", b"\xed\xa0"), ("utf-7", b"+"), ("iso-2022-jp", b"\x1b$B-"), ("euc-jp", b"\xad"), ("hz", b"~{"),
        ("gb18030", b"\xff"), ("utf-16", b"\xd8"), ("", b"\x1b$B"),
    ],
)  # fmt: skip
def test_the_time_grows_no_faster_than_the_text(label: str, piece: bytes) -> None:
    grows_linearly(lambda size: piece * (size // len(piece)), lambda data: decode(data, label), size=20_000)
