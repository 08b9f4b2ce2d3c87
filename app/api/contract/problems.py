"""What went wrong, as RFC 9457 problem documents: for our refusals, for HTTP's, and for what nobody foresaw."""

import json
from http import HTTPStatus

from flask import Blueprint, Flask, Response, request
from pydantic import Field, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.exceptions import BadHost, HTTPException
from werkzeug.routing import RequestRedirect

from app.api.contract import patterns
from app.api.contract.shapes import Model
from app.domain.addresses.questions import ASKED, Unfit
from app.domain.errors import Refused
from app.services import portal_links
from app.web.errors import handlers

MEDIA_TYPE = "application/problem+json"
PREFIX = "/v1/"
WORDS = {
    400: ("request_malformed", "This request cannot be read."),
    401: ("unauthorized", "Send a valid API key: Authorization: Bearer sk_…"),
    404: ("not_found", "There is no such thing."),
    405: ("method_not_allowed", "This address does not accept this method."),
    413: ("body_too_large", "The body is larger than 1 MiB (10 MiB with a file). Send less at a time."),
    415: ("content_type_wrong", "Send the body as application/json."),
    429: ("rate_limited", "Too many requests. Wait as long as Retry-After says."),
    500: ("internal_error", "This is our mistake, and we have recorded it."),
    503: ("unavailable", "The database does not answer right now. Try again in a moment, with the same key."),
}
MORE_WORDS = (
    (400, "request_cut_short", "The body ended too early, so that nothing was done: send the request again."),
    (403, "forbidden", "The key lacks the scope that the operation needs."),
    (409, "idempotency_key_reused", "This `Idempotency-Key` was used for another request."),
    (409, "request_under_way", "The first request with this `Idempotency-Key` is still in progress."),
    (
        409,
        "invoice_paid",
        "What is paid goes back by a refund (`flask portal refund`) of the payment that `detail` names.",
    ),
    (422, "validation_failed", "Some fields are not valid: `errors` names each of them."),
)


class FieldProblem(Model):
    """What is wrong with one field."""

    field: str = Field(description="The field's path, such as `events.0.meter`.")
    reason: str
    detail: str


class Problem(Model):
    """A problem document (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    reason: str = Field(description="For programs; the sentence in `detail` is for people.")
    errors: list[FieldProblem] = Field(default_factory=list)
    request_id: str = Field("", description="Also in the logs; quote it when you ask us.")


class Malformed(Refused):
    """The body or the query is not what the operation takes."""

    def __init__(self, errors: list[FieldProblem]) -> None:
        super().__init__("Some fields are not valid: see `errors`.", "validation_failed", 422)
        self.errors = errors


def unfit_fields(unfit: Unfit) -> Malformed:
    """Return each reason why an address cannot be kept beside its field."""
    found = [FieldProblem(field=each.field, reason=each.reason, detail=each.sentence) for each in unfit.refusals]
    found += [FieldProblem(field=each.field, reason=ASKED, detail=each.sentence) for each in unfit.questions]
    problem = Malformed(found)
    if not unfit.refusals:
        problem.sentence = "Some fields look wrong: see `errors`. If they are right, send `as_typed`."
        problem.reason = ASKED
    return problem


class Unauthorized(Refused):
    """No key, or none that is good."""

    def __init__(self) -> None:
        reason, sentence = WORDS[401]
        super().__init__(sentence, reason, 401)


class RetryLater(Refused):
    """Not now: retry after so many seconds; None where that is not known. It is no answer to a key: see `once`."""

    def __init__(self, sentence: str, reason: str, status: int, seconds: int | None) -> None:
        super().__init__(sentence, reason, status)
        self.seconds = max(1, seconds) if seconds is not None else None


def malformed(problem: ValidationError) -> Malformed:
    """Return pydantic's findings as ours. What was sent is not repeated: it may be a secret."""
    return Malformed(
        [
            FieldProblem(
                field=_place(each["loc"]),
                reason=each["type"],
                detail=words_of(each),
            )
            for each in problem.errors(include_url=False, include_context=False, include_input=False)[:50]
        ]
    )


def _place(steps: tuple[int | str, ...]) -> str:
    """Return where something stands in what was sent. A step like `<batch>` is ours: which of the shapes it was."""
    return ".".join(str(step) for step in steps if not str(step).startswith("<"))[:200]


def words_of(finding: ErrorDetails) -> str:
    """Return what pydantic found in words for somebody who knows JSON and not our code."""
    if finding["type"] in {"model_type", "model_attributes_type", "dict_type"}:
        return "Send a JSON object."
    if finding["type"] == "string_pattern_mismatch":
        return patterns.words_for(finding["msg"]) or finding["msg"]
    return finding["msg"].removeprefix("Value error, ")


def answer(status: int, reason: str, detail: str, errors: list[FieldProblem] | None = None) -> Response:
    """Return a problem document."""
    problem = Problem(
        type=portal_links.page("v1_docs.page", fragment=_anchor(reason)),
        title=HTTPStatus(status).phrase,
        status=status,
        detail=detail,
        reason=reason,
        errors=errors or [],
        request_id=handlers.request_id(),
    )
    return Response(json.dumps(problem.model_dump()), status, mimetype=MEDIA_TYPE)


def described() -> list[tuple[int, str, str]]:
    """Return the problems that many operations have, with what they mean; the page has an anchor for each."""
    return sorted([*((status, *words) for status, words in WORDS.items()), *MORE_WORDS])


def _anchor(reason: str) -> str:
    """Return where the page says more: at the reason, or of problems at all where only `detail` says what it is."""
    return f"problem-{reason}" if any(reason == each[1] for each in described()) else "problems"


def refused(refusal: Refused) -> Response:
    """Return the problem that a refusal is."""
    errors = list(getattr(refusal, "errors", []))
    if refusal.field and not errors:
        errors = [FieldProblem(field=refusal.field, reason=refusal.reason, detail=refusal.sentence)]
    made = answer(refusal.status, refusal.reason, refusal.sentence, errors)
    if isinstance(refusal, RetryLater) and refusal.seconds is not None:
        handlers.retry_after(made, refusal.seconds)
    if refusal.status == 401:
        made.headers["WWW-Authenticate"] = "Bearer"
    return made


def add_to(bp: Blueprint) -> None:
    """Let whatever goes wrong in the blueprint's views end in a problem document."""
    handlers.register(bp, refused=refused, http=_http, failed=lambda status: answer(status, *WORDS[status]))


def init_app(app: Flask) -> None:
    """Answer with a problem also where no view of the API is reached: an unknown path, a method it does not take."""

    @app.before_request
    def unrouted() -> Response | None:
        error = request.routing_exception
        if error is None or isinstance(error, RequestRedirect) or not request.path.startswith(PREFIX):
            return None
        return _http(error)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if isinstance(error, BadHost) or status not in WORDS:
        status = handlers.same_class(status)
    return handlers.with_headers_of(error, answer(status, *WORDS[status]))
