"""What Activity says of an entry: who, what, from what to what. What has no label is not said."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.auto_recharge.caution import BRAKES
from app.domain.catalog import Catalog
from app.domain.language import _, apart, labelled, pgettext
from app.domain.mails import Topic, listed
from app.domain.methods import Rail
from app.domain.money import Credits, Money
from app.domain.payments import method_name
from app.domain.people.activity import AREA_OF, AREAS, SENTENCES, UNKNOWN
from app.domain.people.deletion import member_name
from app.domain.people.members import Role
from app.domain.usage_alerts import Threshold
from app.models.payments import PaymentMethod
from app.presenters.people.activity_fields import ANSWERS, FIELDS, INTERVALS, STANDINGS, Kind, changes
from app.presenters.usage import alert_words

_AUTOMATIC = frozenset({"worker", "purser", "dunning", "auto_recharge", "referrals"})
_TYPED = frozenset({Kind.TEXT, Kind.TEXTS, Kind.ZONE, Kind.PLAN, Kind.PACK})


@dataclass(frozen=True)
class Value:
    """A value that changed."""

    label: str
    before: str
    after: str
    is_typed: bool = False
    """Whether both are as somebody typed them: then they are read by their own letters, and not as the page is."""
    alone: str = ""
    """The value by itself, of what was bought, made or removed: nothing was before, or is after, and that is ""."""


@dataclass(frozen=True)
class Reader:
    """Who reads: what the customer's credit and money are, and what its seller calls plans, packs and meters."""

    unit: CreditUnit
    currency: str
    catalog: Catalog
    sold: Callable[[int], Catalog | None]
    """The catalog in an older version, where there is one: a plan may be sold no more."""
    in_codes: bool = False
    """Whether this is a file, which programs read: plans, countries and the like stay the codes that are kept."""
    methods: Mapping[str, PaymentMethod] = field(default_factory=dict)
    """The payment methods that are named, by id. A file has their names too: the id says nothing to who reads it."""

    def says(self, key: str, value: object, entry: Mapping[str, object]) -> str:
        """Return a value of the entry in words, or in codes where a file has them."""
        kind = FIELDS[key].kind
        if kind is Kind.METHOD and value is not None:
            return self._method(value)
        if value is None or value in ("", [], {}):
            return _nothing()
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        match kind:
            case Kind.CREDITS if isinstance(value, int):
                return locale.exact(Credits(value), self.unit)
            case Kind.MONEY if isinstance(value, int):
                return locale.exact(Money(value, str(entry.get("currency") or self.currency)))
        if self.in_codes:
            return _IN_CODES.get(kind, str)(value)
        match kind:
            case Kind.PLAN:
                return self._plan(str(value), entry.get("catalog_version"))
            case Kind.PACK:
                pack = self.catalog.pack(str(value))
                return pack.title if pack else str(value)
            case Kind.ALERTS:
                return apart(map(self._alert, value)) if isinstance(value, list) else str(value)
        return _IN_WORDS[kind](value)

    def _method(self, value: object) -> str:
        if isinstance(value, Mapping):
            return method_name(str(value["brand"]), str(value["last4"]))
        if not value:
            return _("the default one")
        known = self.methods.get(str(value))
        if known is not None:
            return method_name(known.brand, known.last4)
        return method_name(str(value)) if value in set(Rail) else _("one that is not kept any more")

    def _plan(self, key: str, version: object) -> str:
        plan = self.catalog.plans.plan(key)
        if plan is None and isinstance(version, int):
            older = self.sold(version)
            plan = older.plans.plan(key) if older else None
        return plan.title if plan else key

    def _alert(self, said: object) -> str:
        meter, quantity, *percent = str(said).split(" ")
        known = self.catalog.meter(meter)
        if not quantity.isdecimal():
            return str(said)
        wanted = Threshold(meter, int(quantity), bool(percent))
        return alert_words(wanted, known.title if known else meter, known.unit if known else "", None, has_limit=False)


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


def who(actor: str, kept: str) -> str:
    """Return who it was. Nobody of the seller's is named, and no key."""
    name = member_name(kept)
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


def values(action: str, before: Mapping[str, object], after: Mapping[str, object], reader: Reader) -> list[Value]:
    """Return what changed, as people read it."""
    before, after = sides(action, before, after)
    said = []
    for each in changes(action, before, after):
        was = reader.says(each.key, each.before, before) if before else ""
        became = reader.says(each.key, each.after, after) if after else ""
        alone = "" if before and after else became or was
        said.append(Value(_(FIELDS[each.key].label), was, became, FIELDS[each.key].kind in _TYPED, alone))
    return said


def sides(
    action: str, before: Mapping[str, object], after: Mapping[str, object]
) -> tuple[Mapping[str, object], Mapping[str, object]]:
    """Return what the entry says was before, and after: that of a removal says what was removed, as that of saving."""
    return (before or after, {}) if action == "payment_method.removed" else (before, after)


def sentence(action: str) -> str:
    """Return what was done."""
    return _(SENTENCES.get(action, UNKNOWN))


def area(action: str) -> str:
    """Return what it is about."""
    return _(AREAS[AREA_OF[action]]) if action in AREA_OF else ""


def _moment(value: object) -> str:
    return locale.moment(datetime.fromisoformat(str(value)))


def _role(value: object) -> str:
    return Role(str(value)).named if value in set(Role) else str(value).replace("_", " ")


def _count(value: object) -> str:
    return locale.whole(value) if isinstance(value, int) else str(value)


def _time_of_day(value: object) -> str:
    return "{:02}:{:02}".format(*divmod(value, 60)) if isinstance(value, int) else str(value)


def _of(names: Mapping[str, str]) -> Callable[[object], str]:
    return lambda value: _(names[value]) if isinstance(value, str) and value in names else str(value)


def _recipients(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    sent = {email: listed(frozenset(each for each in Topic if each in topics)) for email, topics in value.items()}
    return apart(labelled(email, topics or _nothing()) for email, topics in sorted(sent.items()))


def _coded_recipients(value: object) -> str:
    if not isinstance(value, Mapping):
        return str(value)
    return apart(labelled(email, _texts(topics).replace("_", " ")) for email, topics in sorted(value.items()))


def _texts(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list) else str(value)


def _nothing() -> str:
    return pgettext("a value that is empty", "none")


_IN_WORDS: Mapping[Kind, Callable[[object], str]] = {
    Kind.TEXT: str,
    Kind.TEXTS: _texts,
    Kind.MOMENT: _moment,
    Kind.ROLE: _role,
    Kind.COUNT: _count,
    Kind.LANGUAGE: lambda value: locale.language_name(str(value)),
    Kind.COUNTRY: lambda value: locale.country(str(value)),
    Kind.TIME_OF_DAY: _time_of_day,
    Kind.ZONE: str,
    Kind.RECIPIENTS: _recipients,
    Kind.INTERVAL: _of(INTERVALS),
    Kind.STANDING: _of(STANDINGS),
    Kind.BRAKE: _of(BRAKES),
    Kind.ANSWER: _of(ANSWERS),
}
_IN_CODES: Mapping[Kind, Callable[[object], str]] = {
    Kind.TEXTS: _texts,
    Kind.MOMENT: _moment,
    Kind.ROLE: _role,
    Kind.ALERTS: _texts,
    Kind.RECIPIENTS: _coded_recipients,
}
