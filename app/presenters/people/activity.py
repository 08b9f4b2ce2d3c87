"""What Activity says of an entry: who, what, from what to what. What has no label is not said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.money import Credits, Money
from app.domain.people.activity import AREA_OF, AREAS, FIELDS, SENTENCES, UNKNOWN, changes

_AUTOMATIC = frozenset({"worker", "purser", "dunning", "auto_recharge", "referrals"})
HEADER = ["when", "who", "area", "what", "field", "before", "after", "network address"]


@dataclass(frozen=True)
class Value:
    """A value that changed."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class Row:
    """An entry in words."""

    id: str
    at: datetime
    who: str
    sentence: str
    area: str
    values: list[Value]
    address: str
    may_undo: bool


def who(actor: str, name: str) -> str:
    """Return who it was. Nobody of the seller's is named, and no key."""
    if actor.startswith("mem_"):
        return name or "A former member"
    if actor.startswith("acl_"):
        return f"Read-only access for {name}" if name else "A read-only link"
    if actor.startswith("key_"):
        return f"{name}, by an API token" if name else "Your seller's product"
    if actor == "mailed link":
        return "Whoever opened the mailed link"
    if actor == "processor":
        return "The payment processor"
    return "The portal" if actor in _AUTOMATIC else "Your seller"


def values(
    action: str, before: Mapping[str, object], after: Mapping[str, object], unit: CreditUnit, currency: str
) -> list[Value]:
    """Return what changed, as people read it."""
    return [
        Value(
            FIELDS[each.key],
            _said(each.key, each.before, unit, str(before.get("currency") or currency)),
            _said(each.key, each.after, unit, str(after.get("currency") or currency)),
        )
        for each in changes(action, before, after)
    ]


def sentence(action: str) -> str:
    """Return what was done."""
    return SENTENCES.get(action, UNKNOWN)


def area(action: str) -> str:
    """Return what it is about."""
    return AREAS[AREA_OF[action]] if action in AREA_OF else ""


def _said(key: str, value: object, unit: CreditUnit, currency: str) -> str:
    if value is None or value in ("", [], {}):
        return "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if key.endswith("_micros") and isinstance(value, int):
        return str(locale.exact(Credits(value), unit))
    if key.endswith("_minor") and isinstance(value, int):
        return str(locale.exact(Money(value, currency)))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said('', each, unit, currency)}" for name, each in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value)
    if key == "role":
        return str(value).replace("_", " ")
    if key == "expires_at":
        return locale.moment(datetime.fromisoformat(str(value)))
    return str(value)
