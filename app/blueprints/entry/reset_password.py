"""The mailed link by which a member chooses a password. Opening it changes nothing.

The link's address is left at once: the session knows the hash of its token, and the form stands at an address without
it, so that it stays in no history and goes out with no referrer.
"""

from flask import Blueprint, Response, make_response, redirect, render_template, request, session, url_for
from wtforms import PasswordField
from wtforms.validators import InputRequired

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.services.sign_in import links, resets
from app.web import login, password_tries
from app.web.access import actor_or_none, from_address, public
from app.web.fields import PageForm
from app.web.respond import show

bp = Blueprint("reset_password", __name__, url_prefix="/reset-password")
PAGE, FORM = "reset_password/page.html", "reset_password/_form.html"
KEPT = "password_link"
"""Where the session keeps the hash of the link's token."""
_OVER = marked("It was used already, a newer e-mail has another link, or your password or address has changed since.")


class ResetForm(PageForm):
    """The password from now on."""

    password = PasswordField(
        marked("New password"),
        [InputRequired(marked("Choose a password."))],
        render_kw={"autocomplete": "new-password", "maxlength": 256},
    )


@bp.get("/<token>")
@public
def arrive(token: str) -> Response:
    """Leave the link's address. Programs that look through mails come here too: nothing is used up."""
    hashed = links.hash_of(token)
    try:
        resets.look(hashed)
    except Refused as refusal:
        return _refused(refusal)
    session[KEPT] = hashed
    return make_response(redirect(url_for("reset_password.page"), 303))


@bp.get("/")
@public
def page() -> Response:
    """Ask for the password."""
    try:
        asked = resets.look(session.get(KEPT, ""))
    except Refused as refusal:
        return _refused(refusal)
    return show(PAGE, FORM, form=ResetForm(formdata=None), asked=asked)


@bp.post("/")
@public
def choose() -> Response:
    """Keep the password, and lead to the sign-in: a second factor is asked for there as always."""
    form, hashed = ResetForm(), session.get(KEPT, "")
    try:
        asked = resets.look(hashed)
    except Refused as refusal:
        return _refused(refusal)
    if not form.validate():
        return _again(form, asked, 422)
    try:
        agent = browsers.in_words(request.user_agent.string)
        resets.choose(hashed, form.password.data or "", address=from_address(), browser=agent)
    except Refused as refusal:
        if refusal.field != "password":
            return _refused(refusal)
        form.refuse(refusal)
        return _again(form, asked, refusal.status)
    password_tries.know_browser(asked.email)  # however often others guess: whoever reads the mail gets in
    if actor_or_none():
        login.sign_out()
    else:
        session.pop(KEPT, None)
    return make_response(redirect(url_for("sign_in.page", chosen="1"), 303))


def _again(form: ResetForm, asked: resets.Asked, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, FORM, form=form, asked=asked, status=status)


def _refused(refusal: Refused) -> Response:
    title = _("This link has expired") if refusal.status == 410 else _("This link does not work")
    sentence = refusal.sentence if refusal.status == 410 else _(_OVER)
    return make_response(render_template("reset_password/refused.html", title=title, sentence=sentence), refusal.status)
