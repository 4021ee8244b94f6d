"""The community's own secrets: token keys and the DKIM key, from the settings or made at the first start and kept in `data_dir`."""

import os
from collections.abc import Callable
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING

from gateway.core.people.tokens import Keyring
from gateway.settings import Settings, SettingsError

if TYPE_CHECKING:
    from gateway.email.signing import Signer


def keyring(settings: Settings) -> Keyring:
    """The keys for tokens. Raises SettingsError."""
    lines = settings.secret_keys
    if not lines:
        lines = tuple(_kept(settings.data_dir / "secret_keys", lambda: f"0:{token_bytes(32).hex()}").split())
    try:
        keys = {int(number): bytes.fromhex(key) for number, _, key in (line.partition(":") for line in lines)}
        return Keyring(keys, int(lines[0].partition(":")[0]))
    except ValueError:
        raise SettingsError("secret_keys: they take the form 0:HEX with at least 32 hexadecimal digits.") from None


def dkim_key(settings: Settings) -> str:
    """The DKIM private key, PEM."""
    from gateway.email.signing import generate_key

    return settings.dkim_key or _kept(settings.data_dir / "dkim.pem", generate_key)


def signer(settings: Settings) -> "Signer":
    """What signs the community's mail."""
    from gateway.email.signing import Signer

    return Signer(settings.domain, settings.dkim_selector, dkim_key(settings))


def dkim_record(settings: Settings) -> tuple[str, str]:
    """The name and value of the TXT record to set in DNS."""
    from gateway.email.signing import dns_record

    return signer(settings).record_name, dns_record(dkim_key(settings))


def _kept(path: Path, make: Callable[[], str]) -> str:
    """The secret in this file, which is made first when it is not there, readable for its owner only. Two starts at once agree on one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
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
    return path.read_text().strip() + "\n"
