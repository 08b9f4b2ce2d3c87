"""Usage events: what a host reports that its customers used, counted exactly once; also as CloudEvents."""

from dataclasses import dataclass
from typing import Annotated, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    RootModel,
    Tag,
    ValidationError,
    ValidationInfo,
    WrapValidator,
    model_validator,
)
from pydantic_core.core_schema import ValidatorFunctionWrapHandler

from app.api.contract import cloud_events
from app.api.contract.operations import Model, Moment, caller, operation, prove, resource
from app.api.contract.patterns import JSON, SOURCE
from app.api.contract.problems import words_of
from app.domain.errors import Refused
from app.domain.rating import LARGEST, UsageReport
from app.services.access.api_keys import Presented
from app.services.ingest import single
from app.services.usage import cloud_events as reading
from app.services.usage import events as usage_events
from app.services.usage.cloud_events import CloudEvent

bp = resource("usage_events")
EXACT = 2**53
"""Above it a number with a fraction is not exact any more."""
Name = Annotated[str, Field(min_length=1, max_length=200)]


class EventIn(Model):
    """Something that was used, in the shape of a CloudEvent."""

    id: Name = Field(description="Unique for the customer: the same id counts once.")
    customer: Name = Field(description="Our id of the customer (`cus_…`), or yours (`external_id`).")
    meter: str = Field(min_length=1, max_length=60)
    quantity: int = Field(1, ge=0, le=LARGEST, description="How much; only 1 for `count` and `unique` meters.")
    subject: str = Field("", max_length=200, description="Who used it; `unique` meters count different subjects.")
    time: Moment | None = Field(None, description="When it happened, at most 34 days ago; null: now.")
    properties: dict[str, JsonValue] = Field(default_factory=dict, description="Anything else; 4,000 characters.")


@dataclass(frozen=True)
class Unreadable:
    """An event of a batch that is not one: the others are counted all the same."""

    detail: str
    reason: str = "malformed"


def _read(value: object, read: ValidatorFunctionWrapHandler) -> EventIn | Unreadable:
    try:
        return cast("EventIn", read(value))
    except ValidationError as problem:
        first = problem.errors(include_url=False, include_context=False, include_input=False)[0]
        where = ".".join(str(step) for step in first["loc"])[:200]
        return Unreadable(f"{where}: {words_of(first)}".removeprefix(": "))


class BatchIn(Model):
    """Up to 1,000 events, of any customers."""

    events: list[Annotated[EventIn, WrapValidator(_read)]] = Field(min_length=1, max_length=usage_events.MOST)

    @model_validator(mode="after")
    def _without_the_unfit(self, info: ValidationInfo) -> Self:
        events = cast("list[EventIn | Unreadable]", self.events)
        for index, words in (info.context or {}).items():
            events[index] = Unreadable(words)
        return self


class CloudEventIn(BaseModel):
    """A CloudEvent, of version 1.0. Attributes that are not named here are taken and left alone."""

    model_config = ConfigDict(extra="ignore", strict=True, allow_inf_nan=False, frozen=True)

    specversion: Literal["1.0"]
    id: Name = Field(description="Unique for its `source`: the same of the same source counts once.")
    source: Annotated[str, Field(min_length=1, max_length=200, pattern=SOURCE)] = Field(
        description="Who sends it: a URI, or a part of one."
    )
    type: Name = Field(description="Which meter counts it: as the catalog says (`usage.events`), or a meter's key.")
    subject: Name = Field(description="The customer: our id (`cus_…`), or yours (`external_id`).")
    time: Moment = Field(description="When it happened, at most 34 days ago.")
    datacontenttype: Annotated[str, Field(pattern=JSON)] = "application/json"
    data: dict[str, JsonValue] = Field(
        default_factory=dict, description="How much (`value`), who (`subject`), and anything else; 4,000 characters."
    )


def _read_cloud(value: object, read: ValidatorFunctionWrapHandler) -> CloudEventIn | Unreadable:
    return cast("CloudEventIn | Unreadable", _read(value, read))


class CloudBatchIn(RootModel[Annotated[list[Annotated[CloudEventIn, WrapValidator(_read_cloud)]], Field(min_length=1, max_length=usage_events.MOST)]]):  # fmt: skip  # noqa: E501
    """Up to 1,000 CloudEvents, of any customers."""

    @model_validator(mode="after")
    def _without_the_unfit(self, info: ValidationInfo) -> Self:
        events = cast("list[CloudEventIn | Unreadable]", self.root)
        for index, words in (info.context or {}).items():
            events[index] = Unreadable(words)
        return self


_KINDS = {EventIn: "<event>", BatchIn: "<batch>", CloudEventIn: "<cloud_event>", CloudBatchIn: "<cloud_events>"}


def _kind(value: object) -> str:
    if isinstance(value, list):
        return "<cloud_events>"
    if isinstance(value, dict):
        return "<cloud_event>" if "specversion" in value else "<batch>" if "events" in value else "<event>"
    return next((kind for model, kind in _KINDS.items() if isinstance(value, model)), "<event>")


