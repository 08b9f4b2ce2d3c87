"""The balance: the same numbers that the customer's pages show."""

from datetime import date

from pydantic import Field

from app import clock
from app.api.contract.operations import CreditsFromZero, CreditsText, Model, Moment, operation, resource
from app.domain.auto_recharge.decision import Outcome
from app.domain.blocks import Block
from app.domain.dunning import arrears
from app.domain.forecast.run_out import Forecast
from app.domain.money import Credits, divided
from app.domain.numbers import owed
from app.domain.sold_terms import Terms
from app.domain.status_line import Facts
from app.models.customers import Customer
from app.services.balance import history, status_facts, status_rows
from app.services.balance.status_rows import Around
from app.services.catalog import versions

bp = resource("balances")
REASONS = frozenset(Outcome) - {Outcome.CHARGE, Outcome.OFF, Outcome.TOO_SOON}


class BlockedBy(Model):
    """Why calls are refused now, and what lets them through again."""

    reason: str = Field(
        description="As an authorization answers: `suspended`, `closed`, `insufficient_credits`, `daily_limit`, "
        "`plan_limit`."
    )
    lifted_by: str = Field(
        description="`seller`; `invoices`: what is overdue, once it is paid; `credit`; `daily_limit`: a higher one; "
        "`plan`: one that allows more. But for `credit`, buying changes nothing."
    )
    until: Moment | None = Field(description="When it ends by itself; null: it does not.")
    meters: list[str] = Field(description="The meters that are refused; none: whatever costs credit is.")


class WithoutAutoRecharge(Model):
    """The same with nothing bought."""

    runs_out_on: date
    earliest: date
    latest: date | None


class ForecastRecharge(Model):
    """What auto-recharge does to the forecast. It is switched on."""

    counted: bool = Field(description="Whether what it is to buy is in the days of the forecast.")
    reason: str | None = Field(
        description="Why it buys nothing more when the credit runs out: "
        + ", ".join(f"`{each.value}`" for each in sorted(REASONS))
        + "; null: it goes on."
    )
    limit_reached_on: date | None = Field(description="When its limit of a billing period is first reached.")
    without: WithoutAutoRecharge


class ForecastOut(Model):
    """Until when the credit lasts at the pace of the last whole days (UTC); below zero, what `overage_left` says."""

    runs_out_on: date | None = Field(description="About this day; null: see `reason`.")
    earliest: date | None = Field(description="At the pace of the busiest week of those days.")
    latest: date | None = Field(description="At that of the slowest; null: nobody can say, for it used nothing.")
    reason: str | None = Field(
        description="Why there is no day: `no_pace`: nothing was used on those days; `owed`: nothing can be used until "
        "a top-up covers what is owed; `ten_years`: it lasts longer than that; `auto_recharge`: it keeps it going for "
        "as long as is looked ahead, about a year."
    )
    pace_per_day: CreditsText = Field(description="What was used a day on average, in `credit_unit`.")
    pace_days: int = Field(description="So many whole days are looked at: 14, or since the customer began.")
    auto_recharge: ForecastRecharge | None = Field(
        description="null: it is off, or nothing would run out within a year."
    )


class PayLaterOut(Model):
    """How far a customer with a payment method is served without credit, and what of that is used."""

    limit: CreditsFromZero
    used: CreditsFromZero = Field(description="Below zero, and on invoices that are not paid, before tax.")
    left: CreditsFromZero = Field(description="Before what is `held`.")


class BalanceOut(Model):
    """What a customer has and may use at one time. `null`: there is no limit."""

    customer: str
    total_credits: CreditsText
    usage_this_period: CreditsText = Field(
        description="Less what was corrected in this period, also of usage before it: so it may be below zero."
    )
    remaining_credits: CreditsText
    held: CreditsFromZero
    overage_protection: CreditsFromZero = Field(
        description="How far below zero the balance may go now, with what is left of `pay_later`."
    )
    overage_left: CreditsFromZero
    pay_later: PayLaterOut | None = Field(description="null: nobody is charged afterwards for what is used now.")
    unpaid_overage: CreditsFromZero = Field(
        description="Used below zero and on invoices that are not paid: so much less is in `overage_protection`."
    )
    daily_limit: CreditsFromZero | None
    daily_used: CreditsText
    daily_left: CreditsText | None
    available_to_use: CreditsFromZero
    credit_unit: str
    standing: str
    blocked_by: BlockedBy | None = Field(description="Why calls are refused now; null: they are not.")
    forecast: ForecastOut
    as_of: Moment


@operation(
    bp, "GET", "/customers/<customer_id>/balance", scope="billing:read", answers={200: BalanceOut}, tag="Balances"
)
def read(customer: Customer) -> BalanceOut:
    """Read a customer's balance.

    `available_to_use` is what an authorization would allow now; 0 while the standing does not allow service.
    """
    now = clock.now()
    numbers = history.numbers()
    terms = Terms.of(versions.of(customer), customer.plan)
    around = status_rows.around(numbers, terms)
    facts = status_facts.facts(numbers, terms, around)
    block, later = facts.blocked_by, arrears.of(numbers)
    return BalanceOut(
        customer=customer.customer_id,
        total_credits=numbers.total_credits,
        usage_this_period=numbers.usage_this_period,
        remaining_credits=numbers.remaining_credits,
        held=numbers.held,
        overage_protection=numbers.overage_protection,
        overage_left=numbers.overage_left,
        pay_later=PayLaterOut(limit=later.limit, used=later.used, left=later.left) if later else None,
        unpaid_overage=numbers.invoiced_overage,
        daily_limit=numbers.daily_limit,
        daily_used=numbers.daily_used,
        daily_left=numbers.daily_left,
        available_to_use=numbers.available_to_use,
        credit_unit=numbers.credit_unit,
        standing=numbers.standing,
        blocked_by=None if block is None else _blocked(block),
        forecast=_forecast(facts, around),
        as_of=now,
    )


def _blocked(block: Block) -> BlockedBy:
    return BlockedBy(reason=block.reason, lifted_by=block.lifted_by.value, until=block.until, meters=list(block.meters))


def _forecast(facts: Facts, around: Around) -> ForecastOut:
    """Return the forecast of the facts, with the pace that was read around them."""
    plain, more, is_owed = facts.forecast, facts.recharged, owed(facts.numbers).micros > 0
    used_days = around.used_days
    found, reason = plain, None
    if plain is None:
        reason = "ten_years" if around.pace.is_any else "no_pace"
    if is_owed and (more is None or not more.is_counted):
        found, reason = None, "owed"
    days: tuple[date | None, date | None, date | None] = (None, None, None)
    if found is not None:
        days = (found.expected, found.earliest, found.latest)
    if more is not None and more.is_counted:
        days = (more.expected, more.earliest, more.latest)
        reason = "auto_recharge" if more.expected is None else None
    return ForecastOut(
        runs_out_on=days[0],
        earliest=days[1],
        latest=days[2],
        reason=reason,
        pace_per_day=Credits(divided(sum(used_days), len(used_days)) if used_days else 0),
        pace_days=len(used_days),
        auto_recharge=None
        if more is None or plain is None
        else ForecastRecharge(
            counted=more.is_counted,
            reason=None if more.held_by is None else more.held_by.value,
            limit_reached_on=more.limit_on,
            without=_without(plain),
        ),
    )


def _without(plain: Forecast) -> WithoutAutoRecharge:
    return WithoutAutoRecharge(runs_out_on=plain.expected, earliest=plain.earliest, latest=plain.latest)
