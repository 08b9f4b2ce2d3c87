"""What is asked of mutmut itself, in the tree that it works on: `generate` makes the mutants, `names` names them all.

python -m tests.mutation.inside generate|names|changes

`changes` prints the change of each that standard input names.
"""

import json
import sys
from pathlib import Path

from mutmut.__main__ import copy_also_copy_files, copy_src_dir, create_mutants  # type: ignore[import-not-found]
from mutmut.mutation.diff_apply import get_diff_for_mutant  # type: ignore[import-not-found]

CHILDREN = 2


def generate() -> None:
    """Make every mutant of the files that the settings name."""
    Path("mutants").mkdir(exist_ok=True)
    copy_src_dir()
    copy_also_copy_files()
    create_mutants(CHILDREN)


def names() -> None:
    """Print as JSON the name of every mutant."""
    print(json.dumps(sorted(_files())))


def changes() -> None:
    """Print as JSON, by the mutant's name: its file, the lines as they are, and as they became."""
    found, files = {}, _files()
    for name in json.load(sys.stdin):
        lines = get_diff_for_mutant(name, path=files[name]).splitlines()[2:]
        old, new = (" ".join(each[1:].strip() for each in lines if each[:1] == mark) for mark in "-+")
        found[name] = (files[name], old, new)
    print(json.dumps(found))


def _files() -> dict[str, str]:
    """Return the file of each mutant, by the mutant's name."""
    return {
        name: str(meta.relative_to("mutants").with_suffix(""))
        for meta in Path("mutants").rglob("*.meta")
        for name in json.loads(meta.read_text())["exit_code_by_key"]
    }


if __name__ == "__main__":
    {"generate": generate, "names": names, "changes": changes}[sys.argv[1]]()
