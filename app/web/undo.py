"""Undo: the last removal of a session can be taken back for a short while, by the notice that says it."""

from datetime import datetime, timedelta
from typing import Any

from flask import flash

from app import clock
from app.web.session_cookie import UNDO, portal_session

LASTS = timedelta(minutes=10)


def offer(notice: str, endpoint: str, key: str, values: dict[str, Any]) -> None:
    """Say what was removed, in a notice that offers to put it back: `endpoint` does it with these values."""
    until = (clock.now() + LASTS).isoformat()
    portal_session()[UNDO] = {"endpoint": endpoint, "key": key, "values": values, "until": until}
    flash(notice, UNDO)


def take(key: str) -> dict[str, Any] | None:
    """Return what is to be put back, once; None where it is too late, or where something else was removed since."""
    kept: dict[str, Any] | None = portal_session().get(UNDO)
    if not kept or kept["key"] != key or datetime.fromisoformat(kept["until"]) < clock.now():
        return None
    del portal_session()[UNDO]
    return dict(kept["values"])


def offered() -> dict[str, Any]:
    """Return what the notice of a removal offers."""
    found: dict[str, Any] = portal_session().get(UNDO) or {}
    return found
