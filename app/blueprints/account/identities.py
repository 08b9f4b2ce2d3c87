"""Accounts at GitHub and other providers: linked and unlinked, in a section of the page Authentication."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for

from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.services.sign_in import identities, identity_providers
from app.services.sign_in.passwords import By
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.identity import attempts
from app.web.identity.attempts import Purpose
from app.web.session_cookie import portal_session

bp = Blueprint("identities", __name__, url_prefix="/account/authentication/accounts")
BACK = "authentication.page"


@bp.app_context_processor
def section() -> dict[str, object]:
    """Give the page Authentication what its section shows; nothing is asked where there is no provider."""
    return {
        "linked_accounts": lambda: identities.current(current_actor().member_id) if identity_providers.offered() else []
    }


@bp.post("/<name>")
@own_sign_in_only
@fresh_only(
    lambda name: _("link an account at {provider}", provider=identity_providers.named(name).label),
    back=BACK,
)
def link(name: str) -> Response:
    """Lead to the provider. A form may end at no other site, so a page of ours goes on by itself."""
    provider = identity_providers.named(name)
    try:
        address = attempts.begin(name, Purpose.LINK, member_id=current_actor().member_id)
    except Refused as refusal:
        return _back(refusal.sentence, "bad")
    return make_response(render_template("identities/onward.html", provider=provider, address=address))


@bp.post("/<identity_id>/removal")
@own_sign_in_only
@fresh_only(marked("unlink an account"), back=BACK)
def unlink(identity_id: str) -> Response:
    """Unlink an account: it opens nothing here any more."""
    actor = current_actor()
    agent = browsers.in_words(request.user_agent.string)
    by = By(actor.member_id, actor.customer_id, portal_session().token, from_address(), agent)
    try:
        label = identities.unlink(by, identity_id)
    except Refused as refusal:
        if refusal.status == 404:
            raise
        return _back(refusal.sentence, "bad")
    return _back(_("Your {provider} account is unlinked.", provider=label), "ok")


def _back(sentence: str, kind: str) -> Response:
    flash(sentence, kind)
    return make_response(redirect(url_for(BACK), 303))
