"""Who takes part, each with the three tasks: post a credit, read the balance, list the last 25 entries."""

import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import redis
from sqlalchemy import text

from app.domain.money import MICROS, Credits
from app.models.database import db
from app.models.scope import as_customer
from app.services.balance import history, summary
from app.services.ledger import grants
from benchmarks import two_entry
from benchmarks.busy import Busy, server_of, with_children
from benchmarks.places import Place
from benchmarks.rivals.installed import Unavailable, running
from tests.programs.redis_server import binary
from tests.support import cast
from tests.support.ports import free_port

TASKS = ("post", "balance", "history")
ONE = Credits(MICROS)
SEEN = 25
_SCRIPT = """
local balance = redis.call('INCRBY', KEYS[1], ARGV[1])
redis.call('XADD', KEYS[2], '*', 'amount', ARGV[1], 'before', balance - ARGV[1], 'after', balance)
return balance
"""


@dataclass(frozen=True)
class Side:
    """One that keeps balances."""

    name: str
    ask: Callable[[str, int], Busy]
    """Does a task so many times, and returns what it took in the process that asks."""
    servers: tuple[int, ...]
    """The processes that it asks, whose CPU counts too."""

    def did(self, task: str, many: int) -> Busy:
        """Do a task so many times, and return all that it took."""
        before = sum(with_children(each) for each in self.servers)
        took = self.ask(task, many)
        return took + Busy(sum(with_children(each) for each in self.servers) - before, 0.0)


def purser(place: Place) -> Side:
    """Return the portal's own services, in this process."""
    customer = cast.make_customer("Rivalled")

    def post() -> None:
        with place.app.app_context():
            grants.give(
                customer.customer_id, kind="promotional", credits=ONE, granted_by="benchmark", reason="Benchmark"
            )

    def balance() -> None:
        with place.app.app_context(), as_customer(customer.customer_id):
            assert summary.numbers().remaining_credits.micros
            db.session.rollback()

    def rows() -> None:
        with place.app.app_context(), as_customer(customer.customer_id):
            assert len(history.history(history.HistoryQuery(limit=SEEN)).entries) == SEEN
            db.session.rollback()

    return Side("Purser", _here({"post": post, "balance": balance, "history": rows}), (server_of(place),))


def function(place: Place) -> Side:
    """Return a ledger of two entries that is one function of the same database."""

    def balance() -> None:
        with place.raw.begin() as connection:
            assert connection.scalar(text("select balance from two_entry.accounts where id = 'revenue'"))

    def rows() -> None:
        with place.raw.begin() as connection:
            asked = text(
                "select e.amount, e.before, e.after, t.key, t.at from two_entry.entries e "
                "join two_entry.transfers t on t.id = e.transfer_id "
                "where e.account_id = 'revenue' order by e.version desc limit :many"
            )
            assert len(connection.execute(asked, {"many": SEEN}).all()) == SEEN

    tasks = {"post": two_entry.transfers(place), "balance": balance, "history": rows}
    return Side("a two-entry function in PL/pgSQL", _here(tasks), (server_of(place),))


@contextmanager
def in_redis(_place: Place) -> Iterator[Side]:
    """Hand out a script in a Redis that answers when the write is on disk."""
    try:
        server = binary()
    except RuntimeError as problem:
        raise Unavailable(str(problem)) from problem
    port = free_port()
    with tempfile.TemporaryDirectory() as directory:
        words = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", directory]
        words += ["--appendonly", "yes", "--appendfsync", "always"]
        process = subprocess.Popen([server, *words], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            with redis.Redis(port=port, decode_responses=True) as client:
                _until_it_answers(client)
                script = client.register_script(_SCRIPT)
                tasks: dict[str, Callable[[], object]] = {
                    "post": lambda: script(keys=["balance", "entries"], args=[ONE.micros]),
                    "balance": lambda: client.get("balance"),
                    "history": lambda: client.xrevrange("entries", count=SEEN),
                }
                yield Side(f"a script in Redis {client.info('server')['redis_version']}", _here(tasks), (process.pid,))
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def hordak(place: Place) -> Iterator[Side]:
    """Hand out django-hordak on a database of its own of the same server."""
    with _installed(place, "on_hordak.py", ["django-hordak"]) as side:
        yield side


@contextmanager
def djaodjin(place: Place) -> Iterator[Side]:
    """Hand out djaodjin-saas on a database of its own of the same server. It needs `six` without saying so."""
    with _installed(place, "on_saas.py", ["djaodjin-saas", "six"]) as side:
        yield side


@contextmanager
def _installed(place: Place, program: str, packages: list[str]) -> Iterator[Side]:
    url, name = place.raw.url, Path(program).stem
    with psycopg.connect(host=url.host, port=url.port, dbname="postgres", user=url.username, autocommit=True) as owner:
        owner.execute(f"drop database if exists {name}")  # type: ignore[call-overload]
        owner.execute(f"create database {name}")  # type: ignore[call-overload]
    with running(program, packages, [str(url.port), name]) as (version, rival):
        yield Side(version, rival.ask, (server_of(place),))


def _here(tasks: dict[str, Callable[[], object]]) -> Callable[[str, int], Busy]:
    def ask(name: str, many: int) -> Busy:
        task = tasks[name]
        cpu, clock = time.process_time(), time.perf_counter()
        for _ in range(many):
            task()
        return Busy(time.process_time() - cpu, time.perf_counter() - clock)

    return ask


def _until_it_answers(client: "redis.Redis") -> None:
    for _ in range(200):
        try:
            client.ping()
        except redis.ConnectionError:
            time.sleep(0.05)
        else:
            return
    raise Unavailable("its server does not answer")
