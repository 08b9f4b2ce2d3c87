"""What tests of webhooks out begin with: settings that let a receiver on this machine be named, and facts to write events for."""

import pytest

from app.config import Settings
from app.models.scope import as_customer, as_service
from app.models.webhooks import WebhookDelivery
from app.services.outbox import events
from app.services.transaction import transaction
from app.services.webhooks import deliveries, endpoints, fan_out, log
from tests.support import databases
from tests.support.databases import Database


@pytest.fixture
def settings(database: Database) -> Settings:
    """Settings with which this machine itself may be named."""
    return databases.settings_for(database, webhooks_allow_loopback=True)


def write_events(customer_id: str, *facts: str, event_type: str = "balance.low") -> None:
    """Write events about the customer, each in a transaction of its own."""
    for fact in facts:
        with as_service("write an event"), transaction() as session:
            events.write(session, customer_id, event_type, fact, {"fact": fact})


def send() -> int:
    """Do once what the worker does: fan out events, and send what is due."""
    fan_out.spread_due()
    return deliveries.send_due()


def log_of(customer_id: str) -> list[log.Delivery]:
    """Return the deliveries of the customer to any endpoint, the oldest first."""
    with as_service("look at the log"):
        return log.listed(customer_id=customer_id, limit=200)[::-1]


def only(customer_id: str) -> log.Delivery:
    """Return the one delivery of the customer."""
    (found,) = log_of(customer_id)
    return found


def tries(delivery: log.Delivery) -> list[log.Attempt]:
    """Return its tries."""
    with as_service("look at the log"):
        return log.attempts(delivery)


def secret_of(customer_id: str) -> str:
    """Return the secret of the customer's endpoint."""
    with as_customer(customer_id):
        return endpoints.secret(customer_id)


def put_aside(delivery: log.Delivery) -> None:
    """Let the delivery have failed for good."""
    with as_service("put a delivery aside"), transaction() as session:
        session.get_one(WebhookDelivery, delivery.id).state = "dead"
