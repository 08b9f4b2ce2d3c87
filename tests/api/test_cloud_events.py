"""CloudEvents 1.0 at POST /v1/usage_events: structured, in batches and binary, counted once, and never with a made-up time."""

import json
import os
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import TestResponse

from app import clock
from app.models.customers import Customer
from tests.support import meters
from tests.support.api import Api, api_for, problem_of
from tests.support.server import Server

ONE, MANY = "application/cloudevents+json", "application/cloudevents-batch+json"
NOW = clock.now().replace(microsecond=0)
EVENT: dict[str, Any] = {
    "specversion": "1.0", "id": "req-1", "source": "/gateway/eu", "type": "requests", "subject": "acme",
    "time": NOW.isoformat().replace("+00:00", "Z"), "data": {"value": 12, "model": "large"},
}  # fmt: skip
COUNTED = {"accepted": 1, "duplicates": 0, "rejected": []}
AGAIN = {"accepted": 0, "duplicates": 1, "rejected": []}
RULES = """
[[usage.events]]
type = "com.example.completion"
meter = "requests"
quantity = "total_tokens"
subject = "user"
"""


@pytest.fixture
def metered(app: Flask) -> Customer:
    """Acme, on the catalog with all kinds of meters."""
    meters.apply()
    return meters.customer("Acme")


def send(api: Api, body: object, kind: str = ONE, **headers: str) -> TestResponse:
    return api.open("POST", "/usage_events", data=json.dumps(body), headers={"Content-Type": kind, **headers})


def without(*names: str, **more: object) -> dict[str, Any]:
    return {name: value for name, value in EVENT.items() if name not in names} | more


def used(api: Api, customer: Customer, meter: str = "requests") -> int:
    found = api.get(f"/customers/{customer.customer_id}/usage").get_json()["meters"]
    return int(next(each["used"] for each in found if each["meter"] == meter))


@pytest.mark.both_databases
def test_an_event_counts_once_in_whichever_mode_it_is_sent(api: Api, metered: Customer) -> None:
    assert send(api, EVENT).get_json() == COUNTED
    assert send(api, EVENT, "application/json").get_json() == AGAIN
    assert send(api, [EVENT], MANY).get_json() == AGAIN
    binary = {f"ce-{name}": EVENT[name] for name in ("specversion", "id", "source", "type", "subject", "time")}
    assert send(api, EVENT["data"], "application/json", **binary).get_json() == AGAIN
    assert used(api, metered) == 12
    other = send(api, without("source", source="/gateway/us"))
    assert other.get_json() == COUNTED  # the same id of another source is another event
    changed = send(api, without("data", data={"value": 13}))
    assert problem_of(changed) == (409, "id_reused")


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (without("id"), "id"),
        (without("time"), "time"),
        (without("time", time=None), "time"),
        (without("time", time="2026-11-21T12:00:00"), "time"),
        (without("source"), "source"),
        (without("source", source="a b"), "source"),
        (without("type"), "type"),
        (without("subject"), "subject"),
        (without("specversion", specversion="0.3"), "specversion"),
        (without("data", data={"value": 1.5}), "data.value"),
        (without("data", data={"value": True}), "data.value"),
        (without("data", data={"value": -1}), "data.value"),
        (without("data", data={"value": "1e3"}), "data.value"),
        (without("data", data={}), "data.value"),
        (without("data", data={"value": 1, "subject": 7}), "data.subject"),
        (without("data", data="12"), "data"),
        (without("data", datacontenttype="text/xml", data={"value": 1}), "datacontenttype"),
        (without("source", source="/" + "x" * 198), "id"),
    ],
)
def test_what_cannot_be_counted_names_its_attribute_alone_and_in_a_batch(
    api: Api, metered: Customer, event: dict[str, Any], field: str
) -> None:

    answer = send(api, event)
    assert problem_of(answer)[0] == 422, answer.text
    assert [each["field"] for each in answer.get_json()["errors"]] == [field]
    good = without("id", id="good")
    batch = send(api, [event, good], MANY).get_json()
    assert (batch["accepted"], batch["duplicates"]) == (1, 0)
    assert [(each["index"], each["detail"].partition(":")[0]) for each in batch["rejected"]] == [(0, field)]
    assert used(api, metered) == 12


def test_whole_numbers_are_read_however_they_are_written(api: Api, metered: Customer) -> None:
    for number, value in enumerate([7, 7.0, "7"]):
        assert send(api, without("id", "data", id=str(number), data={"value": value})).get_json() == COUNTED
    assert used(api, metered) == 21


