"""Mail that real programs make and send over a real port, read: swaks, mutt, s-nail, nmh, mpack, curl, msmtp.

A program that is not installed is skipped, unless POSTROOM_CLIENTS=required. Debian's packages bear the programs' names.
"""

import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from gateway.email.read import InboundEmail, read
from gateway.email.server import Server, serve_smtp
from tests.email.client_letters import PNG
from tests.email.porch import Porch
from tests.email.test_server_clients import client, run

pytestmark = pytest.mark.system

TO, FROM = "alice@post.example.org", "bob@example.org"
SUBJECT, WORDS = "Grüße vom Hafen", "Die Fähre kostet 5 €.\nNiemand hat es eilig.\n"
SPOKEN = {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


@pytest.fixture
def porch() -> Porch:
    return Porch()


@pytest.fixture
async def server(porch: Porch) -> AsyncIterator[Server]:
    started = await serve_smtp(porch, "127.0.0.1", 0, hostname="localhost")
    yield started
    await started.close(grace=1)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty home folder with a photo, for programs that read what is in one."""
    (tmp_path / "läke.png").write_bytes(PNG)
    (tmp_path / "words").write_text(WORDS)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("EMAIL", FROM)
    for name, value in SPOKEN.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def arrived(porch: Porch) -> InboundEmail:
    """The one mail there is; whatever the program, it reads without complaint."""
    [envelope] = porch.envelopes
    mail = read(envelope.raw)
    assert (mail.problems, mail.unreadable, mail.is_automatic) == ((), "", False)
    return mail


def is_the_letter(mail: InboundEmail, *, photo: str = "läke.png") -> None:
    assert mail.title == SUBJECT
    assert mail.sender == FROM
    assert mail.text.split() == WORDS.split()
    assert [(file.filename, file.data) for file in mail.attachments] == ([(photo, PNG)] if photo else [])


async def test_swaks(server: Server, porch: Porch, home: Path) -> None:
    code, output = await run(
        client("swaks"), "--server", f"127.0.0.1:{server.port}", "--from", FROM, "--to", TO, "--h-Subject", SUBJECT, "--body", WORDS,
        "--attach-type", "image/png", "--attach-name", "läke.png", "--attach", f"@{home / 'läke.png'}",
    )  # fmt: skip
    assert code == 0, output
    is_the_letter(arrived(porch))


async def test_mutt(server: Server, porch: Porch, home: Path) -> None:
    (home / "rc").write_text(
        f'set smtp_url="smtp://127.0.0.1:{server.port}"\nset from="{FROM}"\nset ssl_starttls=no\nset ssl_force_tls=no\nset record=""\nset copy=no\n'
        "set text_flowed=yes\nset charset=utf-8\n"
    )
    code, output = await run(
        client("mutt"), "-n", "-F", str(home / "rc"), "-s", SUBJECT, "-a", "läke.png", "--", TO, given=WORDS.encode()
    )
    assert code == 0, output
    is_the_letter(arrived(porch))


async def test_s_nail(server: Server, porch: Porch, home: Path) -> None:
    code, output = await run(
        client("s-nail"), "-:/", "-S", "v15-compat=yes", "-S", f"mta=smtp://127.0.0.1:{server.port}", "-S", "smtp-auth=none", "-S", f"from={FROM}",
        "-S", "ttycharset=utf-8", "-S", "sendcharsets=utf-8", "-S", "smtp-hostname=client.example", "-s", SUBJECT, "-a", "läke.png", TO,
        given=WORDS.encode(),
    )  # fmt: skip
    assert code == 0, output
    is_the_letter(arrived(porch))


async def test_s_nail_in_a_charset_of_its_own(server: Server, porch: Porch, home: Path) -> None:
    code, output = await run(
        client("s-nail"), "-:/", "-S", "v15-compat=yes", "-S", f"mta=smtp://127.0.0.1:{server.port}", "-S", "smtp-auth=none", "-S", f"from={FROM}",
        "-S", "ttycharset=utf-8", "-S", "sendcharsets=iso-8859-15", "-S", "smtp-hostname=client.example", "-s", SUBJECT, TO, given=WORDS.encode(),
    )  # fmt: skip
    assert code == 0, output
    assert b"iso-8859-15" in porch.envelopes[0].raw.lower()
    is_the_letter(arrived(porch), photo="")


async def test_nmh(server: Server, porch: Porch, home: Path) -> None:
    folder = Path("/usr/bin/mh")
    send = client(str(folder / "send"))
    (home / ".mh_profile").write_text(f"Path: {home}/Mail\n")
    (home / "Mail").mkdir()
    draft = home / "draft"
    draft.write_text(f"From: {FROM}\nTo: {TO}\nSubject: {SUBJECT}\nAttach: {home / 'läke.png'}\n--------\n{WORDS}")
    code, output = await run(
        send, "-mts", "smtp", "-server", "127.0.0.1", "-port", str(server.port), "-notls", "-nosasl", str(draft)
    )
    assert code == 0, output
    is_the_letter(arrived(porch))


async def test_mpack_and_msmtp(server: Server, porch: Porch, home: Path) -> None:
    """mpack makes mail with a hyphen for its boundary, and takes no words that are not ASCII."""
    code, output = await run(client("mpack"), "-s", "Hafen", "-d", "words", "-c", "image/png", "-o", "made", "läke.png")
    assert code == 0, output
    made = (home / "made").read_bytes()
    code, output = await run(
        client("msmtp"), "--host=127.0.0.1", f"--port={server.port}", f"--from={FROM}", TO, given=f"From: {FROM}\n".encode() + made
    )  # fmt: skip
    assert code == 0, output
    mail = arrived(porch)
    assert (mail.title, mail.text.split(), [file.data for file in mail.attachments]) == ("Hafen", WORDS.split(), [PNG])


async def test_curl_makes_mail_of_parts(server: Server, porch: Porch, home: Path) -> None:
    code, output = await run(
        client("curl"), "-sS", f"smtp://127.0.0.1:{server.port}/client.example", "--mail-from", FROM, "--mail-rcpt", TO, "-H", f"From: {FROM}", "-H",
        f"Subject: {SUBJECT}", "-F", "=(;type=multipart/alternative", "-F", f"={WORDS};type=text/plain;encoder=quoted-printable", "-F",
        '="<p>Die <b>Fähre</b></p>";type=text/html;encoder=base64', "-F", "=)", "-F", "file=@läke.png;type=image/png;encoder=base64",
    )  # fmt: skip
    assert code == 0, output
    mail = arrived(porch)
    is_the_letter(mail)
    assert mail.html == "<p>Die <b>Fähre</b></p>"
    assert (mail.date, mail.message_id) == (None, "")


async def test_pythons_own_smtplib_and_email(server: Server, porch: Porch, home: Path) -> None:
    program = (
        "import smtplib, sys\nfrom email.message import EmailMessage\nfrom pathlib import Path\nm = EmailMessage()\n"
        f"m['From'], m['To'], m['Subject'] = {FROM!r}, {TO!r}, {SUBJECT!r}\nm.set_content({WORDS!r})\n"
        "m.add_attachment(Path('läke.png').read_bytes(), maintype='image', subtype='png', filename='läke.png')\n"
        f"smtplib.SMTP('127.0.0.1', {server.port}).send_message(m)\n"
    )
    code, output = await run(sys.executable, "-c", program)
    assert code == 0, output
    is_the_letter(arrived(porch))


@pytest.mark.parametrize("name", ["gpg", "openssl"])
async def test_what_gpg_and_openssl_sign_is_read(name: str, home: Path) -> None:
    """gpg signs in the text, openssl around the mail; both are made here, by the real programs."""
    program = client(name)
    if name == "gpg":
        os.chmod(home, 0o700)
        quiet = [
            program,
            "--homedir",
            str(home),
            "--batch",
            "--quiet",
            "--pinentry-mode",
            "loopback",
            "--passphrase",
            "",
        ]
        await run(*quiet, "--quick-gen-key", FROM, "ed25519", "sign", "never")
        code, output = await run(*quiet, "--clearsign", given=f"{WORDS}- a dash\n".encode())
        assert code == 0, output
        mail = read(b"Content-Type: text/plain; charset=utf-8\n\n" + output.encode())
        assert mail.text == f"{WORDS}- a dash\n"
        await run("gpgconf", "--homedir", str(home), "--kill", "gpg-agent")
        return
    keys = ["-keyout", "key.pem", "-out", "certificate.pem"]
    await run(program, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=bob", "-days", "2", *keys)
    (home / "inner").write_bytes(f"Content-Type: text/plain; charset=utf-8\r\n\r\n{WORDS}".encode())
    signer = ["-signer", "certificate.pem", "-inkey", "key.pem", "-out", "mail"]
    for how in (["smime", "-sign", "-nodetach"], ["cms", "-sign", "-nodetach", "-stream"], ["smime", "-sign"]):
        code, output = await run(program, *how, "-in", "inner", *signer)
        assert code == 0, output
        mail = read((home / "mail").read_bytes())
        assert (mail.text, mail.unreadable, mail.attachments) == (WORDS, "", ()), how
    code, output = await run(program, "smime", "-encrypt", "-in", "inner", "-out", "mail", "certificate.pem")
    assert code == 0, output
    assert "encrypted" in read((home / "mail").read_bytes()).unreadable
