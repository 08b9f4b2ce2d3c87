"""Whether this process is asked to end. Whoever works through many rows looks here before each, and leaves the rest."""

import threading

_asked = threading.Event()


def ask() -> None:
    """Ask this process to end once what it does just now is done."""
    _asked.set()


def asked() -> bool:
    """Say whether it is asked to end."""
    return _asked.is_set()
