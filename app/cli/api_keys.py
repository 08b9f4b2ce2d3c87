"""Keys of the Billing API: `flask portal create-api-key`, `api-keys`, `revoke-api-key`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import customer_named, moment, one_line
from app.services.access import api_keys


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (create_api_key, list_api_keys, revoke_api_key):
        bp.cli.add_command(command)


@click.command("create-api-key")
@click.option("--scope", "scopes", required=True, multiple=True, type=click.Choice(api_keys.SCOPES), help="Repeatable.")
@click.option("--name", default="", help="What it is for.")
@click.option(
    "--customer",
    help="The only customer (our id or yours) that it may ask about; default: all. It has none of the seller's scopes.",
)
@click.option("--expires-at", help="When it expires (ISO 8601); default: never.")
@with_appcontext
def create_api_key(scopes: tuple[str, ...], name: str, customer: str | None, expires_at: str | None) -> None:
    """Make a key of the Billing API and print it alone. It cannot be shown again."""
    with one_line():
        ends = moment(expires_at) if expires_at else None
        only = customer_named(customer) if customer is not None else None
        key, text = api_keys.create(name, list(scopes), customer_id=only, expires_at=ends)
        click.echo(text)
        click.echo(f"Revoke it with: flask portal revoke-api-key {key.id}", err=True)


@click.command("api-keys")
@with_appcontext
def list_api_keys() -> None:
    """Print the keys there are: id, state, scopes, when it was last used, name. Secrets are not kept."""
    with one_line():
        for each in api_keys.listed():
            used = each.last_used_at.isoformat(timespec="seconds") if each.last_used_at else "never used"
            click.echo(
                f"{each.id}  {api_keys.state_of(each)}  {each.scopes}  {each.customer_id or 'all'}  {used}  {each.name}"
            )


@click.command("revoke-api-key")
@click.argument("key_id", metavar="KEY")
@with_appcontext
def revoke_api_key(key_id: str) -> None:
    """Revoke KEY (key_…) at once."""
    with one_line():
        click.echo(f"{api_keys.revoke(key_id).id} is revoked.")
