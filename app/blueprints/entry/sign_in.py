"""Sign in: the one page that strangers may open."""

from flask import Blueprint, Response, jsonify, make_response, redirect, request, url_for
from wtforms import HiddenField, PasswordField, StringField
from wtforms.validators import InputRequired

from app import extensions
from app.domain.errors import Refused
from app.domain.language import marked
from app.services.access import members
from app.services.sign_in import passkeys
from app.services.sign_in.challenges import Purpose
from app.web import login, password_tries
from app.web.access import actor_or_none, proven_by, public, safe_next
from app.web.fields import PageForm
from app.web.respond import show
from app.web.second_step import code_tries, half_signed_in
from app.web.session_cookie import portal_session

bp = Blueprint("sign_in", __name__)
PAGE, FORM = "sign_in/page.html", "sign_in/_form.html"


@bp.app_context_processor
def with_passkeys() -> dict[str, object]:
    """Let forms ask whether browsers make passkeys for the portal's address."""
    return {"passkeys_are_possible": lambda: passkeys.party() is not None}


class SignInForm(PageForm):
    """Address and password."""

    email = StringField(
        marked("E-mail address"),
        [InputRequired(marked("Enter your e-mail address."))],
        render_kw={"autocomplete": "username webauthn", "maxlength": 254, "spellcheck": "false"},
    )
    password = PasswordField(
        marked("Password"),
        [InputRequired(marked("Enter your password."))],
        render_kw={"autocomplete": "current-password", "maxlength": 256},
    )
    next = HiddenField()


@bp.get("/sign-in")
@public
def page() -> Response:
    """Ask who it is; a member who is signed in goes on."""
    actor = actor_or_none()
    if actor is not None and not actor.is_link:
        return make_response(redirect(safe_next(request.args.get("next", "")), 303))
    form = SignInForm(formdata=None, next=safe_next(request.args.get("next", "")))
    said = {what: what in request.args for what in ("ended", "chosen", "deleted")}
    return show(PAGE, FORM, form=form, **said)


@bp.post("/sign-in")
@public
def sign_in() -> Response:
    """Sign in, or say that it did not fit. Tries are counted before the password is looked at."""
    form = SignInForm()
    if not form.validate():
        return show(PAGE, FORM, form=form, status=422)
    email, password = form.email.data or "", form.password.data or ""
    try:
        who = password_tries.counted(email, lambda address: members.sign_in(email, password, address))
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(show(PAGE, FORM, form=form, status=refusal.status))
    return half_signed_in.go_on(who, form.next.data or "")


@bp.post("/sign-in/passkey/options")
@public
def passkey_options() -> Response:
    """Say what the browser is to ask a passkey for: one of anybody's, who says by it who it is."""
    return jsonify(passkeys.ask(Purpose.SIGN_IN, portal_session().token))


@bp.post("/sign-in/passkey")
@public
def use_passkey() -> Response:
    """Sign in by a passkey: its device has seen who holds it, so nothing more is asked."""
    wanted, token = safe_next(request.form.get("next", "")), portal_session().token
    answer = request.form.get("credential", "")
    try:
        used = code_tries.from_address_alone(lambda: passkeys.prove(answer, Purpose.SIGN_IN, token))
    except Refused as refusal:
        form = SignInForm(formdata=None, next=wanted)
        form.refuse(refusal)
        return password_tries.say_when(show(PAGE, FORM, form=form, status=refusal.status))
    return half_signed_in.through(used.who, wanted)


def _own_form() -> None:
    """Ask for our form's token where a session is to end: a page that outlived its own leads to the sign-in."""
    if actor_or_none() is not None or half_signed_in.current() is not None:
        extensions.csrf.protect()


@bp.post("/sign-out")
@public
@proven_by(_own_form)
def sign_out() -> Response:
    """End the session here and on the server, also one that has not taken its second step."""
    if (actor := actor_or_none()) is not None:
        members.signed_out(actor.member_id)
    elif half_signed_in.current() is None:
        return make_response(extensions.login.unauthorized())
    login.sign_out()
    return make_response(redirect(url_for("sign_in.page"), 303))
