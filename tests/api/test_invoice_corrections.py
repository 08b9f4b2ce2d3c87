"""Corrections of invoices by the API: previewed, confirmed by the preview's mark, once, and refused in words."""

from typing import Any

import pytest
from flask import Flask

from app.domain.people.members import Actor
from app.models.customers import Customer
from tests.support.api import api_for, problem_of
from tests.support.documents import documents_of
from tests.support.reversals import buys

OSLO: dict[str, Any] = {
    "company": "Acme AS", "line1": "Karl Johans gate 1", "city": "Oslo", "postal_code": "0154", "country": "no", "po_number": "7",
}  # fmt: skip


@pytest.mark.both_databases
def test_a_preview_is_confirmed_once(app: Flask, acme: Customer, alice_actor: Actor) -> None:
    buys(app, alice_actor, 2500)
    (wrong,) = documents_of(acme)
    api, path = api_for(app), f"/customers/{acme.customer_id}/invoices/{wrong.id}"
    answer = api_for(app, "billing:read").post(f"{path}/corrections/preview", OSLO)
    seen = answer.get_json()
    mark = seen.pop("preview")
    assert (answer.status_code, seen) == (200, {
        "currency": "USD", "tax_minor": 0, "new_tax_minor": 0, "total_minor": 2500, "new_total_minor": 2500,
        "difference_minor": 0, "taken_over_minor": 2500, "due_minor": 0, "tax_category": "O", "tax_reason": "outside", "sold_on": f"{wrong.issued_at:%Y-%m-%d}",
    })  # fmt: skip
    gone = api.post(f"{path}/corrections", OSLO | {"po_number": "8", "preview": mark})
    assert problem_of(gone) == (409, "preview_gone_by")
    made = [api.post(f"{path}/corrections", OSLO | {"preview": mark}) for _twice in range(2)]
    assert [each.status_code for each in made] == [201, 201]
    assert made[0].get_json() == made[1].get_json()
    _wrong, note, right = documents_of(acme)
    assert (made[0].get_json()["credit_note"], made[0].get_json()["replacement"]) == (note.id, right.id)
    assert api.get(path).get_json()["replaced_by"] == right.id
    assert api.get(f"/customers/{acme.customer_id}/invoices/{right.id}").get_json()["replaces"] == wrong.id
    again = api.post(f"{path}/corrections/preview", OSLO)
    assert problem_of(again) == (409, "corrected_already")
    empty = api.post(f"/customers/{acme.customer_id}/invoices/{right.id}/corrections/preview", OSLO | {"line1": ""})
    assert [each["field"] for each in empty.get_json()["errors"]] == ["line1"]
    unknown = api.post(
        f"/customers/{acme.customer_id}/invoices/{right.id}/corrections/preview", OSLO | {"tax_registration": "reg_0"}
    )
    assert (problem_of(unknown), unknown.get_json()["errors"][0]["field"]) == (
        (422, "registration_unknown"), "tax_registration",
    )  # fmt: skip
