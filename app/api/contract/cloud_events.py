"""CloudEvents over HTTP: the content types of events in a body, and events whose attributes are in the headers."""

import json
from urllib.parse import unquote

from flask import request

from app.api.contract import unreadable
from app.api.contract.problems import FieldProblem, Malformed
from app.domain.errors import Refused

ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
ATTRIBUTES = ("specversion", "id", "source", "type", "subject", "time")
_PREFIX = "ce-"


def composed(raw: bytes) -> bytes:
    """Return the body as one event where its attributes are in the headers (binary mode); else as it is.

    Values of headers are percent-encoded where they have anything but visible ASCII in them.
    """
    sent = [name for name in ATTRIBUTES if f"{_PREFIX}{name}" in request.headers]
    if not sent or request.mimetype in {ONE, MANY}:
        return raw
    if missing := [name for name in ATTRIBUTES if name not in sent]:
        raise Malformed([_missing(f"{_PREFIX}{name}", "1.0" if name == "specversion" else "") for name in missing])
    if words := unreadable.why(raw or b"{}"):
        raise Refused(words, "request_malformed", 400)
    attributes = {name: _value(name) for name in ATTRIBUTES}
    head = json.dumps(attributes, ensure_ascii=False).encode("utf-8", "surrogatepass")
    return head[:-1] + b', "data": ' + (raw or b"{}") + b"}"


def _missing(header: str, value: str) -> FieldProblem:
    words = f"An event whose attributes are headers needs this header{f' with the value {value}' if value else ''}."
    return FieldProblem(field=header, reason="missing", detail=words)


def _value(name: str) -> str:
    try:
        return unquote(request.headers[f"{_PREFIX}{name}"], errors="strict")
    except UnicodeDecodeError:
        words = f"What is percent-encoded in the header {_PREFIX}{name} is not UTF-8."
        raise Refused(words, "request_malformed", 400) from None
