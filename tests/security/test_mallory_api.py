"""Programs of Globex walk every operation with Acme's ids, by a key of its own and by the seller's under its address."""

import re
from urllib.parse import quote

import pytest
from flask import Flask
from sqlalchemy import select

from app.api.contract.openapi import operations_of
from app.domain.authorizations import AuthorizationRequest
from app.domain.people.members import Actor
from app.models.authorizations import Authorization
from app.models.customers import Customer
from app.models.database import Base, CustomerOwned, db
from app.models.documents import Document
from app.models.payments import PaymentMethod
from app.models.scope import as_service
from app.models.webhooks import WebhookDelivery
from app.services import jobs
from app.services.access.api_keys import SELLERS_ONLY
from app.services.authorizations import holds
from app.services.transaction import transaction
from app.services.webhooks import endpoints, log
from tests.support.api import api_for
from tests.support.meters import accept_one
from tests.support.reversals import buys

PARAMETER = re.compile(r"<(\w+)>")
OWN = {"customer_id"}


@pytest.fixture
def ids_of_acme(app: Flask, acme: Customer, alice_actor: Actor) -> dict[str, str]:
    """Acme has bought, holds credit and hears of it: an id of each thing that an address can name."""
    paid = buys(app, alice_actor, 2500)
    accept_one(acme.customer_id, id="launch-of-the-rocket", meter="requests", quantity=4_321)
    holds.authorize(AuthorizationRequest(acme.customer_id, "requests", 1_000))
    with as_service("let Acme's events go to a closed port"), transaction() as session:
        endpoints.put(session, acme.customer_id, "https://127.0.0.1:9/rocket", by=alice_actor.member_id)
    log.send_test(acme.customer_id, by=alice_actor.member_id)
    jobs.run_due()
    with as_service("read Acme's ids"):
        document, method, delivery, hold = (
            db.session.scalars(select(kind.id).where(kind.customer_id == acme.customer_id)).first() or ""
            for kind in (Document, PaymentMethod, WebhookDelivery, Authorization)
        )
    found = {"payment_id": paid.id, "authorization_id": hold, "invoice_id": document}
    return found | {"method_id": method, "delivery_id": delivery}


def everything_of(customer: Customer) -> list[tuple[str, str]]:
    """Return all rows of the customer, as text."""
    tables = [each.class_ for each in Base.registry.mappers if issubclass(each.class_, CustomerOwned)]
    with as_service("read all rows of a customer"):
        return sorted(
            (table.__tablename__, repr(tuple(row)))
            for table in tables
            for row in db.session.execute(
                select(table.__table__).where(table.__table__.c.customer_id == customer.customer_id)
            )
        )


def filled(path: str, values: dict[str, str]) -> str:
    return PARAMETER.sub(lambda found: quote(values.get(found[1], "nothing"), safe=""), path)


def test_no_operation_answers_with_anything_of_another_customer(
    app: Flask, acme: Customer, globex: Customer, ids_of_acme: dict[str, str]
) -> None:
    before, walked = everything_of(acme), set()
    own, seller = api_for(app, customer=globex), api_for(app)
    for each in operations_of(app):
        names = set(each.parameters)
        if not names:
            continue
        of_acme = filled(each.path, ids_of_acme | {"customer_id": acme.customer_id})
        beside = filled(each.path, ids_of_acme | {"customer_id": globex.customer_id})
        asked = [(own, of_acme)]
        if "customer_id" in names and names - OWN:
            asked += [(own, beside), (seller, beside)]
        for program, path in asked:
            answer = program.open(each.method, path, json={})
            refusals = {403} if each.scope in SELLERS_ONLY and program is own else {404, 422, 403}
            assert answer.status_code in refusals, (each.method, path, answer.text)
            assert "acme" not in answer.text.lower().replace(acme.customer_id.lower(), ""), (each.method, path)
        walked.add(each.path)
    assert {name for path in walked for name in PARAMETER.findall(path)} >= {*ids_of_acme, "customer_id"}
    assert everything_of(acme) == before


def test_no_list_of_another_customers_key_has_anything_of_acme(
    app: Flask, acme: Customer, globex: Customer, ids_of_acme: dict[str, str]
) -> None:
    own = api_for(app, customer=globex)
    for each in operations_of(app):
        if each.method != "GET" or set(each.parameters) - OWN:
            continue
        for query in ({}, {"customer": acme.customer_id}, {"customer": "acme"}, {"external_id": "acme"}):
            answer = own.open("GET", filled(each.path, {"customer_id": globex.customer_id}), query_string=query)
            said = answer.get_data(as_text=True).lower()
            assert "acme" not in said.replace(acme.customer_id.lower(), ""), (each.path, query)
            assert not any(found.lower() in said for found in ids_of_acme.values()), (each.path, query)
