"""What a refusal was decided from, as its row keeps it: balance, holds, the limits and their use, the terms."""

from dataclasses import dataclass

from app.domain.money import Credits
from app.models.authorizations import Authorization


@dataclass(frozen=True)
class Judged:
    """What a customer had, and by which terms, when a call was refused."""

    balance: Credits
    """Less all usage by then, posted or not."""
    overage: Credits
    held: Credits
    daily_limit: Credits | None
    daily_used: Credits | None
    plan_limit: int | None
    used: int | None
    """How many units of the meter were used in the billing period; None: credit was asked for."""
    units_held: int | None
    catalog: str
    version: int
    plan: str
    """Its key; empty: the catalog's default."""

    @property
    def room(self) -> Credits:
        """What the balance and the overage protection left, beside all that was held."""
        over = max(0, self.overage.micros - max(0, -self.balance.micros))
        return Credits(max(0, max(0, self.balance.micros) + over - self.held.micros))


def judged(row: Authorization) -> Judged | None:
    """Return what the refusal was decided from; None: it was allowed, or refused before that was kept."""
    if row.judged_balance_micros is None:
        return None
    return Judged(
        balance=Credits(row.judged_balance_micros),
        overage=Credits(row.judged_overage_micros or 0),
        held=Credits(row.judged_held_micros or 0),
        daily_limit=_credits(row.judged_daily_limit_micros),
        daily_used=_credits(row.judged_daily_used_micros),
        plan_limit=row.judged_plan_limit,
        used=row.judged_used,
        units_held=row.judged_held,
        catalog=row.judged_catalog or "",
        version=row.judged_catalog_version or 0,
        plan=row.judged_plan or "",
    )


def _credits(micros: int | None) -> Credits | None:
    return None if micros is None else Credits(micros)
