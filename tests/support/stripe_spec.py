"""What Stripe takes, compiled from the installed SDK: each operation's method, path and parameter types.

The SDK is generated from Stripe's own description of its API. Its services say which paths there are, and its
`…Params` types which names, types and words each of them knows. The sandbox has a reader of its own; this one is
written apart from it, so that a mistake in one is found by the other.
"""

import ast
import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

import stripe
import typing_extensions

Tree = dict[str, "str | Tree"]
SDK = Path(stripe.__file__).parent
_ONLY_FOR_TYPE_CHECKERS = {"StripeContext": str, "Mapping": Mapping, "Decimal": Decimal}
_OPTIONS = frozenset(stripe.RequestOptions.__annotations__)


@dataclass(frozen=True)
class Operation:
    """One thing that can be asked of Stripe."""

    method: str
    path: str
    params: str
    """Where the parameters' type is, as `module:name`; empty: it takes none."""

    @property
    def pattern(self) -> str:
        """The path as an expression: each id is one word."""
        return re.sub(r"\{\w+\}", r"[A-Za-z0-9_]+", self.path)


@cache
def operations() -> tuple[Operation, ...]:
    """Return every operation that the SDK knows; of two that match a path, the one with fewer ids stands first."""
    found = [each for file in sorted(SDK.rglob("_*_service.py")) for each in _declared(ast.parse(file.read_text()))]
    return tuple(sorted(set(found), key=lambda each: (each.path.count("{"), each.path, each.method)))


def operation_of(method: str, path: str) -> Operation | None:
    """Return the operation that a request asks for, or None: Stripe knows no such address."""
    for pattern, each in _by_shape().get((method, path.count("/")), ()):
        if pattern.fullmatch(path):
            return each
    return None


@cache
def _by_shape() -> dict[tuple[str, int], list[tuple[re.Pattern[str], Operation]]]:
    """Return the operations by their method and how deep their path is: each request of each test looks for its own."""
    found: dict[tuple[str, int], list[tuple[re.Pattern[str], Operation]]] = {}
    for each in operations():
        shape = (each.method, each.path.count("/"))
        found.setdefault(shape, []).append((re.compile(each.pattern, re.ASCII), each))
    return found


def wrong(operation: Operation, sent: Tree) -> list[str]:
    """Return what is wrong with the parameters of a request, each with its place; nothing when Stripe takes them."""
    if not operation.params:
        return [f"{name}: unknown" for name in sent]
    module, _, name = operation.params.partition(":")
    return list(_wrong_in(sent, getattr(import_module(module), name), ""))


def _declared(tree: ast.Module) -> Iterator[Operation]:
    imported = {
        alias.name: f"{each.module}:{alias.name}"
        for each in ast.walk(tree)
        if isinstance(each, ast.ImportFrom)
        for alias in each.names
    }
    for each in ast.walk(tree):
        if not isinstance(each, ast.FunctionDef) or each.name.endswith("_async"):
            continue
        for call in ast.walk(each):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute)):
                continue
            if call.func.attr == "_request":
                yield Operation(_text(call.args[0]), _text(call.args[1]), imported.get(_params_of(each), ""))


def _text(node: ast.expr) -> str:
    """Return a text of the source: as it is, or what `.format` is called on."""
    while not isinstance(node, ast.Constant):
        assert isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        node = node.func.value
    return str(node.value)


def _params_of(function: ast.FunctionDef) -> str:
    for each in function.args.args:
        if each.arg == "params" and each.annotation is not None:
            found = re.search(r"\w+Params", ast.unparse(each.annotation))
            return found.group() if found else ""
    return ""


def _wrong_in(sent: Tree, spec: Any, at: str) -> Iterator[str]:
    known = _fields(spec)
    for name, value in sent.items():
        where = f"{at}[{name}]" if at else name
        if name in known:
            yield from _wrong_value(value, _choices(known[name]), where)
        else:
            yield f"{where}: unknown"
    for name, kind in known.items():
        if get_origin(kind) is not typing_extensions.NotRequired and name not in sent:
            yield f"{at}[{name}]: missing" if at else f"{name}: missing"


def _wrong_value(value: "str | Tree", choices: tuple[Any, ...], at: str) -> Iterator[str]:
    if isinstance(value, str):
        if not any(_takes(choice, value, choices) for choice in choices):
            yield f"{at}: {value!r} is no {' or '.join(sorted(set(map(_named, choices))))}"
        return
    for choice in choices:
        if typing_extensions.is_typeddict(choice):
            yield from _wrong_in(value, choice, at)
            return
        if get_origin(choice) is list:
            yield from _wrong_list(value, get_args(choice)[0], at)
            return
        if get_origin(choice) is dict:
            for key, each in value.items():
                yield from _wrong_value(each, _choices(get_args(choice)[1]), f"{at}[{key}]")
            return
    yield f"{at}: a hash where there is none"


def _wrong_list(value: Tree, kind: Any, at: str) -> Iterator[str]:
    if list(value) != [str(place) for place in range(len(value))]:
        yield f"{at}: not a list"
        return
    for place, each in value.items():
        yield from _wrong_value(each, _choices(kind), f"{at}[{place}]")


def _takes(choice: Any, value: str, choices: tuple[Any, ...]) -> bool:
    if get_origin(choice) is Literal:
        return value in get_args(choice)
    if choice is bool:
        return value in {"true", "false"}
    if choice is int:
        return re.fullmatch(r"-?[0-9]+", value) is not None
    if choice in {float, Decimal}:
        return re.fullmatch(r"-?[0-9]+(\.[0-9]+)?", value) is not None
    # Beside words the SDK allows any text, for words to come: the Stripe of this version knows those words only.
    words = [each for each in choices if get_origin(each) is Literal and any(get_args(each))]
    return choice is str and value != "" and not words


def _named(choice: Any) -> str:
    return "word of its list" if get_origin(choice) is Literal else getattr(choice, "__name__", "?")


def _choices(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) in {typing_extensions.NotRequired, typing_extensions.Required}:
        return _choices(get_args(kind)[0])
    if get_origin(kind) in {Union, types.UnionType}:
        return tuple(choice for each in get_args(kind) for choice in _choices(each))
    return (kind,)


@cache
def _fields(spec: Any) -> dict[str, Any]:
    """Return the type of each parameter; what the SDK mixes in to send as a header is none."""
    hints = typing_extensions.get_type_hints(spec, None, _ONLY_FOR_TYPE_CHECKERS, include_extras=True)
    options = _OPTIONS if stripe.RequestOptions in typing_extensions.get_original_bases(spec) else frozenset()
    return {name: kind for name, kind in hints.items() if name not in options}
