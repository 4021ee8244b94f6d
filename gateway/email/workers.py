"""Processes that read mail and files, so that none of it can hurt the server.

The states of a worker
    starting → idle → busy → idle …; from any of them → dead, and a dead one is replaced by a new process at once.

Invariants
    A worker has one job at a time, and no job is given twice: when a worker dies, its job fails with WorkerDied and the
    caller decides (the inbox counts attempts and gives up after three). A worker whose job was cancelled or ran out of time is
    killed, for nobody knows where it stands. After `recycle_after` jobs a worker ends and another takes its place, so that
    leaks stay small. Nothing a worker sends is executed: see `prepared`.

What SIGKILL leaves behind
    Of a worker: nothing but a WorkerDied. Of the server: workers see their input end, finish what they do within their limits,
    find nobody to answer, and exit.
"""

import asyncio
import contextlib
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from pathlib import Path
from typing import Literal

import gateway
from gateway.core.errors import Invalid, Unavailable
from gateway.core.words import N, later
from gateway.email.prepared import LONGEST_HEAD, Head, PreparedFile, PreparedMail, file_from, frame, head_of, mail_from

logger = logging.getLogger(__name__)

Reason = Literal["cpu", "memory", "time", "killed", "start", "stopped", "nonsense"]

_OUT_OF_MEMORY = 86  # worker_main's exit status; that module is too heavy to import here
_START_SECONDS = 60.0
_CLOSE_SECONDS = 2.0
_INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "PYTHONHOME", "TMPDIR", "TZDIR")
_SAID = {
    "cpu": N(
        "Reading it took too much computing time, and was stopped. Nothing was published. It is kept and will be tried again."
    ),
    "memory": N(
        "Reading it took too much memory, and was stopped. Nothing was published. It is kept and will be tried again."
    ),
    "time": N("Reading it took too long, and was stopped. Nothing was published. It is kept and will be tried again."),
    "killed": N(
        "The process that was reading it ended unexpectedly. Nothing was published. It is kept and will be tried again."
    ),
    "start": N("No process could be started to read it. Nothing was published. It is kept and will be tried again."),
    "stopped": N("Postroom is shutting down. Nothing was published. It is kept and will be tried again."),
    "nonsense": N(
        "The process that was reading it gave an answer that makes no sense. Nothing was published. It is kept and will be tried again."
    ),
}


