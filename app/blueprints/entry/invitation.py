"""The mailed link by which somebody joins a customer. Opening it changes nothing."""

import re
from typing import Any

from flask import Blueprint, Response, flash, make_response, redirect, render_template, url_for

from app import mailboxes
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people.members import Actor
from app.forms.members import SignUpForm
from app.services.people import joining
from app.services.people.joining import Invited
from app.web import login
from app.web.access import actor_or_none, from_address, public
from app.web.fields import PageForm
from app.web.session_cookie import portal_session

bp = Blueprint("invitation", __name__, url_prefix="/invitation")
_WHOLE = re.compile(r"[\w-]{43}", re.ASCII)
_OVER = marked(
    "It was used already, it was withdrawn, whoever sent it may not invite any more, "
    "or a newer e-mail has another link."
)
_WHOLE_LINK = marked("It may have been cut off. Open the link from the e-mail again.")


@bp.get("/<token>")
@public
def page(token: str) -> Response:
    """Show what the link leads to. Opening it takes nothing: programs that look through mails do so too."""
    try:
        asked = joining.look(token)
    except Refused as refusal:
        return _over(refusal, token)
    return _shown(asked, token)


@bp.post("/<token>")
@public
def join(token: str) -> Response:
    """Join with the account that there is; whoever is signed in with it goes on for this customer."""
    try:
        asked = joining.look(token)
        if _is_somebody_else(asked):
            return _shown(asked, token, 409)
        joined = joining.join(token, address=from_address())
    except Refused as refusal:
        return _over(refusal, token)
    words = _("You act for {customer} now.", customer=asked.customer)
    actor = _member()
    if actor is not None and not portal_session().embedded and portal_session().switch(joined.customer_id):
        flash(words, "ok")
        return make_response(redirect(url_for("overview.page"), 303))
    shown = render_template("invitation/joined.html", title=_("You have joined"), asked=asked, seller=asked.seller)
    return make_response(shown)


@bp.post("/<token>/account")
@public
def sign_up(token: str) -> Response:
    """Join with a new account, and be signed in."""
    form = SignUpForm()
    try:
        asked = joining.look(token)
        if asked.has_account or _is_somebody_else(asked):
            return _shown(asked, token, 409)
        if not form.validate():
            return _shown(asked, token, 422, form=form)
        joined = joining.sign_up(token, form.name.data or "", form.password.data or "", address=from_address())
    except Refused as refusal:
        if refusal.status != 422:
            return _over(refusal, token)
        form.refuse(refusal)
        return _shown(asked, token, 422, form=form)
    login.sign_in(joined.member_id, joined.customer_id)
    flash(_("You act for {customer} now.", customer=asked.customer), "ok")
    return make_response(redirect(url_for("overview.page"), 303))


def _member() -> Actor | None:
    """Return the member who is signed in; who only reads by a link is nobody here."""
    actor = actor_or_none()
    return None if actor is None or actor.is_link else actor


def _is_somebody_else(asked: Invited) -> bool:
    actor = _member()
    return actor is not None and (mailboxes.kept(actor.email) != asked.email or bool(portal_session().embedded))


def _shown(asked: Invited, token: str, status: int = 200, **more: Any) -> Response:
    around = {"form": SignUpForm(formdata=None) if not asked.has_account else PageForm(formdata=None)} | more
    html = render_template(
        "invitation/page.html",
        title=_("Join {customer}", customer=asked.customer),
        asked=asked,
        token=token,
        seller=asked.seller,
        is_somebody_else=_is_somebody_else(asked),
        signed_in=actor_or_none(),
        **around,
    )
    return make_response(html, status)


def _over(refusal: Refused, token: str) -> Response:
    sentence, title = refusal.sentence, _("This invitation has expired")
    if refusal.status == 404:
        sentence = _(_OVER) if _WHOLE.fullmatch(token) else _(_WHOLE_LINK)
        title = _("This link does not work")
    elif refusal.status == 403:
        title = _("This link does not work")
    elif refusal.status != 410:
        title = _("This cannot be done")
    html = render_template("invitation/refused.html", title=title, sentence=sentence, seller="")
    return make_response(html, refusal.status)
