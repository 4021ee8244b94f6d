"""The community's own secrets: token keys and the DKIM key, from the settings or made at the first start and kept in `data_dir`."""

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from gateway.core.errors import Invalid
from gateway.core.people.tokens import Keyring
from gateway.settings import Settings, SettingsError

if TYPE_CHECKING:
    from gateway.email.signing import Signer


def keyring(settings: Settings) -> Keyring:
    """The keys for tokens. Raises SettingsError."""
    lines, named = settings.secret_keys, "secret_keys"
    if not lines:
        path = key_file(settings)
        lines, named = tuple(_kept(path, lambda: f"0:{token_bytes(32).hex()}").split()), str(path.absolute())
    try:
        keys = {int(number): bytes.fromhex(key) for number, _, key in (line.partition(":") for line in lines)}
        return Keyring(keys, int(lines[0].partition(":")[0]))
    except (ValueError, IndexError):
        wanted = "each line takes the form 0:HEX with at least 32 hexadecimal digits"
        raise SettingsError(f"{named}: these are no keys; {wanted}.") from None


def key_file(settings: Settings) -> Path:
    """Where the keys for tokens are kept when no setting holds them."""
    return settings.data_dir / "secret_keys"


def dkim_key(settings: Settings) -> str:
    """The DKIM private key, PEM."""
    from gateway.email.signing import generate_key

    return settings.dkim_key or _kept(_dkim_file(settings), generate_key)


def signer(settings: Settings) -> "Signer":
    """What signs the community's mail. Raises SettingsError for a key that can't."""
    from gateway.email.signing import Signer

    try:
        return Signer(settings.domain, settings.dkim_selector, dkim_key(settings))
    except Invalid as error:
        named = "dkim_key" if settings.dkim_key else str(_dkim_file(settings).absolute())
        raise SettingsError(f"{named}, or dkim_selector: {error.message.partition(';')[0]}.") from None


def dkim_record(settings: Settings) -> tuple[str, str]:
    """The name and value of the TXT record to set in DNS. Raises SettingsError."""
    from gateway.email.signing import dns_record

    return signer(settings).record_name, dns_record(dkim_key(settings))


def _dkim_file(settings: Settings) -> Path:
    return settings.data_dir / "dkim.pem"


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in this file, which is made first when it is not there, readable for its owner only. Two starts at once agree on one.

    Raises SettingsError when the file can be neither read nor made.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _make(path, make)
        return path.read_text().strip() + "\n"
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(
            f"{path.absolute()}: can't be used ({why}). It is in the folder that data_dir names."
        ) from None


def _make(path: Path, make: Callable[[], str]) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(make() + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(part, path)
    except FileExistsError:
        pass
    finally:
        part.unlink()
