"""Forgot your password?: asks for the address, and says the same whoever's it is."""

from flask import Blueprint, Response, make_response, redirect, url_for
from wtforms import StringField
from wtforms.validators import InputRequired, Length

from app.domain.errors import Refused
from app.domain.language import marked
from app.services.sign_in import resets
from app.web import password_tries
from app.web.access import from_address, public
from app.web.fields import PageForm
from app.web.respond import show

bp = Blueprint("forgot_password", __name__, url_prefix="/forgot-password")
PAGE, FORM, SENT = "forgot_password/page.html", "forgot_password/_form.html", "forgot_password/sent.html"


class ForgotForm(PageForm):
    """The address that one signs in with."""

    email = StringField(
        marked("E-mail address"),
        [InputRequired(marked("Enter your e-mail address.")), Length(max=254, message=marked("This is too long."))],
        render_kw={"autocomplete": "username", "maxlength": 254, "spellcheck": "false"},
    )


@bp.get("/")
@public
def page() -> Response:
    """Ask for the address."""
    return show(PAGE, FORM, form=ForgotForm(formdata=None))


@bp.post("/")
@public
def ask() -> Response:
    """Note that it was asked, and nothing more: who it is for is found out later, out of everybody's sight."""
    form = ForgotForm()
    if not form.validate():
        form.point_at_first_error()
        return show(PAGE, FORM, form=form, status=422)
    try:
        password_tries.ask_for_link()
        resets.ask(form.email.data or "", address=from_address())
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(show(PAGE, FORM, form=form, status=refusal.status))
    return make_response(redirect(url_for("forgot_password.sent"), 303))


@bp.get("/sent")
@public
def sent() -> Response:
    """Say what happens now, whatever was typed."""
    return show(SENT, SENT)
