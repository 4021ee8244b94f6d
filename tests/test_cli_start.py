"""What stops a start: each fault in the settings ends 78 and names the key, and the file where one is meant; a port that is taken ends 69."""

import gc
import socket
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner, Result

from gateway.cli import main
from gateway.cli.serving import settle
from tests import shell

Start = Callable[..., Result]
RUBBISH = "-----BEGIN PRIVATE KEY-----\nrubbish\n-----END PRIVATE KEY-----\n"


@pytest.fixture
def certificate_alone(tmp_path: Path) -> Path:
    """A self-signed certificate without its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), 1, now, now + timedelta(days=1))
    path = tmp_path / "alone.pem"
    path.write_bytes(made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty community with the keys it would make."""
    shell.away(tmp_path, monkeypatch)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "secret_keys").write_text("0:" + "ab" * 32)
    (tmp_path / "rubbish.pem").write_text(RUBBISH)
    return tmp_path


@pytest.fixture
def start(folder: Path, new_database: Callable[[str], str]) -> Start:
    """Starts one role with these lines in the settings file."""
    url = new_database("sqlite")

    def start(command: str, *lines: str) -> Result:
        lines = ('domain = "post.example.org"', 'smtp_listen = "127.0.0.1:0"', f'database_url = "{url}"', *lines)
        (folder / "postroom.toml").write_text("\n".join(lines) + "\n")
        return CliRunner().invoke(main, command.split())

    return start


@pytest.mark.parametrize("command", ["serve --roles smtp", "config"])
@pytest.mark.parametrize(
    ("lines", "words"),
    [
        (('tls_certificate = "none.pem"',), ("tls_certificate", "none.pem", "No such file")),
        (('tls_certificate = "rubbish.pem"',), ("tls_key: it is empty", "rubbish.pem")),
        (
            ('tls_certificate = "rubbish.pem"', 'tls_key = "rubbish.pem"'),
            ("tls_certificate, tls_key", "no certificate and its key"),
        ),
        (('tls_certificate = "rubbish.pem"', 'tls_key = "none.pem"'), ("tls_key", "none.pem", "No such file")),
        (('dns_servers = "foo"',), ("dns_servers", "'foo'")),
        (('secret_keys = ["0:abc"]',), ("secret_keys", "32 hexadecimal digits")),
    ],
)
def test_a_setting_that_does_not_hold_is_named_with_its_file(
    start: Start, folder: Path, command: str, lines: tuple[str, ...], words: tuple[str, ...]
) -> None:
    done = start(command, *lines)
    assert (done.exit_code, done.stdout) == (78, ""), done.output
    for word in (*words, str(folder / "postroom.toml")):
        assert word in done.stderr
    assert "Traceback" not in done.stderr
    assert "0:abc" not in done.stderr


def test_a_certificate_without_its_key_says_which_setting_is_empty(start: Start, certificate_alone: Path) -> None:
    done = start("serve --roles smtp", 'tls_certificate = "alone.pem"')
    assert done.exit_code == 78
    assert f"tls_key: it is empty, and {certificate_alone.name}" in done.stderr


@pytest.mark.parametrize(
    ("place", "words"),
    [("none/lmtp.sock", ("there is no folder", "none")), ("./lmtp.sock/x.sock", ("there is no folder",))],
)
def test_a_socket_that_can_not_be_names_the_setting(start: Start, place: str, words: tuple[str, ...]) -> None:
    done = start("serve --roles lmtp", f'lmtp_listen = "{place}"')
    assert (done.exit_code, done.stdout) == (78, "")
    assert all(word in done.stderr for word in ("lmtp_listen", *words))


def test_a_socket_s_path_that_is_too_long_is_said(start: Start, folder: Path) -> None:
    long = folder / ("x" * 120)
    long.mkdir()
    done = start("serve --roles lmtp", f'lmtp_listen = "{long}/lmtp.sock"')
    assert (done.exit_code, "is too long" in done.stderr) == (78, True)


@pytest.mark.parametrize("place", ["setting", "file"])
def test_a_dkim_key_that_is_none_is_named(start: Start, folder: Path, place: str) -> None:
    if place == "setting":
        done, named = start("serve --roles deliver", 'dkim_key_file = "rubbish.pem"'), "dkim_key"
    else:
        (folder / "data" / "dkim.pem").write_text(RUBBISH)
        done, named = start("serve --roles deliver"), str(Path("data/dkim.pem"))
    assert done.exit_code == 78
    assert named in done.stderr
    assert "not a private key in PEM" in done.stderr
    assert "Traceback" not in done.stderr


def test_kept_keys_that_are_none_are_named_by_their_file(start: Start, folder: Path) -> None:
    for rubbish in ("nonsense", "", "0:abc"):
        (folder / "data" / "secret_keys").write_text(rubbish)
        done = start("inbox list")
        assert (done.exit_code, done.stdout) == (78, "")
        assert str(Path("data/secret_keys")) in done.stderr


@pytest.mark.parametrize("role", ["smtp", "web", "lmtp"])
def test_a_port_that_is_taken_is_named_with_its_setting(
    start: Start, role: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        place = f"127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv(f"POSTROOM_{role.upper()}_LISTEN", place)
        done = start(f"serve --roles {role}")
    assert done.exit_code == 69
    assert f"{role}_listen = {place}: " in done.stderr
    assert "in use" in done.stderr


def test_what_is_loaded_when_it_serves_is_left_out_of_the_search_for_cycles() -> None:
    before = gc.get_threshold()
    try:
        settle()
        assert gc.get_freeze_count() > 10_000
        assert gc.get_threshold()[0] == 10 * before[0]
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
