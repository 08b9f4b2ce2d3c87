"""Worker processes that buy, spend, report, hold and settle: they begin at the same moment, and report the result of each piece of work.

    python -m tests.programs.buyer < plans.json

The plans are a list in JSON: for each process a list of `[what, …]`. Each piece is done as a request would be, in an app
context of its own, and answered by a line of JSON: `[what, key or id, how it ended]`. Whatever is neither done nor refused
by a rule ends its process, and the exit code says so. The processes are forked from one that has made no connection.
"""

import json
import multiprocessing
import sys
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.synchronize import Barrier
from typing import Any

from flask import Flask

from app import clock, create_app
from app.config import Settings
from app.domain.authorizations import AuthorizationRequest
from app.domain.errors import Refused
from app.domain.money import Credits, Money
from app.domain.people.members import Actor, Role
from app.models.scope import as_customer
from app.services import jobs
from app.services.authorizations import holds, postgresql_calls
from app.services.ledger import grants
from app.services.payments import settlement, top_ups
from app.services.usage import events, recording
from app.services.usage.events import UsageReport
from tests.support.meters import post_all

FORK = multiprocessing.get_context("fork")
WAIT = 60


def buy(customer_id: str, method_id: str, form_key: str, minor: int) -> list[str]:
    """Buy credit with a saved method."""
    actor = Actor("mem_buyer", customer_id, Role.OWNER, name="Buyer", email="buyer@acme.example", customer_name="Acme")
    with as_customer(customer_id):
        try:
            payment = top_ups.buy(
                actor,
                form_key=form_key,
                amount=Money(minor, "USD"),
                pack="",
                method_id=method_id,
                return_url="http://127.0.0.1/back/{}".format,
            )
        except Refused as refusal:
            return [form_key, refusal.reason]
        return [payment.id, payment.state]


def spend(customer_id: str, key: str, micros: int) -> list[str]:
    """Report usage."""
    try:
        recording.record(customer_id, key=key, credits=Credits(micros), description="Requests")
    except Refused as refusal:
        return [key, refusal.reason]
    return [key, "accepted"]


def report(customer_ids: list[str], name: str, quantity: int) -> list[str]:
    """Report an event of each customer in one batch, in the order given."""
    batch = [UsageReport(f"{name}-{each}", whose, "requests", quantity) for each, whose in enumerate(customer_ids)]
    return [name, str(events.accept(batch).accepted)]


def hold(customer_id: str, key: str, micros: int) -> list[str]:
    """Ask for credit, and use half of what is held."""
    answer = holds.authorize(AuthorizationRequest(customer_id, micros=micros, key=key))
    if answer.allowed:
        holds.capture(answer.id, credits=Credits(micros // 2))
    return [key, "allowed" if answer.allowed else answer.reason]


def give(customer_id: str, micros: int, milliseconds: int) -> list[str]:
    """Give credit that lasts so long."""
    ends = clock.now() + timedelta(milliseconds=milliseconds)
    grant = grants.give(
        customer_id,
        kind="promotional",
        credits=Credits(micros),
        granted_by="support",
        reason="Welcome",
        expires_at=ends,
    )
    return [grant.id, "given"]


def post(customer_id: str) -> list[str]:
    """Post what was used."""
    post_all(customer_id)
    return ["", "done"]


def settle_payment(payment_id: str) -> list[str]:
    """Ask the processor how the payment stands."""
    return [payment_id, settlement.settle(payment_id).state]


def run_due() -> list[str]:
    """Do what the job worker does every second: deliver webhooks, work on them, sweep."""
    jobs.run_due()
    return ["", "done"]


WORK: dict[str, Callable[..., list[str]]] = {
    "buy": buy,
    "spend": spend,
    "report": report,
    "hold": hold,
    "give": give,
    "post": post,
    "settle": settle_payment,
    "due": run_due,
}


def work(app: Flask, plan: list[list[Any]], start: Barrier) -> None:
    """Be one worker: wait for all, then do the plan on connections of its own."""
    start.wait(WAIT)
    for what, *words in plan:
        with app.app_context():
            sys.stdout.write(json.dumps([what, *WORK[what](*words)]) + "\n")
            sys.stdout.flush()


def main() -> None:
    """Start a process for each plan and wait for all."""
    postgresql_calls.PATIENCE = 60  # here a busy machine is no fault of the database's
    plans, app = json.load(sys.stdin), create_app(Settings.from_env())
    start = FORK.Barrier(len(plans))
    crew = [FORK.Process(target=work, args=(app, plan, start)) for plan in plans]
    for worker in crew:
        worker.start()
    for worker in crew:
        worker.join()
    sys.exit(any(worker.exitcode for worker in crew))


if __name__ == "__main__":
    main()
