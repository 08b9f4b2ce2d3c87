"""Whatever is sent, it is taken, or refused in words that name what is wrong; nothing of it ends in our mistake."""

import json

import pytest
from flask import Flask
from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from app.api.contract.shapes import decode_cursor, encode_cursor
from app.domain.errors import Refused
from app.making import MAX_BODY
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.balance import history
from app.services.customers import directory
from tests.support.api import Api, problem_of

GRANT = {"credits": "5", "reason": "Welcome"}


def granted(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return history.numbers().total_credits.micros


@pytest.mark.parametrize(
    ("raw", "status", "reason"),
    [
        (b"{", 400, "request_malformed"),
        (b"[" * 100_000, 400, "request_malformed"),
        (b'{"credits":' + b"[" * 300 + b"]" * 300 + b"}", 400, "request_malformed"),
        (b'{"reason":"\xff"}', 400, "request_malformed"),
        (b'{"reason":"\\ud800"}', 400, "request_malformed"),
        (b'{"credits":NaN}', 400, "request_malformed"),
        (b'{"priority":' + b"9" * 5000 + b"}", 400, "request_malformed"),
        (b"\xef\xbb\xbf{}", 400, "request_malformed"),
        (b"[]", 422, "validation_failed"),
        (b'"text"', 422, "validation_failed"),
        (b"null", 422, "validation_failed"),
        (b"{}", 422, "validation_failed"),
        (b"", 422, "validation_failed"),
        (b'{"credits":"5","reason":"a\\u0000b"}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","b\\u0000":1}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","priority":18446744073709551616}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","priority":1e999}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","priority":1.5}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","priority":"1"}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","priority":true}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","customer_id":"cus_1"}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","credits":"5"}', 422, "validation_failed"),
        (b'{"credits":"5","reason":"a","\\u0063redits":"6"}', 422, "validation_failed"),
    ],
)
def test_a_body_that_cannot_be_taken_is_refused(api: Api, acme: Customer, raw: bytes, status: int, reason: str) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    answer = api.open("POST", path, data=raw, headers={"Content-Type": "application/json"})
    assert problem_of(answer) == (status, reason)
    assert bool(answer.get_json()["errors"]) == (status == 422)
    assert granted(acme) == 0


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0",
        "0.000000",
        "-1",
        "1e3",
        "+1",
        "1,5",
        " 1",
        "1 ",
        ".5",
        "5.",
        "1.0000001",
        "٣",
        "NaN",
        "1" * 13,
        "1000000000000",
        5,
        5.0,
        None,
        [],
    ],
)
def test_credits_are_plain_decimal_text_above_zero(api: Api, acme: Customer, text: object) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    answer = api.post(path, {**GRANT, "credits": text})
    assert problem_of(answer) == (422, "validation_failed")
    assert [each["field"] for each in answer.get_json()["errors"]] == ["credits"]
    assert granted(acme) == 0


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1.0000001", 'Write credits as decimal text with at most 6 decimals, such as "12.345678".'),
        ("1000000000000", "Credits are at most 999999999999.999999."),
        ("1000000000000.5", "Credits are at most 999999999999.999999."),
    ],
)
def test_credits_that_cannot_be_are_answered_with_what_can(api: Api, acme: Customer, text: str, words: str) -> None:
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", {**GRANT, "credits": text})
    assert [each["detail"] for each in answer.get_json()["errors"]] == [words]


@pytest.mark.parametrize(
    ("more", "field"), [('"customer":"cus_1"', "customer"), ('"properties":{"a":{"b":1,"b":1}}', "properties.a.b")]
)
def test_a_field_that_is_there_twice_is_named_wherever_it_stands(
    api: Api, acme: Customer, more: str, field: str
) -> None:
    raw = f'{{"id":"1","customer":"{acme.customer_id}","meter":"requests",{more}}}'
    answer = api.open("POST", "/usage_events", data=raw.encode(), headers={"Content-Type": "application/json"})
    assert problem_of(answer) == (422, "validation_failed")
    assert answer.get_json()["errors"] == [{"field": field, "reason": "field_twice", "detail": "Send it only once."}]


@pytest.mark.parametrize(
    ("text", "micros"),
    [("0.000001", 1), ("5", 5_000_000), ("12.345678", 12_345_678), ("9" * 12, (10**12 - 1) * 10**6)],
)
def test_credits_are_read_exactly(api: Api, acme: Customer, text: str, micros: int) -> None:
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", {**GRANT, "credits": text})
    assert answer.status_code == 201
    assert granted(acme) == micros


