"""The tree that mutmut works on: a copy, in which properties are written so that their bodies are mutated too."""

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from tests.mutation import forked
from tests.mutation.places import Place
from tests.mutation.words import is_about_words

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".*_cache", ".hypothesis", "__pycache__", "instance", "test-results")
AWAY = "Pacific/Auckland"
"""The time zone of the tests: where it is UTC, nobody notices a time that was left in the machine's own."""


@dataclass(frozen=True)
class Mutant:
    """One change: the line as it is, and as it became. `found`: a test turned red, or never ended."""

    name: str
    file: str
    old: str
    new: str
    found: bool = False


@contextmanager
def made(place: Place) -> Iterator[Path]:
    """Make the tree, mutants and all, and take it away afterwards."""
    with tempfile.TemporaryDirectory(prefix="purser-mutation-") as name:
        tree = Path(name) / "tree"
        shutil.copytree(ROOT, tree, ignore=LEFT_OUT)
        for pattern in place.files:
            for file in tree.glob(pattern):
                file.write_text(with_plain_properties(file.read_text()))
        settings = tree / "pyproject.toml"
        settings.write_text(settings.read_text() + _settings(place))
        _run(tree, "generate")
        yield tree


def named(tree: Path) -> list[str]:
    """Return the names of all mutants there are."""
    return list(json.loads(_run(tree, "names")))


def changed(tree: Path, names: Sequence[str]) -> list[Mutant]:
    """Return the mutants of these names, but those that only change the words of a sentence."""
    changes = json.loads(_run(tree, "changes", json.dumps(names)))
    return [Mutant(name, *changes[name]) for name in names if not is_about_words(*changes[name][1:])]


def drawn(
    names: Sequence[str], sample: int | None, seed: str, changes: Callable[[Sequence[str]], list[Mutant]]
) -> list[Mutant]:
    """Return all mutants; with a sample so many, in an order that is the same for the same seed."""
    if sample is None:
        return changes(names)
    order, chosen = random.Random(seed).sample(names, len(names)), list[Mutant]()  # noqa: S311  # a sample, no secret
    while order and len(chosen) < sample:
        chosen += changes(order[:sample])
        order = order[sample:]
    return chosen[:sample]


def tried(tree: Path, place: Place, chosen: Sequence[Mutant]) -> list[Mutant]:
    """Try the mutants, each with the tests that call its function; return them with what came of it."""
    home = tree / "mutants"
    (home / forked.CHOSEN).write_text(json.dumps([each.name for each in chosen]))
    done = subprocess.run(
        [
            sys.executable, "-m", "pytest", "-q", "-s", "-p", "tests.mutation.forked", "-p", "no:xdist",
            "-p", "no:randomly", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", place.but, *place.tests,
        ],
        cwd=home,
        env={**os.environ, "TZ": AWAY, forked.UNDER_TEST: ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )  # fmt: skip
    said = (home / forked.ENDS).read_text().splitlines() if (home / forked.ENDS).exists() else []
    ends = {name: code for name, code, _test in map(json.loads, said)}
    untried = [each.name for each in chosen if each.name not in ends]
    if untried:
        raise RuntimeError(f"{len(untried)} mutants were not tried: {done.stdout[-3000:]}")
    return [replace(each, found=ends[each.name] in forked.FOUND) for each in chosen]


def with_plain_properties(source: str) -> str:
    """Return the source with `@property` written below its function: mutmut leaves decorated functions alone."""
    lines, found = source.split("\n"), list[ast.FunctionDef]()
    for each in ast.walk(ast.parse(source)):
        if isinstance(each, ast.ClassDef) and not any("Protocol" in ast.unparse(base) for base in each.bases):
            found += [
                function
                for function in each.body
                if isinstance(function, ast.FunctionDef)
                and [ast.unparse(decorator) for decorator in function.decorator_list] == ["property"]
            ]
    for function in sorted(found, key=lambda each: -each.lineno):
        lines.insert(
            function.end_lineno or 0, f"{' ' * function.col_offset}{function.name} = property({function.name})"
        )
        del lines[function.decorator_list[0].lineno - 1]
    return "\n".join(lines)


def _settings(place: Place) -> str:
    values = {
        "source_paths": ["app"],
        "only_mutate": list(place.files),
        "also_copy": ["migrations", "examples", "clients", "wsgi.py"],
        "track_dependencies": False,
        "use_git_change_detection": False,
    }  # fmt: skip
    return "\n\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def _run(tree: Path, word: str, said: str = "") -> str:
    command = [sys.executable, "-m", "tests.mutation.inside", word]
    done = subprocess.run(command, cwd=tree, input=said, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{word} failed: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout
