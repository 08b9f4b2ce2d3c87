"""What refuses calls whatever is bought, and what lifts it: said before the button that buys, and on Overview."""

from dataclasses import dataclass

from markupsafe import Markup

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.blocks import Block, Lift
from app.domain.catalog import Catalog
from app.domain.status_line import Facts


@dataclass(frozen=True)
class BlockWords:
    """The block in words, and the page that lifts it, if any does."""

    fact: str | Markup
    link: str = ""
    endpoint: str = ""


def whatever_is_bought(facts: Facts, catalog: Catalog, unit: CreditUnit) -> BlockWords | None:
    """Say what stays refused once credit is bought; None where buying helps, or nothing is refused."""
    block = facts.blocked_whatever_is_bought
    if block is None:
        return None
    if block.lifted_by is Lift.INVOICES:
        words = "Your account is suspended: adding credit alone does not change that, paying what is overdue does."
        return BlockWords(words, "See invoices", "invoices.page")
    if block.lifted_by is Lift.SELLER:
        asks = f"ask {catalog.seller_name} about it."
        return BlockWords(f"Your account is {facts.numbers.standing}, and adding credit does not change that: {asks}")
    if block.lifted_by is Lift.PLAN:
        until = f" until {locale.day(block.until.date())}, 00:00 UTC" if block.until is not None else ""
        fact = (
            f"Adding credit does not lift your plan’s limit: calls for {_meters(block, catalog)} stay refused{until}."
        )
        return BlockWords(fact, "See usage", "usage.page")
    limit = facts.numbers.daily_limit
    words = (
        "Adding credit does not lift today’s limit of {}: calls that cost credit stay refused until "
        '<time datetime="{}" data-time="both">00:00 UTC</time>'
    )
    ends = f"{block.until:%Y-%m-%dT%H:%M:%SZ}" if block.until is not None else ""
    fact = Markup(words).format(locale.exact(limit, unit) if limit is not None else "", ends)
    if not catalog.spend_management.offered:
        return BlockWords(fact + Markup(". {} has set it.").format(catalog.seller_name))
    return BlockWords(fact + ", unless the limit is raised.", "Raise the limit", "spend_management.page")


def _meters(block: Block, catalog: Catalog) -> str:
    """Name the first meter, and say how many more there are."""
    titles = [each.title for each in catalog.meters if each.key in block.meters]
    more = len(titles) - 1
    return titles[0] + (f" and {more} more {'meters' if more > 1 else 'meter'}" if more else "")
