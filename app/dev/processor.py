"""The sandbox processor looked at from inside: its requests, its objects and its planned faults.

Only in the demo and in tests. A member sees what the processor holds for their own customer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, abort
from wtforms import HiddenField, IntegerField, SelectField
from wtforms.validators import NumberRange

from app.config import Settings
from app.domain.bank_transfers.accounts import SCHEMES
from app.extensions import settings
from app.gateways.sandbox import controls
from app.gateways.sandbox.errors import Refusal
from app.gateways.sandbox.faults import AFTER, BEFORE, CALLS, EVENTS, FLAKY, NAMES
from app.web.access import current_customer, managers_only
from app.web.fields import PageForm
from app.web.respond import saved, show

PAGE, CONTENT = "dev_processor/page.html", "dev_processor/_content.html"
SHOWN = 50
EVENT_TYPES = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.canceled",
    "setup_intent.succeeded",
    "setup_intent.setup_failed",
    "payment_method.detached",
    "refund.created",
    "refund.updated",
    "refund.failed",
    "charge.dispute.created",
    "charge.dispute.closed",
    "*",
)

bp = Blueprint("dev_processor", __name__, url_prefix="/dev/processor")


def _choices(words: list[str]) -> Any:
    return words  # plain words are both value and label; the types of WTForms know pairs only


class FaultForm(PageForm):
    """One planned fault."""

    call = SelectField("Hits", choices=_choices([*CALLS, "*", *(f"event:{kind}" for kind in EVENT_TYPES)]))
    fault = SelectField("What happens", choices=_choices([*NAMES, *(FLAKY + name for name in (*BEFORE, *AFTER))]))
    times = IntegerField("How often", [NumberRange(1, 100)], default=1)


class ActForm(PageForm):
    """Something that happens at the processor with none of our doing."""

    act = HiddenField()
    about = HiddenField()


class TransferForm(PageForm):
    """A bank transfer of the customer's that arrives."""

    minor = IntegerField("Cents, or the smallest unit of the currency", [NumberRange(1, 10**9)], default=2500)
    unit = SelectField("Currency", choices=_choices(sorted(SCHEMES)))


@dataclass(frozen=True)
class Act:
    """What can happen, to what, and where that stands then."""

    label: str
    kind: str
    statuses: tuple[str, ...]
    happens: Callable[[Settings, str], object]
    """Done with the id of the object."""


ACTS = {
    "arrive": Act("Arrive", "payment_intent", ("processing",), lambda s, i: controls.finish(s, i, succeeded=True)),
    "fail": Act("Fail", "payment_intent", ("processing",), lambda s, i: controls.finish(s, i, succeeded=False)),
    "refund": Act("Refund", "payment_intent", ("succeeded",), controls.refund),
    "dispute": Act("Dispute", "payment_intent", ("succeeded",), controls.dispute),
    "inquire": Act("Ask about it", "payment_intent", ("succeeded",), lambda s, i: controls.dispute(s, i, inquiry=True)),
    "refund_arrives": Act("Arrive", "refund", ("pending",), lambda s, i: controls.end_refund(s, i, succeeded=True)),
    "refund_fails": Act(
        "Come back", "refund", ("pending", "succeeded"), lambda s, i: controls.end_refund(s, i, succeeded=False)
    ),
    "win": Act("Win", "dispute", ("needs_response",), lambda s, i: controls.close_dispute(s, i, won=True)),
    "escalate": Act("Make it a dispute", "dispute", ("warning_needs_response",), controls.escalate),
    "drop": Act("Drop it", "dispute", ("warning_needs_response",), lambda s, i: controls.close_dispute(s, i, won=True)),
    "lose": Act("Lose", "dispute", ("needs_response",), lambda s, i: controls.close_dispute(s, i, won=False)),
    "detach": Act("Remove", "payment_method", ("saved",), controls.detach),
}


