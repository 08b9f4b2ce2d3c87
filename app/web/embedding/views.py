"""Pages as a host names them: by a word, or by the path that a frame said it was at."""

from urllib.parse import urlsplit

from flask import current_app
from werkzeug.exceptions import HTTPException
from werkzeug.routing import BuildError

from app.domain.catalog import Catalog
from app.web.embedding.frame import NEVER


def offers(catalog: Catalog, blueprint: str) -> bool:
    """Say whether there are the pages of a blueprint by this catalog: others it leaves out."""
    match blueprint:
        case "spend_management" | "webhook":
            return catalog.spend_management.offered
        case "auto_recharge":
            return catalog.auto_recharge.offered
        case "referrals":
            return catalog.referrals.offered
        case _:
            return True


def is_offered(path: str, catalog: Catalog) -> bool:
    """Say whether a page is there for the customers of a catalog, which may leave some out."""
    endpoint, _values = current_app.url_map.bind("").match(urlsplit(path).path, method="GET")
    return offers(catalog, endpoint.partition(".")[0])


def path_of(view: str) -> str | None:
    """Return the path of a page that a host names by its word, such as `invoices`, or by its own path; None: no page.

    Only pages that ask who is there are pages in this sense: no way in, no file, nothing that programs ask, and nothing
    that is the person's own.
    """
    routes = current_app.url_map.bind("")
    try:
        path = view if view.startswith("/") else routes.build(f"{view}.page")
        parts = urlsplit(path)
        endpoint, _values = routes.match(parts.path, method="GET")
    except (BuildError, HTTPException, ValueError):
        return None
    if not path.isprintable() or not path.isascii() or parts.scheme or parts.netloc or "\\" in path:
        return None
    marks = getattr(current_app.view_functions[endpoint], "__dict__", {})
    is_closed = marks.get("is_public") or marks.get("is_for_own_sign_in")
    is_page = not is_closed and endpoint != "static" and endpoint.partition(".")[0] not in NEVER
    return path if is_page else None
