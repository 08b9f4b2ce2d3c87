"""What Enter presses without scripts, and what a form knows of what is saved, on the pages about invoices."""

import pytest

from app.domain.people.members import Actor
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.tax import registrations
from tests.support.browser import Browser

ADDRESS = "/billing/invoice-address/"


def test_enter_saves_the_address_and_does_not_ask_for_another_countrys_fields(alice: Browser) -> None:
    first = alice.opens(ADDRESS).soup.select("#invoice_address-form button[type=submit]")[0]
    assert first.get("formaction") is None
    assert (first.get_text(), first["aria-hidden"]) == ("Save changes", "true")


@pytest.mark.parametrize(
    ("path", "form", "fields"),
    [
        (ADDRESS, "#invoice_address-form", {"company": "Acme", "line1": "", "country": "", "po_number": ""}),
        (
            "/billing/invoice-notifications/",
            "#invoice_notifications-form",
            {"billing_email": "billing@acme.example", "new_email": ""},
        ),
    ],
)
def test_a_form_knows_what_is_saved_so_that_it_can_say_what_is_not(
    alice: Browser, acme: Customer, path: str, form: str, fields: dict[str, str]
) -> None:
    page = alice.opens(path)
    known = {str(each["name"]): str(each["data-saved"]) for each in page.soup.select(f"{form} [data-saved]")}
    expected = {name: acme.email if name == "billing_email" else value for name, value in fields.items()}
    assert expected.items() <= known.items()


def test_who_removes_a_certificate_is_warned_that_tax_is_added(
    alice: Browser, acme: Customer, alice_actor: Actor
) -> None:
    with as_customer(acme.customer_id):
        row = registrations.add_exemption(
            acme.customer_id, value="EX-1", territories=("DE",), expires_on=None, by="seller", reason="Seen"
        )
    words = alice.opens(f"/billing/tax/?remove={row.id}").find("#tax_settings-removal").text
    assert "Tax may be added to what you buy from then on." in words
    assert "has to verify it again if you send it again" in words
