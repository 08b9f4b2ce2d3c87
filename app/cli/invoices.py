"""Invoices that are due: `flask portal close-period`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, one_line
from app.services.invoices import closing


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (close_period,):
        bp.cli.add_command(command)


@click.command("close-period")
@click.argument("customer")
@click.option("--period", type=click.IntRange(1), help="The billing period, by number; default: the last that is over.")
@click.option("--by", default="seller", show_default=True, help="Who closes it; kept in the audit trail.")
@with_appcontext
def close_period(customer: str, period: int | None, by: str) -> None:
    """Write the invoice of a billing period of CUSTOMER (our id or yours); print its id, number and what is to be paid.

    Done twice it is done once. Where nothing is to be invoiced, it says so.
    """
    with one_line():
        made = closing.close(customer_named(customer), period, by=by)
        if made is None:
            click.echo("Nothing is to be invoiced.")
        else:
            click.echo(f"{made.id}  {made.number}  {made.payable_minor} {made.currency} {made.state}")
