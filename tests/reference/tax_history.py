"""Histories of what is sold, used and sent back with tax, and the paper model of the tax that they must come to."""

from dataclasses import dataclass, field
from typing import Literal

from tests.reference.history import ModelGrant
from tests.reference.reversal_history import Back, MoneyModel, Purchase

CENT = 10_000
PERCENT = 25
CREDIT_FOR_TAX = -1_000_000


def share(whole: int, part: int, of: int) -> int:
    """Return the part's share of the whole, half away from zero."""
    return (2 * whole * part + of) // (2 * of)


def cents(micros: int) -> int:
    """Return the nearest cents."""
    return share(micros, 1, CENT)


@dataclass
class Note:
    """What went back of a sale."""

    minor: int
    tax: int
    stands: bool = True


@dataclass(eq=False)
class Sale:
    """Something sold, on paper: before tax, its tax, and what went back of it."""

    net: int
    tax: int
    notes: list[Note] = field(default_factory=list)
    void: bool = False
    from_credit: int = 0
    """Of an invoice: what of its tax bought credit has paid, in cents."""
    payable: int = 0

    @property
    def total(self) -> int:
        """What it comes to."""
        return self.net + self.tax

    @property
    def left(self) -> tuple[int, int]:
        """What of its net and of its tax has not gone back."""
        standing = [each for each in self.notes if each.stands]
        tax = sum(each.tax for each in standing)
        return self.net - sum(each.minor for each in standing) + tax, self.tax - tax

    def goes_back(self, minor: int) -> Note:
        """Let some of the total go back: the tax of all that went back, less that of what went back before."""
        net, tax = self.left
        gone = self.total - net - tax
        wanted = share(self.tax, gone + minor, self.total) - (self.tax - tax)
        note = Note(minor, min(max(wanted, 0, minor - net), tax, minor))
        self.notes.append(note)
        return note


@dataclass
class Owed:
    """Something below zero: the number of a usage, or what a claw-back took that was not there."""

    of: int | str
    open: int


@dataclass
class TaxModel(MoneyModel):
    """The paper model with periods: what has paid for each usage, and what was sold with tax."""

    mode: Literal["at_purchase", "at_use"] = "at_purchase"
    sales: list[Sale] = field(default_factory=list)
    owed: list[Owed] = field(default_factory=list)
    periods: list[int] = field(default_factory=list)
    late: dict[tuple[int, bool], int] = field(default_factory=dict)
    """By the number of a usage, and whether it was bought: the credit that has paid for it after it was below zero."""
    invoiced: dict[tuple[int, int], int] = field(default_factory=dict)
    """By a sale's place, and the number of a usage: what of it was below zero and is on that invoice."""

    def sell(self, net: int) -> Sale:
        """Sell something with tax."""
        sale = Sale(net, share(net, PERCENT, 100))
        self.sales.append(sale)
        return sale

    def spend(self, period: int, cents: int) -> None:
        """Use so much in the period."""
        before = self.debt
        assert self.use(cents * CENT)
        self.periods.append(period)
        self._owe(len(self.uses) - 1, self.debt - before)

    def give(self, grant: ModelGrant) -> None:
        """Add a grant, which pays what is below zero first."""
        before = self.debt
        super().give(grant)
        self._pay(before - self.debt, bought=self._is_bought(grant))

    def take_back(self, purchase: Purchase, back_id: str, minor: int, state: Literal["refunded", "open"]) -> None:
        """Take back what a purchase gave; what is not there is owed, and is no usage."""
        before = self.debt
        super().take_back(purchase, back_id, minor, state)
        self._owe(back_id, self.debt - before)

    def undo(self, back: Back) -> None:
        """Give it back: first what of it is owed, then the oldest that is."""
        before = self.debt
        super().undo(back)
        freed = before - self.debt
        for each in self.owed:
            if each.of == back.id:
                part = min(each.open, freed)
                each.open, freed = each.open - part, freed - part
        self._pay(freed, bought=True)

    def close(self, period: int) -> Sale | None:
        """Close a period: sell what nothing has paid for, or under `at_use` all that was used but for gifts."""
        at_use = self.mode == "at_use"
        mine = [number for number, its in enumerate(self.periods) if its == period or (its < period and not at_use)]
        below = sum(each.open for each in self.owed if each.of in mine)
        used = sum(self.uses[number] for number in mine) if at_use else below
        gifts = sum(self._by_gifts(number) for number in mine) if at_use else 0
        if not cents(used):
            return None
        bought = sum(grant.left for grant in self.grants if self._is_bought(grant)) if at_use else 0
        sale = self.sell(max(0, cents(used) - cents(gifts)))
        overage = min(cents(below), sale.net)
        sale.from_credit = min(sale.tax, bought // CENT)
        sale.payable = sale.tax + overage - sale.from_credit
        below = below if overage else 0
        for each in self.owed:
            if each.of in mine and isinstance(each.of, int) and below:
                self.invoiced[len(self.sales) - 1, each.of] = each.open
                each.open = 0
        self.debt -= below
        rest = sale.from_credit * CENT
        for grant in self.in_order():
            if self._is_bought(grant):
                part = min(rest, grant.left)
                self._move(grant, CREDIT_FOR_TAX - len(self.sales), part)
                rest -= part
        return sale

    def revoke(self, sale: Sale) -> None:
        """Void an invoice: what was below zero is used again, and credit that paid its tax comes back."""
        sale.void = True
        place = self.sales.index(sale)
        back = {number: micros for (of, number), micros in self.invoiced.items() if of == place and micros}
        left = {False: 0, True: 0}
        rest = sum(back.values())
        for grant in self.in_order():
            part = min(rest, grant.left)
            self._move(grant, CREDIT_FOR_TAX, part)
            left[self._is_bought(grant)] += part
            rest -= part
        self.debt += rest
        for number, micros in back.items():
            self.invoiced[place, number] = 0
            owed = micros
            for bought, there in left.items():
                part = min(owed, there)
                left[bought] = there - part
                self.late[number, bought] = self.late.get((number, bought), 0) + part
                owed -= part
            self._owe(number, owed)
        self._return(sale, CREDIT_FOR_TAX - place - 1)

    def _return(self, sale: Sale, bucket: int) -> None:
        paid = min(self.debt, sale.from_credit * CENT)
        self.debt -= paid
        self._pay(paid, bought=True)
        rest = sale.from_credit * CENT - paid
        for grant in reversed(self.in_order()):
            part = min(rest, grant.spent.get(bucket, 0))
            self._move(grant, bucket, -part)
            rest -= part

    def _owe(self, of: int | str, micros: int) -> None:
        if micros:
            self.owed.append(Owed(of, micros))

    def _pay(self, micros: int, *, bought: bool) -> None:
        for each in self.owed:
            part = min(each.open, micros)
            each.open, micros = each.open - part, micros - part
            if isinstance(each.of, int):
                self.late[each.of, bought] = self.late.get((each.of, bought), 0) + part

    def _is_bought(self, grant: ModelGrant) -> bool:
        return any(each.grant is grant for each in self.purchases)

    def _by_gifts(self, number: int) -> int:
        at_once = sum(grant.spent.get(number, 0) for grant in self.grants if not self._is_bought(grant))
        return at_once + self.late.get((number, False), 0)
