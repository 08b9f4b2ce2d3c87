"""Histories in which money goes back, and the paper model of what they must come to."""

from dataclasses import dataclass, field
from typing import Literal

from hypothesis import strategies as st

from tests.reference.history import AMOUNTS, DEBT, Correct, Due, Give, Model, ModelGrant, Use, Void, Wait


@dataclass(frozen=True)
class Buy:
    """Credit is bought."""

    minor: int


@dataclass(frozen=True)
class SendBack:
    """Some of a purchase, counted from the first, is refunded at the processor."""

    which: int
    minor: int


@dataclass(frozen=True)
class Bounce:
    """A refund, counted from the first, does not arrive."""

    which: int


@dataclass(frozen=True)
class Dispute:
    """The bank disputes some of a purchase."""

    which: int
    minor: int


@dataclass(frozen=True)
class Decide:
    """The bank decides a dispute, counted from the first."""

    which: int
    won: bool


Step = Give | Use | Correct | Void | Wait | Due | Buy | SendBack | Bounce | Dispute | Decide
_WHICH, _MINOR = st.integers(0, 2), st.sampled_from([100, 333, 500, 1000, 1500])
STEPS: st.SearchStrategy[list[Step]] = st.lists(
    st.one_of(
        st.builds(Buy, minor=st.sampled_from([500, 1000, 1501])),
        st.builds(SendBack, which=_WHICH, minor=_MINOR),
        st.builds(Dispute, which=_WHICH, minor=_MINOR),
        st.builds(Decide, which=_WHICH, won=st.booleans()),
        st.builds(Bounce, which=_WHICH),
        st.builds(Use, micros=AMOUNTS),
        st.builds(Use, micros=AMOUNTS),
        st.builds(Correct, which=st.integers(0, 3)),
        st.builds(Void, which=_WHICH),
        st.builds(
            Give,
            micros=AMOUNTS,
            kind=st.just("promotional"),
            priority=st.sampled_from([10, 50]),
            begins=st.none() | st.integers(1, 20),
            lasts=st.none() | st.integers(1, 30),
        ),
        st.builds(Wait, hours=st.integers(1, 30)),
        st.just(Due()),
    ),
    min_size=5,
    max_size=12,
).map(lambda steps: [Buy(1000), *steps])


@dataclass
class Purchase:
    """A purchase on paper: what was paid, what it bought, and what went back of it."""

    id: str
    minor: int
    grant: ModelGrant
    back: list["Back"] = field(default_factory=list)

    @property
    def left(self) -> int:
        """The money that has neither gone back nor is disputed."""
        return self.minor - sum(each.minor for each in self.back if each.stands)

    @property
    def state(self) -> str:
        """Paid, refunded whole, or lost to a dispute."""
        if any(each.state == "lost" for each in self.back):
            return "disputed"
        refunded = sum(each.minor for each in self.back if each.state == "refunded")
        return "refunded" if refunded == self.minor else "succeeded"


@dataclass
class Back:
    """A refund or a dispute on paper: its money, the credit that went with it, and how it stands."""

    id: str
    minor: int
    micros: int
    bucket: int
    state: Literal["refunded", "bounced", "open", "won", "lost"]

    @property
    def stands(self) -> bool:
        """Whether the money is gone or held."""
        return self.state in {"refunded", "open", "lost"}


@dataclass
class MoneyModel(Model):
    """The paper model, with purchases and what goes back of them."""

    purchases: list[Purchase] = field(default_factory=list)
    backs: list[Back] = field(default_factory=list)

    def in_order(self) -> list[ModelGrant]:
        """Sort as before; of equals, what was given burns before what was paid."""
        paid = {purchase.grant.id for purchase in self.purchases}
        ranked = sorted(self.grants, key=lambda grant: grant.id)
        ranked.sort(key=lambda grant: grant.begins)
        ranked.sort(key=lambda grant: grant.id in paid)
        ranked.sort(key=lambda grant: grant.ends.timestamp() if grant.ends else float("inf"))
        ranked.sort(key=lambda grant: grant.priority)
        return ranked

    def take_back(self, purchase: Purchase, back_id: str, minor: int, state: Literal["refunded", "open"]) -> None:
        """Take the share of the purchase's credit: what is left of it, not what expired, then anything, then a debt."""
        standing = [each for each in purchase.back if each.stands]
        in_all = sum(each.minor for each in standing) + minor
        whole = purchase.grant.micros
        share = (2 * whole * in_all + purchase.minor) // (2 * purchase.minor)  # half away from zero
        micros = max(0, share - sum(each.micros for each in standing))
        own = min(micros, purchase.grant.left)
        unused = whole - purchase.grant.left - sum(purchase.grant.spent.values())
        micros = own + max(0, micros - own - unused)
        bucket = -2 - len(self.backs)
        back = Back(back_id, minor, micros, bucket, state)
        self.backs.append(back)
        purchase.back.append(back)
        for grant in [purchase.grant, *self.in_order()]:
            part = min(grant.left, micros)
            self._move(grant, bucket, part)
            micros -= part
        self.debt += micros

    def undo(self, back: Back) -> None:
        """Give back what was taken, as a spending that is undone."""
        rest = max(0, back.micros - self.debt)
        self.debt = max(0, self.debt - back.micros)
        for bucket in (back.bucket, DEBT):
            for grant in reversed(self.in_order()):
                part = min(rest, grant.spent.get(bucket, 0))
                part -= (moved := self._instead(back, grant, part) if bucket != DEBT else 0)
                self._move(grant, bucket, -part)
                rest -= part + moved
        for grant in self.grants:
            grant.spent[DEBT] = grant.spent.get(DEBT, 0) + grant.spent.pop(back.bucket, 0)
        self.look_around()

    def _instead(self, back: Back, own: ModelGrant, most: int) -> int:
        """Where the purchase itself is over, give back what its other refunds took elsewhere, and change places."""
        purchase = next(each for each in self.purchases if back in each.back)
        if own is not purchase.grant or not (own.voided or (own.ends is not None and own.ends <= self.now)):
            return 0
        moved = 0
        others = [each for each in reversed(purchase.back) if each.stands and each is not back]
        for grant in reversed(self.in_order()):
            if grant.voided or (grant.ends is not None and grant.ends <= self.now):
                continue
            for other in others:
                part = min(most - moved, grant.spent.get(other.bucket, 0))
                self._move(grant, other.bucket, -part)
                own.spent[back.bucket] -= part
                own.spent[other.bucket] = own.spent.get(other.bucket, 0) + part
                moved += part
        return moved
