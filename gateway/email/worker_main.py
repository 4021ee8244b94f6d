"""A worker process: reads one job at a time from its standard input and answers on what was its standard output.

Started by `gateway.email.workers` as `python -m gateway.email.worker_main`. It limits itself before it reads a byte from outside:
address space, CPU time for each job, no core files, no writing of files. Whatever a job does, its parent only sees an
answer, an error in words, or the end of the process.
"""

import argparse
import contextlib
import gc
import os
import resource
import signal
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from gateway.core.errors import PostroomError
from gateway.core.words import later
from gateway.core.writing import media
from gateway.email import body
from gateway.email.embedded import with_pictures_apart
from gateway.email.prepared import (
    Head,
    PreparedFile,
    PreparedMail,
    PreparedRendition,
    file_head,
    frame,
    head_of,
    mail_head,
)
from gateway.email.read import Attachment, InboundEmail, read

OUT_OF_MEMORY = 86  # exit status
MOST_FILES = 100  # of one mail


def main() -> None:
    """Serve jobs until standard input ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--memory-bytes", type=int, required=True, help="what jobs may take beyond the idle worker")
    parser.add_argument("--cpu-seconds", type=int, required=True, help="what one job may take")
    options = parser.parse_args()
    source = sys.stdin.buffer
    answers = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # a stray print must not stand between answers
    gc.freeze()
    _limit(options.memory_bytes)
    _send(answers, {"ready": True}, [])
    try:
        while (size := source.read(4)) and len(size) == 4:
            _serve(source, answers, int.from_bytes(size, "big"), options.cpu_seconds)
    except MemoryError:
        os._exit(OUT_OF_MEMORY)
    except BrokenPipeError:  # the server is gone
        return


def _serve(source: BinaryIO, answers: int, size: int, cpu_seconds: int) -> None:
    head, sizes = head_of(source.read(size))
    blobs = [source.read(length) for length in sizes]
    _allow_cpu(cpu_seconds)
    answer, out = _job(head, blobs, cpu_seconds)
    _send(answers, answer, out)


def _limit(memory_bytes: int) -> None:
    mapped = _mapped()
    if mapped:
        resource.setrlimit(resource.RLIMIT_AS, (mapped + memory_bytes, mapped + memory_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))


def _mapped() -> int:
    """The bytes of address space that the idle worker has mapped; 0 where the system does not say."""
    try:
        return int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 0


def _allow_cpu(seconds: int) -> None:
    """Sets the end of this job's CPU time; past it the system kills the process (SIGXCPU)."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    limit = int(used.ru_utime + used.ru_stime) + 1 + seconds
    resource.setrlimit(resource.RLIMIT_CPU, (limit, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _job(head: Head, blobs: list[bytes], cpu_seconds: int) -> tuple[Head, list[bytes]]:
    out: list[bytes] = []
    try:
        if head["job"] == "mail":
            mail = prepare_mail(_raw(head, blobs), cpu_seconds, _half(head), to_blog=bool(head.get("to_blog")))
            return {"mail": mail_head(mail, out)}, out
        if head["job"] == "file":
            file = _file(Attachment(str(head["filename"]), "", blobs[0]))
            return {"file": file_head(file, out)}, out
        return {"error": "This worker does not know such a job; nothing was done."}, []
    except OSError as error:
        return {
            "error": f"The stored mail could not be read ({error.strerror}); it is kept, and will be tried again."
        }, []


def _raw(head: Head, blobs: list[bytes]) -> bytes:
    """The mail's bytes, which nobody else holds then."""
    return Path(head["path"]).read_bytes() if head.get("path") else blobs.pop()


def _half(head: Head) -> body.Half:
    half = head.get("half")
    return half if half in {"text", "html"} else "auto"


def prepare_mail(raw: bytes, cpu_seconds: int, half: body.Half = "auto", *, to_blog: bool = False) -> PreparedMail:
    """A mail read, its body made Markdown in both readings, its files made ready, each with the CPU time of a job.

    Sent to a blog, one that shows no sign of an answer is read as a post alone, which halves its cost.
    """
    mail = with_pictures_apart(read(raw))
    del raw  # from here on the mail's own bytes are not held, nor is a file that is done
    draft = body.draft(mail, half)
    reply = "" if to_blog and not _may_answer(mail) else body.reply(mail)
    attachments = [] if mail.unreadable else list(mail.attachments)
    if mail.attachments:
        mail = replace(mail, attachments=())
    return PreparedMail(
        title=mail.title,
        post_title=draft.title,
        post_text=draft.text,
        categories=draft.categories,
        wishes=draft.wishes,
        post_notes=draft.notes,
        reply_text=reply,
        text=mail.text,
        files=tuple(_files(attachments, draft, cpu_seconds)),
        sender=mail.sender,
        sender_name=mail.sender_name,
        from_count=mail.from_count,
        to=mail.to,
        cc=mail.cc,
        message_id=mail.message_id,
        references=mail.references,
        date=mail.date,
        is_automatic=mail.is_automatic,
        automatic_reason=mail.automatic_reason,
        content_type=mail.content_type,
        problems=mail.problems,
        unreadable=mail.unreadable,
    )


def _may_answer(mail: InboundEmail) -> bool:
    """Whether `gateway.email.answering` may find that it answers: by references, by `Re: … [k7f]`, or by another recipient."""
    by_subject = ":" in mail.title and mail.title.endswith("]")
    return bool(mail.references) or by_subject or any(one[:2] in {"r.", "r+"} for one in (*mail.to, *mail.cc))


def _files(attachments: list[Attachment], draft: body.Draft, cpu_seconds: int) -> Iterator[PreparedFile]:
    """The files ready to publish; each is let go when it is done."""
    number = 0
    while attachments:
        attachment = attachments.pop(0)
        if attachment.content_id in draft.left_out:
            continue
        number += 1
        if number > MOST_FILES:
            note = later("The mail has more than {count} files; the rest were left out.", count=MOST_FILES)
            yield PreparedFile("file", attachment.filename, notes=(note,))
            return
        _allow_cpu(cpu_seconds)
        yield replace(_file(attachment), alt=draft.alts.get(attachment.content_id, ""))


def _file(attachment: Attachment) -> PreparedFile:
    """The file ready to publish, or without renditions when it cannot be, with the reason in its notes."""
    try:
        with _hurried():
            made = media.prepare(attachment.data, attachment.filename)
    except _TooLong:
        note = later("“{name}” takes too long to prepare. It was left out.", name=attachment.filename)
        return PreparedFile("file", attachment.filename, (), attachment.content_id, attachment.inline, notes=(note,))
    except PostroomError as refused:
        return PreparedFile(
            "file", attachment.filename, (), attachment.content_id, attachment.inline, notes=(refused.sentence,)
        )
    renditions = tuple(
        PreparedRendition(rendition.data, rendition.content_type, rendition.width, rendition.height)
        for rendition in made.renditions
    )
    return PreparedFile(
        made.kind, made.filename, renditions, attachment.content_id, attachment.inline, notes=made.notes
    )


@contextlib.contextmanager
def _hurried() -> Iterator[None]:
    """A file that takes nearly all of a job's time is given up, before the system ends the process and the mail with it."""
    soft = resource.getrlimit(resource.RLIMIT_CPU)[0]
    if soft == resource.RLIM_INFINITY:
        yield
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    signal.signal(signal.SIGPROF, _give_up)
    signal.setitimer(signal.ITIMER_PROF, max(0.1, 0.8 * (soft - used.ru_utime - used.ru_stime)))
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


class _TooLong(BaseException):
    """Not an Exception, for readers of odd bytes catch all of those and go on."""


def _give_up(_signal: int, _frame: object) -> None:
    raise _TooLong


def _send(descriptor: int, head: Head, blobs: list[bytes]) -> None:
    for piece in frame(head, blobs):
        view = memoryview(piece)
        while view:
            view = view[os.write(descriptor, view) :]


if __name__ == "__main__":
    main()
