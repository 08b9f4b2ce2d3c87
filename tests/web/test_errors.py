"""What pages and the API have in common when something is wrong."""

import pytest
from flask import Blueprint, Flask, Response, abort
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from app.domain.errors import Refused
from app.web.errors import handlers

SECRET = "whsec_of_a_customer"


def answers(on: Flask | Blueprint, who: str) -> None:
    """Answer as `who` does, in one line."""
    handlers.register(
        on,
        refused=lambda refusal: Response(f"{who}: {refusal.sentence}", refusal.status),
        http=lambda error: handlers.with_headers_of(error, Response(f"{who}: http", status(error))),
        failed=lambda code: Response(f"{who}: failed", code),
    )


def status(error: HTTPException) -> int:
    return handlers.same_class(error.code or 500)


@pytest.fixture
def strange() -> Flask:
    """An app whose pages and programs go wrong in the way that their address names."""
    app, machines = Flask(__name__), Blueprint("machines", __name__, url_prefix="/v1")

    def wrong(how: str) -> str:
        match how:
            case "refused":
                raise Refused("No.", "no", 402)
            case "away":
                raise OperationalError("insert", {"secret": SECRET}, Exception("away"))
            case "method":
                raise MethodNotAllowed(valid_methods=["PUT"])
            case "teapot":
                abort(418)
            case _:
                raise ValueError(how)

    for on, who in ((app, "page"), (machines, "API")):
        answers(on, who)
        on.add_url_rule("/<how>", "wrong", wrong)
    app.register_blueprint(machines)
    return app


@pytest.mark.parametrize(("path", "who"), [("/", "page"), ("/v1/", "API")])
@pytest.mark.parametrize(
    ("how", "said", "code", "headers", "logged"),
    [
        ("refused", "No.", 402, {}, []),
        ("method", "http", 400, {"Allow": "PUT"}, []),
        ("teapot", "http", 400, {}, []),
        ("away", "failed", 503, {"Retry-After": "5"}, ["database_unavailable"]),
        ("bug", "failed", 500, {}, ["failed"]),
    ],
)
def test_whoever_asks_hears_the_same_in_their_own_form(
    strange: Flask, path: str, who: str, how: str, said: str, code: int, headers: dict[str, str], logged: list[str]
) -> None:
    with capture_logs() as lines:
        answer = strange.test_client().get(path + how)
    assert (answer.status_code, answer.text) == (code, f"{who}: {said}")
    assert {name: answer.headers[name] for name in ("Allow", "Retry-After") if name in answer.headers} == headers
    assert [line["event"] for line in lines] == logged
    assert SECRET not in "".join(str(line["exc_info"]) for line in lines)
