"""Whose pages may frame the portal: exact origins, which the seller adds and removes while it runs."""

import structlog
from sqlalchemy import delete, func, select

from app import clock
from app.domain.embedding.origins import MOST_ORIGINS, origin_of
from app.domain.errors import NotFound, Refused
from app.models.bulk import insert_new
from app.models.database import db
from app.models.members import FrameOrigin
from app.models.scope import as_service
from app.services.transaction import transaction

log = structlog.get_logger()


def add(text: str, *, by: str) -> FrameOrigin:
    """Let pages of this origin frame the portal, from this commit on. Twice is once."""
    origin = origin_of(text)
    with as_service("add an origin that may frame the portal"), transaction() as session:
        values = {"origin": origin, "created_by": by[:100], "created_at": clock.now()}
        is_new = insert_new(session, FrameOrigin, values)
        many = session.scalar(select(func.count()).select_from(FrameOrigin)) or 0
        if many > MOST_ORIGINS:
            words = f"There are {MOST_ORIGINS} origins already. Remove one first."
            raise Refused(words, "too_many_origins", 409, "origin")
        found = session.get_one(FrameOrigin, origin)
    if is_new:
        log.info("frame_origin_added", name=origin, by=by)
    return found


def remove(text: str, *, by: str) -> str:
    """Let pages of this origin frame the portal no more, and return it."""
    origin = origin_of(text)
    with as_service("remove an origin that may frame the portal"), transaction() as session:
        gone = session.scalar(delete(FrameOrigin).where(FrameOrigin.origin == origin).returning(FrameOrigin.origin))
        if gone is None:
            raise NotFound("origin")
    log.info("frame_origin_removed", name=origin, by=by)
    return origin


def listed() -> list[FrameOrigin]:
    """Return every origin, in the order of the alphabet. There are fifty at most."""
    with as_service("list the origins that may frame the portal"):
        return list(db.session.scalars(select(FrameOrigin).order_by(FrameOrigin.origin)))


def allowed() -> tuple[str, ...]:
    """Return the origins alone."""
    with as_service("read the origins that may frame the portal"):
        return tuple(db.session.scalars(select(FrameOrigin.origin).order_by(FrameOrigin.origin)))
