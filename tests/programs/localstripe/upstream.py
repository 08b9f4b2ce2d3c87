"""Asking localstripe, and remembering beside it what it does not keep."""

import json
import re
from collections import defaultdict
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

Body = dict[str, Any]
Params = dict[str, Any]
KEY = "sk_test_localstripe"
KINDS = {
    "pm": "payment_methods", "pi": "payment_intents", "ch": "charges", "cus": "customers", "re": "refunds",
    "mandate": "mandates",
}  # fmt: skip


class Refusal(Exception):
    """The answer is an error."""

    def __init__(self, status: int, message: str, **error: object) -> None:
        super().__init__(message)
        self.status, self.error = status, {"type": "invalid_request_error", "message": message, **error}


class Shop:
    """localstripe with a memory of its own beside it."""

    def __init__(self, upstream: str, base: str) -> None:
        self._upstream, self.base = upstream, base
        self.beside: dict[str, Body] = defaultdict(dict)
        """By the id of an object: what localstripe has no place for, shown with it."""
        self.hidden: dict[str, Body] = defaultdict(dict)
        """By the id of an object: what the shim knows of it and shows to nobody."""
        self.made: dict[str, Body] = {}
        """Objects of kinds that localstripe does not know, by id."""

    def ask(self, method: str, path: str, params: Params | None = None) -> Body:
        """Ask localstripe; a refusal is passed on with the words that it leaves out."""
        url, data = f"{self._upstream}{path}", None
        if method == "post":
            data = json.dumps(params or {}).encode()
        elif params:
            url += f"?{urlencode(params)}"
        headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
        try:
            with urlopen(Request(url, data, headers, method=method.upper()), timeout=60) as answer:
                body: Body = json.load(answer)
        except HTTPError as refused:
            text = refused.read().decode()
            if refused.code >= 500 or not text.startswith("{"):
                raise Refusal(500, f"localstripe failed: {text}", type="api_error") from refused
            error = json.loads(text)["error"]
            code = {"code": "resource_missing"} if refused.code == 404 else {}
            raise Refusal(refused.code, error.pop("message", ""), **{**code, **error}) from refused
        return {**body, **self.beside.get(str(body.get("id")), {})}

    def every(self, path: str, **params: str) -> list[Body]:
        """Return all objects of a kind, the newest first."""
        listed = self.ask("get", path, {**params, "limit": "1000000"})["data"]
        return [{**each, **self.beside.get(each["id"], {})} for each in reversed(listed)]

    def page(self, rows: list[Body], params: Params, path: str) -> Body:
        """Return one page of objects that stand newest first, as Stripe does."""
        created = params.get("created", {})
        bounds = [(name, int(value)) for name, value in created.items()]
        compare = {"gt": int.__gt__, "gte": int.__ge__, "lt": int.__lt__, "lte": int.__le__}
        rows = [row for row in rows if all(compare[name](row["created"], value) for name, value in bounds)]
        ids, limit = [row["id"] for row in rows], int(params.get("limit", "10"))
        if params.get("starting_after"):
            rows = rows[ids.index(params["starting_after"]) + 1 :]
        return {"object": "list", "url": path, "data": rows[:limit], "has_more": len(rows) > limit}

    def expand(self, body: Body, path: list[str]) -> None:
        """Put the whole object where the answer has its id only."""
        name, deeper = path[0], path[1:]
        for each in body["data"] if name == "data" else [body]:
            if name == "data":
                self.expand(each, deeper)
            elif each.get(name):
                if isinstance(each[name], str):
                    kind = KINDS[each[name].partition("_")[0]]
                    each[name] = self.made.get(each[name]) or self.ask("get", f"/v1/{kind}/{each[name]}")
                if deeper:
                    self.expand(each[name], deeper)

    def its_own(self, object_id: str) -> Body:
        """Return an object of a kind that localstripe does not know, or refuse the id."""
        if object_id not in self.made:
            raise Refusal(404, f"No such object: '{object_id}'", code="resource_missing", param="id")
        return self.made[object_id]

    def is_open(self) -> bool:
        """Say whether localstripe answers."""
        try:
            return "data" in self.ask("get", "/v1/events")
        except (Refusal, URLError, ConnectionError):
            return False

    def forget(self) -> None:
        """Start empty."""
        headers = {"Authorization": f"Bearer {KEY}"}
        with urlopen(Request(f"{self._upstream}/_config/data", headers=headers, method="DELETE"), timeout=60):
            for memory in (self.beside, self.hidden, self.made):
                memory.clear()

    @staticmethod
    def matched(pattern: str, path: str) -> tuple[str, ...] | None:
        """Return the ids in a path, or None when it is another path."""
        found = re.fullmatch(pattern, path, re.ASCII)
        return found.groups() if found else None
