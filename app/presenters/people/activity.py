"""What Activity says of an entry: who, what, from what to what. What has no label is not said."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.language import _, pgettext
from app.domain.money import Credits, Money
from app.domain.people.activity import AREA_OF, AREAS, FIELDS, SENTENCES, UNKNOWN, changes
from app.domain.people.members import Role

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
        return name or _("A former member")
    if actor.startswith("acl_"):
        return _("Read-only access for {name}", name=name) if name else _("A read-only link")
    if actor.startswith("key_"):
        return _("{name}, by an API token", name=name) if name else _("Your seller's product")
    if actor == "mailed link":
        return _("Whoever opened the mailed link")
    if actor == "processor":
        return _("The payment processor")
    return _("The portal") if actor in _AUTOMATIC else _("Your seller")


def values(
    action: str, before: Mapping[str, object], after: Mapping[str, object], unit: CreditUnit, currency: str
) -> list[Value]:
    """Return what changed, as people read it."""
    return [
        Value(
            _(FIELDS[each.key]),
            _said(each.key, each.before, unit, str(before.get("currency") or currency)),
            _said(each.key, each.after, unit, str(after.get("currency") or currency)),
        )
        for each in changes(action, before, after)
    ]


def sentence(action: str) -> str:
    """Return what was done."""
    return _(SENTENCES.get(action, UNKNOWN))


def area(action: str) -> str:
    """Return what it is about."""
    return _(AREAS[AREA_OF[action]]) if action in AREA_OF else ""


def _said(key: str, value: object, unit: CreditUnit, currency: str) -> str:
    if value is None or value in ("", [], {}):
        return pgettext("a value that is empty", "none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key.endswith("_micros") and isinstance(value, int):
        return str(locale.exact(Credits(value), unit))
    if key.endswith("_minor") and isinstance(value, int):
        return str(locale.exact(Money(value, currency)))
    if isinstance(value, dict):
        return "; ".join(f"{name}: {_said('', each, unit, currency)}" for name, each in sorted(value.items()))
    if isinstance(value, list):
        return ", ".join(str(each).replace("_", " ") for each in value)
    if key == "role":
        return Role(str(value)).named if value in set(Role) else str(value).replace("_", " ")
    if key == "expires_at":
        return locale.moment(datetime.fromisoformat(str(value)))
    return str(value)
