"""A mail house on each kind of database, and a bare mail server."""

import asyncio
import datetime
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from gateway.core.house import House
from gateway.email.door import Limits
from gateway.email.server import Server, serve_smtp
from gateway.email.workers import Workers
from tests.conftest import Cast
from tests.email.mailhouse import MailHouse
from tests.email.porch import QUICK, Client, Opening, Porch


@pytest_asyncio.fixture(loop_scope="session")
async def post(house: House, cast: Cast, workers: Workers, tmp_path: Path) -> AsyncIterator[MailHouse]:
    """The cast's house with its mail door open."""
    async with MailHouse(house, workers, tmp_path) as opened:
        yield opened


@pytest.fixture
def porch() -> Porch:
    return Porch()


@pytest.fixture
async def clients() -> AsyncIterator[list[Client]]:
    opened: list[Client] = []
    yield opened
    for client in opened:
        client.writer.close()


@pytest.fixture
async def servers() -> AsyncIterator[list[Server]]:
    started: list[Server] = []
    yield started
    for server in started:
        await server.close(grace=1)


@pytest.fixture
def smtp(porch: Porch, servers: list[Server], clients: list[Client]) -> Opening:
    """Opens a connection to a server with these limits and options, started at the first call."""

    async def opening(limits: Limits = QUICK, **options: Any) -> Client:
        if not servers:
            servers.append(await serve_smtp(porch, "127.0.0.1", 0, limits, hostname="post.example.org", **options))
        client = Client(*await asyncio.open_connection("127.0.0.1", servers[0].port))
        clients.append(client)
        return client

    return opening


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A self-signed certificate for localhost, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def tls(certificate: Path) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context
