"""The process that renders templates which members wrote, and inlines their styles: one job from standard input, one answer, the end. See `sandbox`."""

import json
import resource
import sys
from typing import Any, NoReturn

from jinja2 import (
    ChoiceLoader,
    DictLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    select_autoescape,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment

from gateway.core.templates import ESCAPED, FOLDER, SPACES
from gateway.core.templates.inlining import settled

CPU_SECONDS, MEMORY_BYTES = 2, 512 * 1024 * 1024
LONGEST = 2_000_000  # characters of what one template makes


def main() -> None:
    """Renders what it is asked for, and says what it made or what is wrong."""
    job = json.load(sys.stdin)
    _limit()
    shipped = FileSystemLoader(FOLDER / job["kind"])
    loader = ChoiceLoader([DictLoader(job["own"]), PrefixLoader({"shipped": shipped}), shipped])
    environment = ImmutableSandboxedEnvironment(
        loader=loader, undefined=StrictUndefined, autoescape=select_autoescape(ESCAPED, default=False), **SPACES
    )
    json.dump({"made": [_made(environment, name, job["shown"]) for name in job["names"]]}, sys.stdout)


def _made(environment: ImmutableSandboxedEnvironment, name: str, shown: dict[str, Any]) -> str:
    try:
        pieces, length = [], 0
        for piece in environment.get_template(name).generate(shown):
            pieces.append(piece)
            length += len(piece)
            if length > LONGEST:
                _end(name, f"it makes more than {LONGEST:,} characters")
        made = _writable("".join(pieces))
        return settled(made) if name.endswith(".html") else made
    except TemplateError as error:
        _end(_where(error, name), error.message or type(error).__name__)
    except RecursionError:
        _end(name, "it includes itself")
    except Exception as error:  # an arithmetic that fails, a filter that is given the wrong thing
        _end(name, f"{type(error).__name__}: {error}")


def _where(error: TemplateError, name: str) -> str:
    """The template and the line that the error is about, as far as it tells."""
    line, at = getattr(error, "lineno", None), error.__traceback__
    while at is not None:  # an error while rendering names its line in the trace, as jinja2 rewrites it
        if at.tb_frame.f_code.co_filename == "<template>" or at.tb_frame.f_code.co_filename.endswith(name):
            line = line or at.tb_lineno
        at = at.tb_next
    return f"{getattr(error, 'name', None) or name}, line {line}" if line else name


def _writable(words: str) -> str:
    """Without what neither UTF-8 nor a database takes: halves of a pair (surrogates), and NUL."""
    return words.encode("utf-16", "surrogatepass").decode("utf-16", "replace").replace("\0", "\ufffd")


def _end(where: str, fault: str) -> NoReturn:
    json.dump({"where": _writable(where), "fault": _writable(fault)}, sys.stdout)
    sys.exit(0)


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


if __name__ == "__main__":
    main()
