"""Grants: the order in which they burn, what a debit takes from each, and how that is undone.

One rule holds throughout: what remains in all grants is the balance while it is above zero and nothing while it is
below, so a debt never stands beside credit that is left. Credit that an open hold holds does not expire before the hold
ends: it stays in its grant until then, and nobody else is promised it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from app.domain.errors import ensure
from app.domain.language import _, pgettext

_NEVER = datetime.max.replace(tzinfo=UTC)
PURCHASED = "purchased"
"""The kind of credit that a payment has bought."""
SOURCES = {
    PURCHASED: "purchases",
    "promotional": "promotions",
    "trial": "promotions",
    "referral": "referrals",
    "refund": "refunds",
    "proration": "purchases",
}
"""The account that a grant of each kind comes out of."""
BOUGHT_KINDS = ("purchased", "proration")
"""The kinds that somebody has paid for: credit, and a plan whose rest was given back as credit. All others are a
discount on an invoice."""
CLAW_BACKS = ("refunded", "disputed")
"""The kinds of transfers that take credit whose money went back."""
BURNING = ("usage", *CLAW_BACKS, "overage_returned", "credit_applied")
"""The kinds of transfers that take from grants, in their order, what the customer no longer has."""


def used_words(kinds: Iterable[str]) -> str:
    """Return how an invoice calls the use of credit that nobody bought: `Promotional and trial credit used`."""
    said = {
        "promotional": pgettext("credit used", "promotional"),
        "trial": pgettext("credit used", "trial"),
        "referral": pgettext("credit used", "referral"),
        "refund": pgettext("credit used", "refunded"),
    }
    *others, last = [words for kind, words in said.items() if kind in kinds] or [said["promotional"]]
    words = _("{kinds} and {last}", kinds=", ".join(others), last=last) if others else last
    words = _("{kinds} credit used", kinds=words)
    return f"{words[:1].upper()}{words[1:]}"


@dataclass(frozen=True)
class LiveGrant:
    """A grant as burn-down sees it."""

    id: str
    kind: str
    remaining: int
    priority: int
    effective_at: datetime
    expires_at: datetime | None = None


@dataclass(frozen=True)
class OpenHold:
    """An open hold as expiry sees it: when it was made, and what it still holds."""

    made_at: datetime
    left: int


@dataclass(frozen=True)
class Share:
    """A part of a transfer that came out of a grant; below zero, that went back into it."""

    grant_id: str
    micros: int


def burn_order(grant: LiveGrant) -> tuple[int, bool, datetime, bool, datetime, str]:
    """Return the key that grants burn by: priority, expiry (none last), given before paid, effective, id. Total."""
    expiry = grant.expires_at
    return (grant.priority, expiry is None, expiry or _NEVER, grant.kind in BOUGHT_KINDS, grant.effective_at, grant.id)


def is_expired(expires_at: datetime | None, now: datetime) -> bool:
    """Say whether the grant has expired. At exactly its time of expiry the credit is gone."""
    return expires_at is not None and expires_at <= now


def allocate(debit: int, grants: Iterable[LiveGrant], own: str = "") -> tuple[list[Share], int]:
    """Return what the debit takes from each grant, in burn order, and the part that no grant covers: the debt.

    All that is left may be taken, of grants whose time is over too: what is not kept for open holds is gone before
    anything is posted (`kept`). What a purchase gave is clawed back from the purchase itself first: the grant `own`.
    """
    ensure(debit > 0, f"a debit of {debit}")
    shares, left = [], debit
    for grant in sorted(grants, key=lambda each: (each.id != own, burn_order(each))):
        taken = min(left, grant.remaining)
        if taken > 0:
            shares.append(Share(grant.id, taken))
            left -= taken
    return shares, left


def cover(micros: int, balance: int) -> int:
    """Return how much of a new grant goes to the debt that stands before it."""
    return min(micros, max(0, -balance))


def begun(waiting: Iterable[LiveGrant], balance: int) -> list[LiveGrant]:
    """Return what is left of grants that are due once they have begun: each pays a debt first."""
    found = []
    for grant in sorted(waiting, key=lambda each: (each.effective_at, each.id)):
        found.append(replace(grant, remaining=grant.remaining - cover(grant.remaining, balance)))
        balance += grant.remaining
    return found


def kept(
    grants: Sequence[LiveGrant], holds: Sequence[OpenHold], held: int, now: datetime, spare: int | None = None
) -> dict[str, int]:
    """Return what does not expire yet of each grant whose time is over: what holds made before then still reserve.

    A hold reserves what it still holds, all of them together at most `held`, each part of it once: in the grant that
    expires first. A hold that was made after a grant's time never keeps it; but where other credit was used in its
    place, no more goes than all that is held leaves to `spare`.
    """
    over = [each for each in grants if is_expired(each.expires_at, now)]
    keeps, reserved = dict[str, int](), 0
    for grant in sorted(over, key=lambda each: (each.expires_at or _NEVER, burn_order(each))):
        promised = sum(hold.left for hold in holds if hold.made_at < (grant.expires_at or _NEVER))
        keeps[grant.id] = min(grant.remaining, max(0, min(promised, held) - reserved))
        reserved += keeps[grant.id]
        if spare is not None:
            lost = min(grant.remaining - keeps[grant.id], spare)
            keeps[grant.id], spare = grant.remaining - lost, spare - lost
    return keeps


def lapsed(
    grants: Sequence[LiveGrant],
    usage_to_post: int,
    now: datetime,
    *,
    begun: Sequence[LiveGrant] = (),
    holds: Sequence[OpenHold] = (),
    held: int = 0,
    spare: int | None = None,
) -> int:
    """Return what is lost of grants whose time is over, once the usage that lies before took its part of `grants`.

    `begun` began after that usage. What open holds keep of either is not lost yet, and no more than `spare` is.
    """
    left = left_in(grants, usage_to_post)
    rest = [*(replace(each, remaining=left[each.id]) for each in grants), *begun]
    keeps = kept(rest, holds, held, now, spare)
    return sum(each.remaining - keeps[each.id] for each in rest if each.id in keeps)


def left_in(grants: Sequence[LiveGrant], usage_to_post: int) -> dict[str, int]:
    """Return what is left in each grant once the usage that is not posted yet took its part of all."""
    shares = allocate(usage_to_post, grants)[0] if usage_to_post else []
    taken = {share.grant_id: share.micros for share in shares}
    return {each.id: each.remaining - taken.get(each.id, 0) for each in grants}


def given_back(amount: int, balance: int) -> int:
    """Return how much of a corrected debit goes back into grants; the rest only lowers a debt."""
    return max(0, balance + amount) - max(0, balance)


def unwind(back: int, taken: Sequence[Share], covered: Sequence[Share]) -> list[Share]:
    """Return what goes back into each grant, negative: the debit's own shares in reverse, then what covered debts.

    `covered` holds, per grant in burn order, what paid for debts and for debits corrected before; it is reached for
    when a later grant has paid the debt that the corrected debit left.
    """
    shares: dict[str, int] = {}
    for share in [*reversed(taken), *reversed(covered)]:
        part = min(back, share.micros)
        if part > 0:
            shares[share.grant_id] = shares.get(share.grant_id, 0) - part
            back -= part
    ensure(back == 0, "a correction gives back more than was taken")
    return [Share(grant_id, micros) for grant_id, micros in shares.items()]


def instead(taken: Sequence[Share], own: str, elsewhere: Sequence[Share]) -> list[Share]:
    """Return the shares with those of the grant `own` replaced, as far as it goes, by what was taken elsewhere."""
    found, left = list[Share](), list(elsewhere)
    for share in taken:
        rest = share.micros
        swapped = list[Share]()
        while share.grant_id == own and rest and left:
            last = left.pop()
            part = min(rest, last.micros)
            swapped.insert(0, Share(last.grant_id, part))
            rest -= part
            if part < last.micros:
                left.append(Share(last.grant_id, last.micros - part))
        found += [*([Share(share.grant_id, rest)] if rest else []), *swapped]
    return found
