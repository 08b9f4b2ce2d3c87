"""Confirm access: asks for the password before a sensitive page opens. Before a sensitive form the form itself asks."""

from flask import Blueprint, Response, jsonify, make_response, redirect, request
from flask_login import login_fresh  # type: ignore[import-untyped]

from app.services.sign_in import passkeys
from app.services.sign_in.challenges import Purpose
from app.web.access import current_actor, safe_next
from app.web.fresh_sign_in import PASSKEY, PASSWORD, ConfirmForm, ask_before
from app.web.session_cookie import portal_session

bp = Blueprint("confirm_access", __name__, url_prefix="/confirm-access")


@bp.get("/")
def page() -> Response:
    """Ask for the password; whoever gave it a short while ago goes on."""
    wanted = safe_next(request.args.get("next", ""))
    return make_response(redirect(wanted, 303)) if login_fresh() else ask_before(wanted)


@bp.post("/passkey/options")
def passkey_options() -> Response:
    """Say what the browser is to ask one of the member's passkeys for."""
    member_id = current_actor().member_id
    return jsonify(passkeys.ask(Purpose.CONFIRM, portal_session().token, member_id))


@bp.post("/")
def confirm() -> Response:
    """Go on to the page that was wanted, or say that the password did not fit."""
    wanted, form = safe_next(request.form.get("next", "")), ConfirmForm()
    if PASSWORD not in request.form and PASSKEY not in request.form and login_fresh():  # confirmed at a provider
        return make_response(redirect(wanted, 303))
    return make_response(redirect(wanted, 303)) if form.confirms() else ask_before(wanted, form=form)
