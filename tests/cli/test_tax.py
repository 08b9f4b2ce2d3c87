"""The seller keeps certificates of exemption that were looked at: who, what and where, and what cannot be one line."""

import json

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import select

from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_service
from app.models.tax import TaxRegistration
from tests.support.client import outside_contexts


def run(app: Flask, customer: Customer, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(
            args=[
                "portal",
                "add-exemption",
                "--customer",
                customer.customer_id,
                "--value",
                "EX-7",
                "--by",
                "jane",
                *words,
            ]
        )


def test_a_certificate_is_kept_with_who_has_seen_it(app: Flask, acme: Customer) -> None:
    done = run(
        app, acme, "--country", "fr", "--country", "PT-20", "--expires", "2027-12-31", "--reason", "Letter of 3 May"
    )
    assert (done.exit_code, done.stderr) == (0, "")
    with as_service("look"):
        row = db.session.get_one(TaxRegistration, done.output.strip())
        assert (row.kind, row.state, row.territories, str(row.expires_on)) == (
            "exemption",
            "verified",
            "FR PT-20",
            "2027-12-31",
        )
        kept = db.session.scalars(select(AuditEntry).where(AuditEntry.subject == row.id)).one()
    assert (kept.actor, json.loads(kept.after)["reason"]) == ("jane", "Letter of 3 May")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--country", "PT-99", "--reason", "x"), "PT-99 is no country"),
        (("--country", "QQ", "--reason", "x"), "QQ is no country"),
        (("--country", "FR", "--expires", "soon", "--reason", "x"), "Give the last day as"),
        (("--country", "FR", "--expires", "2020-01-01", "--reason", "x"), "2020-01-01 is over"),
        (("--country", "FR", "--reason", " "), "Say who has verified"),
    ],
)
def test_what_is_none_is_one_line(app: Flask, acme: Customer, words: tuple[str, ...], said: str) -> None:
    done = run(app, acme, *words)
    assert done.exit_code != 0
    assert said in done.stderr
    assert "Traceback" not in done.stderr
