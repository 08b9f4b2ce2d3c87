"""What has paid for usage: bought credit, credit given away, an earlier invoice, or nothing yet.

The rows of the balance history are read in their order. What a row of usage takes from grants is paid at once; the rest
of it is below zero. Whatever comes in pays what is below zero, the oldest first, whether usage or a claw-back.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from app.domain.grants import BOUGHT_KINDS, CLAW_BACKS, SOURCES
from app.domain.ledger import CREDIT_RETURNED, OVERAGE_INVOICED, OVERAGE_RETURNED


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the balance history, and what it took from grants (or, negative, gave back), by their kind."""

    id: str
    kind: str
    amount: int
    source: str = ""
    shares: Mapping[str, int] = field(default_factory=dict)
    corrects: str = ""
    period: int = 0
    """Of usage: the billing period that it counts in; of overage on an invoice: the period of that."""
    meter: str = ""


@dataclass(slots=True)
class Usage:
    """A row of usage, and what has paid for it. The parts add up to what was used."""

    period: int
    meter: str
    bought: int
    given: int
    """Paid by promotional, trial, referral or refunded credit: nobody bought it."""
    open: int
    """Below zero still."""
    invoiced: dict[str, int] = field(default_factory=dict)
    """By an invoice's id: what of it was below zero and is on that invoice."""
    given_by: set[str] = field(default_factory=set, compare=False)
    """The kinds of credit behind `given`, for words alone."""
    row: str = field(default="", compare=False)
    """The id of the row of the history."""
    is_exact: bool = field(default=True, compare=False)
    """Whether the row says how much the meter cost; else the meter has a share of a row of several."""

    @property
    def used(self) -> int:
        """All that was used."""
        return self.bought + self.given + self.open + sum(self.invoiced.values())


@dataclass(slots=True)
class _Debt:
    """Something below zero: a row of usage, or what a claw-back took that was not there."""

    of: str
    usage: Usage | None
    open: int

    def pay(self, most: int, kind: str) -> int:
        """Pay as much of it as there is; return how much."""
        part = min(most, self.open)
        self.open -= part
        if self.usage is not None:
            self.usage.open -= part
            if kind in BOUGHT_KINDS:
                self.usage.bought += part
            else:
                self.usage.given += part
                self.usage.given_by |= {kind} if part else set()
        return part


class _Walk:
    """The rows up to one of them."""

    def __init__(self) -> None:
        self.usage: dict[str, Usage] = {}
        self.debts: list[_Debt] = []

    def add(self, row: Row) -> None:
        """Take one row more."""
        came = sum(row.shares.values())
        match row.kind:
            case "usage":
                bought = sum(row.shares.get(kind, 0) for kind in BOUGHT_KINDS)
                by = {kind for kind, micros in row.shares.items() if micros > 0 and kind not in BOUGHT_KINDS}
                used = Usage(row.period, row.meter, bought, came - bought, row.amount - came, given_by=by, row=row.id)
                self.usage[row.id] = used
                self._owe(_Debt(row.id, used, used.open))
            case kind if kind in CLAW_BACKS:
                self._owe(_Debt(row.id, None, row.amount - came))
            case kind if kind in SOURCES:  # what a grant paid of a debt is its own share
                self._pay(came, kind)
            case "correction":
                self._correct(row, row.amount + came)
            case "refund_failed" | "dispute_won":
                self._pay(self._forgive(row.corrects, row.amount + came), BOUGHT_KINDS[0])
            case kind if kind == CREDIT_RETURNED:  # what does not go into grants pays what is below zero
                self._pay(row.amount + came, BOUGHT_KINDS[0])
            case kind if kind == OVERAGE_INVOICED:
                self._invoice(row)
            case kind if kind == OVERAGE_RETURNED:
                self._return(row)
            case _:
                pass  # expiry, taking back and credit applied leave no debt

    def _owe(self, debt: _Debt) -> None:
        if debt.open > 0:
            self.debts.append(debt)

    def _pay(self, micros: int, kind: str) -> None:
        for debt in self.debts:
            micros -= debt.pay(micros, kind)

    def _forgive(self, of: str, most: int) -> int:
        """Drop what is still open of a row that is undone; return what is left of `most`."""
        for debt in self.debts:
            if debt.of == of:
                part = min(most, debt.open)
                debt.open -= part
                most -= part
                if debt.usage is not None:
                    debt.usage.open -= part
        return most

    def _correct(self, row: Row, below: int) -> None:
        """Undo a row of usage. `below`: what of the correction paid what is below zero, and not into grants."""
        wrong = self.usage.pop(row.corrects, None)
        left = self._forgive(row.corrects, below)
        given = min(left, wrong.given) if wrong is not None else 0
        self._pay(given, min(wrong.given_by, default="promotional") if wrong is not None else "promotional")
        self._pay(left - given, BOUGHT_KINDS[0])

    def _invoice(self, row: Row) -> None:
        """Put usage below zero on an invoice: that of its own period, then that of the oldest before."""
        left = row.amount
        owed = [(each, each.usage) for each in self.debts if each.usage is not None]
        for debt, usage in sorted(owed, key=lambda each: (each[1].period != row.period, each[1].period)):
            part = min(left, debt.open)
            debt.open -= part
            usage.open -= part
            left -= part
            if part:
                usage.invoiced[row.source] = usage.invoiced.get(row.source, 0) + part

    def _return(self, row: Row) -> None:
        """Take it back from an invoice that is void: credit pays it, as far as there is any."""
        shares = dict(row.shares)
        for key, usage in self.usage.items():
            back = usage.invoiced.pop(row.source, 0)
            for kind in sorted(shares):
                part = min(back, shares[kind])
                shares[kind] -= part
                back -= part
                usage.bought += part if kind in BOUGHT_KINDS else 0
                usage.given += 0 if kind in BOUGHT_KINDS else part
                usage.given_by |= {kind} if part and kind not in BOUGHT_KINDS else set()
            usage.open += back
            self._owe(_Debt(key, usage, back))


def paid(rows: Iterable[Row]) -> list[Usage]:
    """Return each row of usage that stands, with what has paid for it; the rows begin where nothing was below zero."""
    walk = _Walk()
    for row in rows:
        walk.add(row)
    return list(walk.usage.values())