def test_credit_beyond_what_can_be_kept_is_refused(api: Api, acme: Customer) -> None:
    path, most = f"/customers/{acme.customer_id}/credit_grants", {**GRANT, "credits": "9" * 12}
    answers = [api.post(path, most) for _ in range(12)]
    assert [each.status_code for each in answers] == [201] * 2 + [422] * 10
    assert problem_of(answers[-1]) == (422, "amount_too_large")
    assert [each["field"] for each in answers[-1].get_json()["errors"]] == ["credits"]
    assert granted(acme) == 2 * (10**12 - 1) * 10**6


@pytest.mark.parametrize(
    "moment",
    [
        "2027-01-01",
        "2027-01-01T00:00:00",
        "2027-13-01T00:00:00Z",
        "2027-02-30T00:00:00Z",
        "9999-12-31T23:59:59-23:59",
        "0001-01-01T00:00:00+23:59",
        "2027-01-01T00:00:00+99:00",
        "2020-01-01T00:00:00Z",
        "1900000000",
        1_900_000_000,
        "",
    ],
)
def test_a_moment_that_cannot_be_is_refused(api: Api, acme: Customer, moment: object) -> None:
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", {**GRANT, "expires_at": moment})
    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == ["expires_at"]


def test_a_moment_is_answered_in_utc(api: Api, acme: Customer) -> None:
    body = {**GRANT, "expires_at": "2099-01-01T01:30:00.5+01:30"}
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", body)
    assert answer.get_json()["expires_at"] == "2099-01-01T00:00:00.500000Z"


def test_only_json_is_taken(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""):
        answer = api.open("POST", path, data=json.dumps(GRANT), headers={"Content-Type": kind})
        assert problem_of(answer) == (415, "content_type_wrong")
    assert granted(acme) == 0


def test_a_body_above_the_limit_is_not_read(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}/credit_grants"
    answer = api.post(path, {**GRANT, "reason": "x" * MAX_BODY})
    assert problem_of(answer) == (413, "body_too_large")


def test_what_was_sent_is_not_repeated_in_the_answer(api: Api, acme: Customer) -> None:
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", {**GRANT, "credits": "canary-4242"})
    assert "canary" not in answer.text


def test_every_wrong_field_is_named_at_once(api: Api, acme: Customer) -> None:
    answer = api.post(f"/customers/{acme.customer_id}/credit_grants", {"credits": 1, "reason": "", "surplus": 1})
    assert {each["field"] for each in answer.get_json()["errors"]} == {"credits", "reason", "surplus"}


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=x",
        "limit=",
        "limit=1&limit=2",
        "surplus=1",
        "cursor=!",
        "cursor=AAAA",
        "cursor=%00",
        "external_id=a%00b",
    ],
)
def test_a_query_that_cannot_be_taken_is_refused(api: Api, acme: Customer, query: str) -> None:
    answer = api.open("GET", f"/customers?{query}")
    assert answer.status_code == 422
    assert [each["field"] for each in answer.get_json()["errors"]] == [query.partition("=")[0]]


@pytest.mark.parametrize("value", [["a", 1], [1], ["a"], "a", {"a": 1}, [True], [2**70], ["a\0"]])
def test_a_cursor_of_another_list_is_refused(value: object) -> None:
    cursor = encode_cursor(value)  # type: ignore[arg-type]  # what another list, or a stranger, may have put there
    for kinds in ((str, str), (int, int)):
        with pytest.raises(Refused, match="not a cursor"):
            decode_cursor(cursor, *kinds)


def test_a_cursor_holds_what_was_put_into_it() -> None:
    assert decode_cursor(encode_cursor(["é", 2**62]), str, int) == ["é", 2**62]
    assert decode_cursor(None, str) is None


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "NONSENSE"])
def test_another_method_is_refused_with_those_there_are(api: Api, method: str) -> None:
    answer = api.open(method, "/customers")
    assert problem_of(answer) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= set(answer.headers["Allow"].split(", "))


@pytest.mark.parametrize("path", ["", "/", "/nothing", "/customers/x/y/z", "/%00"])
def test_an_unknown_address_is_a_problem_too(api: Api, path: str) -> None:
    assert problem_of(api.open("GET", path or "/")) == (404, "not_found")


def test_a_mistake_of_ours_says_nothing_of_the_inside(
    api: Api, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError("canary of the inside")

    monkeypatch.setattr(directory, "listed", broken)
    answer = api.get("/customers")
    assert problem_of(answer) == (500, "internal_error")
    assert "canary" not in answer.text


def test_without_its_database_it_says_so_and_when_to_come_back(app: Flask, api: Api, acme: Customer) -> None:
    def away(*_args: object) -> None:
        raise OperationalError("canary", {}, Exception("the database is away"))

    event.listen(Engine, "before_cursor_execute", away)
    try:
        answer = api.get("/customers")
    finally:
        event.remove(Engine, "before_cursor_execute", away)
    assert problem_of(answer) == (503, "unavailable")
    assert answer.headers["Retry-After"] == "5"
    assert "canary" not in answer.text
