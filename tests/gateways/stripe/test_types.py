"""mypy knows Stripe's requests and answers: a field that is spelled wrong in the gateway does not pass `make check`."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = [
    ROOT / "app" / "gateways" / "stripe" / f"{name}.py"
    for name in ("gateway", "setups", "reversals", "cash", "answers")
]


def test_each_field_of_a_request_or_an_answer_is_checked(tmp_path: Path) -> None:
    """Misspell every one of them, each in a copy of its own, and see which mypy says nothing about; the rest is right."""
    planted: dict[str, str] = {}
    for file in FILES:
        tree = ast.parse(file.read_text())
        counting = Planter(-1)
        counting.visit(tree)
        for number in range(counting.seen):
            planter = Planter(number)
            copied = tmp_path / f"misspelled_{file.stem}_{number}.py"
            copied.write_text(ast.unparse(planter.visit(ast.parse(file.read_text()))))
            planted[copied.name] = planter.planted
        (tmp_path / f"same_{file.stem}.py").write_text(ast.unparse(ast.parse(file.read_text())))
    assert len(planted) > 80
    found = _complaints(tmp_path)
    assert {name: word for name, word in planted.items() if not found[name]} == {}
    assert [name for name, lines in found.items() if lines and name not in planted] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_nothing_in_it_is_looked_at_without_a_type(file: Path) -> None:
    """What mypy is asked to overlook: one place, where the SDK's type for a key says nothing about it."""
    assert re.findall(r"type: ignore\S*|\bAny\b|\bcast\(", file.read_text()) == []


class Planter(ast.NodeTransformer):
    """Misspells one field, by its number: a key of what is sent, or an attribute of what the SDK gave."""

    def __init__(self, number: int) -> None:
        self._number, self.seen, self.planted = number, 0, ""
        self._answers: set[str] = set()
        self._inside = False

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """See which names hold an answer of the SDK."""
        self._inside, self._answers = (
            True,
            {
                each.arg
                for each in [*node.args.args, *node.args.kwonlyargs]
                if each.annotation is not None and "stripe." in ast.unparse(each.annotation)
            },
        )
        self.generic_visit(node)
        self._inside = False
        return node

    def visit_Assign(self, node: ast.Assign) -> ast.AST:
        """What a call of the client gives is an answer."""
        if "self._client.v1" in ast.unparse(node.value) and isinstance(node.targets[0], ast.Name):
            self._answers.add(node.targets[0].id)
        return self.generic_visit(node)

    def visit_Dict(self, node: ast.Dict) -> ast.AST:
        """Misspell a key of what is sent."""
        for key in node.keys:
            if self._inside and isinstance(key, ast.Constant) and isinstance(key.value, str):
                key.value = self._misspelled(key.value)
        return self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """Misspell what is read of an answer."""
        if isinstance(node.value, ast.Name) and node.value.id in self._answers:
            node.attr = self._misspelled(node.attr)
        return self.generic_visit(node)

    def _misspelled(self, word: str) -> str:
        self.seen += 1
        if self.seen - 1 != self._number:
            return word
        self.planted = f"{word}_wrong"
        return self.planted


def _complaints(directory: Path) -> dict[str, set[int]]:
    """Return the lines of each file that mypy finds something wrong with."""
    files = sorted(directory.glob("*.py"))
    ran = subprocess.run(
        [sys.executable, "-m", "mypy", "--no-error-summary", "--hide-error-context", *map(str, files)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ran.returncode in {0, 1}, ran.stdout + ran.stderr
    found: dict[str, set[int]] = {file.name: set() for file in files}
    for name, line in re.findall(r"([\w.]+\.py):(\d+): error", ran.stdout):
        found.setdefault(name, set()).add(int(line))
    return found
