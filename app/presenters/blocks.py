"""What refuses calls whatever is bought, and what lifts it: said before the button that buys, and on Overview."""

from dataclasses import dataclass

from markupsafe import Markup

from app import locale
from app.domain.amounts import CreditUnit
from app.domain.blocks import Block, Lift
from app.domain.catalog import Catalog
from app.domain.language import _, marked, ngettext
from app.domain.status_line import Facts

_STANDINGS = frozenset({marked("suspended"), marked("closed")})


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
        words = _("Your account is suspended: adding credit alone does not change that, paying what is overdue does.")
        return BlockWords(words, _("See invoices"), "invoices.page")
    if block.lifted_by is Lift.SELLER:
        words = _(
            "Your account is {standing}, and adding credit does not change that: ask {seller} about it.",
            standing=standing(facts.numbers.standing),
            seller=catalog.seller_name,
        )
        return BlockWords(words)
    if block.lifted_by is Lift.PLAN:
        meters = _meters(block, catalog)
        words = _("Adding credit does not lift your plan’s limit: calls for {meters} stay refused.", meters=meters)
        if block.until is not None:
            words = _(
                "Adding credit does not lift your plan’s limit: calls for {meters} stay refused "
                "until {day}, 00:00 UTC.",
                meters=meters,
                day=locale.day(block.until.date()),
            )
        return BlockWords(words, _("See usage"), "usage.page")
    limit = facts.numbers.daily_limit
    ends = f"{block.until:%Y-%m-%dT%H:%M:%SZ}" if block.until is not None else ""
    time = Markup('<time datetime="{}" data-time="both">00:00 UTC</time>').format(ends)
    shown = locale.exact(limit, unit) if limit is not None else ""
    if not catalog.spend_management.offered:
        words = _(
            "Adding credit does not lift today’s limit of {limit}: calls that cost credit stay refused until {time}. "
            "{seller} has set it."
        )
        return BlockWords(Markup(words).format(limit=shown, time=time, seller=catalog.seller_name))
    words = _(
        "Adding credit does not lift today’s limit of {limit}: calls that cost credit stay refused until {time}, "
        "unless the limit is raised."
    )
    return BlockWords(Markup(words).format(limit=shown, time=time), _("Raise the limit"), "spend_management.page")


def _meters(block: Block, catalog: Catalog) -> str:
    """Name the first meter, and say how many more there are."""
    titles = [each.title for each in catalog.meters if each.key in block.meters]
    return and_more(titles[0], len(titles) - 1)


def and_more(title: str, more: int) -> str:
    """Name the meter, and say how many more there are."""
    if not more:
        return title
    return ngettext("{meter} and {n} more meter", "{meter} and {n} more meters", more, meter=title)


def standing(name: str) -> str:
    """Return how the account stands, as a sentence says it."""
    return _(name) if name in _STANDINGS else name
