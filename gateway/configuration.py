"""Settings read once, from a TOML file and the environment.

`POSTROOM_DOMAIN` in the environment wins over `domain` in the file. A secret may stand in a file of its own: `POSTROOM_RELAY_PASSWORD_FILE`, or
`relay_password_file` in the TOML. An unknown key, or a value that does not fit, stops the start with its name and what is accepted. A relative path
in the file starts at the file's folder, wherever a command is called; one in the environment at the working directory. What is wrong with names and
values is told all at once.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import idna

from gateway.settings import DATA_DIR, ENVIRONMENT_PREFIX, FIELDS, NOT_SETTINGS, Settings, SettingsError, malformed

FILE = Path("postroom.toml")
_PATHS = ("data_dir", "tls_certificate", "tls_key")
_SQLITE = "sqlite:///"


def load(environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings in force. `file` defaults to $POSTROOM_SETTINGS, else postroom.toml where it exists. Raises SettingsError."""
    file = file or settings_file(environment)
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    if file is not None:
        values |= _with_files(_beside(file.parent, _from_toml(file, mistakes)))
    values |= _with_files(_from_environment(environment, mistakes))
    parsed: dict[str, Any] = {}
    for name, value in values.items():
        try:
            parsed[name] = _parsed(FIELDS[name], value)
        except SettingsError as error:
            mistakes.append(str(error))
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(**parsed)


def settings_file(environment: Mapping[str, str]) -> Path | None:
    """The file that `load` reads, or None. Raises SettingsError."""
    if named := environment.get("POSTROOM_SETTINGS"):
        return Path(named)
    try:
        return FILE if FILE.is_file() else None
    except OSError as error:
        raise SettingsError(f"{FILE.absolute()}: can't be read ({error.strerror}).") from None


def read_from(environment: Mapping[str, str]) -> str:
    """Where settings were looked for, as a sentence for whoever must mend them. Raises SettingsError."""
    file = settings_file(environment)
    if file is not None:
        return f"The settings are those of {file.absolute()} and the environment."
    return (
        f"No settings file was read: POSTROOM_SETTINGS names none, and there is no {FILE} in {FILE.absolute().parent}."
    )


def masked(settings: Settings) -> dict[str, str]:
    """Every setting in force, as text; secrets that are set read `(set)`."""
    shown = {}
    for one in fields(settings):
        value = getattr(settings, one.name)
        text = ",".join(value) if isinstance(value, tuple) else str(value)
        shown[one.name] = "(set)" if one.metadata["secret"] and text else text
    return shown


def _from_toml(file: Path, mistakes: list[str]) -> dict[str, Any]:
    try:
        values = tomllib.loads(file.read_text())
    except OSError as error:
        raise SettingsError(f"{file}: can't be read ({error.strerror}).") from None
    except ValueError as error:  # also of bytes that are no text
        raise SettingsError(f"{file}: is not TOML ({error}).") from None
    wrong = {
        key: _no_table(key, value, file) or _unknown(key.removesuffix("_file"), key, str(file))
        for key, value in values.items()
    }
    mistakes += filter(None, wrong.values())
    return {key: value for key, value in values.items() if not wrong[key]}


def _no_table(key: str, value: Any, file: Path) -> str:
    """What to say of a heading like `[mail]`; "" for anything else, and for what may be written as a table."""
    if not isinstance(value, dict) or (key in FIELDS and get_origin(FIELDS[key].type) is tuple):
        return ""
    return f"[{key}]: settings stand in no tables (in {file}). Write each as a line of its own, `name = value`, without headings."


def _beside(folder: Path, values: dict[str, Any]) -> dict[str, Any]:
    """A file's values with its relative paths as seen from here."""

    def placed(key: str, value: Any) -> Any:
        if isinstance(value, list) and key == "lmtp_listen":
            return [placed(key, one) for one in value]
        if not isinstance(value, str) or not value:
            return value
        if key == "lmtp_listen":
            return ",".join(str(folder / one.strip()) if "/" in one else one for one in value.split(","))
        if key == "database_url" and value.startswith(_SQLITE) and not value.startswith(f"{_SQLITE}:memory:"):
            return f"{_SQLITE}{folder / value.removeprefix(_SQLITE)}"
        return str(folder / value) if key in _PATHS or key not in FIELDS else value

    return {
        "data_dir": str(folder / DATA_DIR),
        **{key: placed(key, value) for key, value in values.items()},
    }


def _from_environment(environment: Mapping[str, str], mistakes: list[str]) -> dict[str, Any]:
    values = {}
    for key, value in environment.items():
        if key.startswith(ENVIRONMENT_PREFIX) and key not in NOT_SETTINGS:
            name = key.removeprefix(ENVIRONMENT_PREFIX).lower()
            if wrong := _unknown(name.removesuffix("_file"), key, "the environment"):
                mistakes.append(wrong)
            else:
                values[name] = value
    return values


def _unknown(name: str, key: str, where: str) -> str:
    """What to say of a key that names no setting; "" when it does."""
    if name not in FIELDS or (key.lower().endswith("_file") and not FIELDS[name].metadata["secret"]):
        from difflib import get_close_matches

        near = get_close_matches(name, FIELDS, n=1)
        hint = f" Did you mean {near[0]}?" if near else ""
        return f"{key}: there is no such setting (in {where}).{hint} docs/operators/settings.md lists them."
    return ""


def _with_files(values: dict[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in values.items() if name in FIELDS}
    for key, path in values.items():
        if key not in FIELDS:
            try:
                plain[key.removesuffix("_file")] = Path(path).read_text().strip()
            except (OSError, ValueError, TypeError) as error:
                why = getattr(error, "strerror", None) or "it is no text"
                raise SettingsError(f"{key}: {path} can't be read ({why}).") from None
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
            if isinstance(value, bool | float) or int(value) < 0:
                raise ValueError
            return int(value)
        if wanted is Path:
            return Path(value)
        if get_origin(wanted) is tuple:
            if isinstance(value, dict):  # a table in TOML
                value = [f"{key}={one}" for key, one in value.items()]
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
        if domain.isascii():
            return domain.lower().encode("idna").decode("ascii")
        return idna.encode(domain, uts46=True, std3_rules=False).decode()
    except UnicodeError:
        raise malformed("domain", domain) from None
