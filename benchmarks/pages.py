"""The pages of this build beside those of an older one, in one run: `python -m benchmarks.pages --against DIRECTORY`.

Both fill databases of their own with the same history and are asked by turns, so that what else the machine does hits
both alike. What comes out is a ratio, written below the others in results.md.
"""

import argparse
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import report

ROOT = Path(__file__).resolve().parent.parent
ROUNDS = 40
PATHS = {
    "Overview": "/billing/",
    "Usage": "/billing/usage/",
    "Add credits": "/billing/add-credits/",
    "Balance history": "/billing/balance-history/",
    "Spend management": "/billing/spend-management/",
    "an empty signed-in request": "/benchmarks/nothing",
}
GOALS = {"Overview": 0.5}


class Side:
    """A build that answers in a process of its own."""

    def __init__(self, directory: Path) -> None:
        self._process = subprocess.Popen(  # our own interpreter and script
            [sys.executable, "-P", str(ROOT / "benchmarks" / "page_side.py")],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(directory)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def says(self) -> dict[str, Any] | None:
        """Return the next line; None when it has ended."""
        for line in self._process.stdout or ():
            if line.startswith("{"):
                said: dict[str, Any] = json.loads(line)
                return said
        return None

    def asks(self, path: str) -> dict[str, Any]:
        """Ask for a page."""
        self.goes_on(path)
        said = self.says()
        if said is None or said["status"] != 200:
            raise RuntimeError(f"{path}: {said}")
        return said

    def goes_on(self, line: str = "") -> None:
        """Write a line; an empty one ends this database."""
        if self._process.stdin:
            self._process.stdin.write(f"{line}\n")
            self._process.stdin.flush()


@dataclass
class Page:
    """What one page took on each side."""

    this: list[float] = field(default_factory=list)
    that: list[float] = field(default_factory=list)
    facts: list[dict[str, Any]] = field(default_factory=list)


def main() -> None:
    """Measure all pages on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--against", type=Path, required=True, help="a checkout of the older build")
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    given = parser.parse_args()
    against = given.against.resolve()
    sides, lines, versions = (Side(ROOT), Side(against)), [], []
    while (ready := [side.says() for side in sides]) and ready[0]:
        kind = ready[0]["kind"]
        versions.append(ready[0]["version"])
        for name, page in _measured(*sides, given.rounds).items():
            lines.append(_line(name, kind, page))
            print(lines[-1], flush=True)
        for side in sides:
            side.goes_on()
    named = subprocess.run(
        ["git", "-C", str(against), "rev-parse", "--short", "HEAD"],  # noqa: S607  # git, wherever it is
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    report.write_pages(named, given.rounds, versions, lines)


def _measured(this: Side, that: Side, rounds: int) -> dict[str, Page]:
    pages = {name: Page() for name in PATHS}
    for number in range(rounds + 2):
        for name, path in PATHS.items():
            order = [(this, pages[name].this), (that, pages[name].that)]
            facts = []
            for side, took in order if number % 2 else reversed(order):
                said = side.asks(path)
                facts.append(said)
                if number > 1:  # the first ones fill caches
                    took.append(said["seconds"])
            pages[name].facts = facts if number % 2 else facts[::-1]
    return pages


def _line(name: str, kind: str, page: Page) -> str:
    """Return a line of the table."""
    ratio, goal = median(page.this) / median(page.that), GOALS.get(name)
    (size, zipped), (_size, before) = page.facts[0]["sizes"], page.facts[1]["sizes"]
    verdict = "" if goal is None else f"≤ {goal} | {'pass' if ratio <= goal else 'miss'}"
    times = f"{median(page.this) * 1000:.1f} ms to {median(page.that) * 1000:.1f} ms"
    statements = f"{page.facts[0]['statements']} to {page.facts[1]['statements']}"
    return (
        f"| {name} | {kind} | {ratio:.2f} | {verdict or ' | '} | {times} | {statements} | "
        f"{zipped / 1000:.1f} kB to {before / 1000:.1f} kB of {size / 1000:.0f} kB |"
    )


if __name__ == "__main__":
    main()
