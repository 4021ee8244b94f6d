"""The mail servers that the settings ask for: SMTP as other servers speak it, SMTP with TLS required, TLS from the first byte, LMTP."""

import os
import ssl
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.core.people.domains import a_label
from gateway.email.capacity import Capacity
from gateway.email.door import Door, Limits
from gateway.email.networks import read_networks
from gateway.email.server import Server, serve_lmtp, serve_lmtp_socket, serve_smtp
from gateway.settings import Settings, SettingsError, host_and_port

_LONGEST_SOCKET = 107  # bytes of a path, on Linux (unix(7))


async def start_servers(door: Door, settings: Settings, roles: Collection[str]) -> list[tuple[str, Server]]:
    """The servers by the name of their setting without `_listen`.

    Raises OSError when a port is taken, SettingsError for a file or folder that can't be had; then none is open.
    """
    started: list[tuple[str, Server]] = []
    try:
        if "smtp" in roles:
            await _start_smtp(door, settings, started)
        if "lmtp" in roles:
            await _start_lmtp(door, settings, started)
    except BaseException:
        for _, server in started:
            await server.close(0)
        raise
    return started


async def _start_smtp(door: Door, settings: Settings, started: list[tuple[str, Server]]) -> None:
    """All of them share their limits, so that nobody gets more by knocking at several ports."""
    limits = limits_of(settings)
    capacity, tls = Capacity(limits), tls_of(settings)
    asked = [("smtp", place, settings.require_tls) for place in settings.smtp_listen]
    asked += [("submission", place, True) for place in settings.submission_listen]
    asked += [("smtps", place, True) for place in settings.smtps_listen]
    for name, place, require_tls in asked:
        host, port = host_and_port(f"{name}_listen", place)
        with naming(f"{name}_listen", place):
            server = await serve_smtp(
                door,
                host,
                port,
                limits,
                hostname=a_label(settings.hostname),
                tls=tls,
                require_tls=require_tls,
                from_the_start=name == "smtps",
                proxies=read_networks(settings.proxies),
                capacity=capacity,
            )
        started.append((name, server))


async def _start_lmtp(door: Door, settings: Settings, started: list[tuple[str, Server]]) -> None:
    limits, hostname = limits_of(settings), a_label(settings.hostname)
    for place in settings.lmtp_listen:
        with naming("lmtp_listen", place):
            if "/" in place:
                server = await serve_lmtp_socket(door, _socket_path(place), limits, hostname=hostname)
            else:
                host, port = host_and_port("lmtp_listen", place)
                server = await serve_lmtp(door, host, port, limits, hostname=hostname, tls=tls_of(settings))
        started.append(("lmtp", server))


def _socket_path(place: str) -> Path:
    path = Path(place)
    if not path.parent.is_dir():
        raise SettingsError(f"lmtp_listen: there is no folder {path.absolute().parent} for the socket {path.name}.")
    if len(os.fsencode(place)) > _LONGEST_SOCKET:
        raise SettingsError(f"lmtp_listen: {place} is too long; a socket's path has {_LONGEST_SOCKET} bytes at most.")
    return path


@contextmanager
def naming(setting: str, place: str) -> Iterator[None]:
    """An OSError from here on names the setting."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, f"{setting} = {place}: {error.strerror or error}") from error


def limits_of(settings: Settings) -> Limits:
    """What one process's mail servers put up with."""
    return Limits(
        size=settings.max_message_size,
        recipients=settings.max_recipients,
        connections=settings.smtp_connections,
        connections_per_address=settings.smtp_connections_per_address,
        connections_per_network=settings.smtp_connections_per_network,
        connections_a_minute=settings.smtp_connections_per_minute,
        errors=settings.smtp_errors,
        idle=float(settings.smtp_idle_seconds),
        content=float(settings.smtp_content_seconds),
        banner_delay=settings.greeting_delay_ms / 1000,
        relays=read_networks(settings.trusted_relays),
        refuse_bare_line_ends=settings.bare_line_ends == "refuse",
    )


def tls_of(settings: Settings) -> ssl.SSLContext | None:
    """The certificate that is shown, or None when there is none. Raises SettingsError for one that can't be used."""
    if not settings.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    for name in ("tls_certificate", "tls_key"):
        _check_readable(name, getattr(settings, name))
    try:
        context.load_cert_chain(settings.tls_certificate, settings.tls_key or None, password=_no_password)
    except (ssl.SSLError, ValueError) as error:
        raise SettingsError(_unusable(settings, error)) from None
    return context


def _check_readable(name: str, path: str) -> None:
    try:
        if path:
            Path(path).read_bytes()
    except OSError as error:
        raise SettingsError(f"{name}: {Path(path).absolute()} can't be read ({error.strerror}).") from None


def _no_password() -> str:
    """Instead of a question on the terminal, which nobody may be at."""
    raise ValueError("the key has a password")


def _unusable(settings: Settings, error: Exception) -> str:
    why = getattr(error, "reason", None) or str(error)
    if not settings.tls_key:
        return f"tls_key: it is empty, and {settings.tls_certificate} holds no private key that fits ({why})."
    return f"tls_certificate, tls_key: {settings.tls_certificate} and {settings.tls_key} are no certificate and its key in PEM ({why})."
