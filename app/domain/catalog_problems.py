"""What is wrong with a catalog: a key, and why, in words."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

Path = tuple[str | int, ...]
"""The way to a key: names, and positions in lists counted from 0."""


@dataclass(frozen=True)
class Problem:
    """A key that is wrong, and why, in words that continue "the key …"."""

    path: Path
    reason: str


def dotted(path: Path) -> str:
    """Write a path as docs and messages do: `packs[2].price`, counted from 1."""
    words = ""
    for step in path:
        words += f"[{step + 1}]" if isinstance(step, int) else f".{step}" if words else step
    return words


def unique(section: str, keys: Sequence[str], below: str = "") -> Iterator[Problem]:
    """Find keys that are taken already by an earlier entry."""
    for index, key in enumerate(keys):
        if key in keys[:index]:
            path: Path = (section, below, index, "key") if below else (section, index, "key")
            yield Problem(path, f"is taken already by an earlier one ({key})")


def event_rules(rules: Iterable[tuple[str, str]], meters: Collection[str]) -> Iterator[Problem]:
    """Find types of events that are counted by no meter there is, or by two."""
    seen = set[str]()
    for index, (name, meter) in enumerate(rules):
        if meter not in meters:
            yield Problem(("usage", "events", index, "meter"), f"is {meter}, which is no meter")
        if name in seen:
            yield Problem(("usage", "events", index, "type"), "stands there twice")
        seen.add(name)
