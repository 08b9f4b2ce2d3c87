"""A new version of a catalog names what it drops under whom, and customers are moved by a command that shows it first."""

import re
from pathlib import Path

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import create_engine, pool

from app.models.customers import Customer
from app.models.database import db
from app.models.scope import as_service
from tests.support import meters, months, plans
from tests.support.cast import EXAMPLES
from tests.support.client import outside_contexts
from tests.support.databases import Database

WHY = ("--reason", "New prices")


def _run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def _applied(app: Flask, tmp_path: Path, text: str) -> list[str]:
    """Apply the text by the command; return what it printed."""
    (tmp_path / "catalog.toml").write_text(text)
    done = _run(app, "apply-catalog", str(tmp_path / "catalog.toml"))
    assert done.exit_code == 0, done.output
    return done.output.splitlines()


def by_hand(database: Database, statement: str) -> None:
    with create_engine(database.superuser_url, poolclass=pool.NullPool).begin() as connection:
        connection.exec_driver_sql(statement)


def _version(customer: Customer) -> tuple[int, str]:
    with as_service("test"):
        row = db.session.get_one(Customer, customer.customer_id, populate_existing=True)
        return row.catalog_version, row.plan


def test_apply_catalog_names_what_it_drops_and_how_many_have_it(app: Flask, tmp_path: Path) -> None:
    assert _applied(app, tmp_path, meters.METERED.format(burn="realtime")) == ["Catalog metered is at version 1."]
    for name, plan in (("Acme", "paid"), ("Globex", "paid"), ("Initech", "")):
        meters.customer(name, plan=plan)
    dropping = meters.dearer_without_paid_and_hours()
    said = _applied(app, tmp_path, dropping)
    (named,) = [each for each in said if each.startswith("  ")]
    assert "Initech  Free: $0.00 a month as before; requests costs: 0.40 per 1,000 -> 0.80 per 1,000; meter" in named
    assert [each for each in said if each != named] == [
        "Catalog metered is at version 2.",
        "No longer offered: plan paid, which stays as sold to 2 customers.",
        "No longer offered: meter hours, which stays as sold to 3 customers.",
        "3 customers keep version 1.",
        "See what a move would change for them: flask portal move-plan metered",
        "See what it would cost them, and announce it: flask portal change-prices metered --on DAY",
    ]
    meters.customer("Hooli")
    assert [each for each in _applied(app, tmp_path, dropping + "\n") if not each.startswith("  ")] == [
        "Catalog metered is at version 3.",
        "3 customers keep version 1.",
        "1 customer keeps version 2.",
        "See what a move would change for them: flask portal move-plan metered",
        "See what it would cost them, and announce it: flask portal change-prices metered --on DAY",
    ]


def test_apply_catalog_names_who_changes_and_by_how_much(app: Flask, tmp_path: Path) -> None:
    team, free = (months.begins(plans.BEGIN, each) for each in ("team", "free"))
    for _each in range(19):
        plans.customer_in("plans")
    said = _applied(app, tmp_path, plans.CATALOG.replace('monthly = "49.00"', 'monthly = "98.00"'))
    named = [each for each in said if each.startswith("  ")]
    assert named[:2] == [
        f"  {team.customer_id}  Month Ltd  Team: $49.00 a month -> $98.00 a month",
        f"  {free.customer_id}  Month Ltd  Free: $0.00 a month, nothing changes",
    ]
    assert (len(named), named[-1]) == (21, "  and 1 customer more")


def test_nothing_changes_before_yes_and_who_changes_alike_is_named_together(app: Flask, tmp_path: Path) -> None:
    _applied(app, tmp_path, meters.METERED.format(burn="realtime"))
    acme, globex, initech = (meters.customer(*each) for each in (("Acme",), ("Globex",), ("Initech",)))
    meters.move_to_plan(initech.customer_id, "paid")
    _applied(app, tmp_path, meters.METERED.format(burn="realtime").replace('"0.40"', '"0.80"'))
    looked = _run(app, "move-plan", "metered")
    assert (looked.exit_code, looked.stdout.splitlines()) == (
        0,
        [
            "From free of version 1 to free of version 2:",
            "  requests costs: 0.40 per 1,000 -> 0.80 per 1,000",
            f"  {acme.customer_id}  Acme",
            f"  {globex.customer_id}  Globex",
            "From paid of version 1 to paid of version 2:",
            "  requests costs: 0.40 per 1,000 -> 0.80 per 1,000",
            f"  {initech.customer_id}  Initech",
            "Nothing has changed. Move 3 customers with --yes.",
        ],
    )
    assert [_version(each) for each in (acme, globex, initech)] == [(1, ""), (1, ""), (1, "paid")]
    without = _run(app, "move-plan", "metered", "--yes")
    assert (without.exit_code, "why" in without.output) == (1, True)
    done = _run(app, "move-plan", "metered", "--customer", "acme", "--customer", initech.customer_id, *WHY, "--yes")
    assert (done.exit_code, done.stdout.splitlines()[-1]) == (0, "2 customers moved."), done.output
    assert [_version(each) for each in (acme, globex, initech)] == [(2, ""), (1, ""), (2, "paid")]
    assert _run(app, "move-plan", "metered", "--plan", "paid").stdout == "Nobody is to be moved.\n"