@dataclass(frozen=True)
class View:
    """What the page shows."""

    requests: list[dict[str, Any]]
    intents: list[dict[str, Any]]
    methods: list[dict[str, Any]]
    refunds: list[dict[str, Any]]
    disputes: list[dict[str, Any]]
    events: list[dict[str, Any]]
    faults: list[tuple[str, str, int]]
    acts: dict[str, Act]
    transfers: TransferForm | None
    """Where money can be sent, once the customer is known at the processor."""


@bp.get("/")
def page() -> Response:
    """Show what happened at the processor."""
    return show(PAGE, CONTENT, form=FaultForm(), view=_view())


@bp.post("/faults")
@managers_only
def plant() -> Response:
    """Plan a fault."""
    form = FaultForm()
    fits = (form.fault.data in EVENTS) == str(form.call.data).startswith("event:")
    if not form.validate() or not fits:
        if not fits:
            form.form_errors.append(
                "This cannot happen to that: events are lost, late, repeated or reordered, calls are not."
            )
        return show(PAGE, CONTENT, form=form, view=_view(), status=422)
    controls.plant(settings(), form.call.data, form.fault.data, form.times.data or 1)
    return saved("dev_processor.page", CONTENT, "The fault is planned.", form=FaultForm(formdata=None), view=_view())


@bp.post("/faults/clear")
@managers_only
def clear() -> Response:
    """Let the sandbox behave again."""
    controls.clear_faults(settings())
    return saved("dev_processor.page", CONTENT, "All faults are removed.", form=FaultForm(formdata=None), view=_view())


@bp.post("/transfers")
@managers_only
def transfer() -> Response:
    """Let a bank transfer of the customer's arrive."""
    form, owner = TransferForm(), current_customer().processor_customer
    if owner is None:
        abort(404)
    if not form.validate():
        abort(400)
    controls.transfer(settings(), owner, form.minor.data or 0, form.unit.data)
    return saved(
        "dev_processor.page", CONTENT, "The transfer has arrived.", form=FaultForm(formdata=None), view=_view()
    )


@bp.post("/acts")
@managers_only
def act() -> Response:
    """Let something happen on the other side: the bank, the dashboard, or the passing of days."""
    form = ActForm()
    if not form.validate() or form.act.data not in ACTS:
        abort(400)
    wanted, about = ACTS[form.act.data], form.about.data or ""
    if about not in {each["id"] for each in _mine(wanted.kind)}:
        abort(404)
    try:
        wanted.happens(settings(), about)
    except Refusal as refusal:
        faults = FaultForm(formdata=None)
        faults.form_errors.append(str(refusal))
        return show(PAGE, CONTENT, form=faults, view=_view(), status=409)
    return saved(
        "dev_processor.page", CONTENT, "It has happened at the processor.", form=FaultForm(formdata=None), view=_view()
    )


def _view() -> View:
    owner = current_customer().processor_customer or ""
    mine = [each for each in controls.requests(settings(), 10 * SHOWN) if owner and owner in _owners(each["answer"])]
    return View(
        requests=mine[:SHOWN],
        intents=_mine("payment_intent"),
        methods=[{**each, "status": "saved"} for each in _mine("payment_method")],
        refunds=_mine("refund"),
        disputes=_mine("dispute"),
        events=_mine("event"),
        faults=controls.planted(settings()),
        acts=ACTS,
        transfers=TransferForm(formdata=None, data={"unit": current_customer().currency}) if owner else None,
    )


def _mine(kind: str) -> list[dict[str, Any]]:
    owner = current_customer().processor_customer or ""
    return controls.objects(settings(), kind, SHOWN, owner=owner) if owner else []


def _owners(answer: dict[str, Any]) -> set[object]:
    """Return the processor's customers that an answer is about."""
    refused = answer.get("error", {}).get("payment_intent", {})
    return {answer.get("customer"), answer.get("id"), refused.get("customer")}
