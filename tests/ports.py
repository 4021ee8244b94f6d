"""Ports for processes that want to be told theirs: below those that the system gives away, so that nobody gets one between the telling and the opening."""

import itertools
import os
import socket
from pathlib import Path

_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
_EACH, _WORKERS = 600, 16  # ports for each of so many test processes
_taken = itertools.count()


def free_ports(count: int) -> list[int]:
    """So many that nobody uses, each given once in a test process before any comes again."""
    return [_free_port() for _ in range(count)]


def _free_port() -> int:
    first = _first()
    for number in itertools.islice(_taken, _EACH):
        port = first + number % _EACH
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port
    raise AssertionError("no port is free")


def _first() -> int:
    """The first port of this test process, by its number among them."""
    lowest = int(_RANGE.read_text().split()[0]) if _RANGE.exists() else 32_768
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % _WORKERS
    return max(1024, lowest - _EACH * _WORKERS) + _EACH * worker
