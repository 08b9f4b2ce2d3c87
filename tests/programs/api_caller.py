"""Sends one request over the API in a process of its own, which kills itself where the second argument says."""

import json
import os
import signal
import sys

from app import create_app
from app.config import Settings
from app.services import audit, idempotency
from app.services.authorizations import claims, holds
from app.services.ledger import grant_requests
from tests.support.api import Api

PLACES: dict[str, tuple[object, str]] = {
    "before": (grant_requests, "give"),
    "before a capture": (holds, "capture"),
    "inside": (audit, "record"),
    "after": (idempotency, "finish"),
    "after a capture": (claims.Claim, "keep"),
}


def die(*_args: object, **_kwargs: object) -> None:
    """Be gone at once, as by kill -9."""
    os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    key, where, path, body = sys.argv[1:]
    app = create_app(Settings.from_env())
    of, name = PLACES[where]
    setattr(of, name, die)
    Api(app, key).post(path, json.loads(body), once="request-1")
