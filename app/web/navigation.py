"""What every page has around it: the sidebar's list, the names, the balance."""

from dataclasses import dataclass

from flask import Flask, request

from app.domain.money import Credits
from app.extensions import settings
from app.services.balance import history
from app.web.access import actor_or_none, current_catalog

_BELOW = {"webhook": "spend_management"}
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
    def is_offered(self) -> bool:
        """Whether the customer's seller has this page."""
        return self.endpoint != "spend_management.page" or current_catalog().spend_management.offered


SIDEBAR = (
    ("Account", (Item("overview.page", "Overview", "overview"), Item("usage.page", "Usage", "usage"))),
    (
        "Credits",
        (
            Item("add_credits.page", "Add credits", "add"),
            Item("balance_history.page", "Balance history", "history"),
            Item("spend_management.page", "Spend management", "spend"),
        ),
    ),
    ("Billing", (Item("payment_methods.page", "Payment methods", "card"),)),
)


def here() -> Item | None:
    """Return the line of the page shown, if it has one."""
    return next((item for _title, items in SIDEBAR for item in items if item.is_here), None)


def remaining_credits() -> Credits:
    """Return the figure of the balance badge, as it is now."""
    remaining: Credits = history.numbers().remaining_credits
    return remaining


def init_app(app: Flask) -> None:
    """Give the templates what the layout shows."""

    @app.context_processor
    def around() -> dict[str, object]:
        return {
            "sidebar": SIDEBAR,
            "here": here,
            "remaining_credits": remaining_credits,
            "current_catalog": current_catalog,
            "actor_or_none": actor_or_none,
            "is_sandbox": settings().payments == "sandbox",
            "may_manage": _MayManage(),
        }


class _MayManage:
    """Whether the member may change anything and spend.

    Asked only when a template wants to know: an error page must not look at the session.
    """

    def __bool__(self) -> bool:
        actor = actor_or_none()
        return actor is not None and actor.may_manage
