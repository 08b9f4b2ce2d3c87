"""Credit: `flask portal grant`, `void-grant` and `correct`."""

from decimal import Decimal, InvalidOperation

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, moment, one_line
from app.domain.errors import Refused
from app.domain.money import MICROS, Credits
from app.services.ledger import corrections, grants

GIFTS = ["promotional", "trial", "referral", "refund"]


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (grant, void_grant, correct):
        bp.cli.add_command(command)


@click.command("grant")
@click.option("--customer", required=True, help="The customer, by our id or yours.")
@click.option("--credits", "credits_text", required=True, help="How many credits, such as 25 or 12.5.")
@click.option("--kind", default="promotional", type=click.Choice(GIFTS), show_default=True)
@click.option("--reason", required=True, help="Why, in at most 300 characters; kept with the grant.")
@click.option("--description", help="What the customer reads in the balance history; default: the reason.")
@click.option("--expires-at", help="When the rest of the grant expires (ISO 8601 with a zone); default: never.")
@with_appcontext
def grant(
    customer: str, credits_text: str, kind: str, reason: str, description: str | None, expires_at: str | None
) -> None:
    """Give a customer credits, and print the grant's id alone."""
    with one_line():
        given = grants.give(
            customer_named(customer),
            kind=kind,
            credits=credits_of(credits_text),
            granted_by="seller",
            reason=reason,
            description=description or reason,
            expires_at=moment(expires_at) if expires_at else None,
        )
        click.echo(given.id)


@click.command("void-grant")
@click.argument("grant_id", metavar="GRANT")
@click.option("--reason", required=True, help="Why, in at most 300 characters; kept, and shown to the customer.")
@click.option("--by", default="seller", show_default=True, help="Who takes it back.")
@with_appcontext
def void_grant(grant_id: str, reason: str, by: str) -> None:
    """Take back what is left of GRANT (grt_…), and print its id alone. Done twice it is done once.

    What was used of it stays used. Credit that was bought is refused: `refund` takes it back together with its money.
    """
    with one_line():
        click.echo(grants.void(grant_id, by=by, reason=reason).id)


@click.command("correct")
@click.argument("transfer_id", metavar="MOVEMENT")
@click.option("--reason", required=True, help="Why, in at most 300 characters; kept with the correction.")
@click.option("--by", default="seller", show_default=True, help="Who corrects it.")
@with_appcontext
def correct(transfer_id: str, reason: str, by: str) -> None:
    """Undo a movement of usage by a new, opposite movement, and print the new movement's id alone.

    MOVEMENT is the id of the wrong movement (txn_…). It stays, and its credit goes back to the grants that it came
    from. Done twice it is done once.
    """
    with one_line():
        click.echo(corrections.correct(transfer_id, by=by, reason=reason).id)


def credits_of(text: str) -> Credits:
    """Read an amount of credits, or refuse what is none."""
    try:
        micros = Decimal(text) * MICROS if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        micros = Decimal("NaN")
    if not micros.is_finite() or micros != micros.to_integral_value() or not 0 < micros < 10**18:
        words = f"Enter a number of credits above zero with at most 6 decimals, such as 25, not {text!r}."
        raise Refused(words, "credits_malformed")
    return Credits(int(micros))
