"""The seller's command line: `flask --app wsgi portal …`."""

import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from flask import Blueprint, current_app

from app.cli import api_keys, payments, worker
from app.cli.console import moment, one_line, stop
from app.config import Settings, printable
from app.domain.errors import NotFound, Refused
from app.domain.money import MICROS, Credits
from app.domain.people import Role
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.access import members
from app.services.catalog import versions
from app.services.customers import registration
from app.services.ledger import grants
from app.services.operations import installation
from app.services.verification import verify

bp = Blueprint("portal", __name__, cli_group="portal")
bp.cli.help = "Set up, run and check the portal."
api_keys.add_to(bp)
worker.add_to(bp)
payments.add_to(bp)
GIFTS = ["promotional", "trial", "referral", "refund"]


@bp.cli.command("init")
def init() -> None:
    """Bring the database to this release: migrations and, on PostgreSQL, the two roles. May be run again."""
    with one_line():
        click.echo(f"The database is at revision {installation.install(_settings())}.")


@bp.cli.command("config")
@click.option("--check", is_flag=True, help="Only say whether the settings are right.")
def config(check: bool) -> None:
    """Print the settings (secrets only as set or not set). A wrong one stops every command with its name."""
    if not check:
        for name, value in printable(_settings()):
            click.echo(f"{name}={value}")
    click.echo("The settings are right.")


@bp.cli.command("apply-catalog")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def apply_catalog(file: Path) -> None:
    """Keep FILE as the newest version of the catalog it names."""
    with one_line():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise Refused(f"{file} is not UTF-8 text.", "not_text") from None
        applied = versions.apply(text)
        click.echo(f"Catalog {applied.catalog} is at version {applied.version}.")


@bp.cli.command("create-customer")
@click.option("--name", required=True)
@click.option("--email", required=True, help="Where invoices go.")
@click.option("--catalog", required=True, help="The catalog to buy from, by its name.")
@click.option("--external-id", help="The host product's own id of this customer.")
@click.option("--trial/--no-trial", default=True, show_default=True, help="Give the catalog's trial credit.")
def create_customer(name: str, email: str, catalog: str, external_id: str | None, trial: bool) -> None:
    """Create a customer and print the id alone."""
    with one_line():
        made = registration.create(name=name, email=email, catalog=catalog, external_id=external_id, trial=trial)
        click.echo(made.customer_id)


@bp.cli.command("create-member")
@click.option("--email", required=True)
@click.option("--customer", required=True, help="The customer's id (cus_…).")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", help="How the portal calls the member; default: the address.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else you are asked.")
def create_member(email: str, customer: str, role: str, name: str | None, password_stdin: bool) -> None:
    """Create a member who may sign in, and print the id alone."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with one_line():
        click.echo(members.create_member(email, name or email, password, customer, Role(role)).id)


@bp.cli.command("grant")
@click.option("--customer", required=True, help="The customer's id (cus_…).")
@click.option("--credits", "credits_text", required=True, help="How many credits, such as 25 or 12.5.")
@click.option("--kind", default="promotional", type=click.Choice(GIFTS), show_default=True)
@click.option("--reason", required=True, help="Why; kept with the grant.")
@click.option("--description", help="What the customer reads in the balance history; default: the reason.")
@click.option("--expires-at", help="When what is left is lost (ISO 8601 with a zone); default: never.")
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


@bp.cli.command("verify")
@click.option("--customer", help="Only this customer (cus_…).")
def verify_command(customer: str | None) -> None:
    """Prove every invariant again on the live data. Exit status 0 only when all of them hold."""
    with one_line():
        if customer is not None:
            _must_exist(customer)
        violations = verify.verify(customer)
    for violation in violations:
        click.echo(str(violation), err=True)
    if violations:
        stop(f"{len(violations)} invariant{'s do' if len(violations) > 1 else ' does'} not hold.")
    click.echo("Every invariant holds.")


@bp.cli.command("demo-data")
def demo_data() -> None:
    """Make the example customers with a year of history through the real services, and print their sign-ins."""
    from app.demo import customers  # the web server has no use for it

    with one_line():
        made = customers.make()
    for each in made:
        click.echo(f"{each.customer} ({each.catalog}), {each.role}: {each.email}  password: {each.password}")


def _must_exist(customer_id: str) -> None:
    with as_service("look for a customer"):
        if db.session.get(Customer, customer_id) is None:
            raise NotFound("customer")


def _settings() -> Settings:
    settings: Settings = current_app.extensions["purser.settings"]
    return settings


def _credits(text: str) -> Credits:
    try:
        micros = Decimal(text) * MICROS if text.isascii() else Decimal("NaN")
    except InvalidOperation:
        micros = Decimal("NaN")
    if not micros.is_finite() or micros != micros.to_integral_value() or not 0 < micros < 10**18:
        raise Refused(f"{text!r} is not a number of credits above 0 with at most 6 decimals.", "credits_malformed")
    return Credits(int(micros))
