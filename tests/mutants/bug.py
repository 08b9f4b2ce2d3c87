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
    of_postgresql: bool = False
    """It is in Python, but what only PostgreSQL has."""

    @property
    def is_on_postgresql(self) -> bool:
        """Say whether its tests are run on PostgreSQL; else on SQLite."""
        return self.of_postgresql or self.file.endswith(".sql")
