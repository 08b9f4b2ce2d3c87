"""What the status line asks for: the button, and what it does, as whoever has to ask for it says it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from app.domain.catalog import Catalog
from app.domain.language import _, pgettext
from app.domain.status_line import Kind, Status


@dataclass(frozen=True)
class Link:
    """A button: its words and the page that it opens."""

    words: str
    endpoint: str
    values: Mapping[str, str] = field(default_factory=dict)
    url: str = ""
    """Where it leads out of the portal; then there is no page."""


def to_do(status: Status, catalog: Catalog) -> tuple[Link | None, str]:
    """Return the button and what it does, for whom to ask; without a button, the whole sentence."""
    match status.kind:
        case Kind.NOT_SERVED if status.facts.numbers.standing == "suspended":
            return Link(_("Pay what is overdue"), "invoices.page"), pgettext("Ask somebody to …", "pay what is overdue")
        case Kind.NOT_SERVED:
            return None, _("Ask {seller} about it.", seller=catalog.seller_name)
        case Kind.WAITING if status.facts.waiting is not None:
            paid = status.facts.waiting
            there = Link(_("Continue"), "add_credits.payment", {"payment_id": paid.id}, paid.action_url)
            return there, pgettext("Ask somebody to …", "confirm it")
        case Kind.HELD | Kind.EXPIRING:
            return None, ""
        case Kind.DAY_LIMIT | Kind.DAY_NEAR:
            if not catalog.spend_management.offered:
                return None, _("{seller} has set this limit.", seller=catalog.seller_name)
            return Link(_("Raise the limit"), "spend_management.page"), pgettext("Ask somebody to …", "raise the limit")
        case Kind.PLAN_LIMIT | Kind.PLAN_NEAR:
            return Link(_("See usage"), "usage.meter", {"meter": status.bars[0].tariff.meter.key}), ""
        case Kind.RECHARGE_STOPPED | Kind.RECHARGE_ASKS | Kind.RECHARGE_OFF:
            return _of_recharge(status.kind)
        case Kind.CARD:
            return Link(_("Add the new card"), "payment_methods.page"), pgettext(
                "Ask somebody to …", "add the new card"
            )
        case _:
            return Link(_("Add credits"), "add_credits.page"), pgettext("Ask somebody to …", "add credits")


def _of_recharge(kind: Kind) -> tuple[Link, str]:
    if kind is Kind.RECHARGE_ASKS:
        return Link(_("Answer"), "auto_recharge.page"), pgettext("Ask somebody to …", "answer")
    words = pgettext("Ask somebody to …", "switch it on again")
    if kind is Kind.RECHARGE_STOPPED:
        words = pgettext("Ask somebody to …", "set auto-recharge right")
    return Link(_("See auto-recharge"), "auto_recharge.page"), words
