"""The portal as it is served, and beside it the floors: one guarded `UPDATE … RETURNING`, and an empty page.

The update stands behind a route of Flask's, with all that the portal does for every request, and behind a bare WSGI
application that does nothing else.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from threading import BoundedSemaphore
from typing import TYPE_CHECKING, Any

from flask import Blueprint, Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import create_app
from app.config import Settings
from app.extensions import csrf
from app.models.database import WRITING, db
from app.services.authorizations.postgresql_calls import HotPath
from app.web.access import public

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIEnvironment

    import psycopg

BARE = "/benchmarks/bare/"
_GUARDED = (
    "update spending set held_micros = held_micros + 1 where customer_id = {} and held_micros < 1000000000000 "
    "returning held_micros"
)


def make() -> Flask:
    """Return the portal with the floor's route."""
    settings = Settings.from_env()
    made = create_app(settings)
    update = _on_postgresql(settings) if settings.on_postgresql else _on_sqlite(made)

    def view(customer_id: str) -> Response:
        return jsonify(held=update(customer_id))

    floor = Blueprint("floor", __name__)
    csrf.exempt(floor)  # a program's, like those of the API
    floor.add_url_rule("/benchmarks/floor/<customer_id>", "floor", public(view), methods=["POST"])
    floor.add_url_rule("/benchmarks/page", "page", public(_page))
    made.register_blueprint(floor)
    behind = made.wsgi_app

    def bare(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        path = environ["PATH_INFO"]
        if not path.startswith(BARE):
            return behind(environ, start_response)
        text = json.dumps({"held": update(path.removeprefix(BARE))}).encode()
        start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(text)))])
        return [text]

    made.wsgi_app = bare  # type: ignore[method-assign]
    return made


def _page() -> Response:
    empty = "<!doctype html><title>Floor</title><h1>Floor</h1>"
    return Response(empty, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors *"})


def _on_postgresql(settings: Settings) -> Callable[[str], int]:
    """Return the update on a pool like that of the authorizations, of which four may wait for the same row."""
    role = {"options": "-c role=purser_service"}
    url = make_url(settings.database_url).update_query_dict(role).render_as_string(hide_password=False)
    path, statement = HotPath(url), _GUARDED.format("%(customer_id)s")
    gates: dict[str, BoundedSemaphore] = defaultdict(lambda: BoundedSemaphore(4))

    def update(customer_id: str) -> int:
        def once(connection: "psycopg.Connection[Any]") -> Any:
            return connection.execute(statement, {"customer_id": customer_id}, prepare=True).fetchone()

        with gates[customer_id]:
            held: int = path.on_one(once).held_micros
        return held

    return update


def _on_sqlite(made: Flask) -> Callable[[str], int]:
    """Return the update on the portal's engine."""
    statement = text(_GUARDED.format(":customer_id"))
    with made.app_context():
        engine = db.engine

    def update(customer_id: str) -> int:
        with engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            held: int = connection.execute(statement, {"customer_id": customer_id}).scalar_one()
        return held

    return update


app = make()
