"""Whose pages may frame the portal: `flask portal add-frame-origin`, `frame-origins`, `remove-frame-origin`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import one_line
from app.services.access import frame_origins

BY = "seller"


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (add_frame_origin, list_frame_origins, remove_frame_origin):
        bp.cli.add_command(command)


@click.command("add-frame-origin")
@click.argument("origin")
@with_appcontext
def add_frame_origin(origin: str) -> None:
    """Let pages of ORIGIN (https://app.example.com) show the portal in a frame, from now on."""
    with one_line():
        click.echo(f"{frame_origins.add(origin, by=BY).origin} may show the portal in a frame.")


@click.command("frame-origins")
@with_appcontext
def list_frame_origins() -> None:
    """Print the origins whose pages may show the portal in a frame."""
    with one_line():
        for each in frame_origins.listed():
            click.echo(f"{each.origin}  since {each.created_at.isoformat(timespec='seconds')}")


@click.command("remove-frame-origin")
@click.argument("origin")
@with_appcontext
def remove_frame_origin(origin: str) -> None:
    """Let pages of ORIGIN show the portal no more, from now on."""
    with one_line():
        click.echo(f"{frame_origins.remove(origin, by=BY)} may not show the portal any more.")
