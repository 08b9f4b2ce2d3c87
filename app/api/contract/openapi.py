"""The OpenAPI 3.1 document, made from what the operations declare; nothing of it is written by hand."""

from collections.abc import Iterator, Mapping
from http import HTTPStatus
from typing import Any, Literal

from apispec import APISpec
from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.api.contract import examples
from app.api.contract.addresses import CUSTOMER
from app.api.contract.idempotency import HEADER
from app.api.contract.operations import Operation
from app.api.contract.problems import MEDIA_TYPE, Problem
from app.services.access.api_keys import SELLERS_ONLY

_REF = "#/components/schemas/{model}"
_RETRY = {"Retry-After": {"schema": {"type": "integer", "minimum": 1}, "description": "Seconds to wait."}}
DESCRIPTION = (
    "Credits are decimal text in units of `credit_unit`, money is whole minor units with its currency, moments are "
    "RFC 3339 in UTC. Lists are paged by `cursor`. Fields that are not named here are refused."
)
Mode = Literal["validation", "serialization"]
Refs = dict[tuple[Any, Mode], dict[str, Any]]
"""How each model is named in the document, as what is sent and as what is answered."""


def operations_of(app: Flask) -> Iterator[Operation]:
    """Yield every operation of the app, by path and method."""
    found = [view.__dict__["operation"] for view in app.view_functions.values() if "operation" in vars(view)]
    yield from sorted(found, key=lambda each: (each.tag, each.path, each.method))


def document(app: Flask, server: str) -> dict[str, Any]:
    """Return the document of the app's operations, served at `server`."""
    operations = list(operations_of(app))
    made = APISpec(
        title="Billing API",
        version="1",
        openapi_version="3.1.0",
        info={"description": DESCRIPTION},
        servers=[{"url": server}],
        security=[{"key": []}],
        tags=[{"name": tag} for tag in dict.fromkeys(each.tag for each in operations)],
    )
    made.components.security_scheme("key", {"type": "http", "scheme": "bearer", "description": "A key: sk_…"})
    refs = _schemas(made, operations)
    paths: dict[str, dict[str, Any]] = {}
    schemas = made.components.schemas
    for reason, example in examples.problems().items():
        made.components.example(reason, example)
    for each in operations:
        path = "/v1" + each.path.replace("<", "{").replace(">", "}")
        paths.setdefault(path, {})[each.method.lower()] = _described(each, refs, schemas)
    for path, described in paths.items():
        made.path(path=path, operations=described)
    return made.to_dict()


def statuses(operation: Operation) -> list[int]:
    """Return every status that the operation may answer with."""
    may = {*operation.answers, *operation.refusals, 400, 401, 403, 429, 503}
    if operation.parameters:
        may.add(404)
    if operation.body is not None:
        may |= {413, 415, 422}
    if operation.query is not None or operation.method != "GET":
        may.add(422)
    if operation.idempotent:
        may.add(409)
    return sorted(may)


def _schemas(made: APISpec, operations: list[Operation]) -> Refs:
    """Put every model into the document, and return how each is named there."""
    wanted: dict[tuple[type[BaseModel], Mode], None] = {(Problem, "serialization"): None}
    for each in operations:
        if each.body is not None:
            wanted[each.body, "validation"] = None
        wanted |= dict.fromkeys((model, "validation") for model in each.also.values())
        for model in each.answers.values():
            if model is not None:
                wanted[model, "serialization"] = None
    refs, whole = models_json_schema(list(wanted), ref_template=_REF)
    for name, schema in sorted(whole.get("$defs", {}).items()):
        made.components.schema(name, schema)
    return dict(refs)


def _described(operation: Operation, refs: Refs, schemas: Mapping[str, Any]) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": f"{operation.resource}.{operation.name}",
        "summary": operation.summary,
        "description": f"{operation.description}\n\n{_scope(operation)}".strip(),
        "tags": [operation.tag],
        "parameters": [*_path_parameters(operation), *_query_parameters(operation), *_key_parameter(operation)],
        "responses": {},
    }
    if operation.body is not None:
        schema = refs[operation.body, "validation"]
        needed = any(each.is_required() for each in operation.body.model_fields.values())
        others = {kind: {"schema": refs[model, "validation"]} for kind, model in operation.also.items()}
        content = {"application/json": {"schema": schema}, **others}
        for each in content.values():
            each["example"] = examples.of(each["schema"], schemas, whole=False)
        described["requestBody"] = {"required": needed, "content": content}
    for status in statuses(operation):
        described["responses"][str(status)] = _response(operation, status, refs, schemas)
    return described


def _response(operation: Operation, status: int, refs: Refs, schemas: Mapping[str, Any]) -> dict[str, Any]:
    response: dict[str, Any] = {"description": HTTPStatus(status).phrase}
    if status not in operation.answers:
        content: dict[str, Any] = {"schema": refs[Problem, "serialization"]}
        if reasons := examples.reasons_of(status):
            content["examples"] = {each: {"$ref": f"#/components/examples/{each}"} for each in reasons}
        else:
            content["example"] = examples.problem(status, "declined", "The card was declined. Nothing was charged.")
        response["content"] = {MEDIA_TYPE: content}
        if status in {429, 503}:
            response["headers"] = _RETRY
        return response
    if operation.media_type and status == 200:
        response["content"] = {operation.media_type: {"schema": {"type": "string", "format": "binary"}}}
        return response
    model = operation.answers[status]
    if model is not None:
        schema = refs[model, "serialization"]
        sample = examples.of(schema, schemas, whole=True)
        response["content"] = {"application/json": {"schema": schema, "example": sample}}
    return response


def _scope(operation: Operation) -> str:
    sellers = operation.scope in SELLERS_ONLY
    return f"Scope: `{operation.scope}`.{' No key for one customer has it.' if sellers else ''}"


def _path_parameters(operation: Operation) -> list[dict[str, Any]]:
    schema = {"type": "string", "minLength": 1}
    words = {CUSTOMER: {"description": "Our id of the customer, or your `external_id`, percent-encoded as one part."}}
    return [
        {"name": name, "in": "path", "required": True, "schema": schema, **words.get(name, {})}
        for name in operation.parameters
    ]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.query is None:
        return []
    schema = operation.query.model_json_schema()
    needed = schema.get("required", [])
    found = []
    for name, each in schema.get("properties", {}).items():
        described = {key: value for key, value in each.items() if key not in {"title", "description", "default"}}
        options = [option for option in described.pop("anyOf", []) if option.get("type") != "null"]
        described |= options[0] if len(options) == 1 else {"anyOf": options} if options else {}
        if each.get("default") is not None:
            described["default"] = each["default"]
        found.append(
            {
                "name": name,
                "in": "query",
                "required": name in needed,
                "description": each.get("description", ""),
                "schema": described,
            }
        )
    return found


def _key_parameter(operation: Operation) -> list[dict[str, Any]]:
    if operation.method == "GET":
        return []
    schema = {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"}
    words = "The same key with the same body is answered as the first time, and happens once."
    return [{"name": HEADER, "in": "header", "required": False, "description": words, "schema": schema}]
