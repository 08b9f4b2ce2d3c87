"""A program that calls the Billing API with a key, as a host's backend does."""

from dataclasses import dataclass, field
from typing import Any

from flask import Flask
from werkzeug.test import TestResponse

from app.models.customers import Customer
from app.services.access import api_keys


@dataclass
class Api:
    """Calls the API with one key."""

    app: Flask
    key: str
    headers: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, **query: Any) -> TestResponse:
        """Read something."""
        return self.open("GET", path, query_string=query)

    def post(self, path: str, body: object = None, *, once: str | None = None) -> TestResponse:
        """Send a body, with `once` as its Idempotency-Key."""
        return self.open("POST", path, json={} if body is None else body, once=once)

    def open(self, method: str, path: str, *, once: str | None = None, **kwargs: Any) -> TestResponse:
        """Make a request; the path begins after /v1."""
        headers = {"Authorization": f"Bearer {self.key}", **self.headers, **kwargs.pop("headers", {})}
        if once is not None:
            headers["Idempotency-Key"] = once
        return self.app.test_client().open(f"/v1{path}", method=method, headers=headers, **kwargs)


def api_for(app: Flask, *scopes: str, customer: Customer | None = None) -> Api:
    """Return a program with a new key of these scopes (default: all that it may have), for all customers or for one."""
    only = customer.customer_id if customer is not None else None
    most = ["all"] if only is None else [each for each in api_keys.SCOPES if each not in api_keys.SELLERS_ONLY]
    _key, text = api_keys.create("a test", list(scopes) or most, customer_id=only)
    return Api(app, text)


def problem_of(answer: TestResponse) -> tuple[int, str]:
    """Return the status and the reason of a problem document, which the answer must be."""
    assert answer.mimetype == "application/problem+json", (answer.status_code, answer.text[:500])
    problem = answer.get_json()
    assert problem["status"] == answer.status_code
    assert set(problem) == {"type", "title", "status", "detail", "reason", "errors", "request_id"}
    return answer.status_code, problem["reason"]
