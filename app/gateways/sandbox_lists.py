"""Lists at the sandbox, paged like Stripe's."""

from typing import Any

from app.gateways.sandbox_errors import wrong_parameter
from app.gateways.sandbox_spec import Params
from app.gateways.sandbox_store import Body, Store, public

_COMPARE = {
    "gt": lambda left, right: left > right,
    "gte": lambda left, right: left >= right,
    "lt": lambda left, right: left < right,
    "lte": lambda left, right: left <= right,
}


def page_of(store: Store, kind: str, params: Params, url: str) -> Body:
    """Return one page of a kind's objects, the newest first."""
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise wrong_parameter("This value must be between 1 and 100.", "limit", "parameter_invalid_integer")
    if "ending_before" in params:
        raise wrong_parameter("The sandbox pages forward only.", "ending_before")
    rows = [row for row in store.newest(kind, owner=params.get("customer")) if _wanted(row, params)]
    after = params.get("starting_after")
    if after:
        ids = [row["id"] for row in rows]
        if after not in ids:
            raise wrong_parameter(f"No such {kind}: '{after}'", "starting_after", "resource_missing")
        rows = rows[ids.index(after) + 1 :]
    return {"object": "list", "url": url, "has_more": len(rows) > limit, "data": [public(row) for row in rows[:limit]]}


def _wanted(row: Body, params: Params) -> bool:
    created: Any = params.get("created", {})
    bounds = created if isinstance(created, dict) else {"gte": created, "lte": created}
    if not all(_COMPARE[name](row["created"], bound) for name, bound in bounds.items()):
        return False
    return params.get("type") in {None, row.get("type")}
