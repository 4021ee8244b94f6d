"""Other people's words inside our Markdown: shown as they are, never read as markup."""

_MARKUP = frozenset("\\`*_[]<>~|&:")  # the colon, lest an address with markup in it become a link
_NOT_IN_ADDRESSES = frozenset("\\`*[]<>|")


def escaped(text: str) -> str:
    """The text on one line, so that Markdown shows exactly it; plain addresses stay links."""
    words = [word if _is_address(word) else _word(word) for word in text.split()]
    if words and words[0][0] in "#+-=":
        words[0] = f"\\{words[0]}"
    elif words and words[0][-1] in ".)" and words[0][:-1].isdigit():  # would begin a list
        words[0] = f"{words[0][:-1]}\\{words[0][-1]}"
    return " ".join(words)


def _is_address(word: str) -> bool:
    return word.startswith(("https://", "http://")) and _NOT_IN_ADDRESSES.isdisjoint(word)


def _word(word: str) -> str:
    kept = ":" if "://" not in word else ""
    return "".join(f"\\{c}" if c in _MARKUP and c != kept else c for c in word)
