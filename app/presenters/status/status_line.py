"""The status line in words: what is so, what follows, and the one thing to do about it.

A member who may not manage gets the same fact, and whom to ask, instead of a button that would lead nowhere.
"""

from dataclasses import dataclass

from markupsafe import Markup

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.language import _, ngettext, pgettext
from app.domain.methods import Expiry as CardExpiry
from app.domain.methods import expiry as card_expiry
from app.domain.money import Credits
from app.domain.numbers import owed
from app.domain.payments import decline_sentence, method_name
from app.domain.spend_management import day_of
from app.domain.status_line import Kind, Status, day_percent
from app.presenters import blocks, forecast, pay_later, recharge_line
from app.presenters.charts import day_label
from app.presenters.status.status_next import Link, to_do


@dataclass(frozen=True)
class Amounts:
    """How amounts are written in the customer's unit."""

    unit: CreditUnit

    def of(self, value: Credits) -> str:
        """Return the amount, by the one rounding rule."""
        return locale.amount(value, self.unit)

    def balance(self, value: Credits) -> str:
        """Return what is left, rounded down."""
        return locale.balance(value, self.unit)


@dataclass(frozen=True)
class StatusWords:
    """The line as a page writes it."""

    kind: str
    is_bad: bool
    fact: str | Markup
    follows: str | Markup
    link: Link | None
    ask: str
    """Whom to ask, for who may not do it."""


def words(status: Status | None, catalog: Catalog, unit: CreditUnit, *, ask: str) -> StatusWords | None:
    """Return the line in words; None where there is nothing to say. `ask`: whom, for a member who may not manage."""
    if status is None:
        return None
    fact, follows = _SAID[status.kind](status, Amounts(unit))
    due = status.facts.unpaid if status.kind in {Kind.NO_CREDIT, Kind.FAILED} else None
    to_pay = Link(_("Pay the invoice"), "invoice_payment.page", {"document_id": due.id}) if due else None
    link, asked = (to_pay, pgettext("Ask somebody to …", "pay it")) if to_pay else to_do(status, catalog)
    is_open = link is not None and (not ask or link.endpoint.startswith("usage."))
    words = _("Ask {who} to {do}.", who=ask, do=asked) if link and not is_open else asked if link is None else ""
    return StatusWords(status.kind.value, status.is_bad, fact, follows, link if is_open else None, words)


def _calls(status: Status) -> str:
    """Say which calls: all of them, or not those that the plan includes."""
    return _("Calls beyond what your plan includes are refused") if status.is_partly else _("Calls are refused")


def _refused(status: Status, why: str) -> str:
    return _("{calls}: {why}.", calls=_calls(status), why=why)


def _not_served(status: Status, _amounts: Amounts) -> tuple[str, str]:
    return _(
        "Calls are refused: your account is {standing}.", standing=blocks.standing(status.facts.numbers.standing)
    ), ""


def _failed(status: Status, _amounts: Amounts) -> tuple[str, str]:
    paid = status.facts.failed
    if paid is None:
        return "", ""
    amount = locale.amount(paid.amount)
    why = decline_sentence(paid.problem, paid.rail)
    fact = _("Your payment of {amount} failed on {day}.", amount=amount, day=day_label(paid.at.date()))
    uncharged = _("Nothing was charged.")
    return fact, f"{why} {uncharged}"


def _waiting(status: Status, _amounts: Amounts) -> tuple[str, str]:
    if (paid := status.facts.waiting) is None:
        return "", ""
    amount, way = locale.amount(paid.amount), "checkout" if paid.at_checkout else paid.rail
    asks = {
        "checkout": _("Pay {amount} on our payment processor’s page.", amount=amount),
        "crypto": _("{amount} is waiting for your payment from your wallet.", amount=amount),
        "paypal": _("PayPal asks you to approve {amount}.", amount=amount),
    }
    bank = _("Your bank asks you to confirm {amount}.", amount=amount)
    return asks.get(way, bank), _("Nothing is charged until you do.")


