"""Adding a payment method from any page: what is offered, the fields of it, and where the customer goes on.

In the sandbox one of the test methods is chosen; with Stripe its own form asks, on a page of its own.
"""

from typing import Any

from flask import Response, make_response, redirect, request, url_for
from wtforms import StringField

from app.domain.errors import Refused
from app.domain.language import _
from app.domain.methods import SAVED_RAILS, Rail, SetupState
from app.extensions import settings
from app.gateways import test_methods
from app.models.setups import MethodSetup
from app.services.payment_methods import mandates, setups
from app.web.access import current_actor, current_catalog
from app.web.embedding import frame, path_mode
from app.web.fields import PageForm
from app.web.respond import wants_fragment


class NewMethodForm(PageForm):
    """What `add_credits/_new_method.html` asks for. A page's own form may inherit it."""

    kind = StringField("Kind of payment method")
    test_method = StringField("Test method")
    accept = StringField("Mandate")
    """The version of the mandate that was accepted, where its box is ticked."""


def offer() -> dict[str, Any]:
    """Return what `add_credits/_new_method.html` shows: nothing where the seller lets the processor manage methods.

    In a host's frame nothing either: a method is added in a window of its own (`in_a_window`).
    """
    catalog, in_sandbox = current_catalog(), settings().payments == "sandbox"
    here = catalog.payment_methods.manage != "processor_portal" and not frame.is_framed()
    rails = [Rail(kind) for kind in catalog.payment_methods.kinds if here and kind in SAVED_RAILS]
    return {
        "rails": rails,
        "test_methods": {rail: test_methods.OFFERED[rail] for rail in rails} if in_sandbox else {},
        "mandate": mandates.current(catalog) if Rail.SEPA_DEBIT in rails else None,
    }


def in_a_window() -> str:
    """Return the link that adds a method in a window of its own, from a frame; nothing elsewhere."""
    asked = frame.is_framed() and current_actor().may_manage
    managed = current_catalog().payment_methods.manage != "processor_portal"
    return frame.window_to("payment_methods.page", add=Rail.CARD) if asked and managed else ""


def begin(form: NewMethodForm, *, back: str) -> MethodSetup:
    """Begin to save what the form says, or refuse; `back` is the path of ours to return to, choices included."""
    kind, test_method = form.kind.data or "", form.test_method.data or ""
    if settings().payments == "sandbox":
        rails = [rail for rail, methods in offer()["test_methods"].items() if test_method in dict(methods)]
        if not rails:
            raise Refused(_("Choose one of the test methods."), "test_method_unknown", 422, "test_method")
        kind = rails[0]
    elif kind not in offer()["rails"]:
        raise Refused(_("Choose what to add."), "kind_not_taken", 422, "kind")
    return setups.begin(
        current_actor(),
        kind=Rail(kind),
        test_method=test_method if settings().payments == "sandbox" else "",
        back=path_mode.without_root(back),
        address=request.remote_addr or "unknown",
        user_agent=request.headers.get("User-Agent", "") or "unknown",
        mandate_text_version=form.accept.data or "",
    )


def onward(setup: MethodSetup) -> Response | None:
    """Return the way to the bank, the wallet or the processor's form; None: the method is saved.

    Refuses, in words, one that is over with nothing saved.
    """
    if setup.state == SetupState.SUCCEEDED:
        return None
    if setup.state == SetupState.REQUIRES_ACTION and setup.action_url:
        return away(setup.action_url)
    if setup.state in {SetupState.FAILED, SetupState.CANCELED}:
        raise setups.refusal(setup)
    return away(url_for("payment_methods.setup", setup_id=setup.id))


def beside(refusal: Refused) -> Refused:
    """Return the refusal of a form that pays: a method that is not there is said beside the methods."""
    if refusal.status != 404:
        return refusal
    return Refused(_("This payment method is not saved any more. Choose another one."), "method_gone", 422, "method")


def away(address: str) -> Response:
    """Send the browser to another page as a whole: also htmx, which would otherwise fetch it as a fragment."""
    if not wants_fragment():
        return make_response(redirect(address, code=303))
    answer = make_response("", 200)
    answer.headers["HX-Redirect"] = address
    return answer
