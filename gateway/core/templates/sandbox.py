"""Templates that members wrote, rendered in a process of their own, so that none can hurt the server.

They see what they are given and nothing else (jinja2's immutable sandbox), and the process is limited in time, memory and what it may say. Their HTML is
parsed there, too: a parser that is given a hundred thousand elements within each other takes its whole process along.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

from gateway.core.errors import Invalid, Unavailable
from gateway.core.words import later

WALL_SECONDS = 30  # of a busy machine; the process itself has far fewer of computing
PATIENT, BRIEF = 600.0, 1.0  # seconds that an issue, and somebody who looks, wait for their turn
TURNS = BoundedSemaphore(2)  # so many processes at once, for each of ours
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR")
_COMMAND = [sys.executable, "-P", "-m", "gateway.core.templates.sandbox_main"]


def rendered(
    kind: str, own: Mapping[str, str], names: Sequence[str], shown: Mapping[str, Any], *, patience: float = PATIENT
) -> list[str]:
    """What these templates make, by the `own` bodies where they have one; the shipped ones are there as `shipped/…`, too.

    `shown` is JSON. The HTML has its styles inlined. Raises Invalid, whose message says what is wrong and in which line, and Unavailable when others keep their turn
    for so many seconds.
    """
    job = json.dumps({"kind": kind, "own": dict(own), "names": list(names), "shown": dict(shown)}).encode()
    if not TURNS.acquire(timeout=patience):
        raise Unavailable(
            later("Other templates are being looked at just now."),
            hint=later("Nothing was changed. Try again in a minute."),
        )
    try:
        answer = _answered(job)
    finally:
        TURNS.release()
    if "fault" in answer:
        raise Invalid(later("{where}: {fault}", where=answer["where"], fault=answer["fault"]))
    return [str(made) for made in answer["made"]]


def _answered(job: bytes) -> dict[str, Any]:
    try:
        done = subprocess.run(
            _COMMAND,
            input=job,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=WALL_SECONDS,
            env=_environment(),
            start_new_session=True,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Invalid(later("The template takes too long.")) from None
    if done.returncode:
        raise Invalid(later("The template takes too much time or memory."))
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def _environment() -> dict[str, str]:
    known = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    return {**known, "PYTHONPATH": str(Path(__file__).resolve().parents[3]), "PYTHONDONTWRITEBYTECODE": "1"}
