"""Lists at the sandbox, paged like Stripe's, and what an answer holds instead of an id when it is asked to."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.gateways.sandbox.errors import wrong_parameter
from app.gateways.sandbox.parameters import Params
from app.gateways.sandbox.store import Body, Store, public

_COMPARE = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}
_SAME = ("payment_intent", "charge", "payment_method")
"""Filters that name what the object names."""
_OBJECTS = {
    "payment_method": "payment_method",
    "mandate": "mandate",
    "latest_charge": "charge",
    "charge": "charge",
    "payment_intent": "payment_intent",
    "customer": "customer",
}


def page_of(store: Store, kind: str, params: Params, url: str) -> Body:
    """Return one page of a kind's objects, the newest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise wrong_parameter("This value must be between 1 and 100.", "limit", "parameter_invalid_integer")
    if "ending_before" in params:
        raise wrong_parameter("The sandbox pages forward only.", "ending_before")
    since, until = _bounds(params)
    rows = [
        row
        for row in store.newest(kind, owner=params.get("customer"), since=since, until=until)
        if _wanted(row, params)
    ]
    after = params.get("starting_after")
    if after:
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise wrong_parameter(f"No such {kind}: '{after}'", "starting_after", "resource_missing")
        rows = rows[ids.index(after) + 1 :]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": [public(row) for row in rows[:limit]]}


def expanded(store: Store, answer: Body, names: list[str]) -> Body:
    """Return the answer with objects in place of the ids asked for: `mandate`, or `data.mandate` in a list."""
    for name in names:
        inner = name.removeprefix("data.")
        if inner not in _OBJECTS:
            raise wrong_parameter(f"This property cannot be expanded ({name}).", "expand")
        for body in answer["data"] if inner != name else [answer]:
            found = store.find(_OBJECTS[inner], body[inner]) if body.get(inner) else None
            if found is not None:
                body[inner] = public(found)
    return answer


def _created(params: Params) -> dict[str, int]:
    created: Any = params.get("created", {})
    return created if isinstance(created, dict) else {"gte": created, "lte": created}


def _bounds(params: Params) -> tuple[datetime | None, datetime | None]:
    """Return times just outside of the wanted range, so that the database leaves out the rest."""
    bounds, second = _created(params), timedelta(seconds=1)
    after = max((bounds[name] for name in ("gt", "gte") if name in bounds), default=None)
    before = min((bounds[name] for name in ("lt", "lte") if name in bounds), default=None)
    return (
        None if after is None else datetime.fromtimestamp(after, UTC) - second,
        None if before is None else datetime.fromtimestamp(before, UTC) + 2 * second,
    )


def _wanted(row: Body, params: Params) -> bool:
    if not all(_COMPARE[name](row["created"], bound) for name, bound in _created(params).items()):
        return False
    if any(name in params and row.get(name) != params[name] for name in _SAME):
        return False
    types = params.get("types") or ([params["type"]] if "type" in params else [])
    return not types or row.get("type") in types
