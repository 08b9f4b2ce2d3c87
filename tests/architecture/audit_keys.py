"""Which values the code keeps in the audit trail: the keys of `before` and `after` of every entry, read in the source.

A key is followed through names, `|`, `if` and the functions that make or hand on the mapping; what is put together by
a comprehension has no keys in the source and is returned as text.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.architecture.source import APP, modules, named, tree

PLACES = {
    ("audit", "record"): (5, 6),
    ("batch_rows", "audited"): (3,),
    ("changes", "note"): (),
    ("own_sessions", "write_for_all"): (),
}
"""What records an entry, and which of its arguments hold values; by name they are `before` and `after`."""
DEEPEST = 5
Function = ast.FunctionDef
At = tuple[Path, Function]


class Source:
    """The functions of the app by name, and their calls by the name that is called."""

    def __init__(self) -> None:
        self.functions: dict[str, list[At]] = defaultdict(list)
        self.calls: dict[str, list[tuple[Path, Function, ast.Call, str]]] = defaultdict(list)
        self.nodes: dict[int, list[ast.AST]] = {}
        for path in [*modules("services"), *modules("domain/auto_recharge"), APP / "domain/spend_management.py"]:
            self._read(path)

    def _read(self, path: Path) -> None:
        for function in (each for each in ast.walk(tree(path)) if isinstance(each, Function)):
            self.functions[function.name].append((path, function))
            for call in self.inside(function):
                if isinstance(call, ast.Call):
                    of, name = called(call)
                    self.calls[name].append((path, function, call, of))

    def inside(self, function: Function) -> list[ast.AST]:
        """Return every node of a function."""
        if id(function) not in self.nodes:
            self.nodes[id(function)] = list(ast.walk(function))
        return self.nodes[id(function)]

    def recorded(self) -> Iterator[tuple[str, set[str]]]:
        """Yield where an entry is recorded, and its keys."""
        for name in {name for _of, name in PLACES}:
            for path, function, call, of in self.calls[name]:
                if (of, name) in PLACES:
                    given = [call.args[place] for place in PLACES[of, name] if place < len(call.args)]
                    given += [each.value for each in call.keywords if each.arg in {"before", "after"}]
                    yield named(path), {key for each in given for key in self.keys(each, (path, function))}

    def keys(self, value: ast.expr, at: At, depth: int = 0) -> Iterator[str]:
        """Yield the keys of a mapping that an expression makes."""
        if depth > DEEPEST:
            return
        match value:
            case ast.Dict():
                yield from self._written(value, at, depth)
            case ast.BinOp() | ast.IfExp() | ast.BoolOp() | ast.Tuple():
                yield from (key for each in parts(value) for key in self.keys(each, at, depth))
            case ast.Name():
                yield from self._named(value.id, at, depth + 1)
            case ast.Call():
                yield from self._returned(value, at, depth + 1)
            case ast.DictComp():
                yield ast.unparse(value)

    def _written(self, value: ast.Dict, at: At, depth: int) -> Iterator[str]:
        for key, inner in zip(value.keys, value.values, strict=True):
            if key is None:
                yield from self.keys(inner, at, depth + 1)
            else:
                yield str(key.value) if isinstance(key, ast.Constant) else ast.unparse(value)

    def _named(self, name: str, at: At, depth: int) -> Iterator[str]:
        for node in self.inside(at[1]):
            match node:
                case ast.Assign(targets=[target], value=value) | ast.AugAssign(target=target, value=value):
                    yield from self._put(name, target, value, at, depth)
                case ast.AnnAssign(target=target, value=ast.expr() as value):
                    yield from self._put(name, target, value, at, depth)
        yield from self._handed(name, at, depth)

    def _put(self, name: str, target: ast.expr, value: ast.expr, at: At, depth: int) -> Iterator[str]:
        match target:
            case ast.Name(id=found) if found == name:
                yield from self.keys(value, at, depth)
            case ast.Subscript(value=ast.Name(id=found), slice=ast.Constant(value=key)) if found == name:
                yield str(key)
            case ast.Tuple(elts=elements):
                names = [getattr(each, "id", "") for each in elements]
                if name in names:
                    is_pair = isinstance(value, ast.Tuple)
                    yield from self.keys(value.elts[names.index(name)] if is_pair else value, at, depth)  # type: ignore[attr-defined]

    def _handed(self, name: str, at: At, depth: int) -> Iterator[str]:
        """Follow a parameter to those who call the function."""
        path, function = at
        places = [each.arg for each in function.args.args if each.arg not in {"self", "cls"}]
        for caller, within, call, of in self.calls[function.name]:
            if caller != path and of != path.stem and len(self.functions[function.name]) > 1:
                continue
            given = [each.value for each in call.keywords if each.arg == name]
            if name in places and places.index(name) < len(call.args):
                given.append(call.args[places.index(name)])
            yield from (key for each in given for key in self.keys(each, (caller, within), depth))

    def _returned(self, call: ast.Call, at: At, depth: int) -> Iterator[str]:
        _of, name = called(call)
        everywhere = self.functions[name]
        here = [each for each in everywhere if each[0] == at[0]]
        for path, function in here or (everywhere if len(everywhere) == 1 or name == "chosen" else []):
            for node in self.inside(function):
                if isinstance(node, ast.Return) and node.value is not None:
                    yield from self.keys(node.value, (path, function), depth)


def parts(value: ast.BinOp | ast.IfExp | ast.BoolOp | ast.Tuple) -> list[ast.expr]:
    """Return what is joined, chosen from or given together."""
    match value:
        case ast.BinOp():
            return [value.left, value.right]
        case ast.IfExp():
            return [value.body, value.orelse]
        case ast.BoolOp():
            return value.values
    return value.elts


def called(call: ast.Call) -> tuple[str, str]:
    """Return what a call calls: of which name, and by which."""
    if isinstance(call.func, ast.Attribute):
        return getattr(call.func.value, "id", ""), call.func.attr
    return "", getattr(call.func, "id", "")
