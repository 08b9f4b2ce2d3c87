"""Passkeys: added, named, listed and removed. What is shown on the page Authentication is a section there."""

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.acting import By
from app.forms.passkeys import NameForm
from app.services.sign_in import passkeys, two_factor
from app.web import login, password_tries
from app.web.access import current_actor, fresh_only, from_address, offered_only, own_sign_in_only
from app.web.respond import show
from app.web.second_step import code_tries
from app.web.session_cookie import portal_session

bp = Blueprint("passkeys", __name__, url_prefix="/account/passkeys")
PAGE, FORM = "passkeys/page.html", "passkeys/_form.html"
PURPOSE, BACK = marked("add a passkey"), "authentication.page"


def _offered() -> None:
    passkeys.the_party()


@bp.app_context_processor
def section() -> dict[str, object]:
    """Give the page Authentication what its section shows, by one question."""
    return {"own_passkeys": lambda: passkeys.current(current_actor().member_id)}


@bp.get("/new")
@own_sign_in_only
@offered_only(_offered)
@fresh_only(PURPOSE, back=BACK)
def page() -> Response:
    """Ask for the passkey's name, and let the browser make it."""
    return show(PAGE, FORM, form=_asked(NameForm(formdata=None, name=_agent())))


@bp.post("/options")
@own_sign_in_only
@offered_only(_offered)
@fresh_only(PURPOSE, back=BACK)
def options() -> Response:
    """Say what the browser is to make."""
    actor = current_actor()
    return jsonify(passkeys.ask_to_add(actor.member_id, actor.email, actor.name, portal_session().token))


@bp.post("/new")
@own_sign_in_only
@offered_only(_offered)
@fresh_only(PURPOSE, back=BACK)
def add() -> Response:
    """Keep the passkey that the browser made."""
    form, by = _asked(NameForm()), _by()
    if not form.validate():
        return show(PAGE, FORM, status=422, form=form)
    try:
        made = passkeys.read(by, form.name.data or "", request.form.get("credential", ""))
        if form.code:
            code_tries.counted(by.member_id, lambda _address: passkeys.add(by, made, form.code.data or ""))
        else:
            passkeys.add(by, made)
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(show(PAGE, FORM, status=refusal.status, form=form))
    return _back(_("Your passkey is added. You can sign in with it from now on."))


@bp.post("/<passkey_id>/removal")
@own_sign_in_only
@fresh_only(marked("remove a passkey"), back=BACK)
def remove(passkey_id: str) -> Response:
    """Remove a passkey: it opens nothing any more."""
    try:
        removed = passkeys.remove(_by(), passkey_id)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _back(refusal.sentence, "bad")
    if not passkeys.current(current_actor().member_id):
        login.one_factor_is_left()
    return _back(_("The passkey {name} is removed.", name=removed))


def _asked(form: NameForm) -> NameForm:
    """Ask for a code where two-factor sign-in is on: a passkey would go past it."""
    if not two_factor.standing(current_actor().member_id).is_on:
        del form.code
    return form


def _back(sentence: str, kind: str = "ok") -> Response:
    flash(sentence, kind)
    return make_response(redirect(url_for(BACK), 303))


def _agent() -> str:
    return browsers.in_words(request.user_agent.string)


def _by() -> By:
    actor = current_actor()
    return By(actor.member_id, actor.customer_id, portal_session().token, from_address(), _agent())
