"""Certificates of exemption: `flask portal exemptions`, `exemption-file`, `verify-exemption`, `add-exemption`."""

import os
from datetime import date
from pathlib import Path

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app import clock
from app.cli.console import customer_named, one_line
from app.domain.errors import Refused
from app.domain.tax import certificates
from app.services.operations.backup import OWNER_ALONE
from app.services.tax import exemptions, registrations


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (waiting, exemption_file, verify_exemption, add_exemption):
        bp.cli.add_command(command)


@click.command("exemptions")
@with_appcontext
def waiting() -> None:
    """List the certificates that wait for you: id, customer, number, where they apply, and their last day."""
    with one_line():
        for each in exemptions.waiting():
            last = f"until {each.expires_on}" if each.expires_on else "without an end"
            click.echo(f"{each.id}  {each.customer_id}  {each.value}  {each.territories}  {last}")


@click.command("exemption-file")
@click.argument("certificate")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def exemption_file(certificate: str, file: Path) -> None:
    """Write the file of CERTIFICATE (txr_…), as the customer sent it, into the new FILE; print what it is."""
    with one_line():
        found = exemptions.read(certificate)
        with open(file, "xb", opener=lambda path, flags: os.open(path, flags, OWNER_ALONE)) as target:
            target.write(found.content)
        click.echo(f"{file} is {found.content_type}, {len(found.content)} bytes, SHA-256 {found.sha256}.")


@click.command("verify-exemption")
@click.argument("certificate")
@click.option("--reject", is_flag=True, help="It counts for nothing, also where you had verified it.")
@click.option("--by", required=True, help="Who decides it.")
@click.option("--reason", required=True, help="What was looked at, in at most 300 characters; kept with it.")
@with_appcontext
def verify_exemption(certificate: str, reject: bool, by: str, reason: str) -> None:
    """Verify CERTIFICATE (txr_…) that the customer sent, or reject it; print its state. Done twice it is done once."""
    with one_line():
        click.echo(exemptions.decide(certificate, verified=not reject, by=by, reason=reason).state)


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
        made = registrations.add_exemption(
            customer_named(customer),
            value=value,
            territories=certificates.places(list(countries)),
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
