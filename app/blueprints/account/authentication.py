"""Authentication: how the member signs in, and where they are signed in.

The page is made of sections. Those of other modules bring what they show by a context processor of their own.
"""

from typing import Any

from flask import Blueprint, Response, request

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.acting import By
from app.forms.authentication import EmailForm, PasswordForm
from app.services.access import own_sessions
from app.services.sign_in import emails, passwords
from app.web import login, password_tries
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.respond import saved, show
from app.web.session_cookie import portal_session

bp = Blueprint("authentication", __name__, url_prefix="/account/authentication")
PAGE, CONTENT = "authentication/page.html", "authentication/_content.html"
PASSWORD_CHANGED = marked(
    "Your password is changed. All other sessions have ended; API tokens, SSH keys and linked accounts go on working."
)
ASKED = marked(
    "An e-mail with a link is on its way to {email}. Your address changes once the link is opened and confirmed."
)
KEPT = marked("Your e-mail address stays as it is.")
ENDED, OTHERS_ENDED = marked("The session has ended."), marked("All other sessions have ended.")


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show how the member signs in."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/password")
@own_sign_in_only
def change_password() -> Response:
    """Keep another password. The current one is asked in the form itself, and counted as a try."""
    form, actor, by = PasswordForm(), current_actor(), _by()
    if not form.validate():
        return _refused(422, password=form)
    before, wanted = form.current_password.data or "", form.new_password.data or ""
    try:
        password_tries.counted(actor.email, lambda _address: passwords.change(by, before, wanted))
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(_refused(refusal.status, password=form))
    login.confirm()
    return saved("authentication.page", CONTENT, _(PASSWORD_CHANGED), **_around())


@bp.post("/email")
@own_sign_in_only
@fresh_only(marked("change your e-mail address"), back="authentication.page")
def change_email() -> Response:
    """Mail a link to the new address: nothing changes before it is confirmed there."""
    form = EmailForm()
    if not form.validate():
        return _refused(422, email=form)
    try:
        asked = emails.ask(_by(), form.new_email.data or "")
    except Refused as refusal:
        form.refuse(refusal)
        return _refused(refusal.status, email=form)
    return saved("authentication.page", CONTENT, _(ASKED, email=asked), **_around())


@bp.post("/email/cancellation")
@own_sign_in_only
def cancel_email() -> Response:
    """Keep the address: the mailed link is dead."""
    emails.cancel(_by())
    return saved("authentication.page", CONTENT, _(KEPT), **_around())


@bp.post("/sessions/<session_id>/end")
@own_sign_in_only
@fresh_only(marked("end a session"), back="authentication.page")
def end_session(session_id: str) -> Response:
    """End one other session at once."""
    by = _by()
    own_sessions.end(by.member_id, by.customer_id, by.token, session_id, address=by.address)
    return saved("authentication.page", CONTENT, _(ENDED), **_around())


@bp.post("/sessions/end")
@own_sign_in_only
@fresh_only(marked("end all other sessions"), back="authentication.page")
def end_others() -> Response:
    """End all other sessions at once."""
    by = _by()
    own_sessions.end_others(by.member_id, by.customer_id, by.token, address=by.address)
    return saved("authentication.page", CONTENT, _(OTHERS_ENDED), **_around())


def _by() -> By:
    actor = current_actor()
    agent = browsers.in_words(request.user_agent.string)
    return By(actor.member_id, actor.customer_id, portal_session().token, from_address(), agent)


def _refused(status: int, **forms: Any) -> Response:
    for form in forms.values():
        form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(**forms))


def _around(password: PasswordForm | None = None, email: EmailForm | None = None) -> dict[str, Any]:
    actor = current_actor()
    return {
        "browser_words": browsers.shown,
        "email_form": email or EmailForm(formdata=None),
        "pending_email": emails.pending(actor.member_id),
        "password_form": password or PasswordForm(formdata=None),
        "password": passwords.current(actor.member_id),
        "sessions": own_sessions.current(actor.member_id, portal_session().token),
    }
