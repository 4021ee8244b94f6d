"""Settings read once, from a TOML file and the environment.

`POSTROOM_DOMAIN` in the environment wins over `domain` in the file. A secret may stand in a file of its own: `POSTROOM_RELAY_PASSWORD_FILE`, or
`relay_password_file` in the TOML. An unknown key, or a value that does not fit, stops the start with its name and what is accepted.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

from gateway.settings import ENVIRONMENT_PREFIX, FIELDS, NOT_SETTINGS, Settings, SettingsError, malformed


def load(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force. `file` defaults to $POSTROOM_SETTINGS, else postroom.toml where it exists. Raises SettingsError."""
    named = environment.get("POSTROOM_SETTINGS")
    file = file or (Path(named) if named else Path("postroom.toml"))
    values: dict[str, Any] = {}
    if named or file.is_file():
        values |= _from_toml(file)
    values |= _from_environment(environment)
    return Settings(**{name: _parsed(FIELDS[name], value) for name, value in _with_files(values).items()})


def masked(settings: Settings) -> dict[str, str]:
    """Every setting in force, as text; secrets that are set read `(set)`."""
    shown = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        shown[one.name] = "(set)" if one.metadata["secret"] and text else text
    return shown


def _from_toml(file: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text())
    except OSError as error:
        raise SettingsError(f"{file}: can't be read ({error.strerror}).") from None
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"{file}: is not TOML ({error}).") from None
    for key in values:
        _check_known(key.removesuffix("_file"), key, str(file))
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    values = {}
    for key, value in environment.items():
        if key.startswith(ENVIRONMENT_PREFIX) and key not in NOT_SETTINGS:
            name = key.removeprefix(ENVIRONMENT_PREFIX).lower()
            _check_known(name.removesuffix("_file"), key, "the environment")
            values[name] = value
    return values


def _check_known(name: str, key: str, where: str) -> None:
    if name not in FIELDS or (key.lower().endswith("_file") and not FIELDS[name].metadata["secret"]):
        from difflib import get_close_matches

        near = get_close_matches(name, FIELDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        raise SettingsError(
            f"{key}: there is no such setting (in {where}).{hint} docs/operators/settings.md lists them."
        )


def _with_files(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name in FIELDS}
    for key, path in values.items():
        if key not in FIELDS:
            try:
                plain[key.removesuffix("_file")] = Path(path).read_text().strip()
            except OSError as error:
                raise SettingsError(f"{key}: {path} can't be read ({error.strerror}).") from None
    return plain


def _parsed(one: "Field[Any]", value: Any) -> Any:
    """The value as the field's type. Raises SettingsError."""
    wanted: Any = one.type
    try:
        if get_origin(wanted) is Literal:
            if value not in get_args(wanted):
                raise ValueError
            return value
        if wanted is bool:
            return (
                value
                if isinstance(value, bool)
                else {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[value.lower()]
            )
        if wanted is int:
            if isinstance(value, bool) or int(value) < 0:
                raise ValueError
            return int(value)
        if wanted is Path:
            return Path(value)
        if get_origin(wanted) is tuple:
            items = value.split(",") if isinstance(value, str) else value
            return tuple(str(item).strip() for item in items if str(item).strip())
        if not isinstance(value, str):
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError):
        raise malformed(one.name, value) from None
    if one.name == "domain":
        return _a_label(value)
    return value.rstrip("/") if one.name == "base_url" else value


def _a_label(domain: str) -> str:
    """The domain as DNS and every mail server know it: in lower case, `bücher.example` as `xn--bcher-kva.example`."""
    try:
        return domain.lower().encode("idna").decode("ascii")
    except UnicodeError:
        raise malformed("domain", domain) from None
