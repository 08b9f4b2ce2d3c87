"""Addresses of the portal's own that left the house, held against the URL map."""

from collections.abc import Iterable, Iterator
from urllib.parse import parse_qsl, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from tests.support.stripe_wire import Sent


def leads_nowhere(app: Flask, address: str) -> bool:
    """Whether the address is one of the portal's, and no page of it answers there."""
    own, parts = urlsplit(app.extensions["purser.settings"].base_url), urlsplit(address)
    if (parts.scheme, parts.netloc) != (own.scheme, own.netloc):
        return False
    try:
        app.url_map.bind(own.netloc, url_scheme=own.scheme).match(parts.path or "/", method="GET")
    except RequestRedirect:
        return False
    except HTTPException:
        return True
    return False


def sent_nowhere(app: Flask, sent: Iterable[Sent]) -> list[str]:
    """Return where the processor sends a customer back to and no page answers."""
    return [address for address in _given(sent) if leads_nowhere(app, address)]


def _given(sent: Iterable[Sent]) -> Iterator[str]:
    for each in sent:
        for _name, value in parse_qsl(each.body):
            if value.startswith(("http://", "https://")):
                yield value
