"""Sign in with a provider: the way there, and the way back, which ends what this browser began and nothing else."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app.domain.errors import Forbidden, Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.services.sign_in import identities, identity_providers
from app.services.sign_in.identity_providers import Proven
from app.services.sign_in.passwords import By
from app.web import login
from app.web.access import actor_or_none, current_actor, from_address, own_sign_in_only, public, safe_next
from app.web.identity import attempts
from app.web.identity.attempts import Attempt, Purpose
from app.web.second_step import code_tries, half_signed_in
from app.web.session_cookie import portal_session

bp = Blueprint("sign_in_with", __name__, url_prefix="/sign-in/with")
REFUSED_THERE = marked("You did not sign in with {provider}.")
SESSION_OVER = marked("You were signed out, or signed in as somebody else meanwhile. Begin again.")


@bp.app_context_processor
def offered() -> dict[str, object]:
    """Let the sign-in page show whom people may sign in with, and the question for access by whom it is confirmed."""
    return {
        "identity_providers": identity_providers.offered,
        "confirming_providers": lambda: identities.confirming(current_actor().member_id),
    }


@bp.get("/<name>")
@public
def begin(name: str) -> Response:
    """Send the browser to the provider; whoever is signed in goes on."""
    wanted = request.args.get("next", "")
    identity_providers.named(name)
    if actor_or_none():
        return make_response(redirect(safe_next(wanted), 303))
    if _is_sent_here():
        return make_response(redirect(_sign_in_page(wanted), 303))
    try:
        return make_response(redirect(attempts.begin(name, Purpose.SIGN_IN, wanted), 303))
    except Refused as refusal:
        return _to_sign_in(refusal, wanted)


@bp.get("/<name>/confirm")
@own_sign_in_only
def confirm(name: str) -> Response:
    """Send a member to the provider to sign in there anew, before a sensitive change."""
    provider, actor = identity_providers.named(name), current_actor()
    if _is_sent_here():
        raise Forbidden(_("This request did not come from a page of the portal."))
    if provider not in identities.confirming(actor.member_id):
        words = _("You cannot confirm with {provider}. Confirm in another way.", provider=provider.label)
        raise Refused(words, "identity_other", 409)
    return make_response(redirect(attempts.begin(name, Purpose.CONFIRM, member_id=actor.member_id), 303))


@bp.get("/<name>/back")
@public
def back(name: str) -> Response:
    """End what this browser began there."""
    provider = identity_providers.named(name)
    try:
        attempt = attempts.take(name, request.args.get("state", ""))
    except Refused as refusal:
        return _to_sign_in(refusal, "") if actor_or_none() is None else _to_account(refusal)
    try:
        if "error" in request.args:
            raise Refused(_(REFUSED_THERE, provider=provider.label), "provider_refused", 422)
        if attempt.member_id and (actor_or_none() is None or current_actor().member_id != attempt.member_id):
            raise Refused(_(SESSION_OVER), "session_over", 409)
        proven = code_tries.from_address_alone(
            lambda: identity_providers.proven(name, attempt.asked, request.args.get("code", ""))
        )
        return _ended(attempt, proven)
    except Refused as refusal:
        if attempt.purpose is Purpose.SIGN_IN:
            return _to_sign_in(refusal, attempt.next)
        return _confirmed(refusal) if attempt.purpose is Purpose.CONFIRM else _to_account(refusal)


def _ended(attempt: Attempt, proven: Proven) -> Response:
    agent = browsers.in_words(request.user_agent.string)
    match attempt.purpose:
        case Purpose.SIGN_IN:
            return half_signed_in.go_on(identities.sign_in(proven, from_address(), agent), attempt.next)
        case Purpose.LINK:
            actor = current_actor()
            by = By(actor.member_id, actor.customer_id, portal_session().token, from_address(), agent)
            identities.link(by, proven)
            label = proven.provider.label
            flash(_("Your {provider} account is linked. You can sign in with it from now on.", provider=label), "ok")
            return make_response(redirect(url_for("authentication.page"), 303))
        case Purpose.CONFIRM:
            identities.confirm(attempt.member_id, proven, attempt.began_at)
            if not login.confirm():
                raise Refused(_(SESSION_OVER), "session_over", 409)
            return _confirmed(None)


def _confirmed(refusal: Refused | None) -> Response:
    """Say in the window that was opened for it whether access is confirmed."""
    page = render_template("sign_in_with/confirmed.html", refusal=refusal)
    return make_response(page, refusal.status if refusal else 200)


def _is_sent_here() -> bool:
    """Say whether another site led here: a provider that asks nothing would begin a session that nobody asked for."""
    return request.headers.get("Sec-Fetch-Site", "same-origin") not in {"same-origin", "none"}


def _sign_in_page(wanted: str) -> str:
    target = safe_next(wanted)
    return url_for("sign_in.page", next=target if target != "/" else None)


def _to_sign_in(refusal: Refused, wanted: str) -> Response:
    flash(refusal.sentence, "bad")
    return make_response(redirect(_sign_in_page(wanted), 303))


def _to_account(refusal: Refused) -> Response:
    flash(refusal.sentence, "bad")
    return make_response(redirect(url_for("authentication.page"), 303))
