"""What an operation of the Billing API is: declared once, and from that read, checked, answered and documented.

A resource is a module of `app/api/v1`:

    bp = resource("customers")

    @operation(bp, "GET", "/customers/<customer_id>", scope="billing:read", answers={200: CustomerOut}, tag="Customers")
    def read(customer: Customer) -> CustomerOut: ...

Path parameters, `body` and `query` come as keywords, and for `<customer_id>` the `customer`, whose scope is in force:
found by our id or the seller's own, and only if the caller may ask about it. It returns a model, or a model and its
status.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from flask import Blueprint, Response, request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from app.api.contract import bodies, callers, idempotency, problems
from app.api.contract.addresses import CUSTOMER
from app.api.contract.callers import Caller, caller, customer_in, named, presented, prove
from app.api.contract.idempotency import request_key
from app.api.contract.problems import FieldProblem, Malformed
from app.api.contract.shapes import (
    CreditsAboveZero,
    CreditsFromZero,
    CreditsText,
    Model,
    Moment,
    Page,
    PageQuery,
    decode_cursor,
    encode_cursor,
    page_of,
)
from app.domain.errors import NotFound, Refused
from app.extensions import csrf
from app.web.access import public

__all__ = [
    "Caller", "CreditsAboveZero", "CreditsFromZero", "CreditsText", "Model", "Moment", "Operation", "Page", "PageQuery",
    "caller", "customer_in", "decode_cursor", "encode_cursor", "named", "operation", "page_of", "presented",
    "prove", "request_key", "resource",
]  # fmt: skip

View = TypeVar("View", bound=Callable[..., Any])
OUTCOME = "purser.outcome"
"""Where the front puts what came of a request that it has done and cannot answer: an error, which is raised again."""
COUNTED = "purser.counted"
"""Where the front says that it has counted a request against its key's limit, and done nothing else."""


class Nothing(Model):
    """The body of an operation that takes none: an empty one, or an object without fields."""


@dataclass(frozen=True)
class Operation:
    """An operation as it is declared."""

    resource: str
    method: str
    path: str
    name: str
    scope: str
    summary: str
    description: str
    tag: str
    answers: Mapping[int, type[BaseModel] | None]
    refusals: tuple[int, ...] = ()
    body: type[BaseModel] | None = None
    query: type[BaseModel] | None = None
    idempotent: bool = False
    proves_caller: bool = True
    judged_each: str = ""
    longest_body: int = 0
    """How many bytes its body may have where it carries a file; 0: as many as any other."""
    also: Mapping[str, type[BaseModel]] = field(default_factory=dict)
    """Other forms that its body may have, by their content types: parts of `body`."""
    composed: Callable[[bytes], bytes] | None = None
    """Puts a body together with what the headers say of it, before it is read."""
    media_type: str = ""
    """What a file is, where the operation answers with one: then it returns the whole response."""
    parameters: tuple[str, ...] = field(default=())
    """The names in the path."""


def resource(name: str) -> Blueprint:
    """Return the blueprint of a resource: under /v1, for programs, every error a problem document."""
    bp = Blueprint(f"v1_{name}", f"app.api.v1.{name}", url_prefix="/v1")
    csrf.exempt(bp)  # no cookie is looked at: the key in the header proves the caller
    problems.add_to(bp)
    return bp


