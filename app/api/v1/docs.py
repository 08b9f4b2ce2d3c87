"""The API described: as OpenAPI 3.1 for programs, and as one page for people, both made from the operations."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, current_app, make_response, render_template
from markupsafe import Markup, escape

from app.api.contract import examples
from app.api.contract.openapi import document, operations_of, statuses
from app.api.contract.operations import Operation
from app.api.contract.problems import described
from app.extensions import csrf
from app.services import portal_links
from app.web.access import public

bp = Blueprint("v1_docs", __name__, url_prefix="/v1")
csrf.exempt(bp)  # nothing is changed, and no cookie is looked at


@bp.get("/openapi.json")
@public
def openapi() -> Response:
    """Answer with the OpenAPI document."""
    return make_response(_document())


@bp.get("/docs")
@public
def page() -> Response:
    """Show what programs may ask and what they are answered."""
    operations, found = list(operations_of(current_app)), _document()
    return make_response(
        render_template(
            "api_docs/page.html",
            document=found,
            curl=_curl(found),
            operations=[(each, _at(each.path), statuses(each)) for each in operations],
            tags=list(dict.fromkeys(each.tag for each in operations)),
            words=_words,
            problems=described(),
        )
    )


def _document() -> dict[str, Any]:
    return document(current_app, portal_links.origin())


def _curl(found: dict[str, Any]) -> Callable[[Operation], str]:
    """Return what shows an operation as a request from a shell."""

    def shown(operation: Operation) -> str:
        path = _at(operation.path)
        said = found["paths"][path][operation.method.lower()]
        server = found["servers"][0]["url"]
        return examples.curl(server, operation.method, path, said, idempotent=operation.method == "POST")

    return shown


def _words(text: str) -> Markup:
    """Return a description as HTML: what stands between backticks is code."""
    parts = [escape(part) for part in text.split("`")]
    return Markup("").join(
        part if index % 2 == 0 else Markup("<code>{}</code>").format(part) for index, part in enumerate(parts)
    )


def _at(path: str) -> str:
    return "/v1" + path.replace("<", "{").replace(">", "}")
