"""Short references: `k7f` stands for one post everywhere, in chats, subjects and digests.

A letter, a digit, then 1 to 4 of both, without vowels or look-alikes; so no word of a language is ever one. They are made from
the post's number by a fixed permutation within each length: unique without looking, and not countable from outside.
"""

LETTERS = "bcdfghjkmnpqrstvwxz"
DIGITS = "23456789"
ALL = LETTERS + DIGITS
EXAMPLE = "k7f"  # stands for any reference in help and documents, so no post bears it
_STEP = 2_654_435_761  # a prime: multiplying by it visits every number of a space exactly once


def short_reference(post_id: int) -> str:
    """The reference of the post with this number: 3 characters for the first 4,103 posts, at most 6 for the first 83 million."""
    number, length = post_id, 3
    while number >= _room(length):
        number, length = number - _room(length), length + 1
    made = _made(number, length)
    return made if made != EXAMPLE else _made(_room(length), length)  # the last one, which no other number has


def _made(number: int, length: int) -> str:
    number = number * _STEP % _space(length)
    tail = ""
    for _ in range(length - 2):
        number, digit = divmod(number, len(ALL))
        tail += ALL[digit]
    number, digit = divmod(number, len(DIGITS))
    return LETTERS[number] + DIGITS[digit] + tail


def is_reference(word: str) -> bool:
    """Whether a word has the shape of a reference, with or without brackets, whatever its case."""
    word = word.strip("[]").lower()
    return 3 <= len(word) <= 8 and word[0] in LETTERS and word[1] in DIGITS and all(c in ALL for c in word[2:])


def _room(length: int) -> int:
    return _space(length) - (length == len(EXAMPLE))


def _space(length: int) -> int:
    return len(LETTERS) * len(DIGITS) * int(len(ALL) ** (length - 2))
