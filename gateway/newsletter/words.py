"""Other people's words inside our Markdown: shown as they are, never read as markup."""

from datetime import datetime

_MARKUP = frozenset("\\`*_[]<>~|&")


def escaped(text: str) -> str:
    """The text on one line, so that Markdown shows exactly it; addresses stay links."""
    words = [word if word.startswith(("https://", "http://")) else _word(word) for word in text.split()]
    if words and words[0][0] in "#+-=":
        words[0] = f"\\{words[0]}"
    elif words and words[0][-1] in ".)" and words[0][:-1].isdigit():  # would begin a list
        words[0] = f"{words[0][:-1]}\\{words[0][-1]}"
    return " ".join(words)


def day_of(local: datetime) -> str:
    """As `Tuesday 24 November`."""
    return f"{local:%A} {local.day} {local:%B}"


def _word(word: str) -> str:
    return "".join(f"\\{c}" if c in _MARKUP else c for c in word)
