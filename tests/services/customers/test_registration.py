"""Customers: created whole, or refused with a sentence."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from app.domain.errors import Refused
from app.domain.money import Credits
from app.models.database import db
from app.models.events import AuditEntry
from app.models.ledger import Grant
from app.models.scope import as_customer, as_service
from app.services.balance import history
from app.services.customers import registration
from app.services.verification.verify import verify
from tests.support.cast import CATALOG


@pytest.mark.usefixtures("catalog")
def test_a_new_customer_has_nothing_unless_the_trial_is_given(app: Flask) -> None:
    plain = registration.create(name="Plain", email="billing@plain.example", catalog=CATALOG)
    tried = registration.create(name="Tried", email="billing@tried.example", catalog=CATALOG, trial=True)
    with as_customer(plain.customer_id):
        assert history.numbers().total_credits == Credits(0)
    with as_customer(tried.customer_id):
        assert history.numbers().remaining_credits == Credits(10_000_000)
    with as_service("look at the trial"):
        grant = db.session.scalars(select(Grant).where(Grant.customer_id == tried.customer_id)).one()
        assert grant.kind == "trial" and grant.expires_at == tried.created_at + timedelta(days=90)
        noted = db.session.scalars(select(AuditEntry.action).where(AuditEntry.customer_id == tried.customer_id)).all()
    assert noted == ["customer.created"]
    assert verify() == []


@pytest.mark.usefixtures("catalog")
def test_an_external_id_is_taken_once(app: Flask) -> None:
    registration.create(name="One", email="a@one.example", catalog=CATALOG, external_id="x-1")
    with pytest.raises(Refused, match="external id already"):
        registration.create(name="Two", email="a@two.example", catalog=CATALOG, external_id="x-1")


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize(
    ("name", "email"), [("", "a@b.example"), ("x" * 201, "a@b.example"), ("A\x00", "a@b.example"), ("A", "nobody")]
)
def test_a_malformed_customer_is_refused(app: Flask, name: str, email: str) -> None:
    with pytest.raises(Refused) as refused:
        registration.create(name=name, email=email, catalog=CATALOG)
    assert refused.value.status == 422


@pytest.mark.usefixtures("catalog")
@pytest.mark.parametrize("text", ["a\r\nb", "a\x00b", "a\N{RIGHT-TO-LEFT OVERRIDE}b", "a\N{ZERO WIDTH SPACE}b"])
def test_what_cannot_be_seen_is_refused_in_words_of_its_own(app: Flask, text: str) -> None:
    words = "has a line break or another character that cannot be seen"
    with pytest.raises(Refused, match=f"The name {words}") as refused:
        registration.create(name=text, email="a@b.example", catalog=CATALOG)
    assert (refused.value.status, refused.value.field) == (422, "name")
    with pytest.raises(Refused, match=f"The external id {words}"):
        registration.create(name="A", email="a@b.example", catalog=CATALOG, external_id=text)


def test_a_catalog_that_was_never_applied_is_refused(app: Flask) -> None:
    with pytest.raises(Refused):
        registration.create(name="A", email="a@b.example", catalog="nowhere")
