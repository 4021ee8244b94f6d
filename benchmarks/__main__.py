"""Every benchmark, or those named: one JSON line each, with ratios to a peer measured in the same run.

    python -m benchmarks [intake] [visible] [reading] [memory] [timeline] [newsletter] [whole_path] [audience]
    [recipients]

Exits 1 when one of them could not be measured; the others are measured all the same. What has been measured: docs/benchmarks.md.
"""

import subprocess
import sys

BENCHMARKS = (
    "intake",
    "visible",
    "reading",
    "memory",
    "timeline",
    "newsletter",
    "whole_path",
    "audience",
    "recipients",
)


def main() -> int:
    """Runs each in a process of its own, so that none warms or burdens another."""
    names = sys.argv[1:] or BENCHMARKS
    if unknown := [name for name in names if name not in BENCHMARKS]:
        print(f"There is no benchmark {unknown[0]!r}. There are: {', '.join(BENCHMARKS)}.", file=sys.stderr)
        return 2
    codes = [subprocess.run([sys.executable, "-m", f"benchmarks.{name}"]).returncode for name in names]
    return int(any(codes))


if __name__ == "__main__":
    sys.exit(main())
