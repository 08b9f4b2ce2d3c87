"""Crash runs in a prepared process: each step of a plan is a process forked from it, killed where the plan says.

    python -m tests.programs.crash_runs < work.json

The work is `{"portal": name, "plans": [plan, …], "until": words}`. For each plan, up to one that is wrong in these words, a line of JSON says who died and what was found wrong
after recovery, if anything. Begun by `python -m`, as in `make proof`, this process plays one calm run itself before several plans, so that no child has to learn
every statement anew, and then closes its connections: no child inherits one. The fork server has played it already.
"""

import json
import multiprocessing
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

from flask import Flask
from sqlalchemy import func, select

from app import clock, create_app, ids
from app.config import Settings
from app.demo.payment_methods import add_test_method
from app.domain.errors import ensure
from app.domain.ledger import CREDITS
from app.domain.mails import INVOICE
from app.domain.methods import Rail
from app.domain.people.members import Actor, Role
from app.gateways.sandbox import controls
from app.models.database import db
from app.models.documents import Document
from app.models.ledger import Account
from app.models.mails import Mail
from app.models.scope import as_service
from app.services.customers import registration
from app.services.payment_methods import setups
from app.services.receivables import closing
from app.services.usage import events
from app.services.usage.events import UsageReport
from tests.reference import naive_portal
from tests.support import both_sides, outcome, tiers
from tests.support.crash_plan import CARDS, FORMS, Plan, Step, calm, from_json
from tests.support.kill_points import watch
from tests.support.portals import Portal, Purser, Run
from tests.support.spend import PER_DOLLAR

FORK = multiprocessing.get_context("fork")
METHODS = {
    "visa": "pm_card_visa",
    "poor": "pm_card_chargeCustomerFail",
    "asks": "pm_card_authenticationRequired",
    "disputed": "pm_card_createDispute",
    "refund_late": "pm_card_pendingRefund",
    "refund_fails": "pm_card_refundFail",
    "sepa": "pm_success_de",
    "sepa_fails": "pm_failedDelayed_de",
    "sepa_disputed": "pm_disputed_de",
    "paypal": "paypal",
}
ONCE = {"paypal_once": "paypal", "crypto_once": "crypto"}
PORTALS: dict[str, Callable[[], Portal]] = {"purser": Purser, **naive_portal.PORTALS}
SOON = (timedelta(seconds=1), timedelta(minutes=3), timedelta(minutes=10))
LATER = (*SOON, timedelta(hours=25), timedelta(days=4), timedelta(days=12), timedelta(days=20))
"""When the worker runs while a run recovers: a debit takes three days, and a dispute of it a week more."""
BEGINS = datetime(2027, 7, 3, 12, tzinfo=UTC)
"""When the first run begins, whatever day it is: the 20 days of a recovery end within the month, and no plan is renewed in them."""
SHORT = {3, 4}
"""No run begins in these months: two periods with a February in them would end within the recovery."""
SLOW = set(METHODS) - {"visa", "poor", "asks"}
ENDS = {"succeeded", "failed", "canceled", "refunded", "disputed"}
PATIENCE = 180
SENT = {"buy", "charge", "pay", "change"}
"""The steps that send a form."""


class Child:
    """A forked process: what it answered, and how it ended."""

    def __init__(self, work: Callable[..., Any], *args: object) -> None:
        self._ours, theirs = FORK.Pipe(duplex=False)
        self._process = FORK.Process(target=_answering, args=(theirs, work, args))
        self._process.start()
        theirs.close()

    def ended(self) -> tuple[int, Any]:
        """Wait for its end; return its exit code and its answer, None when it died before."""
        answer = None
        try:
            if self._ours.poll(PATIENCE):
                answer = self._ours.recv()
        except EOFError:
            answer = None
        self._process.join(PATIENCE)
        code = self._process.exitcode
        if code is None:
            self._process.kill()
            self._process.join()
            code = 124
        self._ours.close()
        return code, answer