def _no_credit(status: Status, amounts: Amounts) -> tuple[str, str]:
    facts = status.facts
    numbers, debt = facts.numbers, facts.debt
    if facts.unpaid is not None:
        return _refused(status, pay_later.used(numbers, amounts.unit)), pay_later.is_due(facts.unpaid)
    if not numbers.remaining_credits.micros:
        return _refused(
            status, _("no credit is left") if numbers.total_credits.micros else _("there is no credit yet")
        ), ""
    why = _refused(status, _("your balance is {amount}", amount=amounts.balance(numbers.remaining_credits)))
    if debt.clawed_back.micros and not debt.overrun.micros:
        went_back = _("A payment was refunded or disputed after its credit was used.")
        return why, f"{went_back} {_missing(status, amounts)}"
    if debt.clawed_back.micros:
        partly = _(
            "For {amount} of it, a payment was refunded or disputed after its credit was used; the rest was used.",
            amount=amounts.of(debt.clawed_back),
        )
        return why, f"{partly} {_missing(status, amounts)}"
    return why, pay_later.used_up(numbers, amounts.unit, _missing(status, amounts))


def _missing(status: Status, amounts: Amounts) -> str:
    missing = owed(status.facts.numbers)
    if not missing.micros:
        return ""
    return _("The next {amount} you add cover what is owed first.", amount=amounts.of(missing))


def _held(status: Status, amounts: Amounts) -> tuple[str, str]:
    numbers = status.facts.numbers
    left = Credits(max(0, numbers.remaining_credits.micros) + numbers.overage_left.micros)
    return (
        _refused(status, _("calls in progress hold all that is left")),
        _("Without them, {amount} would be left.", amount=amounts.balance(left)),
    )


def _day_limit(status: Status, amounts: Amounts) -> tuple[Markup, str]:
    numbers = status.facts.numbers
    limit = amounts.of(numbers.daily_limit) if numbers.daily_limit is not None else ""
    used = amounts.of(numbers.daily_used)
    words = _("{used} of today’s limit of {limit} is used.", used=used, limit=limit)
    if numbers.held.micros:
        held = amounts.of(numbers.held)
        words = _("{used} of today’s limit of {limit} is used and {held} held.", used=used, limit=limit, held=held)
    fact = Markup(_("{calls} until {time}."))  # a catalog has no markup where its sentence has none
    return fact.format(calls=_calls(status), time=_midnight(status)), words


def _midnight(status: Status) -> Markup:
    """Return the end of the UTC day; the script adds the reader's own time."""
    ends = day_of(status.facts.now).ends
    return Markup('<time datetime="{}" data-time="both">00:00 UTC</time>').format(f"{ends:%Y-%m-%dT%H:%M:%SZ}")


def _plan_limit(status: Status, _amounts: Amounts) -> tuple[str, str]:
    first, *others = status.bars
    title, meter = first.tariff.meter.title, first.tariff.meter
    what = blocks.and_more(title, len(others))
    fact = _("Calls for {meters} are refused.", meters=what)
    if status.facts.resets_at:
        day = locale.day(status.facts.resets_at.date())
        fact = _("Calls for {meters} are refused until {day}, 00:00 UTC.", meters=what, day=day)
    used, of = locale.counted(first.used), locale.counted(first.tariff.limit or 0, meter.unit)
    if first.held:
        held = locale.counted(first.held)
        return fact, _("{used} of your plan’s {limit} used and {held} held.", used=used, limit=of, held=held)
    return fact, _("{used} of your plan’s {limit} used.", used=used, limit=of)


def _recharge(status: Status, amounts: Amounts) -> tuple[str, str]:
    stop, left = status.facts.recharge, status.facts.numbers.remaining_credits
    return recharge_line.said(stop, left, amounts.unit) if stop is not None else ("", "")


def _below_zero(status: Status, amounts: Amounts) -> tuple[str, str]:
    numbers, debt = status.facts.numbers, status.facts.debt
    why = _("more was used than you had credit for")
    if debt.clawed_back.micros and debt.overrun.micros:
        why = _(
            "for {amount} of it a payment was refunded or disputed after its credit was used; "
            "{over} was used beyond your credit",
            amount=amounts.of(debt.clawed_back),
            over=amounts.of(debt.overrun),
        )
    elif debt.clawed_back.micros:
        why = _("a payment was refunded or disputed after its credit was used")
    elif numbers.exposure.micros:
        why = _("your payment method is charged with the next invoice")
    balance = amounts.balance(numbers.remaining_credits)
    left = pay_later.some(numbers, amounts.balance(numbers.overage_left))
    return _("Your balance is {amount}: {why}.", amount=balance, why=why), _left(status, left)


