"""CloudEvents over HTTP: the content types of events in a body, and events whose attributes are in the headers."""

import json
from urllib.parse import unquote

from flask import request
from pydantic_core import from_json
from werkzeug.exceptions import BadRequest

ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")
_PREFIX = "ce-"


def composed(raw: bytes) -> bytes:
    """Return the body as one event where its attributes are in the headers (binary mode); else as it is.

    Values of headers are percent-encoded where they have anything but visible ASCII in them.
    """
    if f"{_PREFIX}specversion" not in request.headers or request.mimetype in {ONE, MANY}:
        return raw
    try:
        from_json(raw or b"{}", allow_inf_nan=False, cache_strings="none")
    except ValueError:
        raise BadRequest from None
    attributes = {name: _value(name) for name in ATTRIBUTES if f"{_PREFIX}{name}" in request.headers}
    head = json.dumps(attributes, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return head[:-1] + b', "data": ' + (raw or b"{}") + b"}"


def _value(name: str) -> str:
    try:
        return unquote(request.headers[f"{_PREFIX}{name}"], errors="strict")
    except UnicodeDecodeError:
        raise BadRequest from None
