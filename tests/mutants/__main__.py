"""Plant each bug alone in a copy of the tree and run the tests named for it: they must turn red.

    python -m tests.mutants [--sound] [WORDS OF A BUG'S NAME, OR A PART OF ITS FILE'S PATH]

Of tests that are red without any bug nothing can be said: their bugs are not planted, and the others are. `--sound`
only looks for such tests. Exits with 1 when there are any, or when a bug is not found.
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from tests.mutants import bug_finding
from tests.mutants.bug import Bug
from tests.mutants.every import BUGS

ROOT = Path(__file__).resolve().parent.parent.parent
AT_ONCE = 2
LONGEST, LONGEST_FILE = 300, 900
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".*_cache", ".hypothesis", "__pycache__", "instance", "test-results")
GREEN, RED, NONE = 0, 1, 5


@dataclass(frozen=True)
class Run:
    """How the named tests ended on one copy of the tree."""

    status: int
    seconds: float
    found_by: str
    output: str


def main(words: str, *, only_sound: bool = False) -> int:
    """Run the tests on the unchanged tree, then on each bug; print the table."""
    bugs = [bug for bug in BUGS if words in bug.name or words in bug.file]
    if not bugs:
        print(f"No bug has {words!r} in its name or file.")
        return 1
    with tempfile.TemporaryDirectory(prefix="purser-mutants-") as name:
        sound = Path(name) / "sound"  # a snapshot: who edits the tree meanwhile disturbs nothing
        shutil.copytree(ROOT, sound, ignore=LEFT_OUT)
        red = _red_without_any(sound, bugs)
        if only_sound:
            return 1 if red else 0
        found = _planted(sound, [bug for bug in bugs if red.isdisjoint(bug.tests)])
    print(f"{found} of {len(bugs)} planted bugs were found.")
    return 0 if found == len(bugs) else 1


def _red_without_any(sound: Path, bugs: list[Bug]) -> set[str]:
    """Run the tests of the bugs file by file on the unchanged tree; return those that are red, and say which."""
    named = sorted({(_database(bug), test.partition("::")[0], test) for bug in bugs for test in bug.tests})
    files = [(*place, tuple(each[2] for each in tests)) for place, tests in groupby(named, lambda each: each[:2])]
    red = set()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        runs = pool.map(lambda each: _run(sound, each[2], each[0], LONGEST_FILE, until_red=False), files)
        for (_of, file, tests), run in zip(files, runs, strict=True):
            if run.status not in {GREEN, NONE}:
                print(run.output, flush=True)
                failed = bug_finding.failed_in(run.output)
                red |= {each for each in tests if bug_finding.is_among(each, failed)} or set(tests)
            ended = {GREEN: "green", NONE: "none runs on this database"}.get(run.status, "RED WITHOUT ANY BUG")
            print(f"{file:70}  {run.seconds:5.1f} s  {ended}", flush=True)
    for each in sorted(red):
        print(f"{each} is red without any bug: nothing can be said of the bugs that it is named for.")
    return red


def _planted(sound: Path, bugs: list[Bug]) -> int:
    """Plant each of the bugs; return how many were found."""
    widest, runs = max((len(bug.name) for bug in bugs), default=0), []
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for bug, run in zip(bugs, pool.map(lambda bug: _plant(sound, bug), bugs), strict=True):
            runs.append(run)
            verdict = f"found by {run.found_by}" if run.status == RED else f"NOT FOUND (pytest ended with {run.status})"
            print(f"{bug.name:{widest}}  {bug.file:26}  {run.seconds:5.1f} s  {verdict}", flush=True)
            if run.status not in {GREEN, RED}:
                print(run.output, flush=True)
    return sum(run.status == RED for run in runs)


def _plant(sound: Path, bug: Bug) -> Run:
    """Run the bug's tests on a copy of its own."""
    with tempfile.TemporaryDirectory(prefix="purser-mutant-") as name:
        tree = Path(name) / "tree"
        shutil.copytree(sound, tree, ignore=LEFT_OUT)
        file = tree / bug.file
        file.write_text(file.read_text().replace(bug.old, bug.new))
        return _run(tree, bug.tests, _database(bug))


def _database(bug: Bug) -> str:
    """Return which tests of a bug are run, by `-k`: those on SQLite, unless it is in what PostgreSQL alone has."""
    return "postgresql" if bug.is_on_postgresql else "not postgresql"


def _run(tree: Path, tests: tuple[str, ...], database: str, longest: float = LONGEST, *, until_red: bool = True) -> Run:
    """Run the tests, until the first that fails or all of them."""
    began = time.monotonic()
    words = [
        *(["-x"] if until_red else []),
        "-q",
        "-p",
        "no:xdist",
        "-p",
        "no:cacheprovider",
        "--proof",
        "-k",
        database,
        *tests,
    ]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=tree,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=longest,
            check=False,
        )
        status, output = ended.returncode, ended.stdout + ended.stderr
    except subprocess.TimeoutExpired:
        status, output = -1, f"the tests took more than {longest} s"
    failed = bug_finding.failed_in(output)
    found_by = failed[0].rpartition("::")[2].partition("[")[0] if failed else ""
    return Run(status, time.monotonic() - began, found_by, output)


if __name__ == "__main__":
    given = [each for each in sys.argv[1:] if each != "--sound"]
    sys.exit(main(" ".join(given), only_sound="--sound" in sys.argv))
