"""The sandbox's bank: where a test card sends the customer to say that it is really them. Not part of the portal."""

from flask import Blueprint, Response, abort, make_response, redirect, render_template
from wtforms import SubmitField

from app.gateways import sandbox
from app.web.access import public, settings
from app.web.fields import PageForm

bp = Blueprint("bank_challenge", __name__, url_prefix="/sandbox/challenge")


class AnswerForm(PageForm):
    """Approve or decline."""

    approve = SubmitField("Approve")
    decline = SubmitField("Decline")


@bp.get("/<intent_id>")
@public
def page(intent_id: str) -> Response:
    """Ask the question."""
    asked = sandbox.challenge(settings(), intent_id)
    if asked is None:
        abort(404)
    return make_response(render_template("bank_challenge/page.html", challenge=asked, form=AnswerForm()))


@bp.post("/<intent_id>")
@public
def answer(intent_id: str) -> Response:
    """Take the answer and send the customer back to where they came from."""
    form = AnswerForm()
    asked = sandbox.challenge(settings(), intent_id)
    if asked is None:
        abort(404)
    if not form.validate() or form.approve.data == form.decline.data:
        return make_response(render_template("bank_challenge/page.html", challenge=asked, form=form), 422)
    back = sandbox.answer_challenge(settings(), intent_id, approved=bool(form.approve.data))
    # The portal's own address: it gave it to the processor when it asked for the payment.
    return make_response(redirect(back or asked.return_url, 303))
