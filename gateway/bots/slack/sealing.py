"""Tokens of workspaces as they are kept: encrypted under the community's keys, so that neither the database nor its copies give them away.

A sealed token is the base64url of

    1 byte     the key's id on the keyring
    12 bytes   a nonce
    the rest   AES-256-GCM of the token, with its workspace's id as associated data; the key is HKDF-SHA256 (RFC 5869) of the keyring's
"""

import base64

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from gateway.core.people.accounts import Randomness
from gateway.core.people.tokens import Keyring

NONCE = 12  # bytes


class NotOpened(Exception):
    """It was sealed with a key that is not on the keyring any more, or was tampered with."""


def seal(keyring: Keyring, token: str, workspace: str, randomness: Randomness) -> str:
    """The token, sealed for this workspace under the current key."""
    nonce = randomness(NONCE)
    sealed = _cipher(keyring.keys[keyring.current]).encrypt(nonce, token.encode(), workspace.encode())
    return base64.urlsafe_b64encode(bytes([keyring.current]) + nonce + sealed).decode()


def unseal(keyring: Keyring, sealed: str, workspace: str) -> str:
    """What `seal` was given. Raises NotOpened."""
    try:
        data = base64.urlsafe_b64decode(sealed)
        key_id, nonce, inside = data[0], data[1 : 1 + NONCE], data[1 + NONCE :]
        return _cipher(keyring.keys[key_id]).decrypt(nonce, inside, workspace.encode()).decode()
    except (ValueError, LookupError, InvalidTag) as error:
        raise NotOpened(workspace) from error


def is_current(keyring: Keyring, sealed: str) -> bool:
    """Whether it is sealed under the key that new ones are."""
    return base64.urlsafe_b64decode(sealed)[:1] == bytes([keyring.current])


def _cipher(key: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=None, info=b"postroom slack token").derive(key))
