"""Idempotency-Key: the same key and body happen once and are answered alike; another body is refused (AC-1)."""

from datetime import timedelta
from threading import Barrier, Thread

import pytest
from flask import Flask
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from app import clock
from app.models.api_keys import ApiRequest
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.scope import as_customer, as_service
from app.services import idempotency
from app.services.idempotency import LEASE, Mine, UnderWay
from app.services.ledger import grant_requests
from tests.support.api import Api, api_for, problem_of
from tests.support.client import outside_contexts

GRANT = {"credits": "5", "reason": "Welcome"}


def path_of(customer: Customer) -> str:
    return f"/customers/{customer.customer_id}/credit_grants"


def grants(customer: Customer) -> int:
    with as_customer(customer.customer_id):
        return db.session.scalar(select(func.count()).select_from(Grant)) or 0


def key_id(api: Api) -> str:
    return f"key_{api.key.split('_')[1]}"


@pytest.mark.both_databases
@pytest.mark.case("AC-1")
def test_the_same_key_and_body_is_one_grant_and_one_answer(api: Api, acme: Customer) -> None:
    first = api.post(path_of(acme), GRANT, once="request-1")
    again = api.post(
        path_of(acme), dict(reversed(GRANT.items())), once="request-1"
    )  # the order of fields is no meaning
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.data == again.data
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert grants(acme) == 1


@pytest.mark.case("AC-1")
def test_what_is_replaced_or_removed_with_a_key_is_answered_as_the_first_time(api: Api, acme: Customer) -> None:
    path = f"/customers/{acme.customer_id}/spend_management"
    limits = {"enabled": True, "daily_limit": "60", "notify_threshold": None, "webhook_url": None, "version": 0}
    first, again = (api.open("PUT", path, json=limits, once="limits") for _ in range(2))
    assert (first.status_code, again.status_code, first.data) == (200, 200, again.data)
    assert problem_of(api.open("PUT", path, json=limits, once="others")) == (409, "version_gone_by")
    api.post("/frame_origins", {"origin": "https://app.example.com"})
    gone = [api.open("DELETE", "/frame_origins?origin=https://app.example.com", once="gone") for _ in range(2)]
    assert [(each.status_code, each.data) for each in gone] == [(204, b"")] * 2
    other = api.open("DELETE", "/frame_origins?origin=https://other.example.com", once="gone")
    assert problem_of(other) == (409, "idempotency_key_reused")


@pytest.mark.case("AC-1")
def test_the_same_key_with_another_body_or_address_is_refused(api: Api, acme: Customer, globex: Customer) -> None:
    api.post(path_of(acme), GRANT, once="request-1")
    for path, body in ((path_of(acme), {**GRANT, "credits": "6"}), (path_of(globex), GRANT)):
        assert problem_of(api.post(path, body, once="request-1")) == (409, "idempotency_key_reused")
    assert (grants(acme), grants(globex)) == (1, 0)


@pytest.mark.case("AC-1")
def test_a_refusal_by_what_is_there_is_repeated_too(api: Api, acme: Customer) -> None:
    body = {"external_id": "acme", "name": "Acme", "email": "billing@acme.example"}
    first, again = (api.post("/customers", body, once="request-1") for _ in range(2))
    assert problem_of(first) == problem_of(again) == (409, "external_id_taken")
    assert first.data == again.data
    assert again.headers["Idempotency-Replayed"] == "true"


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [({"credits": "0"}, "validation_failed"), ({"expires_at": "2020-01-01T00:00:00Z"}, "expires_too_soon")],
)
def test_what_is_refused_as_it_was_sent_uses_up_no_key(
    api: Api, acme: Customer, wrong: dict[str, str], reason: str
) -> None:
    assert problem_of(api.post(path_of(acme), {**GRANT, **wrong}, once="request-1")) == (422, reason)
    assert api.post(path_of(acme), GRANT, once="request-1").status_code == 201
    assert grants(acme) == 1


def test_without_a_key_each_is_its_own(api: Api, acme: Customer) -> None:
    api.post(path_of(acme), GRANT)
    api.post(path_of(acme), GRANT)
    assert grants(acme) == 2


def test_each_program_has_its_own_keys(app: Flask, api: Api, acme: Customer) -> None:
    api.post(path_of(acme), GRANT, once="request-1")
    assert api_for(app).post(path_of(acme), GRANT, once="request-1").status_code == 201
    assert grants(acme) == 2


@pytest.mark.parametrize("key", ["", "x" * 256, "a b", "é"])
def test_a_key_that_is_none_is_refused(api: Api, acme: Customer, key: str) -> None:
    answer = api.post(path_of(acme), GRANT, once=key)
    assert problem_of(answer) == (422, "validation_failed")
    assert grants(acme) == 0


@pytest.mark.case("AC-1", "AC-44")
def test_at_the_same_moment_it_happens_once(app: Flask, api: Api, acme: Customer) -> None:
    start, answers = Barrier(5), []

    def send() -> None:
        start.wait(60)
        answers.append(api.post(path_of(acme), GRANT, once="request-1"))

    threads = [Thread(target=send) for _ in range(5)]
    with outside_contexts():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert len(answers) == 5
    assert grants(acme) == 1
    done = [each for each in answers if each.status_code == 201]
    assert len({each.data for each in done}) == 1
    assert {reason_unless_done(each) for each in answers} <= {"", "request_under_way"}


def reason_unless_done(answer: TestResponse) -> str:
    return "" if answer.status_code == 201 else problem_of(answer)[1]