def _left(status: Status, left: str) -> str:
    """Say how much is left, and how long it lasts where a pace is known."""
    found, today = status.facts.forecast, status.facts.today
    last = found.expected if found is not None else None  # by itself: no charge to come is part of what is left
    if last is None:
        return _("{amount} is left.", amount=left)
    days = (last - today).days
    if days <= 0:
        return _("{amount} is left, about enough for today.", amount=left)
    return ngettext(
        "{amount} is left, enough for about {n} day.",
        "{amount} is left, enough for about {n} days.",
        days,
        amount=left,
    )


def _day_near(status: Status, amounts: Amounts) -> tuple[str, Markup]:
    numbers = status.facts.numbers
    limit, percent = amounts.of(numbers.daily_limit) if numbers.daily_limit is not None else "", day_percent(numbers)
    fact = _("{percent} % of today’s limit of {limit} is used.", percent=percent, limit=limit)
    if numbers.held.micros:
        fact = _("{percent} % of today’s limit of {limit} is used or held.", percent=percent, limit=limit)
    return fact, Markup(_("At the limit, calls are refused until {time}.")).format(time=_midnight(status))


def _plan_near(status: Status, _amounts: Amounts) -> tuple[str, str]:
    first = status.bars[0]
    meter, percent = first.tariff.meter, locale.whole(first.percent or 0)
    of = locale.counted(first.tariff.limit or 0, meter.unit)
    fact = _("{meter}: {percent} % of your plan’s {limit} used.", meter=meter.title, percent=percent, limit=of)
    if first.held:
        fact = _(
            "{meter}: {percent} % of your plan’s {limit} used or held.", meter=meter.title, percent=percent, limit=of
        )
    if not meter.kind.can_be_held:
        return fact, _("No calls are refused for it.")
    if status.facts.resets_at:
        return fact, _("Beyond it, calls are refused until {day}.", day=locale.day(status.facts.resets_at.date()))
    return fact, _("Beyond it, calls are refused.")


def _runs_out(status: Status, amounts: Amounts) -> tuple[str, str]:
    facts = status.facts
    last, more = facts.runs_out, facts.recharged
    if last is None:
        return "", ""
    when = _("today") if last <= facts.today else _("about {day}", day=locale.day(last))
    overage, then = facts.numbers.overage_protection, _("Then calls are refused.")
    if overage.micros:
        then = _("Then {amount} is used.", amount=pay_later.some(facts.numbers, amounts.of(overage)))
    if more is not None and more.is_counted:
        fact = _("At the last days’ pace your credit lasts until {when}, with what auto-recharge buys.", when=when)
        return fact, then
    why = f" {forecast.why_not(more)}." if more is not None else ""
    return _("At the last days’ pace your credit lasts until {when}.", when=when), f"{then}{why}"


def _expiring(status: Status, amounts: Amounts) -> tuple[str, str]:
    expiry = status.facts.expiry
    if expiry is None:
        return "", ""
    left = amounts.of(Credits(expiry.left))
    fact = _("{amount} expires on {day}.", amount=left, day=locale.day(expiry.day))
    if expiry.unused >= expiry.left:
        return fact, ""
    return fact, _("At the last days’ pace a part of it is not used by then.")


def _card(status: Status, _amounts: Amounts) -> tuple[str, str]:
    card = status.facts.card
    if card is None:
        return "", ""
    name, until = method_name(card.brand, card.last4), f"{card.month or 0:02d}/{card.year}"
    follows = _("It is the method that is charged by default.")
    if card_expiry(card.month, card.year, status.facts.today) is CardExpiry.OVER:
        return _("{method} expired at the end of {month}.", method=name, month=until), follows
    return _("{method} expires at the end of {month}.", method=name, month=until), follows


_SAID = {
    Kind.NOT_SERVED: _not_served,
    Kind.FAILED: _failed,
    Kind.WAITING: _waiting,
    Kind.NO_CREDIT: _no_credit,
    Kind.HELD: _held,
    Kind.DAY_LIMIT: _day_limit,
    Kind.PLAN_LIMIT: _plan_limit,
    Kind.RECHARGE_STOPPED: _recharge,
    Kind.RECHARGE_ASKS: _recharge,
    Kind.RECHARGE_OFF: _recharge,
    Kind.BELOW_ZERO: _below_zero,
    Kind.DAY_NEAR: _day_near,
    Kind.PLAN_NEAR: _plan_near,
    Kind.RUNS_OUT: _runs_out,
    Kind.EXPIRING: _expiring,
    Kind.CARD: _card,
}
