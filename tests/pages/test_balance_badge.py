"""The balance badge of an open page: it follows the usage, costs next to nothing, and keeps nobody signed in."""

from datetime import timedelta

import pytest

from app import clock
from app.domain.money import Credits
from app.models.customers import Customer
from app.models.database import db
from app.models.members import BrowserSession
from app.models.scope import as_service
from app.services.access import sessions
from app.services.ledger import grants
from app.services.usage import recording
from tests.support.browser import Browser, Page
from tests.support.statements import counted

PATH = "/billing/balance-badge"
HOME = "/billing/"


def shown(page: Page) -> str:
    return str(page.find("[data-shown]")["data-shown"])


def credited(acme: Customer, micros: int) -> None:
    given = {"kind": "promotional", "granted_by": "seller", "reason": "a test", "description": "A test"}
    grants.give(acme.customer_id, credits=Credits(micros), **given)  # type: ignore[arg-type]  # all text


def seen_at() -> list[object]:
    with as_service("look"):
        return [row.seen_at for row in db.session.query(BrowserSession).order_by(BrowserSession.created_at)]


@pytest.mark.both_databases
def test_nothing_comes_until_the_balance_moves(alice: Browser, acme: Customer) -> None:
    credited(acme, 50_000_000)
    before = shown(alice.opens(HOME))
    assert before == "50000000"
    with counted() as statements:
        answer = alice.client.get(f"{PATH}?shown={before}", base_url=alice.origin)
    assert (answer.status_code, answer.data, answer.headers["Cache-Control"]) == (204, b"", "private, no-store")
    assert statements == [], "the question for the session brings the balance along"
    recording.record(acme.customer_id, key="k", credits=Credits(1_234_500), description="Calls")
    moved = alice.opens(f"{PATH}?shown={before}")
    assert (moved.status, shown(moved)) == (200, "48765500")
    assert "$48.76" in moved.text


def test_a_grant_that_begins_or_ends_by_itself_moves_it(alice: Browser, acme: Customer) -> None:
    given = {"kind": "promotional", "granted_by": "seller", "reason": "a test", "description": "A test"}
    ends = clock.now() + timedelta(hours=1)
    grants.give(acme.customer_id, credits=Credits(7_000_000), expires_at=ends, **given)  # type: ignore[arg-type]
    assert shown(alice.opens(HOME)) == "7000000"
    with clock.at(ends + timedelta(seconds=1)):
        assert shown(alice.opens(f"{PATH}?shown=7000000")) == "0"
        answer = alice.client.get(f"{PATH}?shown=0", base_url=alice.origin)
        assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("text", ["", "x", "None", "9" * 5_000, "-0", "50000000.0", "５０"])
def test_whatever_it_brings_the_balance_is_said(alice: Browser, acme: Customer, text: str) -> None:
    credited(acme, 50_000_000)
    answer = alice.client.get(PATH, query_string={"shown": text}, base_url=alice.origin)
    assert answer.status_code == 200
    assert b'data-shown="50000000"' in answer.data


@pytest.mark.parametrize(
    ("path", "headers"),
    [(f"{PATH}?shown=0", {}), (HOME, {"HX-Request": "true", "X-By-Itself": "1"})],
    ids=["the badge", "a page that asks by itself"],
)
def test_it_keeps_nobody_signed_in(alice: Browser, path: str, headers: dict[str, str]) -> None:
    alice.opens(HOME)
    start, before = clock.now(), seen_at()
    hours = int(sessions.IDLE.total_seconds() // 3600)
    for hour in range(1, hours):
        with clock.at(start + timedelta(hours=hour)):
            assert alice.client.get(path, base_url=alice.origin, headers=headers).status_code in {200, 204}
    assert seen_at() == before
    with clock.at(start + sessions.IDLE + timedelta(minutes=6)):
        answer = alice.client.get(path, base_url=alice.origin, headers={"HX-Request": "true", **headers})
    assert answer.status_code == 401
    assert answer.headers["HX-Redirect"].startswith("/sign-in?")


def test_a_change_is_seen_whatever_its_headers_say(alice: Browser) -> None:
    token = alice.opens(HOME).soup.select("[name=csrf_token]")[0]["value"]
    before = seen_at()
    with clock.at(clock.now() + timedelta(hours=1)):
        alice.posts("/billing/usage/addresses", {"csrf_token": token, "email": "a@b.example"}, **{"X-By-Itself": "1"})
    assert seen_at() != before


def test_another_customers_balance_is_never_said(mallory: Browser, acme: Customer) -> None:
    credited(acme, 50_000_000)
    assert b"50" not in mallory.client.get(f"{PATH}?shown=50000000", base_url=mallory.origin).data
