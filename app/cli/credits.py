"""Giving credit: `flask portal grant`."""

from decimal import Decimal, InvalidOperation

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import moment, one_line
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.services.ledger import grants

GIFTS = ["promotional", "trial", "referral", "refund"]


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (grant,):
        bp.cli.add_command(command)


@click.command("grant")
@click.option("--customer", required=True, help="The customer's id (cus_…).")
@click.option("--credits", "credits_text", required=True, help="How many credits, such as 25 or 12.5.")
@click.option("--kind", default="promotional", type=click.Choice(GIFTS), show_default=True)
@click.option("--reason", required=True, help="Why; kept with the grant.")
@click.option("--description", help="What the customer reads in the balance history; default: the reason.")
@click.option("--expires-at", help="When what is left is lost (ISO 8601 with a zone); default: never.")
@with_appcontext
def grant(
    customer: str, credits_text: str, kind: str, reason: str, description: str | None, expires_at: str | None
) -> None:
    """Give a customer credits, and print the grant's id alone."""
    with one_line():
        given = grants.give(
            customer,
            kind=kind,
            credits=_credits(credits_text),
            granted_by="seller",
            reason=reason,
            description=description or reason,
            expires_at=moment(expires_at) if expires_at else None,
        )
        click.echo(given.id)


def _credits(text: str) -> Credits:
    try:
        micros = Decimal(text) * MICROS if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        micros = Decimal("NaN")
    if not micros.is_finite() or micros != micros.to_integral_value() or not 0 < micros < 10**18:
        raise Refused(f"{text!r} is not a number of credits above 0 with at most 6 decimals.", "credits_malformed")
    return Credits(int(micros))
