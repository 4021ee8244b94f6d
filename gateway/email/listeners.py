"""The mail servers that the settings ask for: SMTP as other servers speak it, SMTP with TLS required, TLS from the first byte, LMTP."""

import ssl
from collections.abc import Collection
from pathlib import Path

from gateway.email.addresses import a_label
from gateway.email.capacity import Capacity
from gateway.email.door import Door, Limits
from gateway.email.networks import read_networks
from gateway.email.server import Server, serve_lmtp, serve_lmtp_socket, serve_smtp
from gateway.settings import Settings, host_and_port


async def start_servers(door: Door, settings: Settings, roles: Collection[str]) -> list[tuple[str, Server]]:
    """The servers by the name of their setting without `_listen`. Raises OSError when a port is taken, and then none is open."""
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
        if "/" in place:
            server = await serve_lmtp_socket(door, Path(place), limits, hostname=hostname)
        else:
            host, port = host_and_port("lmtp_listen", place)
            server = await serve_lmtp(door, host, port, limits, hostname=hostname, tls=tls_of(settings))
        started.append(("lmtp", server))


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
    """The certificate that is shown, or None when there is none."""
    if not settings.tls_certificate:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(settings.tls_certificate, settings.tls_key or None)
    return context
