"""A worker in a process of its own: it says that it is ready, waits for its work on standard input, and tells what came of it.

    python -m tests.services.worker_spender

The work is a list in JSON of `[what, …]`; each is done as a request would be, in an app context of its own. Each answer is
a line of JSON: `[what, key or id, how it ended]`. Whatever is neither done nor refused by a rule ends the process.
"""

import json
import sys
from collections.abc import Callable

from app import create_app
from app.config import Settings
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people import Actor, Role
from app.models.scope import as_customer
from app.services import due, settle, top_ups, usage


def buy(customer_id: str, method_id: str, form_key: str, minor: int) -> list[str]:
    """Buy credit with a saved method."""
    actor = Actor("mem_buyer", customer_id, Role.OWNER, name="Buyer", email="buyer@acme.example", customer_name="Acme")
    with as_customer(customer_id):
        payment = top_ups.buy(
            actor,
            form_key=form_key,
            amount=Money(minor, "USD"),
            pack="",
            method_id=method_id,
            return_url="http://127.0.0.1/back/{}".format,
        )
        return [payment.id, payment.state]


def spend(customer_id: str, key: str, micros: int) -> list[str]:
    """Report usage."""
    try:
        usage.record(customer_id, key=key, credits=Credits(micros), description="Requests")
    except Refused as refusal:
        return [key, refusal.reason]
    return [key, "accepted"]


def settle_payment(payment_id: str) -> list[str]:
    """Ask the processor how the payment stands."""
    return [payment_id, settle.settle(payment_id).state]


def run_due() -> list[str]:
    """Do what the job worker does every second: deliver webhooks, work on them, sweep."""
    due.run_due()
    return ["", "done"]


WORK: dict[str, Callable[..., list[str]]] = {"buy": buy, "spend": spend, "settle": settle_payment, "due": run_due}


def main() -> None:
    """Wait for the work, then do it."""
    app = create_app(Settings.from_env())
    with app.app_context():
        pass
    print("ready", flush=True)
    for what, *words in json.loads(sys.stdin.readline()):
        with app.app_context():
            print(json.dumps([what, *WORK[what](*words)]), flush=True)


if __name__ == "__main__":
    main()
