"""The tree that mutmut works on: a copy, in which properties are written so that their bodies are mutated too."""

import ast
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.mutation.places import Place
from tests.mutation.words import is_about_words

ROOT = Path(__file__).resolve().parent.parent.parent
LEFT_OUT = shutil.ignore_patterns(".venv", ".git", ".*_cache", ".hypothesis", "__pycache__", "instance", "test-results")
FOUND = {1, 3}
"""What pytest ends with when a test is red, or cannot even be collected."""
TOO_LONG = {24, -24, 36, 152, 255, -9}
"""What mutmut writes of a change that made the tests run on and on."""
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
        _run(tree, "tests.mutation.inside", "generate")
        yield tree


def mutants(tree: Path) -> list[Mutant]:
    """Return every mutant but those that only change the words of a sentence."""
    changes = json.loads(_run(tree, "tests.mutation.inside", "changes"))
    all_of_them = [Mutant(name, *change) for name, change in changes.items()]
    return [each for each in all_of_them if not is_about_words(each.old, each.new)]


def drawn(candidates: Sequence[Mutant], sample: int | None, seed: str) -> list[Mutant]:
    """Return as many as the sample is to have, the same for the same seed; all of them without a sample."""
    if sample is None or sample >= len(candidates):
        return list(candidates)
    return random.Random(seed).sample(candidates, sample)  # noqa: S311  # a sample, no secret


def tried(tree: Path, chosen: Sequence[Mutant]) -> list[Mutant]:
    """Try the mutants, each with the tests that call its function; return them with what came of it."""
    command = [sys.executable, "-m", "mutmut", "run", "--max-children", "2", *(each.name for each in chosen)]
    done = subprocess.run(
        command,
        cwd=tree,
        env={**os.environ, "TZ": AWAY},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    ends: dict[str, int | None] = {}
    for meta in (tree / "mutants").rglob("*.meta"):
        ends |= json.loads(meta.read_text())["exit_code_by_key"]
    untried = [each.name for each in chosen if ends[each.name] is None]
    if done.returncode or untried:
        raise RuntimeError(f"{len(untried)} mutants were not tried: {done.stdout[-3000:]}")
    return [Mutant(each.name, each.file, each.old, each.new, ends[each.name] in FOUND | TOO_LONG) for each in chosen]


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
        "pytest_add_cli_args": [
            "-p", "no:xdist", "-p", "no:cacheprovider", "--hypothesis-seed=0", "-k", "not postgresql",
        ],
        "pytest_add_cli_args_test_selection": list(place.tests),
        "track_dependencies": False,
        "use_git_change_detection": False,
    }  # fmt: skip
    return "\n\n[tool.mutmut]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in values.items())


def _run(tree: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, "-m", *words], cwd=tree, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)} failed: {done.stdout[-1000:]}{done.stderr[-3000:]}")
    return done.stdout
