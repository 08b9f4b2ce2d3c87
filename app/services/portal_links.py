"""Full addresses of pages, for mails and events: there is no request then that could say where the portal is."""

from urllib.parse import urlsplit

from flask import current_app

from app.extensions import settings


def page(endpoint: str, **values: str) -> str:
    """Return the page's full address."""
    base = urlsplit(settings().base_url)
    routes = current_app.url_map.bind(base.netloc, url_scheme=base.scheme)
    return routes.build(endpoint, values, force_external=True)


def page_or_overview(endpoint: str) -> str:
    """Return the page's address, or the Overview's where the seller does not offer that page."""
    return page(endpoint if endpoint in current_app.view_functions else "overview.page")
