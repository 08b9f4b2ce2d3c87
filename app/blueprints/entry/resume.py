"""The mailed link that brings a payment on: it shows what is paid, works once, and leads to the bank. No sign-in.

And the way back from the bank, for whoever comes: a member goes on to the payment, anybody else sees how it ended.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.payments import PaymentState
from app.services import portal_links
from app.services.payments import collection, resume_links, settlement
from app.web.access import actor_or_none, from_address, public
from app.web.fields import PageForm

bp = Blueprint("resume", __name__, url_prefix="/billing/resume")
PAGE = "resume/page.html"
_TITLES = {
    "not_found": marked("This link does not work"),
    "link_expired": marked("This link has expired"),
    "link_used": marked("This link has been used"),
    "link_not_needed": marked("This link is no longer needed"),
}
_WHOLE_LINK = marked("It may have been cut off. Open the link from the e-mail again, or sign in to see your payments.")


@bp.get("/<token>")
@public
def page(token: str) -> Response:
    """Show what the link leads to. Opening it uses nothing up: programs that look through mails do so too."""
    try:
        found = resume_links.look(token)
    except Refused as refusal:
        return _refused(refusal)
    return make_response(render_template(PAGE, payment=found, form=PageForm(), token=token))


@bp.post("/<token>")
@public
def use(token: str) -> Response:
    """Use the link up and go on to the bank, or to how the payment stands when the bank asks nothing more."""
    try:
        payment_id = resume_links.use(token, from_address())
    except Refused as refusal:
        return _refused(refusal)
    payment = collection.resume(payment_id, portal_links.page("resume.returned", token=token))
    waits = payment.state == PaymentState.REQUIRES_ACTION and payment.action_url
    return make_response(redirect(payment.action_url if waits else url_for("resume.page", token=token), 303))


@bp.get("/<token>/return")
@public
def returned(token: str) -> Response:
    """Come back from the bank: ask the processor how it went, then show it. Coming back twice changes nothing."""
    try:
        settlement.settle(resume_links.look(token).payment_id)
    except Refused as refusal:
        return _refused(refusal)
    return make_response(redirect(url_for("resume.page", token=token), 303))


@bp.get("/payments/<payment_id>/<proof>")
@public
def came_back(payment_id: str, proof: str) -> Response:
    """Come back from the bank: ask the processor how it went, then show it. The address is the proof, for a day."""
    found, member = resume_links.came_back(payment_id, proof), actor_or_none()
    if found is None or (member is not None and member.customer_id == found.customer_id):
        return make_response(redirect(url_for("add_credits.returned", payment_id=payment_id), 303))
    settlement.settle(payment_id)
    found = resume_links.came_back(payment_id, proof) or found
    return make_response(render_template(PAGE, payment=found, form=PageForm(), token=""))


def _refused(refusal: Refused) -> Response:
    title = _(_TITLES[refusal.reason])
    sentence = _(_WHOLE_LINK) if refusal.status == 404 else refusal.sentence
    html = render_template("resume/refused.html", title=title, sentence=sentence)
    return make_response(html, refusal.status)
