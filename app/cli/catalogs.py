"""What is sold and who has it: `flask portal apply-catalog`, `move-plan`."""

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import Path

import click
from flask import Blueprint
from flask.cli import with_appcontext

from app.cli.console import one_line, stop
from app.domain.amounts import money_words
from app.domain.errors import Refused
from app.domain.subscriptions.words import PER
from app.services.catalog import cautions, in_use, logos, versions
from app.services.customers import plan_moves
from app.services.customers.plan_moves import Move, Stays
from app.services.month_end import price_changes
from app.services.month_end.price_changes import Expected

LISTED = 20
"""So many customers are named when a catalog is applied; `change-prices` names all."""


def add_to(bp: Blueprint) -> None:
    """Add these commands to the seller's command line."""
    for command in (apply_catalog, move_plan):
        bp.cli.add_command(command)


@click.command("apply-catalog")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@with_appcontext
def apply_catalog(file: Path) -> None:
    """Keep FILE as the newest version of the catalog it names.

    The customers there are keep the version that they have: what of it the newest does not offer is named, and
    `move-plan` moves them. Twenty are named with the price of their plan by both versions, and what else would change.
    """
    with one_line():
        try:
            text = file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            raise Refused(f"{file} is not UTF-8 text.", "not_text") from None
        applied = versions.apply(logos.drawn_in(text, file.parent))
        click.echo(f"Catalog {applied.catalog} is at version {applied.version}.")
        lines = list(_changes(applied.catalog))
        used, warned = in_use.of(applied.catalog), cautions.of(applied.catalog)
    for words in warned:
        click.echo(f"Warning: {words}")
    for each in used.dropped:
        click.echo(f"No longer offered: {each.kind} {each.key}, which stays as sold to {_many(each.customers)}.")
    for version, many in used.earlier.items():
        keep = "keeps" if many == 1 else "keep"
        click.echo(f"{_many(many)} {keep} version {version}.")
    for line in lines:
        click.echo(line)
    if used.earlier:
        click.echo(f"See what a move would change for them: flask portal move-plan {applied.catalog}")
        click.echo(
            f"See what it would cost them, and announce it: flask portal change-prices {applied.catalog} --on DAY"
        )


@click.command("move-plan")
@click.argument("catalog")
@click.option("--customer", "customers", multiple=True, help="Only this customer, by our id or yours. Repeatable.")
@click.option("--plan", default="", help="Only who has this plan, by its key.")
@click.option("--to", default="", help="The plan that they get, by its key; default: the one that they have.")
@click.option(
    "--reason", default="", help="Why, in at most 300 characters; kept with each customer. Needed with --yes."
)
@click.option("--by", default="seller", show_default=True, help="Who moves them.")
@click.option("--yes", is_flag=True, help="Move them. Without it nothing changes.")
@with_appcontext
def move_plan(catalog: str, customers: tuple[str, ...], plan: str, to: str, reason: str, by: str, yes: bool) -> None:
    """Move customers of CATALOG to its newest version: print who changes and by how much, and with --yes move them.

    What they used keeps its price. A customer who cannot be moved stops no other, and is named at the end: then the
    exit status is 1, with --yes or without. Run it again for who is left.
    """
    with one_line():
        moves, stay = plan_moves.planned(catalog, customers=customers, plan=plan, to=to)
        for line in _printed(moves):
            click.echo(line)
        left = [(each.customer_id, each.why) for each in stay]
        for each in plan_moves.move_each(moves, by=by, reason=reason) if yes and moves else ():
            left += [(each.customer_id, each.why)] if each else []
    for customer_id, why in left:
        click.echo(f"{customer_id} stays: {why}", err=True)
    if yes:
        click.echo(f"{_many(len(moves) + len(stay) - len(left))} moved.")
    elif moves:
        click.echo(f"Nothing has changed. Move {_many(len(moves))} with --yes.")
    else:
        click.echo("Nothing has changed." if left else "Nobody is to be moved.")
    if left:
        stop(f"{_many(len(left))} {'not' if yes else 'cannot be'} moved.")


def _changes(catalog: str) -> Iterator[str]:
    """Yield what the newest version would change for whoever has an older one of its plan, and its price by both."""
    newest, whom = price_changes.whom(catalog)
    for customer, found in price_changes.compared_each(whom[:LISTED], newest):
        words = f"stays: {found.why}" if isinstance(found, Stays) else _priced(found)
        yield f"  {customer.customer_id}  {customer.name}  {words}"
    if len(whom) > LISTED:
        yield f"  and {_many(len(whom) - LISTED)} more"


def _priced(found: Expected) -> str:
    was, will = (f"{money_words(each.price)} {PER[each.interval]}" for each in (found.was, found.will))
    if not found.changes:
        return f"{found.was.plan.title}: {was}, nothing changes"
    if was != will:
        return f"{found.was.plan.title}: {was} -> {will}"
    others = "; ".join(f"{each.about}: {each.before} -> {each.after}" for each in found.changes)
    return f"{found.was.plan.title}: {was} as before; {others}"


def _printed(moves: Sequence[Move]) -> Iterator[str]:
    """Yield who changes and by how much: who changes alike is named together."""
    named = {id(each): (each.before.name, each.after.name, each.differences) for each in moves}
    alike = sorted(moves, key=lambda each: (str(named[id(each)]), each.customer_id))
    for (before, after, changes), group in groupby(alike, key=lambda each: named[id(each)]):
        yield f"From {before} to {after}:"
        yield from (f"  {change.about}: {change.before} -> {change.after}" for change in changes)
        if not changes:
            yield "  nothing else changes"
        yield from (f"  {each.customer_id}  {each.name}" for each in group)


def _many(customers: int) -> str:
    return "1 customer" if customers == 1 else f"{customers:,} customers"
