"""Plant each bug alone in a copy of the tree and run the tests named for it: they must turn red.

    python -m tests.mutants [WORDS OF A BUG'S NAME]

Exits with 1 when a bug is not found, or when the tests are red without any.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.mutants.bug import Bug
from tests.mutants.every import BUGS

ROOT = Path(__file__).resolve().parent.parent.parent
AT_ONCE = 2
LONGEST = 300
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".*_cache", ".hypothesis", "__pycache__", "instance", "test-results")
GREEN, RED = 0, 1


@dataclass(frozen=True)
class Run:
    """How the named tests ended on one copy of the tree."""

    status: int
    seconds: float
    found_by: str
    output: str


def main(words: str) -> int:
    """Run the tests on the unchanged tree, then on each bug; print the table."""
    bugs = [bug for bug in BUGS if words in bug.name]
    if not bugs:
        print(f"No bug has {words!r} in its name.")
        return 1
    with tempfile.TemporaryDirectory(prefix="purser-mutants-") as name:
        sound = Path(name) / "sound"  # a snapshot: who edits the tree meanwhile disturbs nothing
        shutil.copytree(ROOT, sound, ignore=LEFT_OUT)
        for database in sorted({_database(bug) for bug in bugs}):
            tests = {test for bug in bugs if _database(bug) == database for test in bug.tests}
            unharmed = _run(sound, tuple(sorted(tests)), database)
            if unharmed.status != GREEN:
                print(unharmed.output)
                print("The tests are red without any bug: nothing can be said.")
                return 1
        widest, runs = max(len(bug.name) for bug in bugs), []
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for bug, run in zip(bugs, pool.map(lambda bug: _plant(sound, bug), bugs), strict=True):
                runs.append(run)
                verdict = (
                    f"found by {run.found_by}" if run.status == RED else f"NOT FOUND (pytest ended with {run.status})"
                )
                print(f"{bug.name:{widest}}  {bug.file:26}  {run.seconds:5.1f} s  {verdict}", flush=True)
                if run.status not in {GREEN, RED}:
                    print(run.output, flush=True)
    found = sum(run.status == RED for run in runs)
    print(f"{found} of {len(bugs)} planted bugs were found.")
    return 0 if found == len(bugs) else 1


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
    return "postgresql" if bug.file.endswith(".sql") else "not postgresql"


def _run(tree: Path, tests: tuple[str, ...], database: str) -> Run:
    """Run the tests until the first that fails."""
    began = time.monotonic()
    words = ["-x", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "--proof", "-k", database, *tests]
    try:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", *words],
            cwd=tree,
            env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=LONGEST,
            check=False,
        )
        status, output = ended.returncode, ended.stdout + ended.stderr
    except subprocess.TimeoutExpired:
        status, output = -1, f"the tests took more than {LONGEST} s"
    failed = re.search(r"^FAILED \S+::(\w+)", output, re.MULTILINE)
    return Run(status, time.monotonic() - began, failed[1] if failed else "", output)


if __name__ == "__main__":
    sys.exit(main(" ".join(sys.argv[1:])))
