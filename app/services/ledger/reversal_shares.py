"""Which grants refunds and disputes hold credit of now: each took its own, and what came back may have been another's.

The recorded allocations are played again in their order. A refund that came back once its purchase's credit was over
gave back what another refund of the same payment had taken elsewhere (`burn_down.give_back`): the two have changed
places since, and what the other one gives back one day is what it holds by then.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.models.ledger import Allocation, Transfer
from app.models.reversals import Dispute, Refund

SOURCES = ("refund", "dispute")


@dataclass
class Taking:
    """What one refund or dispute of a payment holds of each grant; once it was given back, what paid debts."""

    payment_id: str
    shares: dict[str, int] = field(default_factory=dict)
    stands: bool = True


@dataclass
class Takings:
    """All of a customer's, by the transfer that took the credit."""

    by_transfer: dict[str, Taking] = field(default_factory=dict)
    beyond: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    """What came back into grants beyond that, below zero: they had paid the debt that a taking had left."""

    def others(self, transfer_id: str) -> list[Taking]:
        """Return what else stands of the payment, the latest first."""
        mine = self.by_transfer[transfer_id]
        rest = [each for name, each in self.by_transfer.items() if name != transfer_id and each.stands]
        return [each for each in reversed(rest) if each.payment_id == mine.payment_id]

    def covered(self, besides: str) -> dict[str, int]:
        """Return, per grant, what was given back and paid debts instead, without the transfer `besides`."""
        found: dict[str, int] = defaultdict(int, self.beyond)
        for name, taking in self.by_transfer.items():
            if name != besides and not taking.stands:
                for grant_id, micros in taking.shares.items():
                    found[grant_id] += micros
        return found


def read(session: Session, customer_id: str) -> Takings:
    """Return what the customer's refunds and disputes hold of each grant."""
    rows = session.execute(
        select(Transfer.id, Transfer.corrects_id, Transfer.source_id, Allocation.grant_id, Allocation.micros)
        .outerjoin(
            Allocation, (Allocation.customer_id == Transfer.customer_id) & (Allocation.transfer_id == Transfer.id)
        )
        .where(Transfer.customer_id == customer_id, Transfer.source_type.in_(SOURCES), Transfer.sequence.is_not(None))
        .order_by(Transfer.sequence, Allocation.grant_id)
    ).all()
    paid = {
        row.id: row.payment_id
        for model in ((Refund, Dispute) if rows else ())
        for row in session.execute(select(model.id, model.payment_id).where(model.customer_id == customer_id))
    }
    found = Takings()
    for _id, group in groupby(rows, key=lambda row: row.id):
        lines = list(group)
        shares = {line.grant_id: int(line.micros) for line in lines if line.grant_id is not None}
        name, corrects_id, source_id = lines[0][:3]
        if corrects_id is None:
            found.by_transfer[name] = Taking(paid[source_id], shares)
        else:
            _give_back(found, corrects_id, shares)
    return found


def _give_back(found: Takings, taken: str, shares: Mapping[str, int]) -> None:
    """Give back what a taking held, and what another one held instead of what stayed taken; the rest had paid debts."""
    taking = found.by_transfer[taken]
    for grant_id, micros in shares.items():
        rest = -micros - _less(taking, grant_id, -micros)
        for other in found.others(taken):
            part = _less(other, grant_id, rest)
            _change_places(taking, other, part)
            rest -= part
        found.beyond[grant_id] -= rest
    taking.stands = False


def _less(taking: Taking, grant_id: str, most: int) -> int:
    part = min(most, taking.shares.get(grant_id, 0))
    if part:
        taking.shares[grant_id] -= part
    return part


def _change_places(taking: Taking, other: Taking, micros: int) -> None:
    """Let the other hold so much of what the taking held: that is over, and stays taken."""
    for grant_id in list(taking.shares):
        part = _less(taking, grant_id, micros)
        other.shares[grant_id] = other.shares.get(grant_id, 0) + part
        micros -= part
