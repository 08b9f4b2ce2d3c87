"""A customer's webhook address: checked when it is saved, kept with an encrypted secret, and one for each customer."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, text

from app import clock
from app.domain.errors import NotFound, Refused
from app.models.customers import Customer
from app.models.database import db
from app.models.events import AuditEntry
from app.models.scope import as_customer, as_service
from app.models.webhooks import WebhookEndpoint
from app.services import encryption
from app.services.transaction import transaction
from app.services.webhooks import endpoints, seller_endpoints
from tests.support.webhook_cast import log_of, secret_of, send, settings, write_events

__all__ = ["settings"]
HOOK, OTHER = "http://127.0.0.1:9/hook", "http://127.0.0.1:9/other"


def row(customer: Customer) -> WebhookEndpoint:
    with as_service("look at the row"):
        found = select(WebhookEndpoint).where(WebhookEndpoint.customer_id == customer.customer_id)
        return db.session.scalars(found.execution_options(populate_existing=True)).one()


def actions(customer: Customer) -> list[str]:
    with as_service("look at the audit"):
        entries = select(AuditEntry).where(AuditEntry.customer_id == customer.customer_id).order_by(AuditEntry.id)
        return [each.action for each in db.session.scalars(entries) if each.action.startswith("webhook.")]


def test_a_saved_address_gets_a_secret_that_no_table_holds(app: Flask, acme: Customer) -> None:
    endpoint = endpoints.save(acme.customer_id, f"  {HOOK} ", by="alice")
    assert endpoint is not None and (endpoint.url, endpoint.active) == (HOOK, True)
    secret = secret_of(acme.customer_id)
    assert secret.startswith("whsec_") and len(secret) == 50
    assert secret.removeprefix("whsec_") not in row(acme).secret_sealed
    assert actions(acme) == ["webhook.changed"]


def test_another_address_keeps_the_secret_and_the_same_again_changes_nothing(app: Flask, acme: Customer) -> None:
    first = endpoints.save(acme.customer_id, HOOK, by="alice")
    secret = secret_of(acme.customer_id)
    second = endpoints.save(acme.customer_id, OTHER, by="alice")
    assert first is not None and second is not None
    assert (second.id, second.url, secret_of(acme.customer_id)) == (first.id, OTHER, secret)
    assert endpoints.save(acme.customer_id, OTHER, by="alice") == second
    assert actions(acme) == ["webhook.changed"] * 2


def test_no_address_ends_it_and_what_waited_is_dropped(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one")
    assert send() == 1  # nobody listens there
    assert endpoints.save(acme.customer_id, "", by="alice") is None
    (waited,) = log_of(acme.customer_id)
    assert (waited.state, waited.problem) == ("dropped", "The address was removed.")
    assert endpoints.save(acme.customer_id, "", by="alice") is None
    assert actions(acme) == ["webhook.changed"] * 2


def test_the_next_address_after_none_keeps_the_secret_and_receives_what_comes_then(app: Flask, acme: Customer) -> None:
    with clock.at(clock.now() - timedelta(minutes=2)):
        endpoints.save(acme.customer_id, HOOK, by="alice")
        secret = secret_of(acme.customer_id)
        endpoints.save(acme.customer_id, "", by="alice")
    with as_customer(acme.customer_id), pytest.raises(NotFound):
        endpoints.secret(acme.customer_id)
    with pytest.raises(NotFound):
        endpoints.rotate(acme.customer_id, by="alice")
    with clock.at(clock.now() - timedelta(minutes=1)):
        write_events(acme.customer_id, "between")
    endpoints.save(acme.customer_id, OTHER, by="alice")
    assert secret_of(acme.customer_id) == secret
    write_events(acme.customer_id, "after")
    send()
    assert ['"fact":"after"' in each.body for each in log_of(acme.customer_id)] == [True]


@pytest.mark.case("AC-61")
@pytest.mark.parametrize("url", ["https://10.0.0.1/", "http://example.com/", "nonsense", "https://169.254.169.254/"])
def test_an_address_that_is_refused_changes_nothing(app: Flask, acme: Customer, url: str) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    with pytest.raises(Refused):
        endpoints.save(acme.customer_id, url, by="mallory")
    assert row(acme).url == HOOK
    assert actions(acme) == ["webhook.changed"]


def test_nobody_sees_anothers_address_or_secret(app: Flask, acme: Customer, globex: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    with as_customer(globex.customer_id):
        assert endpoints.of(acme.customer_id) is None
        with pytest.raises(NotFound):
            endpoints.secret(acme.customer_id)


def test_a_secret_opens_only_for_its_own_row_and_with_its_own_key(app: Flask, acme: Customer, globex: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    endpoints.save(globex.customer_id, HOOK, by="mallory")
    moved = {"encrypted": row(acme).secret_sealed, "customer": globex.customer_id}
    with as_service("move a secret"), transaction() as session:
        session.execute(
            text("update webhook_endpoints set secret_sealed = :encrypted where customer_id = :customer"), moved
        )
    with pytest.raises(Refused) as refused:
        secret_of(globex.customer_id)
    assert refused.value.reason == "secret_unreadable"
    text_of = encryption.encrypt("a secret", "whk_1")
    assert encryption.decrypt(text_of, "whk_1") == "a secret"
    assert text_of != encryption.encrypt("a secret", "whk_1")
    for wrong in ("", "s1.", "s1.%%%", text_of[:-4], text_of.replace("s1.", "s1.AAAA")):
        with pytest.raises(encryption.CannotDecrypt):
            encryption.decrypt(wrong, "whk_1")


def test_an_event_whose_secret_cannot_be_read_is_not_sent_and_says_so(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    with as_service("break a secret"), transaction() as session:
        session.execute(text("update webhook_endpoints set secret_sealed = 's1.AAAA'"))
    write_events(acme.customer_id, "one")
    assert send() == 1
    (found,) = log_of(acme.customer_id)
    assert (found.state, found.problem) == ("pending", "Its signing secret cannot be read: make a new one.")
    endpoints.rotate(acme.customer_id, by="alice")
    assert secret_of(acme.customer_id).startswith("whsec_")
    with clock.at(clock.now() + timedelta(minutes=1)):
        assert send() == 1
    assert log_of(acme.customer_id)[0].problem == "The connection failed."


def test_the_seller_has_endpoints_for_all_customers_and_for_the_types_it_names(
    app: Flask, acme: Customer, globex: Customer
) -> None:
    everything, _secret = seller_endpoints.create(HOOK, [])
    some, _other = seller_endpoints.create(OTHER, ["payment.failed"])
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one")
    write_events(globex.customer_id, "two", event_type="payment.failed")
    send()
    sent = {
        (each.type, each.endpoint_id, each.to_seller)
        for each in [*log_of(acme.customer_id), *log_of(globex.customer_id)]
    }
    own = row(acme).id
    assert sent == {
        ("balance.low", everything.id, True),
        ("balance.low", own, False),
        ("payment.failed", everything.id, True),
        ("payment.failed", some.id, True),
    }


def test_a_customer_does_not_receive_the_sellers_events(app: Flask, acme: Customer) -> None:
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "one", event_type="payment.needs_review")
    assert send() == 0
    assert log_of(acme.customer_id) == []


def test_an_endpoint_does_not_receive_what_was_before_it(app: Flask, acme: Customer) -> None:
    with clock.at(clock.now() - timedelta(seconds=1)):
        write_events(acme.customer_id, "before")
    endpoints.save(acme.customer_id, HOOK, by="alice")
    write_events(acme.customer_id, "after")
    send()
    assert ['"fact":"after"' in each.body for each in log_of(acme.customer_id)] == [True]


def test_one_request_key_makes_one_endpoint(app: Flask) -> None:
    first = seller_endpoints.create(HOOK, [], request_key="key_1:a")
    assert seller_endpoints.create(HOOK, [], request_key="key_1:a") == first
    with pytest.raises(Refused) as refused:
        seller_endpoints.create(OTHER, [], request_key="key_1:a")
    assert (refused.value.status, refused.value.reason) == (409, "idempotency_key_reused")
    assert len(seller_endpoints.listed()) == 1


def test_there_are_only_so_many_endpoints(app: Flask) -> None:
    for number in range(seller_endpoints.MOST):
        seller_endpoints.create(f"{HOOK}/{number}", [])
    with pytest.raises(Refused) as refused:
        seller_endpoints.create(HOOK, [])
    assert refused.value.reason == "too_many_endpoints"
