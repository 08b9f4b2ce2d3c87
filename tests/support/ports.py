"""Ports of loopback for servers that the tests start."""

import itertools
import os
import secrets
import socket

GIVEN_TO_NOBODY = range(20_000, 32_000)
"""What the system gives to connections begins above. Hundreds are open or have just been closed while tests run, and each
would keep its port from a server that starts, or starts again, a little later."""
PARTS = 16
"""Among so many processes of a run the ports are divided."""


def _own() -> list[int]:
    """Return this process's part, from any place on."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    part = int(worker.removeprefix("gw")) % PARTS if worker else PARTS - 1
    size = len(GIVEN_TO_NOBODY) // PARTS
    own, begin = list(GIVEN_TO_NOBODY[part * size : (part + 1) * size]), secrets.randbelow(size)
    return own[begin:] + own[:begin]


_ports = itertools.cycle(_own())


def free_port(many: int = 1) -> int:
    """Return a port that nothing listens on, nor on those that follow it.

    It is returned to nobody else: a server takes a while to start, the demo a minute.
    """
    while True:
        ports = list(itertools.islice(_ports, many))
        if ports[-1] - ports[0] == many - 1 and all(_is_free(port) for port in ports):
            return ports[0]


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
