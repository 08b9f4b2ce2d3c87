"""Tax: `flask portal add-exemption`."""

from datetime import date

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app import clock
from app.cli.console import customer_named, one_line
from app.domain.addresses import formats
from app.domain.errors import Refused
from app.domain.tax.places import MEMBERS
from app.domain.tax.territories import TERRITORIES
from app.services.tax import registrations

_CODES = MEMBERS.keys() | {each.code for each in TERRITORIES}


def add_to(bp: Blueprint) -> None:
    """Add the command to the seller's command line."""
    bp.cli.add_command(add_exemption)


@click.command("add-exemption")
@click.option("--customer", required=True, help="The customer, by our id or yours.")
@click.option("--value", required=True, help="The number of the certificate.")
@click.option(
    "--country", "countries", required=True, multiple=True, help="Where it applies: FR, PT-20; may be given again."
)
@click.option("--expires", help="Its last day, such as 2027-12-31; default: it does not expire.")
@click.option("--by", required=True, help="Who has verified it.")
@click.option("--reason", required=True, help="What was looked at, in at most 300 characters; kept with it.")
@with_appcontext
def add_exemption(
    customer: str, value: str, countries: tuple[str, ...], expires: str | None, by: str, reason: str
) -> None:
    """Keep a certificate of exemption that you have seen, and print its id alone: sales there carry no tax."""
    with one_line():
        codes = tuple(dict.fromkeys(each.strip().upper() for each in countries))
        for code in codes:
            if code not in _CODES and code not in formats.countries():
                raise Refused(
                    f"{code} is no country, and no part of one that docs/tax.md lists.", "country_unknown", 422
                )
        made = registrations.add_exemption(
            customer_named(customer),
            value=value,
            territories=codes,
            expires_on=_day(expires) if expires else None,
            by=by,
            reason=reason,
        )
        click.echo(made.id)


def _day(text: str) -> date:
    try:
        last = date.fromisoformat(text)
    except ValueError:
        raise Refused("Give the last day as 2027-12-31.", "expires_malformed", 422, "expires") from None
    if last < clock.now().date():
        raise Refused(f"{last} is over: a certificate that has expired exempts nothing.", "expired", 422, "expires")
    return last
