"""A Postfix of our own, to measure beside and to hand us mail: private folder, loopback port, a real queue.

Every mail is discarded after it was queued, delivered to a Maildir, or handed on as `settings` say.
"""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

PLACES = "/usr/sbin:/usr/lib/postfix/sbin:/usr/libexec/postfix"
SERVICES = """
{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class Missing(Exception):
    """What the benchmark needs is not on this machine."""


@dataclass(frozen=True, slots=True)
class Postfix:
    """A running instance."""

    port: int
    pid: int
    folder: Path

    @property
    def mailbox(self) -> Path:
        """The Maildir of everybody in the domain that is delivered to."""
        return self.folder / "mail" / "box"

    def drained(self) -> bool:
        """Whether everything that was queued has been discarded."""
        return not any(
            files for queue in ("incoming", "active") for _, _, files in os.walk(self.folder / "queue" / queue)
        )


def program(name: str) -> str:
    """Where a program of Postfix is. Raises Missing."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{PLACES}")
    if found is None:
        raise Missing(f"{name} is not here (Debian: apt-get install postfix)")
    return found


@contextmanager
def running(
    folder: Path, port: int, *, delivers_to: str = "", settings: Mapping[str, object] | None = None
) -> Iterator[Postfix]:
    """Postfix on this loopback port, its queue and files below `folder`; mail to the domain `delivers_to` goes to a Maildir.

    `settings` are further lines of main.cf, or others in place of ours. Raises Missing.
    """
    postfix = program("postfix")
    if os.geteuid() != 0:
        raise Missing("Postfix starts as root only; run this benchmark as root, in a container")
    etc = _configure(folder, port, delivers_to, settings or {})
    started = subprocess.run([postfix, "-c", str(etc), "start"], capture_output=True, text=True, timeout=60)
    if started.returncode != 0:
        raise Missing(f"Postfix did not start: {started.stderr.strip() or _log(folder)}")
    try:
        _wait_for(port, folder)
        pid = int((folder / "queue" / "pid" / "master.pid").read_text().strip())
        yield Postfix(port, pid, folder)
    finally:
        subprocess.run([postfix, "-c", str(etc), "stop"], capture_output=True, timeout=60)


def _configure(folder: Path, port: int, delivers_to: str, more: Mapping[str, object]) -> Path:
    folder.chmod(0o755)
    etc = folder / "etc"
    for part in (etc, folder / "queue", folder / "data", folder / "mail"):
        part.mkdir(mode=0o755)
    for part in (folder / "data", folder / "mail"):
        shutil.chown(part, "postfix")
    owner = f"static:{(folder / 'mail').stat().st_uid}"
    settings: dict[str, object] = {
        "compatibility_level": "3.6",
        "queue_directory": folder / "queue",
        "data_directory": folder / "data",
        "command_directory": Path(program("postfix")).parent,
        "daemon_directory": Path(program("smtpd")).parent,
        "mail_owner": "postfix",
        "setgid_group": "postdrop",
        "maillog_file": folder / "maillog",
        "maillog_file_prefixes": folder,
        "myhostname": "post.example.org",
        "inet_interfaces": "127.0.0.1",
        "inet_protocols": "ipv4",
        "mynetworks": "127.0.0.0/8",
        "mydestination": "",
        "alias_maps": "",
        "default_transport": "discard:",
        "relay_transport": "discard:",
        "smtpd_relay_restrictions": "permit_mynetworks, reject",
        "smtpd_client_connection_count_limit": "0",
        "smtpd_client_connection_rate_limit": "0",
        "smtpd_peername_lookup": "no",
        "disable_dns_lookups": "yes",
        "smtpd_tls_security_level": "none",
        "virtual_mailbox_domains": delivers_to,
        "virtual_mailbox_base": folder / "mail",
        "virtual_mailbox_maps": "static:box/",
        "virtual_minimum_uid": "1",
        "virtual_uid_maps": owner,
        "virtual_gid_maps": owner,
        **more,
    }
    (etc / "main.cf").write_text("".join(f"{name} = {value}\n" for name, value in settings.items()))
    (etc / "master.cf").write_text(SERVICES.format(port=f"127.0.0.1:{port}").lstrip())
    return etc


def _wait_for(port: int, folder: Path) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
                if connection.recv(3) == b"220":
                    return
        except OSError:
            pass
        if time.monotonic() > deadline:
            raise Missing(f"Postfix does not answer: {_log(folder)}")
        time.sleep(0.1)


def _log(folder: Path) -> str:
    path = folder / "maillog"
    return path.read_text()[-1500:] if path.exists() else "it wrote no log"
