"""The mailed question before an automatic charge: it shows what is asked, and takes one answer. No sign-in."""

from flask import Blueprint, Response, make_response, redirect, render_template, request, url_for

from app.domain.errors import Refused
from app.services.auto_recharge import questions
from app.web.access import from_address, public
from app.web.fields import PageForm

bp = Blueprint("automatic_charge", __name__, url_prefix="/billing/automatic-charges")
PAGE = "automatic_charge/page.html"


@bp.get("/<question_id>/<proof>")
@public
def page(question_id: str, proof: str) -> Response:
    """Show the question. Opening it answers nothing: programs that look through mails open it too."""
    try:
        asked = questions.look(question_id, proof)
    except Refused as refusal:
        html = render_template("automatic_charge/refused.html")
        return make_response(html, refusal.status)
    return make_response(render_template(PAGE, asked=asked, proof=proof, form=PageForm()))


@bp.post("/<question_id>/<proof>")
@public
def answer(question_id: str, proof: str) -> Response:
    """Take the answer, once."""
    is_yes = request.form.get("answer") == "yes"
    try:
        questions.answer_by_link(question_id, proof, is_yes=is_yes, address=from_address())
    except Refused as refusal:
        if refusal.status != 409:
            return make_response(render_template("automatic_charge/refused.html"), refusal.status)
    return make_response(redirect(url_for("automatic_charge.page", question_id=question_id, proof=proof), 303))