class WorkerDied(Unavailable):
    """A worker ended before its job did; nothing was made of the job. `reason` says what ended it."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(later(_SAID[reason]))
        self.reason: Reason = reason
        self.blames_message = reason not in {"start", "stopped"}


class Workers:
    """A pool of `size` worker processes.

    A job may take `memory_bytes` beyond what an idle worker has mapped, `cpu_seconds` (each file of a mail as much again; up to
    a second more) and `wall_seconds` in all; a worker is replaced after `recycle_after` jobs.
    """

    def __init__(
        self,
        size: int,
        *,
        memory_bytes: int = 768 * 1024 * 1024,
        cpu_seconds: int = 20,
        wall_seconds: float = 120.0,
        recycle_after: int = 500,
    ) -> None:
        self._size = size
        self._command = [sys.executable, "-P", "-m", "gateway.email.worker_main"]
        self._command += ["--memory-bytes", str(memory_bytes), "--cpu-seconds", str(cpu_seconds)]
        self._wall_seconds = wall_seconds
        self._recycle_after = recycle_after
        self._idle: asyncio.Queue[_Worker | None] = asyncio.Queue()
        self._workers: set[_Worker] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False

    async def start(self) -> None:
        """Starts all workers and returns when they are ready; WorkerDied("start") when one cannot be started."""
        self._stopping = False
        self._idle = asyncio.Queue()
        self._workers = {_Worker(self._command) for _ in range(self._size)}
        started = await asyncio.gather(*(worker.start() for worker in self._workers), return_exceptions=True)
        for failure in started:
            if isinstance(failure, BaseException):
                await self.stop()
                raise failure
        for worker in self._workers:
            self._idle.put_nowait(worker)

    async def read(self, raw: bytes | Path, *, half: str = "auto", to_blog: bool = False) -> PreparedMail:
        """The mail, read and prepared, from its bytes or the file that holds them; WorkerDied when that cannot be done.

        `half` says which half of it is the post: auto, text or html. `to_blog`: its `reply_text` is "" when nothing shows that it answers.
        """
        head: Head = {"job": "mail", "half": half, "to_blog": to_blog}
        blobs = []
        if isinstance(raw, Path):
            head["path"] = str(raw)
        else:
            blobs.append(raw)
        answer, out = await self._do(head, blobs)
        return mail_from(answer["mail"], out)

    async def prepare_file(self, data: bytes, filename: str) -> PreparedFile:
        """The file ready to publish; without renditions when it is refused, with the reason in its notes."""
        answer, out = await self._do({"job": "file", "filename": filename}, [data])
        return file_from(answer["file"], out)

    async def stop(self) -> None:
        """Ends all workers, those with a job at once; none is left behind, not even as a zombie."""
        self._stopping = True
        self._idle.put_nowait(None)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.gather(*(worker.kill() if worker.busy else worker.close() for worker in self._workers))
        self._workers.clear()

    @property
    def pids(self) -> frozenset[int]:
        """The process ids of the workers that live."""
        return frozenset(worker.pid for worker in self._workers if worker.pid)

    async def _do(self, head: Head, blobs: list[bytes]) -> tuple[Head, list[bytes]]:
        worker = await self._take()
        try:
            answer, out = await worker.job(head, blobs, self._wall_seconds)
        except WorkerDied as death:
            await worker.kill()
            if self._stopping:
                raise WorkerDied("stopped") from death
            raise
        except BaseException:
            await worker.kill()
            raise
        finally:
            self._give_back(worker)
        if "error" in answer:
            raise Unavailable(str(answer["error"]))
        return answer, out

    async def _take(self) -> "_Worker":
        worker = None if self._stopping else await self._idle.get()
        if worker is None:
            self._idle.put_nowait(None)  # for the next who waits
            raise WorkerDied("stopped")
        return worker

    def _give_back(self, worker: "_Worker") -> None:
        if worker.alive and worker.jobs < self._recycle_after:
            self._idle.put_nowait(worker)
        elif not self._stopping:
            task = asyncio.create_task(self._replace(worker))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _replace(self, old: "_Worker") -> None:
        await old.close()
        self._workers.discard(old)
        new = _Worker(self._command)
        self._workers.add(new)
        try:
            await new.start()
        except WorkerDied:
            logger.exception("A worker could not be started; the next job will try again.")
        self._idle.put_nowait(new)


class _Worker:
    """One process and its pipes."""

    def __init__(self, command: list[str]) -> None:
        self._command = command
        self._process: Process | None = None
        self.jobs = 0
        self.busy = False

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.returncode is None

    @property
    def pid(self) -> int:
        return self._process.pid if self._process is not None and self._process.returncode is None else 0

    async def start(self) -> None:
        try:
            # Its own session: an interrupt typed at the terminal is for the server, which ends its workers in order.
            self._process = await asyncio.create_subprocess_exec(
                *self._command, stdin=PIPE, stdout=PIPE, env=_environment(), start_new_session=True, limit=1024 * 1024
            )
            async with asyncio.timeout(_START_SECONDS):
                await self._receive(self._process)
        except (OSError, TimeoutError, WorkerDied) as error:
            await self.kill()
            raise WorkerDied("start") from error
        except BaseException:
            await self.kill()
            raise

    async def job(self, head: Head, blobs: list[bytes], wall_seconds: float) -> tuple[Head, list[bytes]]:
        if not self.alive:
            await self.start()
        assert self._process is not None
        self.jobs += 1
        self.busy = True
        try:
            async with asyncio.timeout(wall_seconds):
                return await self._exchange(self._process, head, blobs)
        except TimeoutError:
            raise WorkerDied("time") from None
        except Invalid as error:
            raise WorkerDied("nonsense") from error
        finally:
            self.busy = False

    async def _exchange(self, process: Process, head: Head, blobs: list[bytes]) -> tuple[Head, list[bytes]]:
        assert process.stdin is not None
        try:
            process.stdin.writelines(frame(head, blobs))
            await process.stdin.drain()
        except (BrokenPipeError, ConnectionResetError):
            raise WorkerDied(_why(await process.wait())) from None
        return await self._receive(process)

    async def _receive(self, process: Process) -> tuple[Head, list[bytes]]:
        assert process.stdout is not None
        try:
            length = int.from_bytes(await process.stdout.readexactly(4), "big")
            if length > LONGEST_HEAD:
                raise WorkerDied("nonsense")
            head, sizes = head_of(await process.stdout.readexactly(length))
            return head, [await process.stdout.readexactly(size) for size in sizes]
        except asyncio.IncompleteReadError:
            raise WorkerDied(_why(await process.wait())) from None

    async def close(self) -> None:
        """Lets an idle worker end by itself, soon; kills any other."""
        process = self._process
        if process is None:
            return
        assert process.stdin is not None
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_CLOSE_SECONDS):
                await process.wait()
        await self.kill()

    async def kill(self) -> None:
        process = self._process
        if process is None:
            return
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
        if process.stdout is not None:
            with contextlib.suppress(RuntimeError):  # the job is reading, and will see the end
                await process.stdout.read()  # an unread answer would keep the pipe open, and wait() with it
        await process.wait()
        if process.stdin is not None:
            process.stdin.close()


def _environment() -> dict[str, str]:
    """What a worker may know: where its code is, and none of the server's secrets."""
    known = {name: os.environ[name] for name in _INHERITED if name in os.environ}
    package = Path(gateway.__file__).parent.parent
    return {
        **known,
        "PYTHONPATH": str(package),
        "MALLOC_ARENA_MAX": "1",
        "MALLOC_MMAP_THRESHOLD_": "262144",
        "PYTHONUTF8": "1",
    }


def _why(status: int) -> Reason:
    if status == -signal.SIGXCPU:
        return "cpu"
    if status in {_OUT_OF_MEMORY, -signal.SIGABRT, -signal.SIGBUS}:  # libraries in Rust and C abort without memory
        return "memory"
    return "killed"