def test_who_cannot_be_moved_is_named_and_stops_nobody(app: Flask, database: Database, tmp_path: Path) -> None:
    _applied(app, tmp_path, meters.METERED.format(burn="realtime"))
    acme, globex, initech = (meters.customer(each) for each in ("Acme", "Globex", "Initech"))
    meters.move_to_plan(globex.customer_id, "paid")
    _applied(app, tmp_path, meters.dearer_without_paid_and_hours())
    by_hand(database, f"delete from accounts where customer_id = '{acme.customer_id}' and name = 'refunds'")
    done = _run(app, "move-plan", "metered", *WHY, "--yes")
    assert (done.exit_code, "plan_not_moved" in done.stderr) == (1, True)
    assert done.stderr.splitlines()[-3:] == [
        f"{globex.customer_id} stays: Version 2 has no plan paid: say which one they get, with --to.",
        f"{acme.customer_id} stays: Something went wrong, and the log says what. Nothing has changed.",
        "2 customers not moved.",
    ]
    assert [_version(each) for each in (acme, globex, initech)] == [(1, ""), (1, "paid"), (2, "")]
    again = _run(app, "move-plan", "metered", "--customer", "globex", "--to", "free", *WHY, "--yes")
    assert (again.exit_code, _version(globex)) == (0, (2, "free")), again.output


def test_who_stays_is_no_success_before_yes_either(app: Flask, tmp_path: Path) -> None:
    _applied(app, tmp_path, meters.METERED.format(burn="realtime"))
    acme = meters.customer("Acme", plan="paid")
    _applied(app, tmp_path, meters.dearer_without_paid_and_hours())
    stays = [
        f"{acme.customer_id} stays: Version 2 has no plan paid: say which one they get, with --to.",
        "1 customer cannot be moved.",
    ]
    looked = _run(app, "move-plan", "metered", "--plan", "paid")
    assert (looked.exit_code, looked.stdout, looked.stderr.splitlines()) == (1, "Nothing has changed.\n", stays)
    meters.customer("Globex", plan="free")
    assert _run(app, "move-plan", "metered", "--plan", "free").stdout == "Nobody is to be moved.\n"
    given = _run(app, "move-plan", "metered", "--to", "free")
    assert (given.exit_code, given.stdout.splitlines()[-1]) == (
        0,
        "Nothing has changed. Move 1 customer with --yes.",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nowhere",), "There is no such catalog."),
        (("metered", "--to", "golden"), "Version 1 of metered has no plan golden."),
        (("metered", "--plan", "nope"), "No version of metered that is offered or kept has a plan nope."),
        (("metered", "--customer", "nobody"), "metered has no such customer: nobody."),
    ],
)
def test_what_is_not_there_is_named(app: Flask, words: tuple[str, ...], said: str) -> None:
    meters.apply()
    refused = _run(app, "move-plan", *words)
    assert (refused.exit_code, refused.stderr) == (1, f"{said}\n")


def test_apply_catalog_warns_where_a_number_would_be_given_twice_or_a_tax_number_lacks(
    app: Flask, tmp_path: Path
) -> None:
    text = re.sub(r'^(tax_id|number) = ".*"\n', "", (EXAMPLES / "gateway.toml").read_text(), flags=re.MULTILINE)
    (tmp_path / "gateway.png").write_bytes((EXAMPLES / "gateway.png").read_bytes())
    named = [text.replace('name = "gateway"', f'name = "{name}"', 1) for name in ("first", "second")]
    lacks = (
        "Warning: seller.tax_id is missing: invoices with reverse charge, and e-invoices, name the seller's tax number."
    )
    assert _applied(app, tmp_path, named[0])[1:] == [lacks]  # a seller of the US that collects tax of the EU
    has = named[1].replace('country = "US"', 'country = "US"\ntax_id = "EU372022452"', 1)
    said = _applied(app, tmp_path, has)[1:3]
    assert [each.split(" are of one seller")[0] for each in said] == ["Warning: The catalogs second and first"] * 2
    assert "number documents RG-…: the same number would be given twice." in said[0]
    another = has.replace("Relay Networks, Inc.", "Other Networks, Inc.")
    assert not [each for each in _applied(app, tmp_path, another) if "Warning" in each]  # each seller counts its own
