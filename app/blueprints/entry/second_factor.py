"""The second step of a sign-in: a code of the app, a recovery code or a passkey. Nothing is open before it."""

from flask import Blueprint, Response, flash, jsonify, make_response, redirect, request, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.acting import By
from app.extensions import csrf
from app.forms.two_factor import OF_APP, WRITTEN_DOWN, CodeForm
from app.services.access.session_facts import ENDED
from app.services.sign_in import passkeys, two_factor
from app.services.sign_in.challenges import Purpose
from app.web import password_tries
from app.web.access import actor_or_none, from_address, proven_by, public, safe_next
from app.web.respond import show
from app.web.second_step import code_tries, half_signed_in
from app.web.second_step.half_signed_in import HalfSignedIn
from app.web.session_cookie import portal_session

bp = Blueprint("second_factor", __name__, url_prefix="/sign-in/second-step")
PAGE, FORM = "second_factor/page.html", "second_factor/_form.html"
OVER = marked("The second step was not taken within five minutes. Sign in again.")
FEW_LEFT = marked("You have {left} of 10 recovery codes left. Make new ones on the page Authentication.")


def _is_ours() -> None:
    """Ask for the form's token where there is something to open: otherwise the form only leads on."""
    if actor_or_none() is None and half_signed_in.current() is not None:
        csrf.protect()


@bp.get("/")
@public
def page() -> Response:
    """Ask for a code or a passkey of whoever gave the password just now."""
    half = half_signed_in.current()
    return _elsewhere() if half is None or actor_or_none() else _asked(half, CodeForm(formdata=None))


@bp.post("/")
@public
@proven_by(_is_ours)
def enter() -> Response:
    """Sign in by the code, or say that it did not fit. Tries are counted before it is looked at."""
    half = half_signed_in.current()
    if half is None or actor_or_none():  # sent twice, or by another tab: what is through is through
        return _elsewhere()
    form = CodeForm()
    if not form.validate():
        return _asked(half, form, 422)
    by, typed = _by(half), form.code.data or ""
    try:
        used = code_tries.counted(half.member_id, lambda _address: two_factor.check(by, typed))
    except Refused as refusal:
        form.refuse(refusal)
        return password_tries.say_when(_asked(half, form, refusal.status))
    answer = half_signed_in.through(half, half.next)
    if used.recovery_codes_left is not None:
        flash(_(FEW_LEFT, left=used.recovery_codes_left), "warn")
    return answer


@bp.post("/passkey/options")
@public
def options() -> Response:
    """Say what the browser is to ask a passkey for."""
    half = half_signed_in.current()
    if half is None:
        raise Refused(_(OVER if half_signed_in.is_over() else ENDED), "second_step_over", 409)
    return jsonify(passkeys.ask(Purpose.SECOND_STEP, portal_session().token, half.member_id))


@bp.post("/passkey")
@public
@proven_by(_is_ours)
def use_passkey() -> Response:
    """Sign in by a passkey of the member's."""
    half = half_signed_in.current()
    if half is None or actor_or_none():
        return _elsewhere()
    answer, token = request.form.get("credential", ""), portal_session().token
    try:
        code_tries.counted(
            half.member_id, lambda _address: passkeys.prove(answer, Purpose.SECOND_STEP, token, half.member_id)
        )
    except Refused as refusal:
        form = CodeForm(formdata=None)
        form.refuse(refusal)
        return password_tries.say_when(_asked(half, form, refusal.status))
    return half_signed_in.through(half, half.next)


def _elsewhere() -> Response:
    """Lead on whoever is signed in, and to the password whoever took too long."""
    if actor_or_none():
        return make_response(redirect(safe_next("/"), 303))
    flash(_(OVER if half_signed_in.is_over() else ENDED), "warn")
    return make_response(redirect(url_for("sign_in.page"), 303))


def _asked(half: HalfSignedIn, form: CodeForm, status: int = 200) -> Response:
    by_recovery_code = request.args.get("with") == "recovery-code"
    form.code.label.text = marked("Recovery code") if by_recovery_code else marked("Code")
    form.mark("code", **(WRITTEN_DOWN if by_recovery_code else OF_APP), autofocus=True)
    has_passkey = bool(passkeys.party() and two_factor.standing(half.member_id).passkeys)
    return show(PAGE, FORM, status=status, form=form, by_recovery_code=by_recovery_code, has_passkey=has_passkey)


def _by(half: HalfSignedIn) -> By:
    agent = browsers.in_words(request.user_agent.string)
    return By(half.member_id, half.customer_id, portal_session().token, from_address(), agent)
