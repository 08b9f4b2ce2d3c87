"""Invoices that are due: `flask portal close-period`, `void-invoice`, `credit-note`, `write-off`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, one_line
from app.domain.errors import NotFound
from app.domain.money import Money
from app.domain.typed_numbers import parse_amount
from app.models.database import db
from app.models.documents import Document
from app.models.scope import as_service
from app.services.receivables import closing, ending


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (close_period, void_invoice, credit_note, write_off):
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
            due = Money(made.payable_minor, made.currency)
            click.echo(f"{made.id}  {made.number}  {due.major} {due.currency} {made.state}")


@click.command("void-invoice")
@click.argument("invoice")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@click.option("--by", default="seller", show_default=True, help="Who voids it.")
@with_appcontext
def void_invoice(invoice: str, reason: str, by: str) -> None:
    """Void INVOICE (inv_…), of which nothing is paid, and print its number. Done twice it is done once.

    What was used below zero is taken off the balance again, and the period can be closed anew.
    """
    with one_line():
        click.echo(ending.void(invoice, by=by, reason=reason).number)


@click.command("credit-note")
@click.argument("invoice")
@click.option("--amount", help="How much, with its tax, such as 12.50; default: all that is to be paid.")
@click.option("--reason", required=True, help="Why, in at most 300 characters; it stands on the credit note.")
@click.option("--by", default="seller", show_default=True, help="Who gives it.")
@with_appcontext
def credit_note(invoice: str, amount: str | None, reason: str, by: str) -> None:
    """Give a credit note on INVOICE (inv_…), which is due: it takes off what is to be paid. Print its number."""
    with one_line():
        part = parse_amount(amount, _currency(invoice)) if amount is not None else None
        click.echo(ending.credit(invoice, part, by=by, reason=reason).number)


@click.command("write-off")
@click.argument("invoice")
@click.option("--reason", required=True, help="Why; kept in the audit trail.")
@click.option("--by", default="seller", show_default=True, help="Who decides it.")
@with_appcontext
def write_off(invoice: str, reason: str, by: str) -> None:
    """Stop collecting INVOICE (inv_…), which is due, and print its number. Whoever pays it after all has paid it."""
    with one_line():
        click.echo(ending.give_up(invoice, by=by, reason=reason).number)


def _currency(invoice: str) -> str:
    with as_service("read an invoice's currency"):
        found = db.session.get(Document, invoice)
        if found is None:
            raise NotFound("invoice")
        return found.currency
