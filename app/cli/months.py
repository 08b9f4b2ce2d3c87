"""Months: their end, prices that change, old events: `run-month`, `late-months`, `change-prices`, `archive-events`."""

from datetime import datetime
from pathlib import Path

import click
from flask import Blueprint
from flask.cli import with_appcontext
from tqdm import tqdm

from app.cli.console import customer_named, one_line
from app.domain.amounts import money_words
from app.extensions import settings
from app.models.scope import as_service
from app.services.customers.plan_moves import Stays
from app.services.month_end import late, price_changes, run
from app.services.month_end.price_changes import Announcement, Expected
from app.services.operations import archive


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (run_month, late_months, change_prices, archive_events):
        bp.cli.add_command(command)


@click.command("run-month")
@click.argument("customers", nargs=-1, metavar="[CUSTOMER]…")
@with_appcontext
def run_month(customers: tuple[str, ...]) -> None:
    """Run the month of CUSTOMERs (our id or yours), or of everybody whose billing period is over; print how many.

    The worker does it by itself. Done twice, or by several at once, it is done once; ended in the middle, it goes on
    where it was when it is given again.
    """
    with one_line():
        if customers:
            named = [customer_named(each) for each in customers]
            with as_service("run the month"):
                made = sum(run.run(each) for each in named)
            click.echo(f"{made} ends of billing periods were run.")
            return
        with tqdm(total=run.waiting(), desc="Month", unit="customer", leave=False, disable=None) as bar:
            made = run.run_all(done=bar.update)
        click.echo(f"{made} ends of billing periods were run, {run.waiting()} customers are due and were not run.")


@click.command("late-months")
@click.option("--limit", default=100, type=click.IntRange(1, 10_000), show_default=True)
@with_appcontext
def late_months(limit: int) -> None:
    """Print whose month has been due for more than an hour and is not run, with the moment since when.

    The log says why: `month_not_run` with what failed, or `month_waits` where debt or holds have no room for the plan.
    """
    with one_line():
        found = late.listed(limit)
    for each in found:
        click.echo(f"{each.customer_id}  {each.name}  {each.due_since.isoformat(timespec='seconds')}")
    if not found:
        click.echo("No month is late.", err=True)


@click.command("change-prices")
@click.argument("catalog")
@click.option("--on", required=True, type=click.DateTime(["%Y-%m-%d"]), help="From which day on (UTC), still to come.")
@click.option("--plan", default="", help="Only who has this plan, by its key.")
@click.option("--by", default="seller", show_default=True, help="Who announces it; kept in the audit trail.")
@click.option("--yes", is_flag=True, help="Announce it. Without it nothing changes.")
@with_appcontext
def change_prices(catalog: str, on: datetime, plan: str, by: str, yes: bool) -> None:
    """Announce the newest version of CATALOG to everybody who has an older one of the same plan.

    Each is sent a mail with what its own last months would have come to, and has the terms with the first plan period
    that begins on the day or later. Until then it may leave. Who has a plan that is no longer there keeps it, and so
    does, named with the reason, whoever pays by an interval that the version does not sell. Who has the same terms in
    both versions is moved on the day without a mail.
    """
    with one_line():
        price_changes.check_day(on.date())
        newest, customers = price_changes.whom(catalog, plan)
        if not yes:
            many = len(customers)
            for customer, said in price_changes.compared_each(customers, newest):
                many -= isinstance(said, Stays) or not said.changes
                words = f"stays: {said.why}" if isinstance(said, Stays) else _words(said)
                click.echo(f"{customer.customer_id}  {customer.name}  {words}")
            click.echo(f"Nothing has changed. Announce version {newest.version} to {many} customers with --yes.")
            return
        sent = 0
        for made in price_changes.announce_each(customers, newest.version, on.date(), by=by):
            if isinstance(made, Stays):
                click.echo(f"{made.customer_id}  stays: {made.why}")
            elif made is not None:
                sent += bool(made.changes)
                click.echo(f"{made.row.customer_id}  {made.row.plan}  {_words(made)}")
        click.echo(f"{sent} customers were sent a mail, {len(customers) - sent} were not.")


def _words(found: Expected | Announcement) -> str:
    said = found.compared
    if not found.changes:
        return "nothing changes for it: no mail"
    if not said.months:
        return "no month of it is over yet"
    span = "month" if said.months == 1 else f"{said.months} months"
    return f"{money_words(said.before)} -> {money_words(said.after)} in the last {span}"


@click.command("archive-events")
@click.argument("month", type=click.DateTime(["%Y-%m"]), metavar="YYYY-MM")
@click.argument("directory", type=click.Path(exists=True, file_okay=False, writable=True, path_type=Path))
@with_appcontext
def archive_events(month: datetime, directory: Path) -> None:
    """Write the usage events of an old month to a file, check it, and take them out of the database.

    Their totals stay. The month has to be over for ARCHIVE_EVENTS_AFTER_MONTHS, the oldest that is left, and posted,
    billed and proved. Ended in the middle, the command goes on when it is given again; of a month that was archived
    before, it checks the file.
    """
    with one_line():
        made = archive.archive(month.date(), directory, months=settings().archive_events_after_months)
    click.echo(f"{made.events:,} events are in {made.path} (SHA-256 {made.sha256}), and no longer in the database.")
