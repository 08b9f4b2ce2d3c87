"""Who is let in: `flask portal disable-member`, `enable-member`, `end-sessions`, `reset-two-factor`."""

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import one_line
from app.services.access import members, own_sessions
from app.services.sign_in import two_factor


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (disable_member, enable_member, end_sessions, reset_two_factor):
        bp.cli.add_command(command)


@click.command("disable-member")
@click.option("--email", required=True, help="The address that the member signs in with.")
@click.option("--by", required=True, help="Who decides it; kept in the audit trail.")
@with_appcontext
def disable_member(email: str, by: str) -> None:
    """Let a member in no more, at once: not by a sign-in, nor by a host product or a token."""
    with one_line():
        members.let_in(email, False, by=by)
        click.echo("The member is disabled, and all sessions have ended.")


@click.command("enable-member")
@click.option("--email", required=True, help="The address that the member signs in with.")
@click.option("--by", required=True, help="Who decides it; kept in the audit trail.")
@with_appcontext
def enable_member(email: str, by: str) -> None:
    """Let a member who was disabled sign in again."""
    with one_line():
        members.let_in(email, True, by=by)
        click.echo("The member may sign in again.")


@click.command("end-sessions")
@click.option("--email", help="The address that the member signs in with.")
@click.option("--everybody", is_flag=True, help="Those of all members.")
@click.option("--by", required=True, help="Who decides it; kept in the audit trail, or in the log.")
@with_appcontext
def end_sessions(email: str | None, everybody: bool, by: str) -> None:
    """End the sessions of a member, or of everybody, at once, with host products' links that were not opened yet."""
    if (email is None) is not everybody:
        raise click.UsageError("Name a member by --email, or say --everybody.")
    with one_line():
        ended = own_sessions.end_by_seller(email, by=by) if email else own_sessions.end_everybodys(by=by)
        click.echo(f"{ended} {'session has' if ended == 1 else 'sessions have'} ended.")


@click.command("reset-two-factor")
@click.argument("email")
@click.option("--by", required=True, help="Who decides it; kept in the audit trail.")
@click.option("--reason", required=True, help="How you know that it is the member who asks; kept in the audit trail.")
@with_appcontext
def reset_two_factor(email: str, by: str, reason: str) -> None:
    """Take app, recovery codes and passkeys away from a member who lost them, and end all their sessions."""
    with one_line():
        member = two_factor.reset(email, by, reason)
        if member.password_hash is not None:
            click.echo("The password alone opens the account now. A mail says so to the member.")
        else:
            click.echo(
                "The member has no password: they choose one by “Forgot your password?”, or sign in by a linked "
                "account. A mail says so to the member."
            )
