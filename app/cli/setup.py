"""Setting up: the database, the settings, the example customers."""

from pathlib import Path

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import one_line
from app.config import printable
from app.extensions import settings
from app.services.operations import backup as installation_backup
from app.services.operations import installation


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (init, config, backup, demo_data):
        bp.cli.add_command(command)


@click.command("init")
@with_appcontext
def init() -> None:
    """Bring the database to this release: migrations and, on PostgreSQL, the two roles. May be run again."""
    with one_line():
        click.echo(f"The database is at revision {installation.install(settings())}.")


@click.command("config")
@click.option("--check", is_flag=True, help="Only say whether the settings are right.")
@with_appcontext
def config(check: bool) -> None:
    """Print the settings (secrets only as set or not set). A wrong one stops every command with its name."""
    if not check:
        for name, value in printable(settings()):
            click.echo(f"{name}={value}")
    click.echo("The settings are right.")


@click.command("backup")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@with_appcontext
def backup(file: Path) -> None:
    """Write a backup of the SQLite database into the new FILE, while it is in use. On PostgreSQL: say how."""
    with one_line():
        size = installation_backup.take(settings(), file)
        click.echo(f"{file} is a backup of {size} bytes.")


@click.command("demo-data")
@with_appcontext
def demo_data() -> None:
    """Make the example customers with a year of history through the real services, and print their sign-ins."""
    from app.demo import customers  # the web server has no use for it

    with one_line():
        made = customers.make()
    for each in made:
        click.echo(f"{each.customer} ({each.catalog}), {each.role}: {each.email}  password: {each.password}")
