"""How often each key called this minute, counted in this process: where no Redis counts for all, or it is away."""

import threading

from app import clock


class Calls:
    """The counts of the minute that it is; those of the minute before are forgotten."""

    def __init__(self) -> None:
        self._adding = threading.Lock()
        self._minute, self._counts = 0, dict[str, int]()

    def add(self, key: str, most: int) -> int:
        """Count a call; return in how many seconds the key may call again, 0: it may now."""
        minute, second = divmod(int(clock.now().timestamp()), 60)
        with self._adding:
            if minute != self._minute:
                self._minute, self._counts = minute, {}
            count = self._counts[key] = self._counts.get(key, 0) + 1
        return 60 - second if count > most else 0
