"""API tokens: keys of the API for the member's own programs, for the customer that the member acts for."""

from typing import Any

from flask import Blueprint, flash, request
from werkzeug.wrappers import Response

from app import clock
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.people import browsers
from app.domain.people.api_tokens import SCOPES, end_of, offered
from app.extensions import settings
from app.forms.api_tokens import ApiTokenForm
from app.ids import is_id
from app.services.access import api_tokens
from app.web.access import current_actor, fresh_only, from_address, own_sign_in_only
from app.web.respond import saved, show

bp = Blueprint("api_tokens", __name__, url_prefix="/account/api-tokens")
PAGE, CONTENT = "api_tokens/page.html", "api_tokens/_content.html"
ROWS = 50
MADE_ALREADY = marked(
    "This token is made already, and was shown once. If you have no copy, revoke it and make another one."
)


@bp.get("/")
@own_sign_in_only
def page() -> Response:
    """Show the tokens, and the form that makes one."""
    return show(PAGE, CONTENT, **_around())


@bp.post("/")
@own_sign_in_only
@fresh_only(marked("make an API token"), back="api_tokens.page")
def make() -> Response:
    """Make a token and show it, this once."""
    form, actor = _form(), current_actor()
    if not form.validate():
        return _refused(form, 422)
    try:
        ends = end_of(form.lasts.data or "", form.ends_on.data, clock.now(), may_last=settings().api_tokens_may_last)
        where = {"address": from_address(), "browser": browsers.in_words(request.user_agent.string)}
        where |= {"form_key": form.form_key.data or ""}
        made = api_tokens.make(actor, form.name.data or "", form.chosen, ends, **where)
    except Refused as refusal:
        form.refuse(refusal)
        return _refused(form, refusal.status)
    if made is None:
        flash(_(MADE_ALREADY), "warn")
        return saved("api_tokens.page", CONTENT, "", **_around())
    return show(PAGE, CONTENT, **(_around() | {"made": made}))


@bp.post("/<token_id>/revocation")
@own_sign_in_only
@fresh_only(lambda token_id: _("revoke the token {name}", name=_named(token_id)), back="api_tokens.page")
def revoke(token_id: str) -> Response:
    """Revoke the token: the next call with it is refused."""
    token = api_tokens.revoke(current_actor(), token_id, address=from_address())
    return saved("api_tokens.page", CONTENT, _("The token {name} is revoked.", name=token.name), **_around())


def _named(token_id: str) -> str:
    return api_tokens.one(current_actor(), token_id).name


def _form() -> ApiTokenForm:
    return ApiTokenForm().offer(may_last=settings().api_tokens_may_last)


def _refused(form: ApiTokenForm, status: int) -> Response:
    form.point_at_first_error()
    return show(PAGE, CONTENT, status=status, **_around(form))


def _around(form: ApiTokenForm | None = None) -> dict[str, Any]:
    actor, before = current_actor(), request.args.get("before", "")
    rows = api_tokens.listed(actor, ROWS + 1, before=before if is_id(before, "key") else None)
    shown = rows[:ROWS]
    return {
        "form": form or ApiTokenForm(formdata=None).offer(may_last=settings().api_tokens_may_last).renewed(),
        "chosen": form.chosen if form else [],
        "rows": shown,
        "older": shown[-1].token.id if len(rows) > ROWS else "",
        "own_id": actor.member_id,
        "scopes": {each: SCOPES[each] for each in offered(actor.role)},
        "words": SCOPES,
        "prefix_of": api_tokens.prefix_of,
        "made": "",
    }
