"""The way to the processor: bounded in size and time, and nothing passes that is not text of the right kind.

The SDK decodes and logs what came back before it looks at it, and raises errors that are none of its own where that
fails. By then a charge may have been made. So an answer that cannot be read is emptied here: the SDK says then that it
cannot be read, and the outcome is unknown.
"""

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

import requests
import stripe
import structlog

log = structlog.get_logger()
LONGEST = 32 * 1024 * 1024
"""Bytes of an answer that are read at most; a page of a hundred of the largest objects has a tenth of them."""
SLOWEST = 60
"""Seconds within which an answer that has begun must have come."""
_PART = 64 * 1024
_ODD_LETTERS = re.compile(r"\\u(0000|d[89a-f])", re.IGNORECASE)


class Session(requests.Session):
    """Connections that follow no redirect (a request goes where it was sent, or fails), and read no endless answer."""

    def send(self, request: requests.PreparedRequest, **kwargs: Any) -> requests.Response:
        """Send it once and read what comes back."""
        response = super().send(request, **{**kwargs, "stream": True, "allow_redirects": False})
        with response:
            parts, left, until = [], LONGEST, time.monotonic() + SLOWEST
            for part in response.iter_content(_PART):
                parts.append(part)
                left -= len(part)
                if left < 0 or time.monotonic() > until:
                    raise requests.exceptions.RequestException("the answer does not end")
        response._content = b"".join(parts)  # noqa: SLF001  # where it keeps what it has read
        return response


class Readable(stripe.HTTPClient):
    """A transport whose answers are JSON objects in UTF-8, or empty."""

    def __init__(self, inner: "stripe.HTTPClient") -> None:
        super().__init__()
        self._inner = inner
        self._sleep_time_seconds = inner._sleep_time_seconds  # type: ignore[method-assign]  # noqa: SLF001  # how long it waits before it repeats
        self.name = inner.name  # type: ignore[misc]

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **known: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        """Send one request; return what came back, or nothing in its place."""
        content, status, answered = self._inner.request(method, url, headers, post_data, **known)
        text = readable(content)
        if text is None:
            log.warning("processor_unreadable", status=status, length=len(content))
        return text or "", status, answered

    def close(self) -> None:
        """Close the connections."""
        self._inner.close()  # type: ignore[no-untyped-call]


def readable(content: str | bytes) -> str | None:
    """Return the answer as text; None when it is no object, or has what no database would take."""
    try:
        text = content.decode() if isinstance(content, bytes) else content
        read = json.loads(text, parse_constant=_no_number)
        if _ODD_LETTERS.search(text) and any("\0" in each.encode().decode() for each in _texts(read)):
            return None
    except (ValueError, RecursionError):
        return None
    if not isinstance(read, dict) or not isinstance(read.get("error", {}), dict):
        return None
    return text


def _texts(value: object) -> Iterator[str]:
    match value:
        case str():
            yield value
        case dict():
            for name, each in value.items():
                yield from (name, *_texts(each))
        case list():
            for each in value:
                yield from _texts(each)


def _no_number(word: str) -> float:
    raise ValueError(word)
