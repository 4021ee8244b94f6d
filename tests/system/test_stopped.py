"""SIGTERM: whoever is connected is told, what is under way is finished, and nothing that was acknowledged is missing."""

import signal
import socket
from pathlib import Path

import pytest

from gateway.email import refusals
from tests.system.processes import PATIENCE, Home

pytestmark = pytest.mark.system


def said(connection: socket.socket) -> str:
    return connection.recv(4096).decode()


def begun(home: Home, *lines: str) -> socket.socket:
    """A connection on which these lines have been said and answered."""
    connection = socket.create_connection(("127.0.0.1", home.smtp), timeout=PATIENCE)
    assert said(connection).startswith("220 ")
    for line in lines:
        connection.sendall(line.encode() + b"\r\n")
        assert said(connection)[0] in "23"
    return connection


def test_a_server_that_is_stopped_says_421_to_the_idle_and_finishes_the_mail_in_hand(tmp_path: Path) -> None:
    home = Home(tmp_path, {"POSTROOM_DATABASE_URL": f"sqlite:///{tmp_path}/postroom.db"})
    try:
        assert home.run("member", "add", "alice", "alice@example.com").returncode == 0
        door = home.serve("smtp")
        mail = ("EHLO client.example", "MAIL FROM:<alice@example.com>", "RCPT TO:<alice@post.localhost>")
        with begun(home) as idle, begun(home, *mail) as between, begun(home, *mail, "DATA") as sending:
            sending.sendall(b"From: alice@example.com\r\nSubject: the last one\r\n\r\nHello\r\n")
            door.send_signal(signal.SIGTERM)
            assert said(idle) == said(between) == f"{refusals.CLOSING}\r\n"
            sending.sendall(b".\r\n")
            assert said(sending).startswith("250 2.0.0 ")
        assert door.wait(PATIENCE) == 0
        assert [row["status"] for row in home.json("inbox", "list")] == ["received"]
    finally:
        home.close()
