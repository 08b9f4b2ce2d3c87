"""How long something keeps the machine busy: CPU seconds of this process and of the database's, beside the clock."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text

from benchmarks.places import Place

TICKS = os.sysconf("SC_CLK_TCK")
PARENT, ITS_OWN, WITH_ENDED = 1, slice(11, 13), slice(11, 15)
"""Where /proc/PID/stat says them, after the program's name."""


@dataclass(frozen=True)
class Busy:
    """What something took, in seconds: of CPU, and by the clock."""

    cpu: float = 0.0
    clock: float = 0.0

    def __add__(self, other: "Busy") -> "Busy":
        return Busy(self.cpu + other.cpu, self.clock + other.clock)

    def each(self, many: int) -> str:
        """Write what one of many took."""
        return f"{self.cpu / many * 1000:.2f} ms of CPU ({self.clock / many * 1000:.2f} ms by the clock)"

    def seconds(self) -> str:
        """Write what all of it took."""
        return f"{self.cpu:.1f} s of CPU ({self.clock:.1f} s by the clock)"


def measured(place: Place, task: Callable[[], object]) -> Busy:
    """Do it, and return what it took."""
    server = server_of(place)
    cpu, clock = time.process_time() + with_children(server), time.perf_counter()
    task()
    return Busy(time.process_time() + with_children(server) - cpu, time.perf_counter() - clock)


def server_of(place: Place) -> int:
    """Return the process that all processes of the database server come from; 0: it has none."""
    if place.kind == "sqlite":
        return 0
    with place.raw.connect() as connection:
        return int(_stat(str(connection.scalar(text("select pg_backend_pid()"))))[PARENT])


def with_children(pid: int) -> float:
    """Return the seconds of CPU that a process and those that it started have had, those that have ended among them."""
    if not pid:
        return 0.0
    of_all = [_stat(each.name) for each in Path("/proc").iterdir() if each.name.isdigit()]
    spent = [each[ITS_OWN] for each in of_all if each[PARENT : PARENT + 1] == [str(pid)]]
    return sum(int(ticks) for each in [_stat(str(pid))[WITH_ENDED], *spent] for ticks in each) / TICKS


def _stat(pid: str) -> list[str]:
    try:
        return (Path("/proc") / pid / "stat").read_text().rpartition(")")[2].split()
    except OSError:  # it has ended
        return []
