"""Values behave as those of `dataclasses`, however late their methods are made."""

import copy
import dataclasses
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from app.values import dataclass

Pair = tuple[type[Any], type[Any]]


def _plain(decorate: Callable[..., Any], **options: bool) -> type[Any]:
    @decorate(frozen=True, **options)
    class Value:
        a: int
        b: str = "b"
        c: list[int] = dataclasses.field(default_factory=list, compare=False, repr=False)

        def __post_init__(self) -> None:
            if self.a < 0:
                raise ValueError(self.a)

    return Value  # type: ignore[no-any-return]


def _child(decorate: Callable[..., Any], **options: bool) -> type[Any]:
    parent = _plain(decorate, **options)

    @decorate(frozen=True, **options)
    class Child(parent):
        d: int = 4

        def __repr__(self) -> str:
            return "mine"

        def __eq__(self, other: object) -> bool:
            return isinstance(other, Child) and self.a == other.a

        __hash__ = parent.__hash__

    return Child  # type: ignore[no-any-return]


def _of_one(decorate: Callable[..., Any], **options: bool) -> type[Any]:
    @decorate(frozen=True, **options)
    class One:
        a: int

        def __hash__(self) -> int:
            return 7

    return One  # type: ignore[no-any-return]


def _shown(act: Callable[[], object]) -> object:
    """Return what comes of it, in words that two classes can share."""
    try:
        return act()
    except (TypeError, ValueError, AttributeError) as problem:
        return type(problem), str(problem)


ACTS: dict[str, Callable[[type[Any]], object]] = {
    "signature": lambda kind: str(inspect.signature(kind)),
    "match": lambda kind: kind.__match_args__,
    "fields": lambda kind: [(each.name, each.type, each.compare) for each in dataclasses.fields(kind)],
    "shown": lambda kind: repr(kind(1)).rpartition(".")[2],
    "by name": lambda kind: repr(kind(a=1)).rpartition(".")[2],
    "too many": lambda kind: _shown(lambda: kind(1, "b", [], 4, 5)),
    "none": lambda kind: _shown(kind),  # noqa: PLW0108  # beside the others
    "refused": lambda kind: _shown(lambda: dataclasses.asdict(kind(-1))),
    "set": lambda kind: _shown(lambda: setattr(kind(1), "a", 2)),
    "set another": lambda kind: _shown(lambda: setattr(kind(1), "other", 2)),
    "deleted": lambda kind: _shown(lambda: delattr(kind(1), "a")),
    "set below": lambda kind: vars(_set_below(kind)),
    "equal": lambda kind: (kind(1) == kind(1), kind(1) == kind(2), kind(1) != (1,), kind(1).__eq__(1)),
    "hashed": lambda kind: _shown(lambda: (hash(kind(1)) == hash(kind(1)), len({kind(1), kind(1), kind(2)}))),
    "replaced": lambda kind: dataclasses.asdict(dataclasses.replace(kind(1), a=2)),
    "copied": lambda kind: dataclasses.asdict(copy.deepcopy(kind(1))),
    "own defaults": lambda kind: getattr(kind(1), "c", None) is not getattr(kind(1), "c", 1),
}


NOT_OF_SLOTS = {"set another", "set below"}
"""Python 3.11's own fail: they ask the class that had no slots yet."""


def _set_below(kind: type[Any]) -> Any:
    below = type("Below", (kind,), {})(1)
    below.other = 2
    return below


@pytest.mark.parametrize("slots", [False, True])
@pytest.mark.parametrize("make", [_plain, _child, _of_one])
def test_a_value_does_what_one_of_dataclasses_does(make: Callable[..., type[Any]], slots: bool) -> None:
    ours, theirs = make(dataclass, slots=slots), make(dataclasses.dataclass, slots=slots)
    for name, act in ACTS.items():
        if not (slots and name in NOT_OF_SLOTS):
            assert act(ours) == act(theirs), name


@dataclass(frozen=True, slots=True)
class Kept:
    """A value that pickle finds by its name."""

    a: int
    b: str


def test_a_value_with_slots_is_pickled() -> None:
    assert pickle.loads(pickle.dumps(Kept(1, "b"))) == Kept(1, "b")  # noqa: S301  # our own


def test_what_is_more_than_frozen_is_made_by_dataclasses() -> None:
    @dataclass(frozen=True, order=True)
    class Ordered:
        a: int

    @dataclass
    class Open:
        a: int

    changed = Open(1)
    changed.a = 2
    assert Ordered(1) < Ordered(2)
    assert changed == Open(2)


def test_a_class_writes_no_function_before_its_first_value() -> None:
    made = _plain(dataclass)
    assert not inspect.isfunction(inspect.getattr_static(made, "__init__"))
    assert made(1).a == 1
    assert inspect.isfunction(inspect.getattr_static(made, "__init__"))
