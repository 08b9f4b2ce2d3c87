"""Two-factor sign-in: an authenticator app is set up, its recovery codes are shown once, and it is switched off.

What is shown on the page Authentication is a section there.
"""

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from flask import Blueprint, Response, flash, make_response, redirect, request, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.acting import By
from app.forms.two_factor import CodeForm, ProofForm
from app.presenters.account import two_factor as drawn
from app.services import portal_links
from app.services.access import members
from app.services.sign_in import two_factor
from app.web import login, password_tries
from app.web.access import current_actor, current_catalog, fresh_only, from_address, own_sign_in_only
from app.web.respond import show
from app.web.second_step import code_tries
from app.web.session_cookie import portal_session

bp = Blueprint("two_factor", __name__, url_prefix="/account/two-factor")
SET_UP, SET_UP_FORM = "two_factor/set_up.html", "two_factor/_set_up.html"
CODES, CODES_LIST = "two_factor/codes.html", "two_factor/_codes.html"
PROOF, PROOF_FORM = "two_factor/proof.html", "two_factor/_proof.html"
ON = marked("Two-factor sign-in is on. All other sessions have ended.")
OFF = marked(
    "Two-factor sign-in is off. Your app and your recovery codes are worth nothing now. All other sessions have ended."
)
NEW_CODES = marked("You have new recovery codes. The old ones are worth nothing any more.")
PURPOSE = marked("set up two-factor sign-in")
T = TypeVar("T")


@bp.app_context_processor
def section() -> dict[str, object]:
    """Give the page Authentication what its section shows, by one question."""
    return {"two_factor": lambda: two_factor.standing(current_actor().member_id)}


@bp.post("/set-up/begin")
@own_sign_in_only
@fresh_only(PURPOSE, back="authentication.page")
def begin() -> Response:
    """Draw a secret and go on to where it is shown."""
    try:
        two_factor.begin(current_actor().member_id)
    except Refused as refusal:
        return _back(refusal.sentence, "warn")
    return make_response(redirect(url_for("two_factor.set_up"), 303))


@bp.get("/set-up")
@own_sign_in_only
@fresh_only(PURPOSE, back="authentication.page")
def set_up() -> Response:
    """Show the secret as a picture and as text, and ask for the first code."""
    secret = two_factor.pending(current_actor().member_id)
    if secret is None:
        return make_response(redirect(url_for("authentication.page"), 303))
    return _set_up(CodeForm(formdata=None), secret)


@bp.post("/set-up")
@own_sign_in_only
@fresh_only(PURPOSE, back="authentication.page")
def switch_on() -> Response:
    """Switch it on by the first code, and show the recovery codes."""
    form, by = CodeForm(), _by()
    try:
        if not form.validate():
            raise Refused("", "malformed", 422)
        made = code_tries.counted(by.member_id, lambda _address: two_factor.confirm(by, form.code.data or ""))
    except Refused as refusal:
        secret = two_factor.pending(by.member_id)
        if secret is None:
            return _back(refusal.sentence, "warn")
        if refusal.sentence:
            form.refuse(refusal)
        return password_tries.say_when(_set_up(form, secret, refusal.status))
    return _codes(made, _(ON))


def _has_no_password() -> bool:
    """Say whether the member confirms in another way what others confirm with the password in the form itself."""
    return not two_factor.standing(current_actor().member_id).has_password


@bp.route("/recovery-codes", methods=["GET", "POST"])
@own_sign_in_only
@fresh_only(marked("make new recovery codes"), back="authentication.page", when=_has_no_password)
def new_codes() -> Response:
    """Make new recovery codes by password and code, which are asked for also right after the sign-in."""
    asked: dict[str, Any] = {
        "title": _("New recovery codes"),
        "sentence": _("The codes that you have are worth nothing from then on."),
        "button": _("Make new codes"),
    }
    return _proven(asked, two_factor.new_codes, lambda made: _codes(made, _(NEW_CODES)))


@bp.route("/off", methods=["GET", "POST"])
@own_sign_in_only
@fresh_only(marked("switch two-factor sign-in off"), back="authentication.page", when=_has_no_password)
def switch_off() -> Response:
    """Switch it off by password and code, which are asked for also right after the sign-in."""
    asked: dict[str, Any] = {
        "title": _("Switch two-factor sign-in off"),
        "sentence": _("Your password alone opens the portal then. All other sessions end."),
        "button": _("Switch it off"),
    }

    def is_off(_done: None) -> Response:
        login.one_factor_is_left()
        return _back(_(OFF))

    return _proven(asked, two_factor.switch_off, is_off)


def _proven(asked: dict[str, Any], change: Callable[[By, str], T], done: Callable[[T], Response]) -> Response:
    by, actor = _by(), current_actor()
    standing = two_factor.standing(by.member_id)
    if not standing.is_on:
        return _back(_("Two-factor sign-in is off."), "warn")
    form = ProofForm() if request.method == "POST" else ProofForm(formdata=None)
    if not standing.has_password:
        del form.current_password
    if request.method != "POST":
        return _proof(asked, form, standing)
    if not form.validate():
        return _proof(asked, form, standing, 422)
    try:
        if standing.has_password:
            _check_password(actor.email, by, form.current_password.data or "")
        made = code_tries.counted(by.member_id, lambda _address: change(by, form.code.data or ""))
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(_proof(asked, form, standing, refusal.status))
    login.confirm()
    return done(made)


def _check_password(email: str, by: By, password: str) -> None:
    try:
        password_tries.counted(email, lambda address: members.confirm(by.member_id, password, address))
    except Refused as refusal:
        if refusal.field:
            refusal.field = "current_password"
        raise


def _proof(asked: dict[str, Any], form: ProofForm, standing: two_factor.Standing, status: int = 200) -> Response:
    form.point_at_first_error()
    here = url_for(request.endpoint or "")
    return show(PROOF, PROOF_FORM, status=status, form=form, standing=standing, action=here, **asked)


def _set_up(form: CodeForm, secret: str, status: int = 200) -> Response:
    form.point_at_first_error()
    address = drawn.address_of(secret, current_actor().email, current_catalog().seller_name)
    return show(
        SET_UP,
        SET_UP_FORM,
        status=status,
        form=form,
        code=drawn.code_of(address),
        secret=drawn.grouped(secret),
        address=address,
    )


def _codes(made: tuple[str, ...], sentence: str) -> Response:
    text = drawn.as_file(made, current_actor().email, portal_links.origin())
    return show(
        CODES, CODES_LIST, codes=made, sentence=sentence, text=text, file=f"data:text/plain;charset=utf-8,{quote(text)}"
    )


def _back(sentence: str, kind: str = "ok") -> Response:
    flash(sentence, kind)
    return make_response(redirect(url_for("authentication.page"), 303))


def _by() -> By:
    actor = current_actor()
    agent = browsers.in_words(request.user_agent.string)
    return By(actor.member_id, actor.customer_id, portal_session().token, from_address(), agent)
