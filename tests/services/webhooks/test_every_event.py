"""Every event that there is: documented, caused by an action, and seen by a receiver with its documented fields."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from flask import Flask
from standardwebhooks import Webhook

from app import clock
from app.domain.errors import Broken
from app.domain.webhooks import CUSTOMER_TYPES, TYPES
from app.models.customers import Customer
from tests.support import tiers
from tests.support.api import api_for
from tests.support.event_stories import Stage, Story
from tests.support.events_of_stories import OF_STORIES
from tests.support.periods import BEGIN
from tests.support.receiver import Received, Receiver, receiving
from tests.support.webhook_cast import settings, write_events

__all__ = ["settings"]
DOCUMENT = (tiers.ROOT / "docs" / "webhooks.md").read_text()
NAME = re.compile(r"`([a-z_]+\.[a-z0-9_]+)`")
FIELD = re.compile(r"`([a-z_]+)`(\?)?")


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Receiver]:
    """A host that takes what every test here is sent, each at an address of its own."""
    with receiving(tmp_path_factory.mktemp("receiver")) as running:
        yield running


def section(title: str) -> list[list[str]]:
    """Return the cells of the table's rows below a heading."""
    text = DOCUMENT.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    rows = [line.strip("|").split(" | ") for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in row] for row in rows]


def documented() -> dict[str, str]:
    """Return each event of the documentation, and whom it is sent to."""
    return {name: row[1] for row in section("Events") for name in NAME.findall(row[0])}


def documented_fields() -> dict[str, dict[str, bool]]:
    """Return the fields that `data` has beside `customer`, by event, and whether each is there always."""
    found: dict[str, dict[str, bool]] = {}
    for row in section("What `data` has"):
        fields = {name: not maybe for name, maybe in FIELD.findall(row[1])}
        found |= dict.fromkeys(NAME.findall(row[0]), fields)
    return found


def test_the_list_of_events_is_the_documented_one_and_each_has_a_story() -> None:
    caused = sorted(each for types in OF_STORIES.values() for each in types)
    assert caused == sorted(TYPES)
    names = documented()
    assert sorted(names) == sorted([*TYPES, "webhook.test"])
    assert {name for name, to in names.items() if to == "seller, customer"} == set(CUSTOMER_TYPES)
    assert sorted(documented_fields()) == sorted(TYPES)


def test_what_is_not_in_the_list_is_not_written(app: Flask, acme: Customer) -> None:
    with pytest.raises(Broken, match=r"invoice\.lost is missing in the list"):
        write_events(acme.customer_id, "one", event_type="invoice.lost")


@pytest.mark.parametrize("story", tiers.some(6, OF_STORIES, [each.__name__ for each in OF_STORIES]))
def test_each_event_is_seen_by_a_receiver(app: Flask, receiver: Receiver, story: Story) -> None:
    api, place = api_for(app), f"200?{story.__name__}"
    with clock.at(BEGIN):
        secret = api.post("/webhook_endpoints", {"url": receiver.url(place)}).get_json()["secret"]
    story(Stage(app, api))
    heard = [each for each in receiver.requests() if each.path == f"/{place}"]
    assert all(signature(secret, each) == each.headers["webhook-signature"] for each in heard)
    by_type: dict[str, list[dict[str, Any]]] = {}
    for each in heard:
        by_type.setdefault(each.event["type"], []).append(each.event["data"])
    assert set(OF_STORIES[story]) <= set(by_type)
    fields = documented_fields()
    for event_type, data in by_type.items():
        assert wrong(data, fields[event_type]) == [], event_type
        assert [said for said in map(str, data) if re.search(r"\+00:00|\d\.\d+Z", said)] == [], event_type


def signature(secret: str, received: Received) -> str:
    """Sign what came as a receiver's library does; its own check would ask the real clock whether it is new."""
    sent = datetime.fromtimestamp(int(received.headers["webhook-timestamp"]), UTC)
    return Webhook(secret).sign(received.headers["webhook-id"], sent, received.body)


def wrong(data: list[dict[str, Any]], fields: dict[str, bool]) -> list[str]:
    """Return the fields that are there and not documented, or documented and not there."""
    allowed, always = {*fields, "customer"}, {"customer", *(name for name, is_always in fields.items() if is_always)}
    return sorted({name for each in data for name in (each.keys() - allowed) | (always - each.keys())})
