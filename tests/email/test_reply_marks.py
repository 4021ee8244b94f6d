"""The marks before the subject of an answer."""

import pytest

from gateway.email.reply_marks import without_reply_mark
from gateway.email.subject import title_of


@pytest.mark.parametrize(
    "mark",
    ["Re", "RE", "re ", "AW", "Antw", "SV", "Odp", "Rif", "R", "RES", "YNT", "Vá", "ΑΠ", "Отв", "回复", "回覆", "返信", "답장", "رد", "ตอบกลับ",
     "Re[2]", "Re^2", "Re(3)", "RE [12]", "Trả lời"],
)  # fmt: skip
@pytest.mark.parametrize("colon", [":", "：", ": "])
def test_an_answers_mark_is_known_in_many_languages(mark: str, colon: str) -> None:
    assert without_reply_mark(f"{mark}{colon}Harbour [k7f]") == "Harbour [k7f]"
    assert title_of(f"{mark}{colon}Harbour", answers=True) == "Harbour"


@pytest.mark.parametrize(
    "subject",
    ["Note: on Harbour [k7f]", "Fwd: Re: Harbour [k7f]", "WG: Harbour", "Harbour", "", ":", ": Harbour", "Re Harbour", "Part 2: x", "[2]: x",
     "Day[2]: x", "Reply", "re" * 100_000 + ":", "Re[x]: y"],
)  # fmt: skip
def test_other_words_before_a_colon_are_none(subject: str) -> None:
    assert without_reply_mark(subject) == ""