def test_the_catalog_says_which_meter_counts_a_type_and_where_its_quantity_stands(api: Api, metered: Customer) -> None:
    assert problem_of(send(api, without("type", type="com.example.completion"))) == (422, "unknown_meter")
    meters.apply(more=RULES)
    event = without("type", "data", type="com.example.completion", data={"total_tokens": 90, "user": "ada"})
    assert send(api, event).get_json() == COUNTED
    assert used(api, metered) == 90


def test_a_stranger_and_anothers_key_learn_nothing(app: Flask, metered: Customer, globex: Customer) -> None:
    other = api_for(app, customer=globex)
    assert problem_of(send(other, EVENT)) == (422, "unknown_customer")
    assert send(other, [EVENT], MANY).get_json()["rejected"][0]["reason"] == "unknown_customer"


@pytest.mark.parametrize(
    ("raw", "kind"),
    [("[" * 2_000, MANY), ("[]", MANY), ("{", ONE), ('{"a":NaN}', "application/json"), ("", ONE), ("[1]", MANY)],
)
def test_what_is_no_event_is_refused_or_rejected(api: Api, metered: Customer, raw: str, kind: str) -> None:
    headers = {"Content-Type": kind, **({"ce-specversion": "1.0"} if kind == "application/json" else {})}
    answer = api.open("POST", "/usage_events", data=raw, headers=headers)
    if raw == "[1]":
        assert [each["reason"] for each in answer.get_json()["rejected"]] == ["malformed"]
    else:
        assert problem_of(answer)[0] in {400, 422}


def test_headers_are_percent_encoded(api: Api, metered: Customer) -> None:
    headers = {f"ce-{name}": str(EVENT[name]) for name in ("specversion", "source", "type", "subject", "time")}
    assert send(api, {"value": 1}, "application/json", **headers, **{"ce-id": "caf%C3%A9"}).get_json() == COUNTED
    assert send(api, without("id", "data", id="café", data={"value": 1})).get_json() == AGAIN
    assert problem_of(send(api, {"value": 1}, "application/json", **headers, **{"ce-id": "%FF"}))[0] == 400
    twice = api.open(
        "POST",
        "/usage_events",
        data='{"value": 1}, "subject": "other"',
        headers={"Content-Type": "application/json", **headers, "ce-id": "two"},
    )
    assert problem_of(twice)[0] == 400


@pytest.mark.parametrize("lacks", [("specversion",), ("id", "time")])
def test_an_event_in_headers_names_those_that_are_missing(api: Api, metered: Customer, lacks: tuple[str, ...]) -> None:
    names = ("specversion", "id", "source", "type", "subject", "time")
    headers = {f"ce-{name}": str(EVENT[name]) for name in names if name not in lacks}
    answer = send(api, {"value": 1}, "application/json", **headers)
    assert problem_of(answer) == (422, "validation_failed")
    assert [each["field"] for each in answer.get_json()["errors"]] == [f"ce-{name}" for name in lacks]
    assert used(api, metered) == 0


@pytest.mark.proof
def test_the_documented_curl_is_counted_by_the_running_portal(
    api: Api, metered: Customer, live_server: Server, tmp_path: Path
) -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    (command,) = re.findall(r"```console\n(curl [^`]*cloudevents[^`]*)```", text)
    for written, here in (
        ("https://billing.example.com", live_server.url), ("2026-11-21T11:59:58Z", EVENT["time"]), ("org-17", "acme"),
    ):  # fmt: skip
        assert written in command
        command = command.replace(written, here)
    env = {**os.environ, "PURSER_KEY": api.key}
    for expected in (COUNTED, AGAIN):
        done = subprocess.run(["sh", "-c", command], env=env, capture_output=True, text=True, check=True)  # noqa: S607
        assert json.loads(done.stdout) == expected
    assert used(api, metered) == 12


def test_the_documented_curl_is_counted(api: Api, metered: Customer, tmp_path: Path) -> None:
    text = (Path(__file__).parents[2] / "docs/api.md").read_text()
    found = re.search(r"```console\n(curl [^`]*cloudevents[^`]*)```", text)
    assert found
    words = shlex.split(found[1].replace("\\\n", " "))
    body = words[words.index("-d") + 1].replace("2026-11-21T11:59:58Z", EVENT["time"]).replace("org-17", "acme")
    headers = [words[index + 1] for index, each in enumerate(words) if each == "-H"]
    kind = next(each.partition(": ")[2] for each in headers if each.startswith("Content-Type"))
    assert send(api, json.loads(body), kind).get_json() == COUNTED
