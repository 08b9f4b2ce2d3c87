"""Examples of what the API is sent and answers with, made from its shapes."""

import json
import shlex
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from app.api.contract.problems import described

Schemas = Mapping[str, Any]
CUSTOMER = "org-17"
_NAMES: dict[str, Any] = {
    "amount_minor": 2500,
    "authorization_id": "hold_01kaf1gq5nfnhs9s5wq0c4xq6e",
    "catalog": "gateway",
    "change_id": "chg_01kaf1gq5nfnhs9s5wq0c4xq6e",
    "city": "Berlin",
    "code": "WELCOME10",
    "company": "Acme GmbH",
    "country": "DE",
    "currency": "EUR",
    "customer": CUSTOMER,
    "customer_id": CUSTOMER,
    "detail": "Some fields are not valid: see `errors`.",
    "email": "billing@acme.example",
    "billing_email": "billing@acme.example",
    "external_id": CUSTOMER,
    "file": "JVBERi0xLjcK",
    "form": "slack",
    "id": "req-8f31",
    "invoice_id": "inv_01kaf1gq5nfnhs9s5wq0c4xq6e",
    "limit": 50,
    "line1": "Hauptstraße 1",
    "message": "Which price is it for 500 seats?",
    "meter": "requests",
    "method_id": "pm_01kaf1gq5nfnhs9s5wq0c4xq6e",
    "name": "Acme",
    "payment_id": "pay_01kaf1gq5nfnhs9s5wq0c4xq6e",
    "plan": "team",
    "postal_code": "10115",
    "quantity": 12,
    "reason": "Welcome",
    "seats_used": 4,
    "source": "/gateway/eu-1",
    "subject": CUSTOMER,
    "territories": ["FR"],
    "threshold": 1000,
    "type": "requests",
    "url": "https://example.com/hooks",
    "webhook_url": "https://example.com/hooks",
    "year": "2026",
    "from": "2026-11-01",
    "to": "2026-11-30",
}
"""What stands for a field or a part of a path by its name, where it fits."""
_FORMATS = {"date-time": "2026-11-21T12:00:00Z", "date": "2026-11-21", "email": "billing@acme.example"}
_DEEPEST = 6


def of(schema: Mapping[str, Any], schemas: Schemas, *, whole: bool, name: str = "", depth: int = 0) -> Any:
    """Return an example of a schema: with all fields (`whole`), or with those alone that have to be sent."""
    if "$ref" in schema:
        return of(schemas[schema["$ref"].rpartition("/")[2]], schemas, whole=whole, name=name, depth=depth + 1)
    for word in ("examples", "const", "enum"):
        if word in schema:
            return schema[word] if word == "const" else schema[word][0]
    options = [each for each in schema.get("anyOf", schema.get("oneOf", [])) if each.get("type") != "null"]
    if options:
        return of(options[0], schemas, whole=whole, name=name, depth=depth)
    match schema.get("type"):
        case "object":
            return _object(schema, schemas, whole, depth)
        case "array":
            wanted = whole or schema.get("minItems", 0)
            items = schema.get("items", {})
            return [of(items, schemas, whole=whole, name=name, depth=depth + 1)] if wanted and depth < _DEEPEST else []
        case kind:
            return _simple(schema, kind, name)


def _object(schema: Mapping[str, Any], schemas: Schemas, whole: bool, depth: int) -> dict[str, Any]:
    needed = schema.get("required", [])
    return {
        name: of(each, schemas, whole=whole, name=name, depth=depth + 1)
        for name, each in schema.get("properties", {}).items()
        if (whole and depth < _DEEPEST) or name in needed
    }


def _simple(schema: Mapping[str, Any], kind: object, name: str) -> Any:
    given = _NAMES.get(name)
    match kind:
        case "integer" | "number":
            fits = isinstance(given, int) and given <= schema.get("maximum", given)
            return given if fits else max(schema.get("minimum", 0), 0)
        case "boolean":
            return schema.get("default", True)
        case "string":
            if schema.get("format") in _FORMATS:
                return _FORMATS[schema["format"]]
            found = str(given if isinstance(given, str) else name or "text")
            return found[: schema.get("maxLength", len(found))]
        case _:
            return {}


def problems() -> dict[str, dict[str, Any]]:
    """Return an example of each problem that many operations have, by its reason."""
    return {reason: {"value": problem(status, reason, detail)} for status, reason, detail in described()}


def reasons_of(status: int) -> list[str]:
    """Return the reasons of the problems of a status that many operations have."""
    return [reason for each, reason, _detail in described() if each == status]


def problem(status: int, reason: str, detail: str) -> dict[str, Any]:
    """Return a problem document as it is answered."""
    errors = [{"field": "quantity", "reason": "missing", "detail": "Field required"}]
    return {
        "type": f"https://billing.example.com/v1/docs#problem-{reason}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail.replace("`", ""),
        "reason": reason,
        "errors": errors if reason == "validation_failed" else [],
        "request_id": "req_01kaf1gq5nfnhs9s5wq0c4xq6e",
    }


def curl(server: str, method: str, path: str, described_as: Mapping[str, Any], *, idempotent: bool) -> str:
    """Return a request as it is sent from a shell, with the key of the API in `PURSER_KEY`."""
    filled, query = path, list[str]()
    for each in described_as["parameters"]:
        sample = str(_NAMES.get(each["name"], "id"))
        if each["in"] == "path":
            filled = filled.replace("{" + each["name"] + "}", sample)
        elif each["in"] == "query" and each["required"]:
            query.append(f"{each['name']}={sample}")
    address = f"{server}{filled}{'?' if query else ''}{'&'.join(query)}"
    lines = [f"curl --fail-with-body {'' if method == 'GET' else f'-X {method} '}{shlex.quote(address)}"]
    lines.append('-H "Authorization: Bearer $PURSER_KEY"')
    if idempotent:
        lines.append('-H "Idempotency-Key: $(uuidgen)"')
    if "requestBody" in described_as:
        body = described_as["requestBody"]["content"]["application/json"]["example"]
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {shlex.quote(json.dumps(body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)
