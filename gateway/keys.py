"""The community's own secrets: token keys and the DKIM keys, from the settings or made at the first start and kept in `data_dir`."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from secrets import token_bytes
from typing import TYPE_CHECKING, Literal

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


def signers(settings: Settings) -> "list[Signer]":
    """What signs the community's mail: RSA, which all receivers verify, and Ed25519 beside it where that has a selector. Raises SettingsError."""
    return [one.signer(settings) for one in _dkim_keys(settings)]


def dkim_records(settings: Settings) -> list[tuple[str, str]]:
    """The names and values of the TXT records to set in DNS. Raises SettingsError."""
    from gateway.email.signing import dns_record

    return [(one.signer(settings).record_name, dns_record(one.pem())) for one in _dkim_keys(settings)]


def check_dkim(settings: Settings) -> None:
    """Raises SettingsError when a DKIM key that is set is none. Makes none."""
    for one in _dkim_keys(settings):
        if one.set_to:
            one.signer(settings)


@dataclass(frozen=True, slots=True)
class _DkimKey:
    """A key for signatures: what its settings say, and the file that holds it where they say nothing."""

    kind: Literal["rsa", "ed25519"]
    setting: str
    set_to: str
    selector_setting: str
    selector: str
    file: Path

    def pem(self) -> str:
        from gateway.email.signing import generate_key

        return self.set_to or _kept(self.file, lambda: generate_key(self.kind))

    def signer(self, settings: Settings) -> "Signer":
        from gateway.email.signing import Signer

        pem = self.pem()
        named = f"{self.setting if self.set_to else self.file.absolute()}, or {self.selector_setting}"
        try:
            made = Signer(settings.domain, self.selector, pem)
        except Invalid as error:
            raise SettingsError(f"{named}: {error.message.partition(';')[0]}.") from None
        if self.kind == "ed25519" and made.algorithm != "ed25519":
            raise SettingsError(f"{named}: this key is for {made.algorithm.upper()}; it takes one for Ed25519.")
        return made


def _dkim_keys(settings: Settings) -> list[_DkimKey]:
    folder = settings.data_dir
    keys = [
        _DkimKey("rsa", "dkim_key", settings.dkim_key, "dkim_selector", settings.dkim_selector, folder / "dkim.pem")
    ]
    if selector := settings.dkim_ed25519_selector:
        file = folder / "dkim-ed25519.pem"
        keys.append(
            _DkimKey("ed25519", "dkim_ed25519_key", settings.dkim_ed25519_key, "dkim_ed25519_selector", selector, file)
        )
    return keys


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
