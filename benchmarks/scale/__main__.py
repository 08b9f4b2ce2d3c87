"""`make bench-scale`: what a call costs each machine, how old exports are, and what is lost when the primary dies.

Everything shares the cores of this machine: rates say little, the CPU of each process says which fills first.
"""

import signal
import sys
import tempfile
from pathlib import Path

from benchmarks.scale import capacity, cast, failover, report
from benchmarks.scale.machines import running


def main(names: list[str]) -> None:
    """Measure, print it, and keep it in scale.md; named, some of the stories are played alone and nothing is kept."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started is ended
    lines = list[str]()
    with tempfile.TemporaryDirectory(prefix="purser-scale-") as name:
        directory = Path(name)
        directory.chmod(0o755)  # the database server runs as somebody else
        seed = cast.seed(directory / "seed")
        if not names or "capacity" in names:
            with running(seed.data, directory / "capacity", synchronous=True) as machines:
                lines += report.capacity(*capacity.measured(machines, seed))
        for story in failover.STORIES:
            if not names or story.name in names:
                with running(seed.data, directory / story.name, synchronous=story.synchronous) as machines:
                    lines += report.failover(story, failover.played(machines, story, seed))
    if not names:
        report.write(lines)


if __name__ == "__main__":
    main(sys.argv[1:])
