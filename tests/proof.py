"""`make proof`: everything on both databases, long runs whole, planted bugs, mutants; the result goes to docs/proof.md.

    python -m tests.proof [PLACE …]

A place is a path of tests, `mutants` for the planted bugs, or `mutation` for the changes that a tool makes. With
places, only those are run, and the result says so.
`CRASH_SEED=…` plays a proof again with the seed that its result names.
"""

import os
import platform
import re
import secrets
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

from tests.mutation.places import PLACES
from tests.support import chromium, postgres

ROOT = Path(__file__).resolve().parent.parent
RESULT = ROOT / "docs" / "proof.md"
MUTANTS, MUTATION = "mutants", "mutation"
COLUMNS = ("passed", "failed", "skipped")


@dataclass(frozen=True)
class Proof:
    """What a proof came to."""

    places: list[str]
    seed: str
    rooms: dict[str, Counter[str]]
    counts: Counter[str]
    bugs: str
    mutation: dict[str, str]
    minutes: float
    green: bool


def main(places: list[str]) -> int:
    """Run the proof, write its result, and return the exit code."""
    began, seed = time.monotonic(), os.environ.get("CRASH_SEED") or secrets.token_hex(4)
    green, rooms, counts, bugs = True, {}, Counter[str](), "not run"
    mutation = {place.name: f"not run; earlier: {place.measured}" for place in PLACES}
    tests = [place for place in places if place not in {MUTANTS, MUTATION}]
    if tests or not places:
        green, rooms, counts = _tested(tests, seed)
    if MUTANTS in places or not places:
        all_found, bugs = _planted()
        green = green and all_found
    if MUTATION in places or not places:
        few_survive, mutation = _mutated(seed)
        green = green and few_survive
    proof = Proof(places, seed, rooms, counts, bugs, mutation, (time.monotonic() - began) / 60, green)
    RESULT.write_text(page_of(proof, _versions(), datetime.now(UTC)))
    print(f"Written to {RESULT.relative_to(ROOT)}: {'green' if green else 'RED'}.")
    return 0 if green else 1


def page_of(proof: Proof, versions: dict[str, str], now: datetime) -> str:
    """Return the result as a page."""
    whole = (
        "everything" if not proof.places else f"only {', '.join(f'`{place}`' for place in proof.places)}, not the whole"
    )
    lines = [
        "# Proof",
        "",
        "What the last `make proof` came to: every test on both databases, the long runs whole, the planted bugs,",
        "and the mutants (`tests/mutation/`). The command writes this page itself; `make test` keeps every promise once and samples the rest.",
        "",
        "| | |",
        "|---|---|",
        f"| Result | {'green' if proof.green else '**red**'} |",
        f"| Run | {whole} |",
        f"| Date | {now:%Y-%m-%d %H:%M} UTC |",
        f"| Seed | `{proof.seed}` (`CRASH_SEED={proof.seed} make proof` plays it again) |",
        f"| Minutes | {proof.minutes:.0f} |",
        *(f"| {name} | {value} |" for name, value in versions.items()),
        *(f"| {name.capitalize()} | {count:,} |" for name, count in sorted(proof.counts.items())),
        f"| Planted bugs | {proof.bugs} |",
        *(f"| Mutants of `{place}` | {words} |" for place, words in proof.mutation.items()),
        "",
        f"| Tests | {' | '.join(COLUMNS)} |",
        "|---|--:|--:|--:|",
        *(
            f"| `{room}` | {' | '.join(str(ends[each]) for each in COLUMNS)} |"
            for room, ends in sorted(proof.rooms.items())
        ),
    ]
    total = sum(proof.rooms.values(), Counter())
    lines.append(f"| **all** | {' | '.join(str(total[each]) for each in COLUMNS)} |")
    return "\n".join(lines) + "\n"


def _tested(places: list[str], seed: str) -> tuple[bool, dict[str, Counter[str]], Counter[str]]:
    """Run the tests; return whether all passed, how they ended room by room, and what the long runs counted."""
    number = str(int(seed, 16) if re.fullmatch("[0-9a-f]+", seed) else sum(seed.encode()))
    with tempfile.TemporaryDirectory(prefix="purser-proof-") as name:
        report = Path(name) / "report.xml"
        command = [sys.executable, "-m", "pytest", "--proof", "-n", "2", "--dist", "worksteal", f"--junitxml={report}"]
        command += [f"--randomly-seed={number}"]
        command += [f"--hypothesis-seed={number}", *places]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "CRASH_SEED": seed})
        rooms, counts = read(report)
    return done.returncode == 0, rooms, counts


def read(report: Path) -> tuple[dict[str, Counter[str]], Counter[str]]:
    """Return from pytest's report how the tests of each room ended, and the sums of what they recorded."""
    rooms: dict[str, Counter[str]] = {}
    counts: Counter[str] = Counter()
    for case in ElementTree.parse(report).iter("testcase"):  # our own report
        room = "/".join(case.get("classname", "").split(".")[:2]) or "tests"
        ends = {each.tag for each in case}
        end = "failed" if ends & {"failure", "error"} else "skipped" if "skipped" in ends else "passed"
        rooms.setdefault(room, Counter())[end] += 1
        for each in case.iter("property"):
            counts[each.get("name", "")] += int(each.get("value", "0"))
    return rooms, counts


def _planted() -> tuple[bool, str]:
    """Plant every bug; return whether all were found, and the sentence that says how many."""
    done = subprocess.run(
        [sys.executable, "-u", "-m", "tests.mutants"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
    )
    print(done.stdout)
    found = re.search(r"^(\d+ of \d+) planted bugs were found", done.stdout, re.MULTILINE)
    return done.returncode == 0, f"{found[1]} found" if found else "nothing can be said: the tests are red without any"


def _mutated(seed: str) -> tuple[bool, dict[str, str]]:
    """Try the mutants; return whether few enough survived, and what to say of each place."""
    done = subprocess.run(
        [sys.executable, "-u", "-m", "tests.mutation"],
        cwd=ROOT, env={**os.environ, "CRASH_SEED": seed}, stdout=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    print(done.stdout)
    said = dict(re.findall(r"^(\w+) \(seed \w+\): (.+)\.$", done.stdout, re.MULTILINE))
    return done.returncode == 0, {place.name: said.get(place.name, "nothing can be said") for place in PLACES}


def _versions() -> dict[str, str]:
    commit, changed = _git("rev-parse", "--short=12", "HEAD"), _git("status", "--porcelain", "-uno")
    declared = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(), re.MULTILINE)
    return {
        "Purser": declared[1] if declared else "unknown",
        "Commit": (commit or "unknown") + (", with changes" if changed else ""),
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "PostgreSQL": _said(postgres.binary("postgres")),
        "Chromium": _said(str(chromium.path())),
        "Stripe SDK": version("stripe"),
    }


def _git(*words: str) -> str:
    """Return what git says; nothing where there is no git."""
    git = shutil.which("git")
    return subprocess.run([git, *words], cwd=ROOT, capture_output=True, text=True).stdout.strip() if git else ""


def _said(program: str) -> str:
    """Return the version that a program says."""
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+(\.\d+)+", said)
    return found[0] if found else "unknown"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
