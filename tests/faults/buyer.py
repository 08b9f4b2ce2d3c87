"""A buyer in a process of its own, killed at its Nth moment: before and after every commit and every call to the processor.

    python -m tests.faults.buyer CUSTOMER METHOD FORM_KEY KILL_AT

Prints each moment as it is reached. `KILL_AT` 0: never.
"""

import os
import signal
import sys
from collections.abc import Callable
from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import Session

from app import create_app
from app.config import Settings
from app.domain.money import Money
from app.domain.people import Actor, Role
from app.models.scope import as_customer
from app.services import top_ups


class Moments:
    """Counts what is about to happen and what has happened, and dies (kill -9) at the one that was asked for."""

    def __init__(self, kill_at: int) -> None:
        self.kill_at, self.count = kill_at, 0

    def reached(self, words: str) -> None:
        """Count one moment."""
        self.count += 1
        print(self.count, words, flush=True)
        if self.count == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Watched:
    """A gateway whose every call is a moment before and a moment after."""

    def __init__(self, gateway: object, moments: Moments) -> None:
        self._gateway, self._moments = gateway, moments

    def __getattr__(self, name: str) -> Callable[..., Any]:
        call = getattr(self._gateway, name)

        def watched(*args: object, **kwargs: object) -> object:
            self._moments.reached(f"before {name}")
            answer = call(*args, **kwargs)
            self._moments.reached(f"after {name}")
            return answer

        return watched


def main(customer_id: str, method_id: str, form_key: str, kill_at: int) -> None:
    """Buy 25.00 once."""
    app = create_app(Settings.from_env())
    moments = Moments(kill_at)
    app.extensions["purser.gateway"] = Watched(app.extensions["purser.gateway"], moments)
    event.listen(Session, "before_commit", lambda _session: moments.reached("before commit"))
    event.listen(Session, "after_commit", lambda _session: moments.reached("after commit"))
    actor = Actor(
        member_id="mem_buyer",
        customer_id=customer_id,
        role=Role.OWNER,
        name="Buyer",
        email="buyer@acme.example",
        customer_name="Acme",
    )
    with app.app_context(), as_customer(customer_id):
        payment = top_ups.buy(
            actor,
            form_key=form_key,
            amount=Money(2500, "USD"),
            pack="",
            method_id=method_id,
            return_url="http://127.0.0.1/back/{}".format,
        )
        print("done", payment.state, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
