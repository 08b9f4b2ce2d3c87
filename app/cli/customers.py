"""Who is billed and who may sign in: `flask portal create-customer`, `create-member`, `require-po`."""

import sys

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, one_line
from app.domain.people.members import Role
from app.services.access import members
from app.services.customers import directory, registration


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (create_customer, create_member, require_po):
        bp.cli.add_command(command)


@click.command("create-customer")
@click.option("--name", required=True)
@click.option("--email", required=True, help="Where invoices go.")
@click.option("--catalog", required=True, help="The catalog to buy from, by its name.")
@click.option("--external-id", help="The host product's own id of this customer.")
@click.option("--trial/--no-trial", default=True, show_default=True, help="Give the catalog's trial credit.")
@with_appcontext
def create_customer(name: str, email: str, catalog: str, external_id: str | None, trial: bool) -> None:
    """Create a customer and print the id alone."""
    with one_line():
        made = registration.create(name=name, email=email, catalog=catalog, external_id=external_id, trial=trial)
        click.echo(made.customer_id)


@click.command("create-member")
@click.option("--email", required=True)
@click.option("--customer", required=True, help="The customer, by our id or yours.")
@click.option("--role", required=True, type=click.Choice([role.value for role in Role]))
@click.option("--name", help="The member's name in the portal; default: the address.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input; else you are asked.")
@with_appcontext
def create_member(email: str, customer: str, role: str, name: str | None, password_stdin: bool) -> None:
    """Create a member who may sign in, and print the id alone."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with one_line():
        click.echo(members.create_member(email, name or email, password, customer_named(customer), Role(role)).id)


@click.command("require-po")
@click.option("--customer", required=True, help="The customer, by our id or yours.")
@click.option("--required/--not-required", default=True, show_default=True)
@click.option("--by", required=True, help="Who decides it; kept in the audit trail.")
@with_appcontext
def require_po(customer: str, required: bool, by: str) -> None:
    """Let a customer's invoices need a purchase order number, or need none."""
    with one_line():
        directory.change(customer_named(customer), directory.Change(po_required=required), by=by)
        click.echo(f"A purchase order number is {'required' if required else 'not required'} now.")
