"""How a page answers: htmx gets the fragment with what changed beside it, a plain browser the page."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from flask import Response, flash, make_response, redirect, render_template, url_for
from flask_login import current_user  # type: ignore[import-untyped]
from htmx_flask import request  # type: ignore[import-untyped]

from app.locale import unbroken

SAVED = "Purser-Saved"
"""The header of an answer whose form shows what is saved, and not what was typed."""


def is_htmx() -> bool:
    """Whether htmx asks, for a part of a page or for a whole one."""
    return bool(request.htmx)


def wants_fragment() -> bool:
    """Whether htmx asks for a part of the page it shows; a boosted link or the back button wants the whole page."""
    asked = request.htmx
    return bool(asked) and not (asked.boosted or asked.history_restore_request)


def page_of_htmx() -> str:
    """Return the path and query of the page that htmx was on, as far as its header can be read."""
    try:
        page = urlsplit(request.htmx.current_url or "")
    except ValueError:
        return ""
    return page.path + (f"?{page.query}" if page.query else "")


def show(page: str, fragment: str, *, status: int = 200, **context: object) -> Response:
    """Answer with the fragment (htmx) or the page around it."""
    if not wants_fragment():
        return make_response(unbroken(render_template(page, **context)), status)
    return _part(fragment, status, context)


def saved(
    endpoint: str, fragment: str, notice: str, *, values: Mapping[str, str] | None = None, **context: object
) -> Response:
    """Say that it worked: the fragment (htmx), or a redirect to `endpoint`, so that a reload sends nothing twice.

    Without a notice the caller has said it already.
    """
    if notice:
        flash(notice, "ok")
    if wants_fragment():
        answer = _part(fragment, 200, context)
        answer.headers[SAVED] = "1"
        return answer
    where: dict[str, Any] = dict(values or {})
    return make_response(redirect(url_for(endpoint, **where), code=303))


def reloaded(endpoint: str, notice: str) -> Response:
    """Say that it worked by a page that is loaded anew, with and without htmx: all of it may look otherwise now."""
    flash(notice, "ok")
    if not is_htmx():
        return make_response(redirect(url_for(endpoint), code=303))
    answer = Response(status=204)
    answer.headers["HX-Redirect"] = url_for(endpoint)
    return answer


def _part(fragment: str, status: int, context: Mapping[str, object]) -> Response:
    """Return the fragment, and beside it what every change may touch: the notices and the balance."""
    part = unbroken(render_template(fragment, **context))
    beside = render_template(
        "_out_of_band.html", with_balance=current_user.is_authenticated and not current_user.actor.is_link
    )
    return make_response(part + beside, status)
