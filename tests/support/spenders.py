"""Processes that spend when they are asked: the hosts of a customer, all at once."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from app.config import Settings
from app.models.customers import Customer
from tests.support import programs
from tests.support.databases import environment

Worker = programs.Program


def started(settings: Settings, now: datetime, many: int) -> list[Worker]:
    """Start so many, and wait until they are ready. `now` is what their clock shows."""
    environ = environment(settings)
    found = [programs.start("tests.programs.spender", now.isoformat(), env=environ) for _ in range(many)]
    for each in found:
        assert each.stdout is not None
        assert each.stdout.readline() == "ready\n"
    return found


@contextmanager
def spenders(settings: Settings, now: datetime, many: int) -> Iterator[list[Worker]]:
    """Let so many processes run that spend when they are asked. What the block puts in the list is ended too."""
    workers = started(settings, now, many)
    try:
        yield workers
    finally:
        for each in workers:
            each.kill()
            each.communicate()


def send_work(workers: Sequence[Worker], how: str, customer: Customer, seed: object, calls: int) -> None:
    """Ask all of them to begin."""
    for number, each in enumerate(workers):
        assert each.stdin is not None
        each.stdin.write(f"{how} {customer.customer_id} {seed}-{number} {calls}\n")


def heard(workers: Sequence[Worker]) -> int:
    """Wait for all of them; return what they were allowed, or used, in micros."""
    return sum(int(each.stdout.readline()) for each in workers if each.stdout is not None)
