"""The PROXY protocol, version 1 and 2: a proxy that we trust says who is calling before the caller says anything."""

import asyncio

from aiosmtpd.proxy_protocol import AF, get_proxy

from gateway.email.networks import peer_address

HEADER_SECONDS = 10.0  # within which the header must have come


async def announced(reader: asyncio.StreamReader) -> str | None:
    """The caller's address, "" when the proxy calls for itself (a health check), None when there is no sound header.

    Nothing beyond the header is read.
    """
    said = await get_proxy(reader)
    if not said.valid:
        return None
    if said.family not in {AF.INET, AF.INET6} or said.src_addr is None or said.command == 0:
        return ""
    return peer_address((said.src_addr,))
