"""What every page has around it: the sidebar's list, the names, the balance; and the status line on top of some."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Protocol

from flask import Flask, g, request

from app import clock
from app.domain.amounts import CreditUnit
from app.domain.catalog import Catalog
from app.domain.dunning import arrears
from app.domain.language import marked
from app.domain.methods import Rail
from app.domain.money import Credits
from app.domain.numbers import Numbers
from app.domain.people.members import ANYBODY, whom
from app.domain.sold_terms import Terms
from app.domain.status_line import Status, rank
from app.extensions import settings
from app.services.access import members
from app.services.balance import history, status_facts
from app.web import undo
from app.web.access import actor_or_none, current_actor, current_catalog, current_customer, current_unit
from app.web.embedding.views import offers
from app.web.login import lacks_second_factor
from app.web.session_cookie import portal_session

_BELOW = {
    "access_links": "members",
    "credit_codes": "add_credits",
    "own_account": "authentication",
    "passkeys": "authentication",
    "two_factor": "authentication",
    "invoice_correction": "invoices",
    "invoice_payment": "invoices",
    "plan_cancellation": "plan",
    "plan_change": "plan",
    "statement": "invoices",
    "webhook": "spend_management",
    "usage_figures": "usage",
    "spend_figures": "spend_management",
}
"""Pages that lie below the page of another blueprint."""


@dataclass(frozen=True)
class Item:
    """One line of the sidebar."""

    endpoint: str
    name: str
    icon: str

    @property
    def is_here(self) -> bool:
        """Whether the page shown is this one or lies below it."""
        shown = request.blueprint or ""
        return _BELOW.get(shown, shown) == self.endpoint.partition(".")[0]

    @property
    def waiting(self) -> int:
        """How many things wait on the page, to be shown beside its name."""
        return portal_session().invoices_due if self.endpoint == "invoices.page" else 0

    @property
    def is_offered(self) -> bool:
        """Whether the customer's seller has this page, and a read-only link opens it."""
        if current_actor().is_link and self.endpoint != "invoices.page":
            return False
        if self.endpoint == "bank_transfers.page":
            return Rail.BANK_TRANSFER in current_catalog().payment_methods.kinds
        return offers(current_catalog(), self.endpoint.partition(".")[0])


SIDEBAR = (
    (
        marked("Account"),
        (
            Item("overview.page", marked("Overview"), "overview"),
            Item("plan.page", marked("Plan"), "plan"),
            Item("usage.page", marked("Usage"), "usage"),
            Item("notifications.page", marked("Notifications"), "bell"),
            Item("referrals.page", marked("Referrals"), "people"),
        ),
    ),
    (
        marked("Credits"),
        (
            Item("add_credits.page", marked("Add credits"), "add"),
            Item("auto_recharge.page", marked("Auto-recharge"), "again"),
            Item("balance_history.page", marked("Balance history"), "history"),
            Item("spend_management.page", marked("Spend management"), "spend"),
        ),
    ),
    (
        marked("Billing"),
        (
            Item("invoices.page", marked("Invoices"), "invoice"),
            Item("payment_methods.page", marked("Payment methods"), "card"),
            Item("bank_transfers.page", marked("Bank transfers"), "history"),
            Item("invoice_address.page", marked("Invoice address"), "address"),
            Item("invoice_notifications.page", marked("Invoice notifications"), "mail"),
            Item("tax_settings.page", marked("Tax settings"), "tax"),
        ),
    ),
)
ACCOUNT = (
    Item("profile.page", "Profile", "person"),
    Item("customers.page", "Customers", "switch"),
    Item("authentication.page", "Authentication", "lock"),
    Item("ssh_keys.page", "SSH keys", "key"),
    Item("api_tokens.page", "API tokens", "token"),
    Item("members.page", "Members", "people"),
    Item("activity.page", "Activity", "history"),
)
"""The pages that are the member's own: in the menu at the top right."""
_NAMES = (marked("Profile"), marked("Customers"), marked("Authentication"), marked("SSH keys"), marked("API tokens"))
"""What they are called, for the catalogs."""


def here() -> Item | None:
    """Return the line of the page shown, if it has one."""
    lines = [item for _title, items in SIDEBAR for item in items]
    return next((item for item in (*lines, *ACCOUNT) if item.is_here), None)


def remaining_credits() -> Credits:
    """Return the figure of the balance badge, as it is now."""
    remaining: Credits = history.numbers().remaining_credits
    return remaining


def shows_balance() -> bool:
    """Say whether pages have the balance around them: not for read-only links, nor before the second factor."""
    return not (current_actor().is_link or waits_for_second_factor())


def waits_for_second_factor() -> bool:
    """Say whether the seller asks for a second factor first: *Authentication* is then the one page that opens."""
    if "waits_for_second_factor" not in g:
        g.waits_for_second_factor = lacks_second_factor(current_actor())
    waits: bool = g.waits_for_second_factor
    return waits


class Words(Protocol):
    """What writes a status."""

    def __call__(self, status: Status | None, catalog: Catalog, unit: CreditUnit, *, ask: str) -> object:
        """Return the status as a template shows it."""
        ...


def at_top(words: Words, read: Callable[[], Numbers] = history.numbers) -> dict[str, object]:
    """Return what the templates ask for the line and for the badge; the numbers are read once, if at all."""
    numbers = cache(read)

    def status() -> object:
        catalog, customer = current_catalog(), current_customer()
        found = rank(status_facts.facts(numbers(), Terms.of(catalog, customer.plan)))
        return words(found, catalog, current_unit(), ask=whom_of(found))

    return {
        "status_now": status,
        "remaining_credits": lambda: numbers().remaining_credits,
        "pay_later": lambda: arrears.of(numbers()),
    }


def whom_of(status: Status | None) -> str:
    """Return whom the member has to ask about the status; nothing where nobody has to be asked."""
    return "" if status is None else to_ask()


def to_ask() -> str:
    """Return whom the member has to ask who may not manage the customer; nothing for one who may."""
    return "" if current_actor().may_manage else whom_to_ask()


def whom_to_ask() -> str:
    """Return by name who may manage the customer, for a member who may not. One statement a request.

    Whoever holds a read-only link reads no names.
    """
    if current_actor().is_link:
        return ANYBODY
    if "whom_to_ask" not in g:
        g.whom_to_ask = whom(members.managers(current_actor().customer_id))
    asked: str = g.whom_to_ask
    return asked


def init_app(app: Flask) -> None:
    """Give the templates what the layout shows."""

    @app.context_processor
    def around() -> dict[str, object]:
        return {
            "undo": undo.offered,
            "printed_on": lambda: clock.now().date(),
            "sidebar": SIDEBAR,
            "account_pages": ACCOUNT,
            "own_theme": _own_theme,
            "here": here,
            "remaining_credits": remaining_credits,
            "shows_balance": shows_balance,
            "waits_for_second_factor": waits_for_second_factor,
            "current_catalog": current_catalog,
            "actor_or_none": actor_or_none,
            "is_sandbox": settings().payments == "sandbox",
            "may_manage": _MayManage(),
            "whom_to_ask": whom_to_ask,
        }


def _own_theme() -> str:
    """Return the look that the member has chosen; nothing where the system's is, and before anybody was let in."""
    chosen: str = g.get("theme", "system")
    return "" if chosen == "system" else chosen


class _MayManage:
    """Whether the member may change anything and spend.

    Asked only when a template wants to know: an error page must not look at the session.
    """

    def __bool__(self) -> bool:
        actor = actor_or_none()
        return actor is not None and actor.may_manage