def operation(
    bp: Blueprint,
    method: str,
    path: str,
    *,
    scope: str,
    tag: str,
    answers: Mapping[int, type[BaseModel] | None],
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    refusals: tuple[int, ...] = (),
    idempotent: bool = True,
    proves_caller: bool = True,
    judged_each: str = "",
    longest_body: int = 0,
    media_type: str = "",
    also: Mapping[str, type[BaseModel]] | None = None,
    composed: Callable[[bytes], bytes] | None = None,
) -> Callable[[View], View]:
    """Make the function an operation of the API.

    `scope` is what the key needs; `refusals` are the statuses of its own refusals beside those that follow from the
    rest (400, 401, 403, 404 with a path parameter, 413, 415, 422, 429, 503). What changes anything is kept by its
    Idempotency-Key unless `idempotent` is False: then the operation does so by itself. With `proves_caller` False the
    key's form and its rate are checked, and the operation proves it in a round trip of its own (`presented`,
    `callers.known`). `judged_each` names the list in the body whose elements are judged each for itself (see `bodies`).
    `longest_body` lets a file be sent. `also` names other content types of the body, `composed` what makes it of
    headers. `media_type` says that the operation answers with a file, as a whole response.
    """

    def declare(function: View) -> View:
        summary, _, description = (function.__doc__ or "").strip().partition("\n")
        declared = Operation(
            resource=bp.name.removeprefix("v1_"),
            method=method,
            path=path,
            name=function.__name__,
            scope=scope,
            summary=summary.rstrip("."),
            description="\n".join(line.strip() for line in description.strip().splitlines()),
            tag=tag,
            answers=answers,
            refusals=refusals,
            body=body,
            query=query,
            idempotent=idempotent and method != "GET",
            proves_caller=proves_caller,
            judged_each=judged_each,
            longest_body=longest_body,
            media_type=media_type,
            also=also or {},
            composed=composed,
            parameters=tuple(part.partition(">")[0] for part in path.split("<")[1:]),
        )

        def view(**arguments: str) -> Response:
            return _respond(declared, function, dict(arguments))

        view.__dict__["operation"] = declared
        bp.add_url_rule(path, declared.name, public(view), methods=[method], merge_slashes=False)
        return function

    return declare


def _respond(declared: Operation, function: Callable[..., Any], arguments: dict[str, Any]) -> Response:
    """Prove the caller, read what was sent, and do it: once, where the request has a key."""
    if (known := request.environ.get(OUTCOME)) is not None:  # it was counted, proved and done by the front
        raise known
    key = request.headers.get(idempotency.HEADER) if declared.idempotent else None
    proved = declared.proves_caller or key is not None  # whose key it is must be known before it is looked up
    if COUNTED not in request.environ:
        callers.count(presented())
    if proved:
        callers.prove(presented(), declared.scope)
    if declared.longest_body and proved:  # before anybody reads it, and never for a stranger
        request.max_content_length = declared.longest_body
    try:
        sent = _read(declared, arguments)
    except (Refused, HTTPException):
        if not proved:  # a stranger learns only that the key is not valid, not what is wrong with the rest
            callers.prove(presented(), declared.scope)
        raise

    def work() -> Response:
        if CUSTOMER in arguments:
            arguments["customer"] = customer_in(arguments.pop(CUSTOMER))
        return _answer(declared, function(**arguments))

    if key is None:
        return work()
    return idempotency.answered(sent, work)


def _read(declared: Operation, arguments: dict[str, Any]) -> object:
    """Read what was sent into the operation's arguments; return the body as it was sent."""
    if any(not value.isprintable() for value in arguments.values()):
        raise NotFound("thing")
    sent: object = None
    if declared.query is not None:
        arguments["query"] = _query(declared.query)
    if declared.body is not None:
        sent, arguments["body"] = bodies.body(declared.body, declared.judged_each, declared.composed)
    elif declared.method != "GET":
        bodies.body(Nothing)
    return sent


def _answer(declared: Operation, result: Any) -> Response:
    if isinstance(result, Response):
        return result
    made, status = result if isinstance(result, tuple) else (result, min(declared.answers))
    if made is None:
        return Response("", status)
    return Response(made.model_dump_json(by_alias=True), status, mimetype="application/json")


def _query(model: type[BaseModel]) -> BaseModel:
    sent: dict[str, str] = {}
    for name, value in request.args.items(multi=True):
        if name in sent or "\0" in name + value:
            words = "Send it only once." if name in sent else "Leave out the NUL."
            raise Malformed([FieldProblem(field=name[:200].replace("\0", ""), reason="query_malformed", detail=words)])
        sent[name] = value
    try:
        return model.model_validate_strings(sent)
    except ValidationError as problem:
        raise problems.malformed(problem) from None
