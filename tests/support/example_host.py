"""The example host product as tests run it: beside a portal of the test's process, under a clock that the test moves."""

import importlib
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from werkzeug.serving import make_server

from app import clock
from app.domain.people.members import Role
from app.models.customers import Customer
from app.services.access import api_keys, frame_origins
from tests.support import cast
from tests.support.cast import Part
from tests.support.server import Quiet, Server

CLIENT = Path(__file__).resolve().parent.parent.parent / "clients" / "python"
NORA = Part("Nora Winter", "nora@northwind.example", Role.OWNER)
"""Whom the example knows: the same person signs in at the host and is a member here."""
MORNING = datetime(2031, 3, 11, 9, 0, tzinfo=UTC)
"""Later than what the host's own clock says, which nobody moves."""


@dataclass
class Day:
    """The portal's clock, for all threads of the process: it stands until the test moves it."""

    at: datetime = MORNING

    def passes(self, **time: float) -> datetime:
        """Let so much time pass, and return what the clock says then."""
        self.at += timedelta(**time)
        return self.at


def stopped_clock(monkeypatch: pytest.MonkeyPatch) -> Day:
    """Stop the clock of the whole process at the morning of a day, and return what moves it."""
    day = Day()
    monkeypatch.setattr(clock, "now", lambda: clock._set_to.get() or day.at)
    return day


def loaded(portal: Server, customer: Customer, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Return the example's module, with a key of its own, for this customer; Nora is made a member."""
    cast.make_actor(NORA, customer)
    _row, key = api_keys.create("host", ["billing:read", "embed:create", "usage:write"])
    values = {
        "URL": portal.url,
        "API_KEY": key,
        "CUSTOMER": customer.customer_id,
        "WEBHOOK_SECRET": "whsec_" + "A" * 32,
    }
    for name, value in values.items():
        monkeypatch.setenv(f"PURSER_{name}", value)
    monkeypatch.syspath_prepend(str(CLIENT))
    sys.modules.pop("examples.host_product.host", None)
    return importlib.import_module("examples.host_product.host")


@contextmanager
def serving(module: ModuleType) -> Iterator[str]:
    """Serve the example inside the block on localhost, which is another site than 127.0.0.1; its origin is added."""
    server = make_server("127.0.0.1", 0, module.app, threaded=True, request_handler=Quiet)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    url = f"http://localhost:{server.server_port}"
    frame_origins.add(url, by="a test")
    try:
        yield url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
