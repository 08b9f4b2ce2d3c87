"""The app's source as syntax trees."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
APP = ROOT / "app"


def modules(*folders: str) -> list[Path]:
    """Return the modules of the app, or of these folders of it."""
    places = [APP / folder for folder in folders] if folders else [APP]
    return sorted(path for place in places for path in place.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    """Return the module's syntax tree."""
    return ast.parse(path.read_text())


def named(path: Path) -> str:
    """Return the module as the tests' messages name it."""
    return str(path.relative_to(ROOT))


def calls(path: Path) -> Iterator[tuple[int, str]]:
    """Yield the line and the dotted name of every call."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Call):
            yield node.lineno, ast.unparse(node.func)


def calls_of(paths: list[Path], *names: str) -> list[str]:
    """Return where one of these is called, by its last word or by its dotted name."""
    return [
        f"{named(path)}:{line} {call}"
        for path in paths
        for line, call in calls(path)
        if call in names or call.rpartition(".")[2] in names
    ]


def hidden_imports(path: Path) -> list[int]:
    """Return the lines inside functions that import from the app."""
    functions = [each for each in ast.walk(tree(path)) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    found = {node for function in functions for node in ast.walk(function)}
    return sorted(
        node.lineno
        for node in found
        if (isinstance(node, ast.ImportFrom) and (node.level or (node.module or "").partition(".")[0] == "app"))
        or (isinstance(node, ast.Import) and any(each.name.partition(".")[0] == "app" for each in node.names))
    )