def _answering(theirs: Connection, work: Callable[..., Any], args: tuple[object, ...]) -> None:
    theirs.send(work(*args))


def inside(work: Callable[..., Any], *args: object) -> Any:
    """Do the work in a child that nobody kills; return its answer."""
    code, answer = Child(work, *args).ended()
    if code != 0:
        raise RuntimeError(f"{work.__name__} ended with {code}")
    return answer


def begin(app: Flask, plan: Plan, start: datetime) -> Run:
    """Make the customer of this run with a method of each kind that it needs."""
    with app.app_context(), clock.at(start):
        does = {step.do for wave in plan.waves for step in wave.steps}
        born = start - timedelta(days=40) if does & {"pay", "close", "month"} else None
        customer = registration.create(
            name="Crash",
            email="crash@example.com",
            catalog=plan.catalog,
            created_at=born,
            plan="team" if "month" in does else "",
        )
        actor = Actor("mem_buyer", customer.customer_id, Role.OWNER, "Buyer", "buyer@example.com", "Crash")
        wanted = {step.method for wave in plan.waves for step in wave.steps if step.method}
        methods = {name: ONCE[name] if name in ONCE else saved(app, actor, name) for name in sorted(wanted)}
        forms = [ids.new_form_key() for _ in range(FORMS)]
        if does & {"pay", "close"}:
            with clock.at(start - timedelta(days=39)):
                events.accept([UsageReport("used", customer.customer_id, "requests", 25 * PER_DOLLAR)])
        return Run(actor, customer.currency, methods, forms, due(customer.customer_id) if "pay" in does else "")


def due(customer_id: str) -> str:
    """Return the invoice of the first period, in which the customer has used 25.00 below zero."""
    made = closing.close(customer_id, 1, by="seller")
    ensure(made is not None, "nothing was below zero")
    return str(getattr(made, "id", ""))


def saved(app: Flask, actor: Actor, name: str) -> str:
    """Save a test method, at PayPal's own page where it asks; return our id of it."""
    if name != "paypal":
        return add_test_method(actor, METHODS[name]).id
    setup = setups.begin(actor, kind=Rail.PAYPAL, test_method=METHODS[name], address="127.0.0.1", user_agent="crash")
    controls.answer_challenge(app.extensions["purser.settings"], setup.processor_id or "", approved=True)
    return setups.settle(setup.id, returned=True).method_id or ""


def plant(app: Flask, faults: tuple[tuple[str, str, int], ...]) -> None:
    """Let the processor misbehave in this wave."""
    for matches, fault, times in faults:
        controls.plant(app.extensions["purser.settings"], matches, fault, times)


def take(app: Flask, portal: Portal, run: Run, step: Step, moment: datetime) -> None:
    """Take one step, and be killed in it if that is planned."""
    watch(app, step.kill)
    with app.app_context(), clock.at(moment):
        portal.take(app, run, step)


def finish(app: Flask, portal: Portal, run: Run, plan: Plan, moment: datetime) -> dict[str, Any]:
    """Let all misbehaviour end and time go on; then compare both sides, send every form again, and compare again."""
    controls.clear_faults(app.extensions["purser.settings"])
    sent = {step.form: step for wave in plan.waves for step in wave.steps if step.do in SENT}
    closes = any(step.do in {"close", "month"} for wave in plan.waves for step in wave.steps)
    customer_id = run.actor.customer_id
    try:
        with clock.at(moment):
            outcome.recover(app, portal.work, LATER if SLOW & set(run.methods) else LATER[:4])
            first = outcome.outcome(app, customer_id, verified=isinstance(portal, Purser))
            assert set(first.states) <= ENDS, f"left open: {first.states}"
            both_sides.agree(app, customer_id)
        with clock.at(moment + LATER[-1]):
            for _form, step in sorted(sent.items()):
                with app.app_context():
                    portal.take(app, run, replace(step, do="buy" if step.do == "charge" else step.do, kill=None))
            outcome.recover(app, portal.work, SOON)
            last = outcome.outcome(app, customer_id, verified=isinstance(portal, Purser))
            both_sides.agree(app, customer_id)
            assert len(last.charged_minor) <= len(sent), f"{len(sent)} orders, charged {last.charged_minor}"
    except AssertionError as wrong:
        return {"wrong": str(wrong).splitlines()[0]}
    return {
        "recovered": {"charged": first.charged_minor, "states": first.states},
        "resubmitted": {"charged": last.charged_minor, "states": last.states},
        "invoiced": invoiced(app, customer_id) if closes else [],
        "wrong": "",
    }


