"""Inline OpenPGP (RFC 9580, 7): a signed text without its armour, an encrypted one told from a text that quotes one.

Signatures are not checked: who may post is settled by SPF, DKIM and addresses.
"""

_SIGNED = "-----BEGIN PGP SIGNED MESSAGE-----"
_SIGNATURE = "-----BEGIN PGP SIGNATURE-----"
_END = "-----END PGP SIGNATURE-----"
ENCRYPTED = "-----BEGIN PGP MESSAGE-----"


def is_encrypted(text: str) -> bool:
    """Whether a letter is an encrypted one: its first words are the armour. Armour further down is something shown."""
    return text[:2000].lstrip().startswith(ENCRYPTED)


def without_armour(text: str) -> str:
    """The text of a signed letter, with what stands before and after it; any other text as it is. Line ends must be LF."""
    if _SIGNED not in text:
        return text
    lines = text.split("\n")
    bare = [line.rstrip() for line in lines]
    if _SIGNED not in bare:
        return text
    begin = bare.index(_SIGNED)
    if _SIGNATURE not in bare[begin:]:
        return text
    signature = bare.index(_SIGNATURE, begin)
    end = bare.index(_END, signature) + 1 if _END in bare[signature:] else len(lines)
    head = next((at for at in range(begin + 1, signature) if not bare[at]), begin)
    signed = [line.removeprefix("- ") for line in lines[head + 1 : signature]]
    return "\n".join([*lines[:begin], *signed, *lines[end:]]).strip("\n") + "\n"
