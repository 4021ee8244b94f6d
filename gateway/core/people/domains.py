"""Domains as DNS knows them: by IDNA 2008, in which `straße.de` is a domain of its own and not `strasse.de`, as Python's codec has it."""

import idna

_LONGEST = 253  # characters, RFC 1035, 2.3.4


def a_label(domain: str) -> str:
    """The domain in lower case and A-label form without a final dot; one that cannot be written so in lower case as it is: then it is nobody's."""
    folded = domain.strip().rstrip(".").lower()
    if folded.isascii() or len(folded) > _LONGEST:
        return folded
    try:
        mapped = idna.uts46_remap(folded, std3_rules=False, transitional=False).rstrip(".")
        labels = [label if label.isascii() and label else idna.alabel(label).decode() for label in mapped.split(".")]
    except UnicodeError:
        return folded
    return ".".join(labels)