@pytest.mark.case("AC-1")
def test_whoever_dies_before_it_answered_leaves_the_work_to_the_next(api: Api, acme: Customer) -> None:
    """The first process died after it gave the credit and before it kept its answer: it is the same grant."""
    first = api.post(path_of(acme), GRANT, once="request-1")
    with as_service("forget the answer, as a killed process would"):
        row = db.session.scalars(select(ApiRequest)).one()
        path, digest, began = row.path, row.digest, row.created_at
    idempotency.release(key_id(api), "request-1", Mine(row.lease_until))
    assert api.post(path_of(acme), GRANT, once="request-1").data == first.data  # an answer is never released
    _forget(api, "request-1")
    with clock.at(began):
        assert isinstance(idempotency.begin(key_id(api), "request-1", path, digest), Mine)
        assert isinstance(idempotency.begin(key_id(api), "request-1", path, digest), UnderWay)
    with clock.at(began + LEASE):
        assert isinstance(idempotency.begin(key_id(api), "request-1", path, digest), Mine)
    _forget(api, "request-1")
    again = api.post(path_of(acme), GRANT, once="request-1")
    assert (again.status_code, again.get_json()["id"]) == (201, first.get_json()["id"])
    assert grants(acme) == 1


def test_while_the_first_is_under_way_the_next_is_asked_to_wait(api: Api, acme: Customer) -> None:
    api.post(path_of(acme), GRANT, once="request-1")
    with as_service("read a claim"):
        row = db.session.scalars(select(ApiRequest)).one()
    _forget(api, "request-1")
    idempotency.begin(key_id(api), "request-1", row.path, row.digest)
    answer = api.post(path_of(acme), GRANT, once="request-1")
    assert problem_of(answer) == (409, "request_under_way")
    assert answer.headers["Retry-After"] == "2"


def test_what_may_have_been_killed_is_asked_for_less_often_and_never_after_its_lease(api: Api, acme: Customer) -> None:
    api.post(path_of(acme), GRANT, once="request-1")
    with as_service("read a claim"):
        row = db.session.scalars(select(ApiRequest)).one()
    _forget(api, "request-1")
    began = clock.now()
    with clock.at(began):
        idempotency.begin(key_id(api), "request-1", row.path, row.digest)
    for taken, seconds in ((0, 2), (9, 2), (30, 6), (50, 10), (59, 2)):
        with clock.at(began + timedelta(seconds=taken)):
            assert idempotency.begin(key_id(api), "request-1", row.path, row.digest) == UnderWay(seconds)


def test_a_mistake_of_ours_may_be_tried_again_with_the_same_key(
    api: Api, acme: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_args: object, **_kwargs: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr(grant_requests, "give", broken)
        assert api.post(path_of(acme), GRANT, once="request-1").status_code == 500
    assert api.post(path_of(acme), GRANT, once="request-1").status_code == 201
    assert grants(acme) == 1


def test_old_answers_are_forgotten_and_the_grant_is_still_one(api: Api, acme: Customer) -> None:
    first = api.post(path_of(acme), GRANT, once="request-1")
    assert idempotency.trim() == 0
    with clock.at(clock.now() + idempotency.KEPT + timedelta(seconds=1)):
        assert idempotency.trim() == 1
        assert idempotency.trim() == 0
    again = api.post(path_of(acme), GRANT, once="request-1")
    assert again.get_json()["id"] == first.get_json()["id"]
    assert problem_of(api.post(path_of(acme), {**GRANT, "credits": "6"}, once="request-1"))[0] == 409
    assert grants(acme) == 1


@pytest.mark.parametrize(
    "other", [{"credits": "6"}, {"reason": "Else"}, {"kind": "trial"}, {"priority": 51}, {"expires_at": None}]
)
def test_another_request_is_another_grant_also_after_the_answer_is_forgotten(
    api: Api, acme: Customer, other: dict[str, object]
) -> None:
    grant = {**GRANT, "priority": 50, "expires_at": "2099-01-01T00:00:00.5Z"}
    first = api.post(path_of(acme), grant, once="request-1")
    _forget(api, "request-1")
    assert problem_of(api.post(path_of(acme), {**grant, **other}, once="request-1")) == (409, "idempotency_key_reused")
    _forget(api, "request-1")
    assert api.post(path_of(acme), grant, once="request-1").get_json()["id"] == first.get_json()["id"]
    assert grants(acme) == 1


@pytest.mark.parametrize("reason", ["a\nb", "a\u200bb", "a\u001bb"])
def test_a_reason_is_one_line_that_can_be_seen(api: Api, acme: Customer, reason: str) -> None:
    assert problem_of(api.post(path_of(acme), {**GRANT, "reason": reason})) == (422, "reason_unprintable")
    assert grants(acme) == 0


def _forget(api: Api, key: str) -> None:
    with clock.at(clock.now() + idempotency.KEPT + timedelta(days=1)):
        assert idempotency.trim() == 1


def test_an_operation_that_proves_its_caller_itself_is_answered_once_too(app: Flask, api: Api, acme: Customer) -> None:
    api.post(path_of(acme), GRANT)
    asked = api.post("/authorizations", {"customer": acme.customer_id, "credits": "2"}).get_json()
    path = f"/authorizations/{asked['authorization']}/capture"
    first, again = (api.post(path, {"credits": "1"}, once="capture-1") for _ in range(2))
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.data == again.data
    assert problem_of(api_for(app, "billing:read").post(path, {"credits": "1"}, once="capture-1")) == (403, "forbidden")
    assert problem_of(Api(app, api.key[:-1] + "_").post(path, {"credits": "1"}, once="capture-1"))[0] == 401