def invoiced(app: Flask, customer_id: str) -> list[object]:
    """Return what each document of the customer asks for, how many mails it has, the balance, and the years of which a number lacks."""
    with app.app_context(), as_service("look at what was closed"):
        own = select(Document.payable_minor).where(Document.customer_id == customer_id)
        mails = select(func.count()).where(Mail.customer_id == customer_id, Mail.template == INVOICE)
        balance = select(Account.balance).where(Account.customer_id == customer_id, Account.name == CREDITS)
        series = select(Document.year, func.max(Document.place), func.count(Document.place))
        series = series.group_by(Document.catalog, Document.kind, Document.year)
        lacking = [year for year, last, many in db.session.execute(series) if last != many]
        sums = [int(db.session.scalar(each) or 0) for each in (mails, balance)]
        return [sorted(db.session.scalars(own)), *sums, lacking]


def play(app: Flask, portal: Portal, plan: Plan, start: datetime) -> dict[str, Any]:
    """Play a plan to its end; return who died where, and what was wrong."""
    run: Run = inside(begin, app, plan, start)
    moment, died, broke = start, list[str](), list[str]()
    for wave in plan.waves:
        moment += timedelta(seconds=wave.after)
        inside(plant, app, wave.faults)
        crew = [(step, Child(take, app, portal, run, step, moment)) for step in wave.steps]
        for step, child in crew:
            code, _seen = child.ended()
            if code == -signal.SIGKILL and step.kill:
                died.append(f"{step.do} at {step.kill.what} {step.kill.at}")
            elif code != 0:
                broke.append(f"{step.do} ended with {code}")
    end: dict[str, Any] = inside(finish, app, portal, run, plan, moment)
    return {"name": plan.name, "died": died, **end, "wrong": "; ".join([*broke, *filter(None, [end["wrong"]])])}


def starts() -> Iterator[datetime]:
    """Yield when each run begins: in a month of its own, longer after the one before than a recovery looks ahead."""
    for month in count(BEGINS.month - 1):
        if month % 12 + 1 not in SHORT:
            yield BEGINS.replace(year=BEGINS.year + month // 12, month=month % 12 + 1)


def warm_up(app: Flask, start: datetime) -> None:
    """Play a run in this process; leave no connection open."""
    plan, portal = calm(0, CARDS), Purser()
    run = begin(app, plan, start)
    for step in (step for wave in plan.waves for step in wave.steps):
        with app.app_context(), clock.at(start):
            portal.take(app, run, step)
    end = finish(app, portal, run, plan, start)
    ensure(end["wrong"] == "", f"wrong without any misfortune: {end['wrong']}")
    with app.app_context():
        for engine in db.engines.values():
            engine.dispose()


def main() -> None:
    """Play all plans, one after the other, each on its own stretch of time."""
    work = json.load(sys.stdin)
    app, portal, start = create_app(Settings.from_env()), PORTALS[work["portal"]](), starts()
    if len(work["plans"]) > 1 and tiers.whole():
        warm_up(app, next(start))
    for data in work["plans"]:
        played = play(app, portal, from_json(data), next(start))
        sys.stdout.write(json.dumps(played) + "\n")
        sys.stdout.flush()
        if work["until"] and work["until"] in played["wrong"]:
            break


if __name__ == "__main__":
    main()
