"""The decorator of our values: that of `dataclasses`, where a class costs little until its first value is made.

`dataclasses` writes and compiles six functions for each frozen class while it is imported: with five hundred classes a
seventh of the start of each process. Here five of them are the same for all, and `__init__` is written, by
`dataclasses`, when somebody first asks for it.
"""

import dataclasses
from collections.abc import Callable, Sequence
from operator import attrgetter
from reprlib import recursive_repr
from typing import TYPE_CHECKING, Any

Fields = Sequence["dataclasses.Field[Any]"]
Methods = dict[str, Any]


def _made(cls: type | None = None, /, **options: Any) -> Any:
    """Return the class with the methods of a dataclass. What is more than frozen is left to `dataclasses`."""
    if cls is None:
        return lambda given: _made(given, **options)
    if not options.get("frozen") or options.keys() - {"frozen", "slots"}:
        return dataclasses.dataclass(cls, **options)
    own = {name for name, value in cls.__dict__.items() if (name, value) != ("__hash__", None)}  # None: beside `__eq__`
    slots = options.get("slots", False)
    made: Any = dataclasses.dataclass(cls, init=False, repr=False, eq=False, slots=slots)
    fields = dataclasses.fields(made)
    methods = {"__init__": _Init(made, fields), **_frozen(made, fields), **_compared(fields), **_shown(fields)}
    if slots:
        methods |= _kept(fields)
    for name in methods.keys() - own:
        setattr(made, name, methods[name])
    return made


if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass  # noqa: PLC0414  # what is exported
else:
    dataclass = _made


class _Init:
    """Stands for `__init__` until somebody asks for it."""

    def __init__(self, owner: type, fields: Fields) -> None:
        self._owner, self._fields = owner, fields

    def __get__(self, value: object, kind: type | None = None) -> Any:
        owner: Any = self._owner
        namespace: Methods = {"__module__": owner.__module__}
        if hasattr(owner, "__post_init__"):
            namespace["__post_init__"] = None  # it is only looked at whether there is one
        fields = [(each.name, each.type, each) for each in self._fields]
        twin = dataclasses.make_dataclass(
            owner.__name__, fields, namespace=namespace, frozen=True, repr=False, eq=False
        )
        written: Any = twin.__init__  # type: ignore[misc]  # the function itself, not one for a value
        written.__qualname__ = f"{owner.__qualname__}.__init__"
        owner.__init__ = written
        return written if value is None else written.__get__(value, kind)


def _frozen(owner: Any, fields: Fields) -> Methods:
    names = frozenset(each.name for each in fields)

    def set_(self: Any, name: str, value: object) -> None:
        if type(self) is owner or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot assign to field {name!r}")
        super(owner, self).__setattr__(name, value)

    def delete(self: Any, name: str) -> None:
        if type(self) is owner or name in names:
            raise dataclasses.FrozenInstanceError(f"cannot delete field {name!r}")
        super(owner, self).__delattr__(name)

    return {"__setattr__": set_, "__delattr__": delete}


def _compared(fields: Fields) -> Methods:
    read = _reader([each.name for each in fields if each.compare])

    def equal(self: object, other: object) -> bool:
        return read(self) == read(other) if other.__class__ is self.__class__ else NotImplemented

    def hashed(self: object) -> int:
        return hash(read(self))

    return {"__eq__": equal, "__hash__": hashed}


def _reader(names: list[str]) -> Callable[[object], tuple[object, ...]]:
    """Return what reads these attributes: a tuple, of one or of none as well."""
    if len(names) > 1:
        return attrgetter(*names)
    return lambda value: tuple(getattr(value, name) for name in names)


def _shown(fields: Fields) -> Methods:
    names = [each.name for each in fields if each.repr]

    @recursive_repr()
    def shown(self: object) -> str:
        return f"{type(self).__qualname__}({', '.join(f'{name}={getattr(self, name)!r}' for name in names)})"

    return {"__repr__": shown}


def _kept(fields: Fields) -> Methods:
    """Return how values with slots are copied and pickled: they cannot be assigned to."""
    names = [each.name for each in fields]

    def state(self: object) -> list[object]:
        return [getattr(self, name) for name in names]

    def restore(self: object, kept: list[object]) -> None:
        for name, value in zip(names, kept, strict=True):
            object.__setattr__(self, name, value)

    return {"__getstate__": state, "__setstate__": restore}
