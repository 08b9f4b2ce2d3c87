"""Codes for credit: `flask portal create-code`, `codes` and `withdraw-code`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import moment, one_line
from app.cli.credits import credits_of
from app.domain.money import Credits
from app.services.credit_codes import making


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (create_code, codes, withdraw_code):
        bp.cli.add_command(command)


@click.command("create-code")
@click.option("--catalog", required=True, help="The catalog whose customers may redeem it.")
@click.option("--credits", "credits_text", required=True, help="How many credits it gives, such as 25 or 12.5.")
@click.option("--reason", required=True, help="What the customer reads in the balance history.")
@click.option("--code", default="", help="6 to 30 letters and digits; default: one that nobody guesses.")
@click.option("--most", type=int, help="How many customers may redeem it; default: any number.")
@click.option("--redeem-until", help="When nobody may redeem it any more (ISO 8601 with a zone); default: never.")
@click.option("--lasts-days", type=int, help="How many days the credit lasts once it is redeemed; default: for ever.")
@click.option("--by", default="seller", show_default=True, help="Who makes it.")
@with_appcontext
def create_code(
    catalog: str,
    credits_text: str,
    reason: str,
    code: str,
    most: int | None,
    redeem_until: str | None,
    lasts_days: int | None,
    by: str,
) -> None:
    """Make a code for credit, and print it alone. Each customer may redeem it once, on *Add credits*."""
    with one_line():
        made = making.create(
            catalog=catalog,
            credits=credits_of(credits_text),
            reason=reason,
            by=by,
            code=code,
            redeem_until=moment(redeem_until) if redeem_until else None,
            lasts_days=lasts_days,
            most=most,
        )
        click.echo(made.code)


@click.command("codes")
@with_appcontext
def codes() -> None:
    """List the codes, the newest first: what each gives, how often it was redeemed, and until when it may be."""
    with one_line():
        for each in making.every():
            most = f" of {each.most}" if each.most is not None else ""
            until = f", until {each.redeem_until:%Y-%m-%dT%H:%MZ}" if each.redeem_until else ""
            over = ", withdrawn" if each.withdrawn_at else ""
            gives = f"{Credits(each.credits_micros).units.normalize():f} {each.credit_unit}"
            click.echo(f"{each.code}  {each.catalog}  {gives}, {each.redeemed}{most} redeemed{until}{over}")


@click.command("withdraw-code")
@click.argument("code", metavar="CODE")
@with_appcontext
def withdraw_code(code: str) -> None:
    """Let nobody redeem CODE any more, and print it alone. Credit that was given stays."""
    with one_line():
        click.echo(making.withdraw(code).code)
