"""What the crash runs play with: Purser as its pages, its worker, its seller and the processor's dashboard drive it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from flask import Flask
from sqlalchemy import select

from app.config import Settings
from app.domain.errors import Refused
from app.domain.methods import OPEN_SETUPS, Rail
from app.domain.money import Money
from app.domain.people.members import Actor
from app.gateways.sandbox import controls
from app.gateways.sandbox.errors import Refusal
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_customer, as_service
from app.models.setups import MethodSetup
from app.services import jobs
from app.services.catalog import versions
from app.services.month_end import run as month_end
from app.services.payment_methods import saved, setups
from app.services.payments import collection, settlement, top_ups
from app.services.receivables import closing, paying
from app.services.reversals import refunds
from app.services.subscriptions import changes, preview
from app.services.subscriptions.preview import Target
from tests.support import tiers
from tests.support.crash_plan import Step

RETURN_URL = "http://127.0.0.1/{}"
SAVES = "pm_card_mastercard"
IDLE = {
    "cash_looked_at", "pro_formas_expired", "cash_returned", "interim_invoices_written", "expiries_decided", "digests_written",
    "password_resets_written",
    "tax_numbers_checked", "partitions_made", "usage_keys_trimmed", "requests_trimmed", "refusals_trimmed",
    "deliveries_trimmed", "referrals_counted", "referrals_given", "exposures_ended",
}  # fmt: skip
"""What no run gives anything to do: the worker of `make proof` looks all the same."""
WORKED_ON = tuple(name for name in jobs.JOBS if tiers.whole() or name not in IDLE)


@dataclass(frozen=True)
class Run:
    """One run under way: whose it is, in which money, with which methods and forms."""

    actor: Actor
    currency: str
    methods: dict[str, str]
    form_keys: list[str]
    invoice: str = ""
    """An invoice of the customer's that is due, where the run pays one."""


class Portal(Protocol):
    """How a portal is used."""

    def take(self, app: Flask, run: Run, step: Step) -> None:
        """Take one step, in an app context."""

    def work(self) -> object:
        """Let the worker run once; return how much of each kind was done, if that is known."""


class Purser:
    """Purser's own services. A refusal is an answer as any other."""

    def take(self, app: Flask, run: Run, step: Step) -> None:
        """Take one step."""
        steps: dict[str, Callable[[Flask, Run, Step], object]] = {
            "buy": _buy, "pay": _pay, "close": _close, "month": _month, "change": _change, "charge": _charge, "work": lambda *_: self.work(), "return": _come_back, "refuse": _refuse,
            "give_up": _give_up, "resume": _resume, "save": _save, "forget": _forget, "refund": _refund,
            "dashboard_refund": _refund_elsewhere, "dispute": _dispute, "decide": _decide,
        }  # fmt: skip
        try:
            steps[step.do](app, run, step)
        except (Refused, Refusal):
            return

    def work(self) -> object:
        """Do what the worker does every second."""
        return jobs.run_due(names=WORKED_ON)


def _buy(_app: Flask, run: Run, step: Step) -> None:
    with as_customer(run.actor.customer_id):
        top_ups.buy(
            run.actor,
            form_key=run.form_keys[step.form],
            amount=Money(step.amount, run.currency),
            pack="",
            method_id=run.methods[step.method],
            return_url=RETURN_URL.format,
        )


def _pay(_app: Flask, run: Run, step: Step) -> None:
    """Pay the invoice that is due."""
    with as_customer(run.actor.customer_id):
        paying.pay(
            run.actor,
            run.invoice,
            form_key=run.form_keys[step.form],
            amount=Money(step.amount, run.currency),
            method_id=run.methods[step.method],
            return_url=RETURN_URL.format,
        )


def _close(_app: Flask, run: Run, _step: Step) -> None:
    """Give the command that closes the first period."""
    closing.close(run.actor.customer_id, 1, by="seller")


def _month(_app: Flask, run: Run, _step: Step) -> None:
    """Run the month of the customer."""
    with as_service("run the month"):
        month_end.run(run.actor.customer_id)


def _change(_app: Flask, run: Run, step: Step) -> None:
    """Have the next plan, as it is previewed now."""
    with as_customer(run.actor.customer_id):
        customer = db.session.get_one(Customer, run.actor.customer_id)
        plans = list(versions.of(customer).plans)
        wants = Target(plans[1].key)
        seen = preview.of(customer, wants)
        changes.confirm(
            run.actor,
            wants,
            mark=seen.mark,
            amount=seen.charged,
            form_key=run.form_keys[step.form],
            method_id=run.methods[step.method],
            return_url=RETURN_URL.format,
        )


