"""Real `postroom serve` processes with a home of their own, to be talked to, watched and killed."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.ports import free_ports

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds


class Home:
    """Settings as environment variables, and the processes started with them."""

    def __init__(self, folder: Path, settings: Mapping[str, str]) -> None:
        self.folder = folder
        self.smtp, self.web, self.viewer = free_ports(3)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(ROOT),
            "PTB_TIMEDELTA": "true",
            "POSTROOM_DOMAIN": "post.localhost",
            "POSTROOM_COMMUNITY_NAME": "Demo Town",
            "POSTROOM_BASE_URL": f"http://localhost:{self.web}",
            "POSTROOM_DATA_DIR": str(folder),
            "POSTROOM_SMTP_LISTEN": f"127.0.0.1:{self.smtp}",
            "POSTROOM_WEB_LISTEN": f"127.0.0.1:{self.web}",
            "POSTROOM_MAIL_VIEWER_LISTEN": f"127.0.0.1:{self.viewer}",
            "POSTROOM_UNDO_SECONDS": "0",
            "POSTROOM_UNDO_ISSUE_SECONDS": "0",
            "POSTROOM_UNDO_REPLY_SECONDS": "0",
            "POSTROOM_LEASE_SECONDS": "5",
            "POSTROOM_MIN_FREE_BYTES": "0",
            "POSTROOM_AUTHENTICATION": "off",
            **settings,
        }
        self.running: list[subprocess.Popen[bytes]] = []

    def serve(self, roles: str, *, wait: bool = True) -> subprocess.Popen[bytes]:
        """A serving process; returns when it says that it serves, or at once."""
        log = (self.folder / f"{roles.replace(',', '-')}-{len(self.running)}.log").open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "gateway", "serve", "--roles", roles],
            env=self.environment,
            cwd=self.folder,
            stdout=log,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
        )
        log.close()
        self.running.append(process)
        if not wait:
            return process
        self.until(lambda: b"Postroom serves" in Path(log.name).read_bytes() or process.poll() is not None, "serving")
        assert process.poll() is None, Path(log.name).read_text()
        return process

    def run(self, *arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        """One command, to its end."""
        return subprocess.run(
            [sys.executable, "-m", "gateway", *arguments],
            env=self.environment,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            timeout=PATIENCE * 4,
            check=False,
        )

    def json(self, *arguments: str) -> Any:
        """What a reporting command says."""
        done = self.run(*arguments, "--json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout)

    def kill(self, process: subprocess.Popen[bytes]) -> None:
        """SIGKILL: no goodbye."""
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE)

    def stop(self, process: subprocess.Popen[bytes]) -> int:
        """SIGTERM, and its exit code."""
        process.send_signal(signal.SIGTERM)
        return process.wait(PATIENCE)

    def close(self) -> None:
        for process in self.running:
            if process.poll() is None:
                process.kill()
                process.wait(PATIENCE)

    def until(self, look: Callable[[], Any], what: str, *, seconds: float = PATIENCE) -> Any:
        """What `look` finds, asked again until it finds something."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if found := look():
                return found
            time.sleep(0.02)
        logs = "\n".join(f"--- {log.name}\n{log.read_text()[-3000:]}" for log in self.folder.glob("*.log"))
        raise AssertionError(f"{what} did not come true within {seconds:.0f} s\n{logs}")
