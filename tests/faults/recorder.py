"""An SMTP relay that is a process of its own and writes down each copy in the moment when it has all of it, before it answers.

    python recorder.py FILE THINKS SEED

A line of FILE is: nanoseconds, what the sender called itself, the connection's number, the recipient, the Message-ID. It thinks up to THINKS seconds about each body, so
that senders are often killed while they wait for its answer. It says its port and serves until its standard input ends.
"""

import asyncio
import contextlib
import itertools
import os
import random
import re
import sys
import time

END = b"\r\n.\r\n"


class Recorder:
    """What all connections share."""

    def __init__(self, path: str, thinks: float, seed: str) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._thinks, self._dice = thinks, random.Random(seed)
        self._numbers = itertools.count(1)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, to its end."""
        number, helo, rcpt = next(self._numbers), "?", "?"
        try:
            writer.write(b"220 relay.example.org ESMTP\r\n")
            while line := await reader.readline():
                verb = line[:4].upper()
                if verb == b"EHLO":
                    helo = line[5:].decode().strip()
                    writer.write(b"250-relay.example.org\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
                elif verb == b"RCPT":
                    rcpt = line.partition(b"<")[2].partition(b">")[0].decode()
                    writer.write(b"250 2.1.5 fine\r\n")
                elif verb == b"DATA":
                    writer.write(b"354 go on\r\n")
                    body = await reader.readuntil(END)
                    self._note(helo, number, rcpt, body)
                    await asyncio.sleep(self._thinks * self._dice.random())
                    writer.write(b"250 2.0.0 queued\r\n")
                else:
                    writer.write(b"221 bye\r\n" if verb == b"QUIT" else b"250 fine\r\n")
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the sender was killed, or all is over
        finally:
            writer.close()
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def _note(self, helo: str, number: int, rcpt: str, body: bytes) -> None:
        found = re.search(rb"^Message-ID:\s*(\S+)", body, re.IGNORECASE | re.MULTILINE)
        name = found[1].decode() if found else "none"
        os.write(self._file, f"{time.monotonic_ns()} {helo} {number} {rcpt} {name}\n".encode())


async def main(path: str, thinks: str, seed: str) -> None:
    recorder = Recorder(path, float(thinks), seed)
    server = await asyncio.start_server(recorder.serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
