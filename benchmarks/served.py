"""The portal as it is served, and beside it the floors: one guarded `UPDATE … RETURNING`, and an empty page."""

from collections.abc import Callable

from flask import Blueprint, Flask, Response, jsonify
from sqlalchemy import text
from sqlalchemy.engine import make_url

from app import create_app
from app.config import Settings
from app.extensions import csrf
from app.models.database import WRITING, db
from app.services.authorizations.postgresql_calls import HotPath
from app.web.access import public

_GUARDED = (
    "update spending set held_micros = held_micros + 1 where customer_id = {} and held_micros < 1000000000000 "
    "returning held_micros"
)


def make() -> Flask:
    """Return the portal with the floor's route."""
    settings = Settings.from_env()
    made = create_app(settings)
    update = _on_postgresql(settings) if settings.on_postgresql else _on_sqlite()
    floor = Blueprint("floor", __name__)
    csrf.exempt(floor)  # a program's, like those of the API
    floor.add_url_rule("/benchmarks/floor/<customer_id>", "floor", public(update), methods=["POST"])
    floor.add_url_rule("/benchmarks/page", "page", public(_page))
    made.register_blueprint(floor)
    return made


def _page() -> Response:
    empty = "<!doctype html><title>Floor</title><h1>Floor</h1>"
    return Response(empty, headers={"Content-Security-Policy": "default-src 'none'; frame-ancestors *"})


def _on_postgresql(settings: Settings) -> Callable[[str], Response]:
    """Return the route on a pool like that of the authorizations, and as patient."""
    role = {"options": "-c role=purser_service"}
    url = make_url(settings.database_url).update_query_dict(role).render_as_string(hide_password=False)
    path, statement = HotPath(url), _GUARDED.format("%(customer_id)s")

    def floor(customer_id: str) -> Response:
        row = path.ask(statement, {"customer_id": customer_id}, about=customer_id)
        return jsonify(held=row.held_micros)

    return floor


def _on_sqlite() -> Callable[[str], Response]:
    statement = text(_GUARDED.format(":customer_id"))

    def floor(customer_id: str) -> Response:
        with db.engine.connect().execution_options(**{WRITING: True}) as connection, connection.begin():
            held = connection.execute(statement, {"customer_id": customer_id}).scalar_one()
        return jsonify(held=held)

    return floor


app = make()
