"""The sandbox processor looked at from inside: what it was asked, what it holds, and how it is told to misbehave.

Only in the demo and in tests. A member sees what the processor holds for their own customer.
"""

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response
from wtforms import IntegerField, SelectField
from wtforms.validators import NumberRange

from app.gateways import sandbox
from app.gateways.sandbox_faults import AFTER, BEFORE, CALLS, EVENTS, FLAKY, NAMES
from app.web.access import current_customer, managers_only, settings
from app.web.fields import PageForm
from app.web.respond import saved, show

PAGE, CONTENT = "dev_processor/page.html", "dev_processor/_content.html"
SHOWN = 50
EVENT_TYPES = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.requires_action",
    "payment_intent.canceled",
    "*",
)

bp = Blueprint("dev_processor", __name__, url_prefix="/dev/processor")


def _choices(words: list[str]) -> Any:
    return words  # plain words are both value and label; the types of WTForms know pairs only


class FaultForm(PageForm):
    """One misbehaviour to come."""

    call = SelectField("Hits", choices=_choices([*CALLS, "*", *(f"event:{kind}" for kind in EVENT_TYPES)]))
    fault = SelectField("What happens", choices=_choices([*NAMES, *(FLAKY + name for name in (*BEFORE, *AFTER))]))
    times = IntegerField("How often", [NumberRange(1, 100)], default=1)


@dataclass(frozen=True)
class View:
    """What the page shows."""

    requests: list[dict[str, Any]]
    intents: list[dict[str, Any]]
    events: list[dict[str, Any]]
    faults: list[tuple[str, str, int]]


@bp.get("/")
def page() -> Response:
    """Show what happened at the processor."""
    return show(PAGE, CONTENT, form=FaultForm(), view=_view())


@bp.post("/faults")
@managers_only
def plant() -> Response:
    """Plan a misbehaviour."""
    form = FaultForm()
    fits = (form.fault.data in EVENTS) == str(form.call.data).startswith("event:")
    if not form.validate() or not fits:
        if not fits:
            form.form_errors.append(
                "This cannot happen to that: events are lost, late, repeated or reordered, calls are not."
            )
        return show(PAGE, CONTENT, form=form, view=_view(), status=422)
    sandbox.plant(settings(), form.call.data, form.fault.data, form.times.data or 1)
    return saved(
        "dev_processor.page", CONTENT, "The sandbox will misbehave.", form=FaultForm(formdata=None), view=_view()
    )


@bp.post("/faults/clear")
@managers_only
def clear() -> Response:
    """Let the sandbox behave again."""
    sandbox.clear_faults(settings())
    return saved("dev_processor.page", CONTENT, "The sandbox behaves.", form=FaultForm(formdata=None), view=_view())


def _view() -> View:
    owner = current_customer().processor_customer or ""
    mine = [each for each in sandbox.requests(settings(), 10 * SHOWN) if owner and owner in _owners(each["answer"])]
    return View(
        requests=mine[:SHOWN],
        intents=sandbox.objects(settings(), "payment_intent", SHOWN, owner=owner) if owner else [],
        events=sandbox.objects(settings(), "event", SHOWN, owner=owner) if owner else [],
        faults=sandbox.planted(settings()),
    )


def _owners(answer: dict[str, Any]) -> set[object]:
    """Return the processor's customers that an answer is about."""
    refused = answer.get("error", {}).get("payment_intent", {})
    return {answer.get("customer"), answer.get("id"), refused.get("customer")}
