"""The balance: the same numbers that the customer's pages show."""

from pydantic import Field

from app import clock
from app.api.contract.operations import CreditsFromZero, CreditsText, Model, Moment, operation, resource
from app.domain.sold_terms import Terms
from app.domain.status_line import Block
from app.models.customers import Customer
from app.services.balance import history, status_facts
from app.services.catalog import versions

bp = resource("balances")


class BlockedBy(Model):
    """Why calls are refused now, and what lets them through again."""

    reason: str = Field(
        description="As an authorization answers: `suspended`, `closed`, `insufficient_credits`, `daily_limit`, "
        "`plan_limit`."
    )
    lifted_by: str = Field(
        description="`seller`; `credit`; `daily_limit`: a higher one; `plan`: one that allows more. But for `credit`, "
        "buying changes nothing."
    )
    until: Moment | None = Field(description="When it ends by itself; null: it does not.")
    meters: list[str] = Field(description="The meters that are refused; none: whatever costs credit is.")


class BalanceOut(Model):
    """What a customer has and may use at one time. `null`: there is no limit."""

    customer: str
    total_credits: CreditsText
    usage_this_period: CreditsText = Field(
        description="Less what was corrected in this period, also of usage before it: so it may be below zero."
    )
    remaining_credits: CreditsText
    held: CreditsFromZero
    overage_protection: CreditsFromZero
    overage_left: CreditsFromZero
    daily_limit: CreditsFromZero | None
    daily_used: CreditsText
    daily_left: CreditsText | None
    available_to_use: CreditsFromZero
    credit_unit: str
    standing: str
    blocked_by: BlockedBy | None = Field(description="Why calls are refused now; null: they are not.")
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
    block = status_facts.blocked_by(numbers, Terms.of(versions.of(customer), customer.plan))
    return BalanceOut(
        customer=customer.customer_id,
        total_credits=numbers.total_credits,
        usage_this_period=numbers.usage_this_period,
        remaining_credits=numbers.remaining_credits,
        held=numbers.held,
        overage_protection=numbers.overage_protection,
        overage_left=numbers.overage_left,
        daily_limit=numbers.daily_limit,
        daily_used=numbers.daily_used,
        daily_left=numbers.daily_left,
        available_to_use=numbers.available_to_use,
        credit_unit=numbers.credit_unit,
        standing=numbers.standing,
        blocked_by=None if block is None else _blocked(block),
        as_of=now,
    )


def _blocked(block: Block) -> BlockedBy:
    return BlockedBy(reason=block.reason, lifted_by=block.lifted_by.value, until=block.until, meters=list(block.meters))
