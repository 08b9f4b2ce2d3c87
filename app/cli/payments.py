"""Money that goes back and the processor's books: `flask portal refund`, `reconcile`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import moment, one_line, stop
from app.domain.errors import Refused
from app.domain.money import Money
from app.domain.typed_numbers import parse_amount
from app.models.customers import Customer
from app.models.database import db
from app.models.payments import Payment
from app.models.scope import as_service
from app.services.bank_transfers import returns
from app.services.invoices import corrections
from app.services.reconciliation import books, subscriptions
from app.services.reversals import refunds


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (refund, return_cash, reconcile_command, check_webhooks):
        bp.cli.add_command(command)


@click.command("refund")
@click.argument("payment")
@click.option("--amount", help="How much, tax included, such as 12.50; default: all that is left of the payment.")
@click.option("--reason", required=True, help="Why, in at most 300 characters; kept for you, not for the customer.")
@click.option("--by", default="seller", show_default=True, help="Who makes the refund.")
@click.option("--repeat", is_flag=True, help="Refund the same amount again, although it was just refunded.")
@with_appcontext
def refund(payment: str, amount: str | None, reason: str, by: str, repeat: bool) -> None:
    """Send money of PAYMENT (pay_…) back, and the credit that it bought; print the refund's id and how it stands."""
    with one_line():
        requested = parse_amount(amount, _currency(payment)) if amount is not None else None
        made = refunds.refund(payment, amount=requested, reason=reason, requested_by=by, repeat=repeat)
        sent = Money(made.amount_minor, made.currency)
        click.echo(f"{made.id}  {sent.major} {sent.currency} {made.state}")
        if made.state == "failed":
            stop(f"The payment processor refused it: {made.problem}. Nothing was refunded.")
        for other, left in corrections.paid_beside(payment):
            click.echo(f"{other} has paid for the same invoice: {left.major} {left.currency} of it is left.", err=True)


@click.command("return-cash")
@click.argument("customer")
@click.option("--amount", help="How much, such as 12.50; default: all that is not used yet.")
@click.option("--reason", required=True, help="Why, in at most 300 characters; kept for you, not for the customer.")
@click.option("--by", default="seller", show_default=True, help="Who sends it back.")
@with_appcontext
def return_cash(customer: str, amount: str | None, reason: str, by: str) -> None:
    """Send money that CUSTOMER (cus_…) has sent by bank transfer, and nothing has used, back to its bank account."""
    with one_line():
        requested = parse_amount(amount, _currency_of(customer)) if amount is not None else None
        made = returns.send_back(customer, amount=requested, reason=reason, requested_by=by)
        sent = Money(made.amount_minor, made.currency)
        click.echo(f"{made.id}  {sent.major} {sent.currency} {made.state}")
        if made.state == "failed":
            stop(f"The payment processor refused it: {made.problem}. Nothing was sent back.")


@click.command("return-difference")
@click.argument("correction")
@click.option("--by", default="seller", show_default=True, help="Who sends it.")
@with_appcontext
def return_difference(correction: str, by: str) -> None:
    """Send the tax that CORRECTION (cor_…) has found too much back again, where its refund did not arrive."""
    with one_line():
        made = corrections.return_difference(correction, by=by)
        sent = Money(made.amount_minor, made.currency)
        click.echo(f"{made.id}  {sent.major} {sent.currency} {made.state}")
        if made.state == "failed":
            stop(f"The payment processor refused it: {made.problem}. Nothing was returned.")


@click.command("reconcile")
@click.option("--since", help="Look back at least to this time (ISO 8601); default: where the last run ended.")
@with_appcontext
def reconcile_command(since: str | None) -> None:
    """Look through the processor's books and book what is missing here, as after restoring a backup.

    Exit status 0 only when the processor answered and nothing needs a person.
    """
    with one_line():
        look = books.run(since=moment(since) if since else None)
    stretch = f"{look.since:%Y-%m-%dT%H:%M:%SZ} to {look.until:%Y-%m-%dT%H:%M:%SZ}"
    click.echo(f"{stretch}: looked_at={look.looked_at}  mended={look.mended}")
    problems = books.problems_of(look)
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        stop(f"{len(problems)} thing{'s need' if len(problems) > 1 else ' needs'} a person.")
    click.echo("Nothing needs your attention.")


@click.command("check-webhooks")
@with_appcontext
def check_webhooks() -> None:
    """Ask the processor whether it sends every event that Purser acts on to this portal's webhook address.

    A worker asks the same when it starts, and only warns. Exit status 0 only when nothing is missing.
    """
    with one_line():
        problems = subscriptions.check()
    if problems is None:
        stop("The processor does not say which webhook endpoints it has. Its key may need the right to read them.")
    for problem in problems:
        click.echo(problem, err=True)
    if problems:
        stop(f"{len(problems)} thing{'s' if len(problems) > 1 else ''} to mend in the processor's dashboard.")
    click.echo("The processor sends every event that is needed.")


def _currency(payment_id: str) -> str:
    with as_service("see what a payment was made in"):
        found = db.session.get(Payment, payment_id)
        if found is None:
            raise Refused("There is no such payment.", "not_found", 404)
        return found.currency


def _currency_of(customer_id: str) -> str:
    with as_service("see what a customer pays in"):
        found = db.session.get(Customer, customer_id)
        if found is None:
            raise Refused("There is no such customer.", "not_found", 404)
        return found.currency
