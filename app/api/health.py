"""Health: alive, and ready to serve."""

from flask import Blueprint, Response, current_app, jsonify
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import configure_mappers

from app.extensions import csrf
from app.models.database import db
from app.models.scope import as_service
from app.services import wake_ups
from app.services.operations.installation import newest_revision, revision_of
from app.web.access import public

bp = Blueprint("health", __name__)
csrf.exempt(bp)


@bp.get("/healthz")
@public
def live() -> Response:
    """Say that the process answers. The database is not asked: a restart of ours would not repair it."""
    return jsonify(status="ok")


@bp.get("/readyz")
@public
def ready() -> tuple[Response, int]:
    """Say whether the database answers and is migrated to what this release wants, and whether the queue answers.

    Who asks before it sends customers here waits in their place until the tables are joined to their classes.
    """
    configure_mappers()
    checks = {"database": "ok", "migrations": "ok"}
    try:
        with as_service("look whether the database is ready"):
            if revision_of(db.session.connection()) != newest_revision():
                checks["migrations"] = "behind: run `flask portal init`"
    except SQLAlchemyError:
        current_app.logger.warning("not ready: the database does not answer")
        checks = {"database": "does not answer", "migrations": "unknown"}
    checks["queue"] = "ok" if wake_ups.queue().answers() else "does not answer"
    good = all(state == "ok" for state in checks.values())
    return jsonify(status="ok" if good else "unavailable", checks=checks), 200 if good else 503
