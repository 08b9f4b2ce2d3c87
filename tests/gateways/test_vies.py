"""What counts as an answer about a VAT number, and everything that does not."""

import json
from collections.abc import Iterator

import pytest

from app.gateways import vies
from app.gateways.pretend_vies import PretendVies
from app.gateways.vies import Answered, NotAnswered, Service, read
from tests.support.vies_server import HTML, FakeVies, answering, error

NUMBER, OWN = "DE136695976", "FR40303265045"
ASKED = {"countryCode": "DE", "vatNumber": "136695976"}
YES = ASKED | {"valid": True, "name": "Beispiel GmbH", "requestIdentifier": "WAPI1", "requestDate": "2026-11-28"}


@pytest.fixture
def fake() -> Iterator[FakeVies]:
    with answering() as running:
        yield running


@pytest.mark.parametrize(
    ("status", "said", "outcome"),
    [
        (200, YES, Answered(True, "Beispiel GmbH", "WAPI1")),
        (200, YES | {"name": "---"}, Answered(True, "", "WAPI1")),
        (200, YES | {"name": None, "requestIdentifier": ""}, Answered(True, "", "")),
        (200, YES | {"name": " Beispiel\nGmbH \x00"}, Answered(True, "Beispiel GmbH", "WAPI1")),
        (200, YES | {"new_key": {"a": 1}, "userError": "VALID"}, Answered(True, "Beispiel GmbH", "WAPI1")),
        (200, YES | {"valid": False, "name": "---", "userError": "INVALID"}, Answered(False, "", "WAPI1")),
        (200, YES | {"valid": False, "userError": "MS_UNAVAILABLE"}, NotAnswered("MS_UNAVAILABLE", False)),
        (200, YES | {"valid": "false"}, NotAnswered("unreadable", False)),
        (200, YES | {"valid": None}, NotAnswered("unreadable", False)),
        (200, YES | {"vatNumber": "811907980"}, NotAnswered("unreadable", False)),
        (200, {"valid": True}, NotAnswered("unreadable", False)),
        (200, {}, NotAnswered("unreadable", False)),
        (200, [], NotAnswered("unreadable", False)),
        (200, error("MS_MAX_CONCURRENT_REQ"), NotAnswered("MS_MAX_CONCURRENT_REQ", False)),
        (200, error("IP_BLOCKED"), NotAnswered("IP_BLOCKED", True)),
        (200, error("GLOBAL_MAX_CONCURRENT_REQ"), NotAnswered("GLOBAL_MAX_CONCURRENT_REQ", True)),
        (200, error("INVALID_INPUT"), Answered(False, "", "")),
        (400, error("INVALID_INPUT"), Answered(False, "", "")),
        (500, error("TIMEOUT"), NotAnswered("TIMEOUT", False)),
        (200, {"actionSucceed": False}, NotAnswered("unreadable", False)),
        (429, YES, NotAnswered("http_429", True)),
        (302, YES, NotAnswered("http_302", False)),
    ],
)
def test_only_the_documented_answer_is_one(status: int, said: object, outcome: vies.Outcome) -> None:
    assert read(status, json.dumps(said).encode(), ASKED) == outcome


@pytest.mark.parametrize(
    ("status", "content", "outcome"),
    [
        (200, HTML, NotAnswered("unreadable", False)),
        (503, HTML, NotAnswered("http_503", True)),
        (429, b"", NotAnswered("http_429", True)),
        (200, b"\xff\xfe", NotAnswered("unreadable", False)),
        (200, b"[" * 100_000, NotAnswered("unreadable", False)),
    ],
)
def test_a_page_in_place_of_an_answer_is_none(status: int, content: bytes, outcome: vies.Outcome) -> None:
    assert read(status, content, ASKED) == outcome


def test_it_is_asked_with_the_sellers_number(fake: FakeVies) -> None:
    fake.answers({"valid": True, "name": "Beispiel GmbH"})
    assert Service(fake.url).check(NUMBER, OWN) == Answered(True, "Beispiel GmbH", "WAPI0001")
    assert fake.asked == [ASKED | {"requesterMemberStateCode": "FR", "requesterNumber": "40303265045"}]


def test_a_sellers_number_that_is_refused_keeps_no_customer_from_being_asked_about(fake: FakeVies) -> None:
    fake.answers(error("INVALID_REQUESTER_INFO"), {"valid": True})
    assert Service(fake.url).check(NUMBER, OWN) == Answered(True, "", "")
    assert fake.asked[1] == ASKED


def test_silence_and_nobody_there_are_no_answer(fake: FakeVies, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vies, "READ_SECONDS", 0.05)
    fake.silent.set()
    assert Service(fake.url).check(NUMBER, "") == NotAnswered("timeout", for_all=False)
    assert Service("http://127.0.0.1:9/rest").check(NUMBER, "") == NotAnswered("unreachable", for_all=True)


def test_an_answer_without_end_is_none(fake: FakeVies) -> None:
    fake.answers(b" " * (vies.MOST_READ + 1))
    assert Service(fake.url).check(NUMBER, "") == NotAnswered("timeout", for_all=False)


@pytest.mark.parametrize(
    ("number", "outcome"),
    [("FR40303265045", Answered(True, "Example Trading 5045", "")), ("DE136695976", Answered(True, "", "")), ("DE136695979", Answered(False, "", "")), ("DE136695978", NotAnswered("MS_UNAVAILABLE", False))],
)  # fmt: skip
def test_the_sandbox_answers_by_the_last_digit(number: str, outcome: vies.Outcome) -> None:
    assert PretendVies().check(number, "") == outcome
    proven = PretendVies().check(number, OWN)
    assert not isinstance(proven, Answered) or proven.consultation.startswith("WAPI")
