"""Statement, pro-forma and mandate by the API: asked for, made once, kept, and nobody else's."""

from datetime import timedelta

import pytest
from flask import Flask

from app import clock
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.bank_transfers import orders
from app.services.papers import papers
from tests.support import methods
from tests.support import papers as sold
from tests.support.api import api_for, problem_of
from tests.support.pdfs import text_of

JANUARY = {"from": "2026-01-01", "to": "2026-01-31"}


@pytest.mark.both_databases
def test_a_statement_is_asked_for_once_and_read_when_it_is_made(
    app: Flask, drawing: Renderer, acme: Customer, globex: Customer
) -> None:
    api, path = api_for(app, "billing:read"), f"/customers/{acme.customer_id}/statement/pdf"
    made = api.post(path, JANUARY)
    assert (made.status_code, made.get_json()["from"], made.get_json()["to"]) == (202, "2026-01-01", "2026-01-31")
    paper = made.get_json()["id"]
    assert problem_of(api.get(f"{path}/{paper}")) == (409, "file_not_made")
    assert api.post(path, JANUARY).get_json()["id"] == paper
    assert papers.make_due() == 1
    answer = api.get(f"{path}/{paper}")
    assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
    assert "1 Jan 2026 – 31 Jan 2026" in text_of(answer.data)
    again = api.open("GET", f"{path}/{paper}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert problem_of(api.get(f"/customers/{globex.customer_id}/statement/pdf/{paper}"))[0] == 404
    assert problem_of(api_for(app, customer=globex).get(f"{path}/{paper}"))[0] in {403, 404}
    assert problem_of(api_for(app, "usage:write").post(path, JANUARY))[0] == 403


@pytest.mark.parametrize(
    ("body", "refused"),
    [
        ({"from": "2026-02-01", "to": "2026-01-31"}, (422, "days_out_of_order")),
        ({"from": "2026-02-30", "to": "2026-03-01"}, (422, "day_malformed")),
        ({"from": "２０２６-02-01", "to": "2026-03-01"}, (422, "day_malformed")),
        ({"from": "2026-02-01"}, (422, "validation_failed")),
    ],
)
def test_days_that_are_none_are_refused(
    app: Flask, drawing: Renderer, acme: Customer, body: dict[str, str], refused: tuple[int, str]
) -> None:
    assert problem_of(api_for(app).post(f"/customers/{acme.customer_id}/statement/pdf", body)) == refused
    assert papers.make_due() == 0


def test_a_pro_forma_is_there_while_and_after_it_waits_and_never_where_it_was_not_made(
    app: Flask, drawing: Renderer, globex: Customer
) -> None:
    whose, actor = sold.customer()
    made, never = sold.orders(actor), sold.orders(actor)
    api, path = api_for(app, "billing:read"), f"/customers/{whose.customer_id}/pro_formas"
    assert problem_of(api.get(f"{path}/{made.id}/pdf")) == (409, "file_not_made")
    papers.make_due()
    first = api.get(f"{path}/{made.id}/pdf")
    with as_customer(whose.customer_id):
        for each in (made, never):
            orders.give_up(actor, each.id)
    with clock.at(clock.now() + timedelta(days=4000)):
        assert api.get(f"{path}/{made.id}/pdf").data == first.data, "the same for ever"
    assert problem_of(api.get(f"{path}/{never.id}/pdf")) == (404, "not_offered")
    with as_customer(whose.customer_id):
        paper = papers.find(papers.PRO_FORMA, made.id)
    assert paper is not None
    assert problem_of(api.get(f"/customers/{whose.customer_id}/statement/pdf/{paper.id}"))[0] == 404
    assert problem_of(api.get(f"/customers/{globex.customer_id}/pro_formas/{made.id}/pdf"))[0] == 404


def test_mandates_are_listed_and_read(app: Flask, drawing: Renderer, acme: Customer, alice_actor: Actor) -> None:
    whose, actor = methods.initech()
    methods.begins(actor, methods.ACCOUNT)
    api, path = api_for(app, "billing:read"), f"/customers/{whose.customer_id}/payment_methods/mandates"
    (mandate,) = api.get(path).get_json()["data"]
    assert mandate["account"] == "Bank account (IBAN) ending in 3000"
    place = f"{path}/{mandate['id']}/pdf"
    assert problem_of(api.get(place)) == (409, "file_not_made")
    papers.make_due()
    assert "SEPA Direct Debit Mandate" in " ".join(text_of(api.get(place).data).split())
    other = f"/customers/{acme.customer_id}/payment_methods/mandates"
    assert api.get(other).get_json()["data"] == []
    assert problem_of(api.get(f"{other}/{mandate['id']}/pdf"))[0] == 404
