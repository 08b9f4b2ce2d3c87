"""Hosts that call the portal over HTTP, each in a thread of its own, and send again what got no answer."""

import http.client
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from app.config import Settings
from app.services.idempotency import LEASE
from tests.support import programs
from tests.support.databases import environment

PATIENCE = 120


class Portals:
    """The web processes that serve one database. Where one died, the next serves in its place."""

    def __init__(self, settings: Settings) -> None:
        self._environ = environment(settings)
        self._running: list[programs.Program] = []
        self.ports: list[int] = []

    def start(self, *kill: str, place: int = 0) -> programs.Program:
        """Start one, in the place of the one that served there."""
        with Path(os.devnull).open("wb") as unread:  # a pipe that nobody reads would be full of what it logs
            started = programs.start("tests.programs.http_portal", *kill, env=self._environ, errors=unread)
        assert started.stdout is not None
        port = int(started.stdout.readline())
        self._running.append(started)
        self.ports[place : place + 1] = [port]
        return started

    def end(self) -> dict[str, int]:
        """End all that run; return how many POSTs of each name the last one's Flask was asked to do."""
        last, said = self._running[-1], ""
        for each in self._running:
            heard, _ = each.communicate(timeout=PATIENCE)
            said = heard if each is last else said
        self._running.clear()
        asked: dict[str, int] = json.loads(said.strip().splitlines()[-1])
        return asked

    def kill(self) -> None:
        """Kill what still runs."""
        for each in self._running:
            each.kill()
            each.communicate()
        self._running.clear()


@contextmanager
def portals(settings: Settings) -> Iterator[Portals]:
    """Let web processes run inside the block."""
    made = Portals(settings)
    try:
        yield made
    finally:
        made.kill()


@dataclass(frozen=True)
class Sent:
    """A request as it may be sent again: its address behind /v1/authorizations or the like, its body, its key."""

    path: str
    body: dict[str, object] = field(default_factory=dict)
    key: str = ""


@dataclass
class Host:
    """One caller: a connection of its own, and what it was answered."""

    portals: Portals
    api_key: str
    now: datetime
    place: int = 0
    answers: list[tuple[Sent, dict[str, Any]]] = field(default_factory=list)
    _open: tuple[int, http.client.HTTPConnection] | None = None

    def asks(self, sent: Sent, *refusals: str) -> dict[str, Any]:
        """Return the answer, however often the request must be sent for one; {}: it was refused for one of these reasons."""
        for _ in range(PATIENCE * 100):
            try:
                status, said = self._once(sent)
            except (OSError, http.client.HTTPException):  # it was killed: what became of the request is not known
                self.hang_up()
                time.sleep(0.01)
                continue
            if said.get("reason") == "request_under_way":
                self.now += LEASE + timedelta(seconds=1)
                continue
            if status == 503:
                continue
            if said.get("reason") in refusals and status in {402, 409}:
                return {}
            assert status == 200, (sent, status, said)
            self.answers.append((sent, said))
            return said
        raise AssertionError(f"no answer to {sent}")

    def _once(self, sent: Sent) -> tuple[int, dict[str, Any]]:
        port = self.portals.ports[self.place]
        if self._open is None or self._open[0] != port:
            self.hang_up()
            self._open = port, http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        headers = {
            "Authorization": f"Bearer {self.api_key}",
            "Content-Type": "application/json",
            "X-Now": self.now.isoformat(),
            **({"Idempotency-Key": sent.key} if sent.key else {}),
        }
        connection = self._open[1]
        connection.request("POST", f"/v1/{sent.path}", json.dumps(sent.body), headers)
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())

    def hang_up(self) -> None:
        """Close the connection."""
        if self._open is not None:
            self._open[1].close()
        self._open = None


class Calling(threading.Thread):
    """A host at work. What goes wrong in it goes wrong in the test that waits for it."""

    def __init__(self, host: Host, work: Callable[..., Any], *args: object) -> None:
        super().__init__(daemon=True)
        self.host, self._work, self._args = host, work, args
        self._wrong: BaseException | None = None
        self.made: Any = None

    def run(self) -> None:
        """Do the work."""
        try:
            self.made = self._work(self.host, *self._args)
        except BaseException as wrong:  # noqa: BLE001  # raised where it is waited for
            self._wrong = wrong
        finally:
            self.host.hang_up()

    def ended(self) -> Any:
        """Wait for its end, and return what it made."""
        self.join(2 * PATIENCE)
        if self._wrong is not None:
            raise self._wrong
        return self.made