def _charge(_app: Flask, run: Run, step: Step) -> None:
    """Charge while the customer is not there."""
    top_ups.charge(
        run.actor.customer_id,
        by="auto_recharge",
        form_key=run.form_keys[step.form],
        amount=Money(step.amount, run.currency),
        pack="",
        method_id=run.methods[step.method],
        return_url=RETURN_URL.format,
    )


def _come_back(app: Flask, run: Run, step: Step) -> None:
    _answer(app, run, step, approved=True)


def _refuse(app: Flask, run: Run, step: Step) -> None:
    _answer(app, run, step, approved=False)


def _answer(app: Flask, run: Run, step: Step, *, approved: bool) -> None:
    """Answer the bank or the wallet, if it asks, and open the page that it leads back to."""
    payment, settings = _sent(run, step), _settings(app)
    if payment is not None and payment.processor_id:
        controls.answer_challenge(settings, payment.processor_id, approved=approved)
        settlement.settle(payment.id)
    with as_customer(run.actor.customer_id):
        waiting = [
            (each.id, each.processor_id)
            for each in db.session.scalars(select(MethodSetup).where(MethodSetup.state.in_(OPEN_SETUPS)))
        ]
    for setup_id, processor_id in waiting:
        if processor_id:
            controls.answer_challenge(settings, processor_id, approved=approved)
            setups.settle(setup_id, returned=True)


def _give_up(_app: Flask, run: Run, step: Step) -> None:
    payment = _sent(run, step)
    if payment is not None:
        with as_customer(run.actor.customer_id):
            top_ups.give_up(payment.id)


def _resume(app: Flask, run: Run, step: Step) -> None:
    """Follow the mailed link to the bank; approve there every other time."""
    payment = _sent(run, step)
    if payment is not None:
        collection.resume(payment.id, RETURN_URL.format(payment.id))
        if step.part:
            _come_back(app, run, step)


def _save(_app: Flask, run: Run, step: Step) -> None:
    kind = Rail.PAYPAL if step.method == "paypal" else Rail.CARD
    name = "paypal" if step.method == "paypal" else SAVES
    setups.begin(run.actor, kind=kind, test_method=name, address="127.0.0.1", user_agent="crash")


def _forget(_app: Flask, run: Run, step: Step) -> None:
    saved.remove(run.actor, run.methods[step.method])


def _refund(_app: Flask, run: Run, step: Step) -> None:
    payment = _sent(run, step)
    if payment is not None:
        amount = Money(step.part, run.currency) if step.part else None
        refunds.refund(payment.id, amount=amount, reason="asked for it", requested_by="seller")


def _refund_elsewhere(app: Flask, run: Run, step: Step) -> None:
    payment = _sent(run, step)
    if payment is not None and payment.processor_id:
        controls.refund(_settings(app), payment.processor_id, step.part or None)


def _dispute(app: Flask, run: Run, step: Step) -> None:
    """Let the bank dispute what is left of a payment that is paid, once."""
    payment, settings = _sent(run, step), _settings(app)
    charges = [each for each in controls.objects(settings, "charge") if payment and each["paid"]]
    for charge in charges:
        if payment and charge["payment_intent"] == payment.processor_id and not charge["disputed"]:
            left = charge["amount"] - charge["amount_refunded"]
            if left:
                controls.dispute(settings, charge["payment_intent"], amount=left)


def _decide(app: Flask, run: Run, step: Step) -> None:
    """Let the bank decide the disputes of a payment."""
    payment, settings = _sent(run, step), _settings(app)
    for dispute in controls.objects(settings, "dispute"):
        if payment and dispute["payment_intent"] == payment.processor_id:
            controls.close_dispute(settings, dispute["id"], won=bool(step.part))


def _sent(run: Run, step: Step) -> Payment | None:
    with as_customer(run.actor.customer_id):
        found = db.session.scalars(select(Payment).where(Payment.form_key == run.form_keys[step.form])).one_or_none()
        if found is not None:
            db.session.expunge(found)
        return found


def _settings(app: Flask) -> Settings:
    settings: Settings = app.extensions["purser.settings"]
    return settings
