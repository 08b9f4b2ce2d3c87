"""What a planted bug is."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Bug:
    """`old` occurs exactly once in `file`; `tests` are named as on pytest's command line."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
