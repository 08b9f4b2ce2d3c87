"""Requests to Stripe as they went over the wire, and what Stripe or we ourselves would not have in them."""

import json
import re
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import stripe
from requests.structures import CaseInsensitiveDict

from tests.support.stripe_spec import Tree, operation_of, wrong

STRIPE = "https://api.stripe.com"
VERSION = "2026-10-28.endive"
_KEY = re.compile(r"(sk|rk)_test_\w+")
_MOST_KEYS, _LONGEST_NAME, _LONGEST_VALUE = 50, 40, 500  # of metadata
_ACCOUNT_FIELDS = {"number", "cvc", "exp_month", "exp_year", "iban", "account_number", "routing_number"}


@dataclass(frozen=True)
class Sent:
    """One request."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: str


class Recorder(stripe.HTTPClient):
    """Stands between the SDK and its transport, and remembers what goes through."""

    name = "recorder"

    def __init__(self, inner: stripe.HTTPClient, sent: list[Sent]) -> None:
        super().__init__()
        self._inner, self._sent = inner, sent

    def _sleep_time_seconds(self, *_: Any, **__: Any) -> float:
        return 0.0

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **kwargs: Any
    ) -> tuple[Any, int, Mapping[str, str]]:
        """Remember the request and hand it on."""
        self._sent.append(Sent(method, url, dict(headers or {}), str(post_data or "")))
        return self._inner.request(method, url, headers, post_data, **kwargs)


def recorded(make: Callable[..., stripe.HTTPClient], sent: list[Sent]) -> Callable[..., stripe.HTTPClient]:
    """Return what makes the same transport, but for the requests that are added to `sent`."""
    return lambda *args, **kwargs: Recorder(make(*args, **kwargs), sent)


def read(file: Path) -> list[Sent]:
    """Return what another process recorded: one request as JSON on each line."""
    return [Sent(**json.loads(line)) for line in file.read_text().splitlines()] if file.exists() else []


def problems(sent: Sent, *, base: str) -> list[str]:
    """Return everything that is wrong with a request that may go to `base` only; nothing when it is right."""
    parts = urlsplit(sent.url)
    found = [] if f"{parts.scheme}://{parts.netloc}" == base else [f"goes to {parts.netloc}, not to {base}"]
    found += _in_headers(sent.method, CaseInsensitiveDict(sent.headers))
    operation = operation_of(sent.method, parts.path)
    if operation is None:
        return [*found, f"{sent.method} {parts.path}: no such operation"]
    encoded, elsewhere = (sent.body, parts.query) if sent.method == "post" else (parts.query, sent.body)
    if elsewhere:
        found.append("parameters in the wrong place")
    pairs = parse_qsl(encoded, keep_blank_values=True)
    names = [name for name, _ in pairs]
    found += [f"{name}: twice" for name in sorted(set(names)) if names.count(name) > 1]
    found += [f"{name}: a card's or an account's own data" for name, value in pairs if _secret(name, value)]
    tree = _tree(pairs)
    return [*found, *wrong(operation, tree), *_beyond_types(tree)]


def _in_headers(method: str, headers: Mapping[str, str]) -> Iterator[str]:
    if headers.get("Stripe-Version") != VERSION:
        yield f"Stripe-Version: {headers.get('Stripe-Version')}"
    scheme, _, key = headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not _KEY.fullmatch(key):
        yield "Authorization: no test key"
    if "X-Stripe-Client-Telemetry" in headers:
        yield "X-Stripe-Client-Telemetry: discloses us"
    if method != "post":
        return
    if headers.get("Content-Type") != "application/x-www-form-urlencoded":
        yield f"Content-Type: {headers.get('Content-Type')}"
    key = headers.get("Idempotency-Key", "")
    if not key or len(key) > 255 or not key.isascii():
        yield "Idempotency-Key: missing or of another form"
    elif _by_chance(key):
        yield "Idempotency-Key: made up by the SDK, so another attempt would be another request"


def _by_chance(key: str) -> bool:
    try:
        return uuid.UUID(key).version == 4
    except ValueError:
        return False


def _secret(name: str, value: str) -> bool:
    if name.startswith("metadata[") or name.rpartition("[")[2].rstrip("]") not in _ACCOUNT_FIELDS:
        digits = re.sub(r"[ -]", "", value)
        return re.fullmatch(r"[0-9]{13,19}", digits) is not None and _luhn(digits)
    return True


def _luhn(digits: str) -> bool:
    numbers = [int(each) for each in reversed(digits)]
    return sum(numbers[::2], sum(sum(divmod(2 * each, 10)) for each in numbers[1::2])) % 10 == 0


def _tree(pairs: list[tuple[str, str]]) -> Tree:
    tree: Tree = {}
    for name, value in pairs:
        *path, last = name.replace("]", "").split("[")
        inner = tree
        for step in path:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):  # a text and a hash of one name: seen as an unknown name
                below = inner[f"{step} again"] = {}
            inner = below
        inner[last] = value
    return tree


def _beyond_types(tree: Tree) -> Iterator[str]:
    """What Stripe's documentation says and its types do not."""
    currency, amount, metadata = tree.get("currency"), tree.get("amount"), tree.get("metadata", {})
    if isinstance(currency, str) and not re.fullmatch("[a-z]{3}", currency):
        yield f"currency: {currency!r} is no currency in lower case"
    if isinstance(amount, str) and not re.fullmatch("[1-9][0-9]{0,7}", amount):
        yield f"amount: {amount!r} is no amount in the currency's smallest unit"
    if isinstance(metadata, dict):
        long = [name for name, value in metadata.items() if len(name) > _LONGEST_NAME or len(value) > _LONGEST_VALUE]
        if len(metadata) > _MOST_KEYS or long:
            yield f"metadata: too much of it ({', '.join(long) or len(metadata)})"
