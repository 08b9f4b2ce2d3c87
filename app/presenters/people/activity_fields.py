"""Activity: which values of an entry people may read, what each is called, and what kind of value it is.

What has no line here is shown nowhere. A code, an amount in micros or minutes since midnight is kept; a kind says in
which words it is shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from app.domain.dunning.standing import CLOSED, GOOD, PAST_DUE, SUSPENDED
from app.domain.language import marked
from app.domain.people.activity import AREA_OF, Area
from app.domain.subscriptions.choice import Interval


class Kind(StrEnum):
    """What kind of value a field has: how it is said."""

    TEXT = "text"
    """As somebody typed it, or as the seller writes it: a name, an address, a number."""
    TEXTS = "texts"
    CREDITS = "credits"
    MONEY = "money"
    MOMENT = "moment"
    COUNT = "count"
    YES_NO = "yes_no"
    ROLE = "role"
    LANGUAGE = "language"
    COUNTRY = "country"
    TIME_OF_DAY = "time_of_day"
    ZONE = "zone"
    """By the name by which each page has it chosen, the same in every language: `Europe/Berlin`."""
    ALERTS = "alerts"
    RECIPIENTS = "recipients"
    PACK = "pack"
    PLAN = "plan"
    INTERVAL = "interval"
    STANDING = "standing"
    BRAKE = "brake"
    ANSWER = "answer"
    METHOD = "method"
    """A payment method: kept by its id, by its kind or, where the entry is about the method itself, by what it is."""


@dataclass(frozen=True)
class Field:
    """A value that people may read."""

    label: str
    kind: Kind = Kind.TEXT


FIELDS: Mapping[str, Field] = {
    "role": Field(marked("role"), Kind.ROLE),
    "email": Field(marked("e-mail address")),
    "name": Field(marked("name")),
    "provider": Field(marked("provider")),
    "expires_at": Field(marked("good until"), Kind.MOMENT),
    "enabled": Field(marked("switched on"), Kind.YES_NO),
    "daily_limit_micros": Field(marked("daily limit"), Kind.CREDITS),
    "notify_threshold_micros": Field(marked("e-mail threshold"), Kind.CREDITS),
    "threshold_micros": Field(marked("recharged below"), Kind.CREDITS),
    "amount_minor": Field(marked("amount"), Kind.MONEY),
    "period_limit_minor": Field(marked("limit per billing period"), Kind.MONEY),
    "total_minor": Field(marked("total"), Kind.MONEY),
    "received_minor": Field(marked("received"), Kind.MONEY),
    "pack": Field(marked("pack"), Kind.PACK),
    "method": Field(marked("payment method"), Kind.METHOD),
    "other_methods": Field(marked("other saved methods charged too"), Kind.YES_NO),
    "expiry": Field(marked("expiry date")),
    "holder": Field(marked("holder")),
    "answer": Field(marked("answer"), Kind.ANSWER),
    "brake": Field(marked("at unusual use"), Kind.BRAKE),
    "quiet_from": Field(marked("quiet from"), Kind.TIME_OF_DAY),
    "quiet_until": Field(marked("quiet until"), Kind.TIME_OF_DAY),
    "time_zone": Field(marked("time zone"), Kind.ZONE),
    "language": Field(marked("language"), Kind.LANGUAGE),
    "ask_above_minor": Field(marked("asked above"), Kind.MONEY),
    "alerts": Field(marked("alerts"), Kind.ALERTS),
    "emails": Field(marked("addresses"), Kind.TEXTS),
    "billing_email": Field(marked("billing e-mail")),
    "pending": Field(marked("to be confirmed")),
    "recipients": Field(marked("more recipients"), Kind.RECIPIENTS),
    "company": Field(marked("company")),
    "line1": Field(marked("address")),
    "line2": Field(marked("address, second line")),
    "city": Field(marked("city")),
    "postal_code": Field(marked("postal code")),
    "region": Field(marked("region")),
    "country": Field(marked("country"), Kind.COUNTRY),
    "po_number": Field(marked("PO number")),
    "po_required": Field(marked("PO number needed"), Kind.YES_NO),
    "buyer_reference": Field(marked("buyer reference")),
    "url": Field(marked("address")),
    "number": Field(marked("number")),
    "credit_note_number": Field(marked("credit note")),
    "replacement_number": Field(marked("new invoice")),
    "plan": Field(marked("plan"), Kind.PLAN),
    "interval": Field(marked("billed"), Kind.INTERVAL),
    "seats": Field(marked("seats"), Kind.COUNT),
    "seats_used": Field(marked("seats used"), Kind.COUNT),
    "standing": Field(marked("standing"), Kind.STANDING),
    "cancel_at": Field(marked("ends"), Kind.MOMENT),
    "credits_micros": Field(marked("credits"), Kind.CREDITS),
    "taken_back_micros": Field(marked("credits taken back"), Kind.CREDITS),
    "overage_protection_micros": Field(marked("overage protection"), Kind.CREDITS),
}
_PLACES = {key: place for place, key in enumerate(FIELDS)}
ANSWERS: Mapping[str, str] = {"yes": marked("yes"), "no": marked("no")}
INTERVALS: Mapping[str, str] = {Interval.MONTHLY: marked("monthly"), Interval.ANNUAL: marked("annual")}
STANDINGS: Mapping[str, str] = {
    GOOD: marked("nothing overdue"),
    PAST_DUE: marked("past due"),
    SUSPENDED: marked("suspended"),
    CLOSED: marked("closed"),
}


class Changed(NamedTuple):
    """One value of an entry, before and after."""

    key: str
    before: object
    after: object


def changes(action: str, before: Mapping[str, object], after: Mapping[str, object]) -> list[Changed]:
    """Return the values of an entry that people may read and that changed; of a member's own account none."""
    if AREA_OF.get(action) is Area.SIGN_IN:
        return []
    before, after = _with_method(before), _with_method(after)
    keys = [key for key in {**before, **after} if key in FIELDS]
    if len(keys) > 1:
        keys.sort(key=_PLACES.__getitem__)
    both = [Changed(key, before.get(key), after.get(key)) for key in keys]
    return [each for each in both if _or_none(each.before) != _or_none(each.after)]


def _with_method(values: Mapping[str, object]) -> Mapping[str, object]:
    """Return the values, with the method in one where the entry is about a method itself."""
    if not values.get("brand"):
        return values
    return {**values, "method": {"brand": values["brand"], "last4": values.get("last4", "")}}


def _or_none(value: object) -> object:
    return None if not value and value in ("", [], {}) else value
