"""The marks that mail programs set before the subject of an answer, in their languages: `Re:`, `AW:`, `回复：`.

A closed list, because people begin titles with short words and a colon too.
"""

REPLY_MARKS = frozenset(
    {
        "re", "r", "ref", "rép", "ré", "res", "resp", "rif", "rsp", "răsp",  # Romance, and what most programs write
        "aw", "antw", "antwort", "sv", "svar", "vs", "vast", "bls", "balas", "atb", "ats", "atbilde",
        "odp", "odpověď", "odpoveď", "odg", "vá", "ynt", "yan", "yanıt", "cev",
        "απ", "σχετ", "на", "отв", "ответ", "відп", "одг", "отг",
        "השב", "תגובה", "תשובה", "رد", "پاسخ", "ตอบ", "ตอบกลับ", "trả lời", "tl", "उत्तर",
        "回复", "回覆", "答复", "答覆", "返信", "回信", "답장", "회신", "답변",
    }
)  # fmt: skip
LONGEST_MARK = 16  # characters before the colon, a count such as `[2]` included


def without_reply_mark(subject: str) -> str:
    """What follows the mark of an answer; "" when the subject has none."""
    mark, colon, _ = subject[: LONGEST_MARK + 1].replace("：", ":").partition(":")
    return subject[len(mark) + 1 :].strip() if colon and is_reply_mark(mark) else ""


def is_reply_mark(mark: str) -> bool:
    """Whether this is a mark, without its colon; with a count of answers too: `Re[2]`, `Re^2`, `Re(2)`."""
    return bare_mark(mark) in REPLY_MARKS


def bare_mark(mark: str) -> str:
    """A mark in lower case without its count."""
    bare = mark.strip().casefold()
    count = bare.rstrip("]) ").rstrip("0123456789")
    if count != bare and count.endswith(("[", "^", "(", "*")):
        bare = count[:-1].rstrip()
    return bare
