"""The worker, one pass of it, waiting jobs and dead letters: `flask portal worker`, `run-due`, `jobs …`."""

import os
import sys

import click
from flask import Blueprint, current_app
from flask.cli import AppGroup, with_appcontext

from app import clock
from app.cli.console import moment, one_line, stop
from app.services import jobs, wake_ups
from app.services.operations import dead_letters
from app.worker import SHUTDOWN_SECONDS, work

group = AppGroup("jobs", help="Show waiting jobs and dead letters, and run dead letters again.")


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (worker, run_due, group):
        bp.cli.add_command(command)


@click.command("worker")
@click.option(
    "--every",
    default=1.0,
    type=click.FloatRange(0.05, 3600),
    show_default=True,
    help="Seconds between two sweeps of the rows. Most work is done earlier, on a wake-up from the queue.",
)
@click.option(
    "--threads", default=2, type=click.IntRange(0, 32), show_default=True, help="Threads that listen to the queue."
)
@click.option(
    "--stop-seconds",
    default=SHUTDOWN_SECONDS,
    type=click.FloatRange(0, 3600),
    show_default=True,
    help="Seconds in which what is under way is finished once it is asked to end.",
)
@with_appcontext
def worker(every: float, threads: int, stop_seconds: float) -> None:
    """Do what is due, again and again, until SIGTERM or Ctrl-C. What is under way is finished first."""
    app = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # threads need the application itself
    if not work(app, every=every, threads=threads, stop_seconds=stop_seconds):
        sys.stdout.flush()
        os._exit(1)  # Python's own way out would wait for threads that hang


@click.command("run-due")
@click.option("--now", help="Act as if it were this time (ISO 8601 with a zone).")
@with_appcontext
def run_due(now: str | None) -> None:
    """Do everything that is due, once: expiry, periods, webhooks, mails, payments to look at."""
    with one_line(), clock.at(moment(now) if now else clock.now()):
        done = jobs.run_due()
        click.echo("  ".join(f"{name}={count}" for name, count in done.items()))


@group.command("status")
def status() -> None:
    """Print how many rows of each kind wait, since when, and how many are dead letters."""
    with one_line():
        backlogs = dead_letters.backlogs()
    click.echo(f"{'kind':<10}{'waiting':>9}{'dead':>7}  due since")
    for each in backlogs:
        since = each.oldest.isoformat(timespec="seconds") if each.oldest else "-"
        click.echo(f"{each.kind:<10}{each.waiting:>9}{each.dead:>7}  {since}")
    click.echo("The queue answers." if wake_ups.queue().answers() else "The queue does not answer.")


@group.command("dead")
@click.option("--limit", default=100, type=click.IntRange(1, 10_000), show_default=True)
def dead(limit: int) -> None:
    """Print the dead letters: what failed too often to be retried."""
    with one_line():
        letters = dead_letters.listed(limit)
    for each in letters:
        since = each.since.isoformat(timespec="seconds")
        click.echo(f"{each.kind}  {each.id}  {each.about}  tries={each.tries}  {each.problem or '-'}  {since}")
    if not letters:
        click.echo("There are no dead letters.", err=True)


@group.command("rerun")
@click.argument("letter", required=False, metavar="[ID]")
@click.option("--all", "everything", is_flag=True, help="All dead letters.")
def rerun(letter: str | None, everything: bool) -> None:
    """Run dead letters again: ID, or --all."""
    if bool(letter) == everything:
        stop("Give one ID (flask portal jobs dead lists them), or --all.")
    with one_line():
        again = dead_letters.run_again(letter or "")
    click.echo(f"{again} will be tried again.")
