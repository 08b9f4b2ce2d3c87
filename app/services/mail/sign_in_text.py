"""What mails to a member about their sign-in say: read when the mail is sent, so that no link waits in the table."""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from app import clock, locale
from app.domain import mails
from app.domain.people import api_tokens, browsers
from app.extensions import settings
from app.models.customers import Customer
from app.models.database import db
from app.models.members import Member
from app.models.scope import as_customer, as_service
from app.models.sign_in import SignInLink
from app.services import link_tokens, member_addresses, portal_links
from app.services.catalog import versions

_PAGES = {
    mails.CONFIRM_SIGN_IN_EMAIL: "confirm_sign_in_email.arrive",
    mails.PASSWORD_RESET: "reset_password.arrive",
}
"""Where the link of such a mail leads."""


def facts(template: str, customer_id: str, context: dict[str, Any]) -> dict[str, Any] | None:
    """Return what the mail's templates name; None when its link is dead by now."""
    with as_customer(customer_id):
        customer = db.session.get_one(Customer, customer_id, populate_existing=True)
        seller = versions.of(customer).seller
    said = {
        "seller": seller,
        "customer": customer,
        "is_sandbox": settings().payments == "sandbox",
        "when": locale.moment(datetime.fromisoformat(context["at"])),
        "page": portal_links.page("authentication.page"),
        "tokens": portal_links.page("api_tokens.page"),
        "ssh_keys": portal_links.page("ssh_keys.page"),
        "forgot": portal_links.page("forgot_password.page"),
        **context,
        "browser": browsers.shown(browser) if (browser := str(context.get("browser", ""))) else "",
        "scopes": api_tokens.in_sentence(str(context.get("scopes", ""))),
    }
    if template not in _PAGES:
        return said
    link = _link(template, str(context["link"]))
    return said | link if link is not None else None


def _link(template: str, link_id: str) -> dict[str, Any] | None:
    """Return the address of the link, unless it is used, replaced or over; none for an address that a member has.

    Where no mail is sent and nobody is shown any, no link is made: it would wait in the table.
    """
    if not (settings().mail_url or settings().demo or settings().testing):
        return None
    with as_service("write a link into a mail"):
        row = db.session.scalars(select(SignInLink).where(SignInLink.id == link_id)).one_or_none()
        if row is None or row.token_hash is None or row.expires_at <= clock.now():
            return None
        taken = template == mails.CONFIRM_SIGN_IN_EMAIL and db.session.scalar(
            select(Member.id).where(member_addresses.has(row.email))
        )
        token = link_tokens.of_sign_in(row.id, row.purpose, row.member_id, row.email, row.asked_at)
    return {"is_taken": bool(taken), "link": "" if taken else portal_links.page(_PAGES[template], token=token)}
