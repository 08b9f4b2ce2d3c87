"""Proving the books again: `flask portal verify`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, one_line, stop
from app.domain.errors import NotFound
from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from app.services.verification import verify
from app.services.verification.proved import NOTHING


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (verify_command,):
        bp.cli.add_command(command)


@click.command("verify")
@click.option("--customer", help="Only this customer, by our id or yours; all of its rows.")
@click.option("--all", "everything", is_flag=True, help="Read again what was proved before.")
@click.option("--accept", is_flag=True, help="Read everything, and take rows that were proved before as they are now.")
@with_appcontext
def verify_command(customer: str | None, *, everything: bool, accept: bool) -> None:
    """Prove every invariant again on the live data. Exit status 0 only when all of them hold.

    What never changes (transfers, usage events, ended authorizations, events for hosts) is proved once: the next proof
    reads what came since. Rows that were changed after that are named by each proof, until --accept.
    """
    if customer is not None and accept:
        raise click.UsageError("--accept is of all customers: leave out --customer.")
    if customer is not None and everything:
        raise click.UsageError("--customer reads all rows of the customer, and digests are of all: leave out --all.")
    verdict = verify.Verdict([], NOTHING)
    with one_line():
        if customer is not None:
            customer = customer_named(customer)
            _must_exist(customer)
            verdict = verify.Verdict(verify.verify(customer), NOTHING)
        else:
            verdict = verify.verify_since(everything=everything, accept=accept)
    violations, before = verdict.violations, verdict.before
    for line in verdict.said:
        click.echo(line, err=bool(violations))
    for violation in violations:
        click.echo(str(violation), err=True)
    if any(each.sentence == verify.TAMPERED for each in violations):
        click.echo(
            "Look into it. `verify --accept` then takes the rows as they are, if nothing else is found.", err=True
        )
    if violations:
        stop(f"{len(violations)} invariant{'s do' if len(violations) > 1 else ' does'} not hold.")
    click.echo("Every invariant holds.")
    if before.before_id:
        click.echo(
            f"{before.transfers:,} transfers and {before.allocations:,} allocations before {before.before_id}, "
            f"the totals of days before {before.days_before}, {before.usage_events:,} usage events before "
            f"{before.usage_before}, {before.authorizations:,} authorizations and {before.outbox_events:,} events for "
            "hosts were proved earlier. Of these the number of transfers, sums and some digests were compared, all "
            f"digests within {verdict.runs:,} run{'s' * (verdict.runs != 1)}: `verify --all` reads everything."
        )


def _must_exist(customer_id: str) -> None:
    with as_service("look for a customer"):
        if db.session.get(Customer, customer_id) is None:
            raise NotFound("customer")
