"""Ports of loopback for servers that the tests start."""

import secrets
import socket
from contextlib import suppress

GIVEN_TO_NOBODY = range(20_000, 32_000)
"""What the system gives to connections begins above. Hundreds are open or have just been closed while tests run, and each
would keep its port from a server that starts, or starts again, a little later."""


def free_port(many: int = 1) -> int:
    """Return a port that nothing listens on, nor on those that follow it."""
    while True:
        first = secrets.choice(GIVEN_TO_NOBODY)
        with suppress(OSError):
            for port in range(first, first + many):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", port))
            return first
