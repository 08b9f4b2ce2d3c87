"""Where the sandbox sends a customer: a pretend bank, the pretend wallets, and the pretend processor's own portal.

Not part of the portal: with the real processor these are pages of others. So they need no session and no cookie: the
token of their forms is made of what the page is about.
"""

import hashlib
import hmac
from typing import TYPE_CHECKING

from flask import Blueprint, Response, abort, make_response, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError  # type: ignore[import-untyped]
from wtforms import HiddenField, SubmitField

from app.domain.methods import Rail
from app.extensions import settings
from app.later import later
from app.web.access import proven_by, public
from app.web.fields import PageForm

if TYPE_CHECKING:
    from app.gateways.sandbox import controls
    from app.gateways.sandbox.challenges import Challenge
    from app.gateways.sandbox.hosted_pages import Till, Visit
else:  # it runs below the processor's SDK, for which a start need not wait
    controls = later("app.gateways.sandbox.controls")

BANK, WALLET, PORTAL = "bank_challenge/page.html", "bank_challenge/wallet.html", "bank_challenge/portal.html"
CHECKOUT = "bank_challenge/checkout.html"

bp = Blueprint("bank_challenge", __name__, url_prefix="/sandbox")


class _Form(PageForm):
    """A form that `_prove` has looked at."""

    class Meta(PageForm.Meta):
        """Without the session's token."""

        csrf = False


class AnswerForm(_Form):
    """Approve or decline; a cryptocurrency wallet may also send now and confirm later."""

    approve = SubmitField("Approve")
    later = SubmitField("Send, and let it take a while")
    decline = SubmitField("Decline")

    def is_answered(self, challenge: "Challenge") -> bool:
        """Say whether one answer was given, and one that is asked for."""
        given = [button for button in (self.approve, self.later, self.decline) if button.data]
        return len(given) == 1 and (given[0] is not self.later or challenge.rail is Rail.CRYPTO)


class RemovalForm(_Form):
    """Which method goes."""

    method = HiddenField()


class TillForm(_Form):
    """Which test method pays."""

    method = HiddenField()


def _token() -> str:
    """Return the token of the form about what the address names."""
    said = f"sandbox form {request.path}"
    return hmac.new(settings().secret_key.encode(), said.encode(), hashlib.sha256).hexdigest()


def _prove() -> None:
    """Refuse a form that is not this page's own."""
    if not hmac.compare_digest(request.form.get("csrf_token", "").encode(), _token().encode()):
        raise CSRFError("The token is not this form's.")


def _page(template: str, status: int = 200, **values: object) -> Response:
    return make_response(render_template(template, token=_token(), **values), status)


@bp.get("/challenge/<object_id>")
@public
def page(object_id: str) -> Response:
    """Let the bank ask."""
    return _asked(_about(object_id, wallet=False))


@bp.post("/challenge/<object_id>")
@public
@proven_by(_prove)
def answer(object_id: str) -> Response:
    """Take the answer to the bank."""
    return _answered(_about(object_id, wallet=False))


@bp.get("/wallet/<object_id>")
@public
def wallet(object_id: str) -> Response:
    """Let the wallet ask."""
    return _asked(_about(object_id, wallet=True))


@bp.post("/wallet/<object_id>")
@public
@proven_by(_prove)
def pay(object_id: str) -> Response:
    """Take the answer to the wallet."""
    return _answered(_about(object_id, wallet=True))


@bp.get("/portal/<session_id>")
@public
def portal(session_id: str) -> Response:
    """Show what is saved at the processor."""
    return _page(PORTAL, visit=_visit(session_id))


@bp.post("/portal/<session_id>")
@public
@proven_by(_prove)
def remove(session_id: str) -> Response:
    """Remove a method at the processor, as a customer does in its own portal."""
    _visit(session_id)
    form = RemovalForm()
    if not form.validate() or not controls.remove_in_portal(settings(), session_id, form.method.data or ""):
        abort(404)
    return make_response(redirect(url_for("bank_challenge.portal", session_id=session_id), 303))


@bp.get("/checkout/<session_id>")
@public
def checkout(session_id: str) -> Response:
    """Show the processor's own checkout."""
    return _page(CHECKOUT, till=_till(session_id))


@bp.post("/checkout/<session_id>")
@public
@proven_by(_prove)
def check_out(session_id: str) -> Response:
    """Pay there: the customer goes back, or on to the bank. Declined, the page asks for another method."""
    till, form = _till(session_id), TillForm()
    if not form.validate() or form.method.data not in dict(till.ways):
        abort(404)
    onward = controls.pay_at_checkout(settings(), session_id, form.method.data or "")
    if onward is None:
        return _page(CHECKOUT, 402, till=_till(session_id))
    return make_response(redirect(onward, 303))


def _till(session_id: str) -> "Till":
    till = controls.checkout(settings(), session_id)
    if till is None:
        abort(404)
    return till


def _about(object_id: str, *, wallet: bool) -> "Challenge":
    asked = controls.challenge(settings(), object_id)
    if asked is None or (asked.rail is Rail.CARD) is wallet:
        abort(404)
    return asked


def _asked(challenge: "Challenge", status: int = 200) -> Response:
    return _page(BANK if challenge.rail is Rail.CARD else WALLET, status, challenge=challenge)


def _answered(challenge: "Challenge") -> Response:
    """Pass the answer on, and send the customer back to where they came from."""
    form = AnswerForm()
    if not form.validate() or not form.is_answered(challenge):
        return _asked(challenge, 422)
    back = controls.answer_challenge(
        settings(), challenge.object_id, approved=not form.decline.data, later=bool(form.later.data)
    )
    # The portal's own address: it gave it to the processor when it asked for the payment.
    return make_response(redirect(back or challenge.return_url, 303))


def _visit(session_id: str) -> "Visit":
    visit = controls.portal(settings(), session_id)
    if visit is None:
        abort(404)
    return visit
