"""Clients that ask as fast as they are answered: wrk, which leaves the cores to the server, or Python's without it."""

import http.client
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from statistics import quantiles

from benchmarks.busy import with_children

SCRIPT = Path(__file__).with_name("load.lua")
SECONDS = 1
TURNS = 5
"""How often the clients try where none is answered, or some are refused: on a machine that does much else."""
LATEST = 60
"""So many seconds after the clients begin they have ended, or are ended."""
_marks = itertools.count(1)


@dataclass(frozen=True)
class Work:
    """What is asked by POST: `CUSTOMER` is each customer in turn, `NUMBER` a word that no other request has."""

    customers: tuple[str, ...]
    path: str
    body: str = ""
    then: str = ""
    """What follows where a request was answered with an open authorization: `ANSWER` is its id."""
    keyed: bool = False
    """Each request has an Idempotency-Key of its own."""


@dataclass(frozen=True)
class Load:
    """What came of it."""

    requests: int
    seconds: float
    slow: float
    """Seconds that the slowest of 100 requests took."""
    web: float
    database: float
    """Seconds of CPU of all their processes."""

    @property
    def rate(self) -> float:
        """Requests a second."""
        return self.requests / self.seconds

    @property
    def cpu(self) -> float:
        """Milliseconds of CPU a request, of web and database."""
        return 1000 * (self.web + self.database) / self.requests

    def each(self) -> str:
        """Write what one request took of web and database."""
        web, database = (1000 * each / self.requests for each in (self.web, self.database))
        return f"web {web:.2f} ms + database {database:.2f} ms"


Done = tuple[int, float, float]


class Refused(Exception):
    """The server refused some of it: a turn that says nothing of what a request costs."""


def generator() -> str:
    """Return who asks."""
    return "wrk" if shutil.which("wrk") else "clients in Python"


def loaded(port: int, key: str, work: Work, clients: int, pids: tuple[int, int]) -> Load:
    """Let so many clients ask for a while; `pids` are the first processes of web and database."""
    ask: Callable[[int, str, Work, int], Done] = _by_wrk if shutil.which("wrk") else _by_python
    why = "no request was answered"
    for _ in range(TURNS):
        before = [with_children(each) for each in pids]
        try:
            done = ask(port, key, work, clients)
        except (Refused, OSError, subprocess.TimeoutExpired) as problem:
            why = f"{type(problem).__name__}: {problem}"
            continue
        if done[0]:  # else the machine was so busy that no client had its turn
            break
    else:
        raise RuntimeError(f"{work.path}, in {TURNS} turns: {why}")
    web, database = (with_children(each) - already for each, already in zip(pids, before, strict=True))
    return Load(*done, web, database)


def _by_wrk(port: int, key: str, work: Work, clients: int) -> Done:
    with tempfile.NamedTemporaryFile("w+") as customers:
        customers.write("\n".join(work.customers))
        customers.flush()
        command = ["wrk", "-t", "1", "-c", str(clients), "-d", f"{SECONDS}s", "--timeout", "30s", "-s", str(SCRIPT)]
        command += [f"http://127.0.0.1:{port}", "--", customers.name, _mark(), key, work.path, work.body, work.then]
        command += ["keyed"] if work.keyed else []
        ran = subprocess.run(command, check=True, capture_output=True, text=True, timeout=LATEST)
    last = ran.stdout.strip().splitlines()[-1]
    done = json.loads(last) if last.startswith("{") else {"refused": 1}
    if done["refused"]:
        raise Refused(ran.stdout + ran.stderr)
    return done["requests"], done["seconds"], done["slow"]


def _by_python(port: int, key: str, work: Work, clients: int) -> Done:
    mark, numbers = _mark(), itertools.count()
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    began = time.perf_counter()

    def client(number: int) -> list[float]:
        connection, took, due = http.client.HTTPConnection("127.0.0.1", port, timeout=30), list[float](), ""
        while (at := time.perf_counter()) < began + SECONDS:
            named = {"CUSTOMER": work.customers[number % len(work.customers)], "NUMBER": f"{mark}-{next(numbers)}"}
            path, body = (
                (work.then.replace("ANSWER", due), "")
                if due
                else (_filled(work.path, named), _filled(work.body, named))
            )
            once = {"Idempotency-Key": f"{mark}-{next(numbers)}"} if work.keyed else {}
            connection.request("POST", path, body, headers | once)
            answer = connection.getresponse()
            said = json.loads(answer.read())
            took.append(time.perf_counter() - at)
            if answer.status != 200 or said.get("allowed") is False:
                raise Refused(f"{answer.status} {said}")
            due = said.get("authorization", "") if work.then and not due else ""
            number += clients
        connection.close()
        return took

    with ThreadPoolExecutor(clients) as threads:
        took = [each for some in threads.map(client, range(clients)) for each in some]
    return len(took), time.perf_counter() - began, quantiles(took, n=100)[98]


def _filled(text: str, named: dict[str, str]) -> str:
    for name, value in named.items():
        text = text.replace(name, value)
    return text


def _mark() -> str:
    return f"load-{time.time_ns()}-{next(_marks)}"
