"""Full addresses of pages, for mails, events, problems and the processor: no other module makes an address of ours.

Each is made from the name of its page, so that one which leads nowhere cannot be made.
"""

from urllib.parse import urlsplit

from flask import current_app

from app.extensions import settings


def page(endpoint: str, *, fragment: str = "", **values: str) -> str:
    """Return the page's full address, and the place on it."""
    base = urlsplit(settings().base_url)
    routes = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    found = routes.build(endpoint, values, force_external=True)
    return f"{found}#{fragment}" if fragment else found


def origin() -> str:
    """Return where the portal is."""
    return settings().base_url


def page_or_overview(endpoint: str) -> str:
    """Return the page's address, or the Overview's where the seller does not offer that page."""
    return page(endpoint if endpoint in current_app.view_functions else "overview.page")
