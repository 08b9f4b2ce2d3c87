"""The ledger's rule: which accounts there are, what a posting is, and what balances follow from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from app.domain.errors import Refused, ensure

CREDITS = "credits"
"""The customer's balance. Its floor is minus the overage protection; only a claw-back passes it, and leaves a debt."""
REVENUE = "revenue"
"""What customers have used."""
UNAPPLIED = "unapplied"
"""What the customer has sent to the processor by bank transfer and no payment has taken: it is the customer's."""
MONEY_ACCOUNTS = ("clearing", "disputes", "prepaid", "processor", UNAPPLIED)
CREDIT_ACCOUNTS = ("breakage", CREDITS, "disputes", "promotions", "purchases", "referrals", "refunds", REVENUE)
ACCEPTED_BEFORE = frozenset({"usage_day", "usage_period"})
"""The sources of usage that was accepted first and is posted later: the day's totals moved when it was accepted."""
OVERAGE_INVOICED, OVERAGE_RETURNED = "overage_invoiced", "overage_returned"
"""What was used below zero is on an invoice, which brings the balance back to zero; the invoice is void."""
CREDIT_APPLIED, CREDIT_RETURNED = "credit_applied", "credit_returned"
"""Bought credit pays an invoice, or the tax of one as it is written; the invoice is void."""
CREDIT_PAYMENT = "credit_payment"
"""The source of credit that pays an open invoice, or comes back from it: `inv_…:1`, `inv_…:2`, as often as it does."""
INVOICE_ID = 30
"""How long the id of the invoice is with which such a source begins."""
OF_INVOICES = frozenset({OVERAGE_INVOICED, OVERAGE_RETURNED, CREDIT_APPLIED, CREDIT_RETURNED})
HISTORY_KINDS = OF_INVOICES | {
    "correction", "dispute_won", "disputed", "expired", "promotional", "proration", "purchased", "referral", "refund",
    "refund_failed", "refunded", "trial", "usage", "voided",
}  # fmt: skip
"""Every kind of row that the balance history has. What is between the others counts as usage in the history by day."""

MOST = 2**61
"""No account goes further from zero. All accounts of a customer, and any sum of theirs, so fit into 64 bits."""

AccountKey = tuple[str, str]
"""Unit and name."""
Balances = Mapping[AccountKey, int]
Floors = Mapping[AccountKey, int | None]


@dataclass(frozen=True)
class Posting:
    """An order to move `amount` from the debited account to the credited one. Source and kind make it one fact (I4)."""

    unit: str
    debit: str
    credit: str
    amount: int
    kind: str
    source_type: str
    source_id: str
    description: str
    corrects_id: str | None = None
    claw_back: bool = False
    """What it takes is gone already, refunded or disputed, so that it goes even below the floor."""

    def __post_init__(self) -> None:
        ensure(type(self.amount) is int and self.amount > 0, f"a posting of {self.amount!r}")
        ensure(self.debit != self.credit, f"a posting from {self.debit} to itself")
        ensure(
            self.unit and self.kind and self.source_type and self.source_id, "a posting without unit, kind or source"
        )

    @property
    def debited(self) -> AccountKey:
        """The account that goes down."""
        return self.unit, self.debit

    @property
    def credited(self) -> AccountKey:
        """The account that goes up."""
        return self.unit, self.credit

    @property
    def change(self) -> int | None:
        """What the posting does to the customer's credits, signed; None where it does not touch them."""
        if not is_credits(self.unit) or CREDITS not in (self.debit, self.credit):
            return None
        return self.amount if self.credit == CREDITS else -self.amount


def money_unit(currency: str) -> str:
    """Return the unit of accounts that hold money: `money:USD`."""
    return f"money:{currency}"


def credits_unit(credit_unit: str) -> str:
    """Return the unit of accounts that hold credits: `credits:tokens`."""
    return f"credits:{credit_unit}"


def is_credits(unit: str) -> bool:
    """Say whether a unit counts credits."""
    return unit.startswith("credits:")


def post(postings: Sequence[Posting], balances: Balances, floors: Floors) -> dict[AccountKey, int]:
    """Return the balances after the postings, or refuse them whole.

    `floors` gives the lowest balance an account may reach: zero for a prepaid customer, minus the overage protection
    for one who may run a debt, None for an account that may go anywhere. Postings that only raise an account are let
    through even while it is under its floor, and so are claw-backs. No account grows beyond `MOST`.
    """
    after = dict(balances)
    for posting in postings:
        ensure(posting.debited in balances and posting.credited in balances, "no account for a posting")
        after[posting.debited] -= posting.amount
        after[posting.credited] += posting.amount
    for key, balance in after.items():
        floor = floors[key]
        if floor is not None and balance < floor and balance < balances[key] - _clawed(postings, key):
            raise Refused("There is not enough credit for this.", "insufficient_credits", 402)
        if abs(balance) > max(MOST, abs(balances[key])):
            raise Refused("This amount is too large for one account.", "amount_too_large", 422, "credits")
    return after


def debt(balance: int, floor: int | None) -> int:
    """Return how far a claw-back has left a balance below its floor."""
    return 0 if floor is None else max(0, floor - balance)


def _clawed(postings: Sequence[Posting], key: AccountKey) -> int:
    return sum(posting.amount for posting in postings if posting.claw_back and posting.debited == key)