class ReportIn(RootModel[Annotated[
    Annotated[EventIn, Tag("<event>")]
    | Annotated[BatchIn, Tag("<batch>")]
    | Annotated[CloudEventIn, Tag("<cloud_event>")]
    | Annotated[CloudBatchIn, Tag("<cloud_events>")],
    Discriminator(_kind),
]]):  # fmt: skip
    """One event, or a batch of them; of our own form, or CloudEvents."""


class RejectedOut(Model):
    """An event that was not counted."""

    index: int = Field(description="Its place in the batch, from 0.")
    reason: str
    detail: str


class ReportOut(Model):
    """What became of the events."""

    accepted: int = Field(description="How many were counted.")
    duplicates: int = Field(description="How many had been counted before, in this request or an earlier one.")
    rejected: list[RejectedOut]


SCOPE = "usage:write"


@operation(
    bp,
    "POST",
    "/usage_events",
    scope=SCOPE,
    body=ReportIn,
    answers={200: ReportOut},
    refusals=(409,),
    tag="Usage",
    judged_each="events",
    also={cloud_events.ONE: CloudEventIn, cloud_events.MANY: CloudBatchIn},
    composed=cloud_events.composed,
)
def report(body: ReportIn) -> ReportOut:
    """Report what was used: one event, or up to 1,000 as `events`.

    An event counts once for its customer and `id`, however often it is sent: send it again when no answer came. The
    same id with anything else in the event is refused: 409 for one event, `rejected` in a batch. A batch is judged
    event by event: whatever is wrong inside one, the others count. An event counts for the UTC day and billing period
    in which it is accepted. It is never refused for money; ask for an authorization first where it should be.

    CloudEvents 1.0 are taken too: one (`application/cloudevents+json`), an array of them
    (`application/cloudevents-batch+json`), or one in binary mode (`ce-` headers, its data as the body). The `subject`
    is the customer. One without an `id` or a `time` is refused: no time is made up for it.
    """
    only = caller().customer_id or ""
    if isinstance(body.root, CloudEventIn):
        return _cloud_event(body.root, only)
    if isinstance(body.root, CloudBatchIn):
        return _cloud_events(cast("list[CloudEventIn | Unreadable]", body.root.root), only)
    if isinstance(body.root, EventIn):
        return _one(_report(body.root), only)
    events = cast("list[EventIn | Unreadable]", body.root.events)
    unreadable = {index: each for index, each in enumerate(events) if isinstance(each, Unreadable)}
    places = [index for index in range(len(events)) if index not in unreadable]
    answer = usage_events.accept([_report(each) for each in events if isinstance(each, EventIn)], only=only)
    return _shown(answer, unreadable, places)


def reported(event: EventIn, proof: Presented) -> ReportOut:
    """Count an event for whoever presents the key: in a round trip of its own if it is plain, or the usual way."""
    report = _report(event)
    plain = single.accept(report, proof)
    if plain is not None:
        return _shown(plain, {})
    prove(proof, SCOPE)
    return _one(report, caller().customer_id or "")


def _one(report: UsageReport, only: str) -> ReportOut:
    return _shown(usage_events.only_one(usage_events.accept([report], only=only)), {})


def _cloud_event(event: CloudEventIn, only: str) -> ReportOut:
    (read,) = reading.read([_event(event)], only=only)
    if isinstance(read, Refused):
        raise read
    return _one(read, only)


def _cloud_events(events: list[CloudEventIn | Unreadable], only: str) -> ReportOut:
    unreadable = {index: each for index, each in enumerate(events) if isinstance(each, Unreadable)}
    known = [index for index in range(len(events)) if index not in unreadable]
    found = reading.read([_event(each) for each in events if isinstance(each, CloudEventIn)], only=only)
    reports, places = list[UsageReport](), list[int]()
    for index, each in zip(known, found, strict=True):
        if isinstance(each, Refused):
            unreadable[index] = Unreadable(f"{each.field}: {each.sentence}", each.reason)
        else:
            reports.append(each)
            places.append(index)
    return _shown(usage_events.accept(reports, only=only), unreadable, places)


def _event(event: CloudEventIn) -> CloudEvent:
    data = {name: _whole(value) for name, value in event.data.items()}
    return CloudEvent(event.source, event.id, event.type, event.subject, event.time, data)


def _whole(value: JsonValue) -> JsonValue:
    """Return a whole number that is written with a fraction of zero, as many systems do, as what it is."""
    is_whole = isinstance(value, float) and value.is_integer() and abs(value) < EXACT
    return int(value) if is_whole else value  # type: ignore[arg-type]  # a float, as was asked


def _report(event: EventIn) -> UsageReport:
    return UsageReport(
        event.id, event.customer, event.meter, event.quantity, event.subject, event.time, event.properties
    )


def _shown(
    answer: usage_events.Accepted, unreadable: dict[int, Unreadable], places: list[int] | None = None
) -> ReportOut:
    rejected = [
        RejectedOut(index=places[each.index] if places else each.index, reason=each.reason, detail=each.sentence)
        for each in answer.rejected
    ]
    rejected += [RejectedOut(index=index, reason=each.reason, detail=each.detail) for index, each in unreadable.items()]
    return ReportOut(
        accepted=answer.accepted,
        duplicates=answer.duplicates,
        rejected=sorted(rejected, key=lambda each: each.index),
    )
