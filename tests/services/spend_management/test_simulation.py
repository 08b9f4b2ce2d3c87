"""What limits would have done to the last 90 days: held against a plain walk through every call of those days."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.simulation import Simulation
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.presenters.spend_management import really_refused
from app.services.spend_management import simulation
from app.services.usage import recording
from tests.support import cast, spend
from tests.support.browser import Browser
from tests.support.noon import NOON, noon
from tests.support.noon import since_august as acme
from tests.support.statements import counted

__all__ = ["acme", "noon"]

PATH = "/billing/spend-management/"
FORM = "form[aria-label='Spend management']"
TRY = "#spend_management-simulate"
FIRST = date(2026, 8, 23)


def tried(customer: Customer, limit: str = "", threshold: str = "") -> Simulation:
    wanted = Limits(False, spend.dollars(limit) if limit else None, spend.dollars(threshold) if threshold else None)
    with as_customer(customer.customer_id):
        return simulation.of(customer.customer_id, wanted, customer.created_at.date())


def test_it_finds_the_first_call_that_would_not_have_fitted(acme: Customer) -> None:
    day = datetime(2026, 11, 10, tzinfo=UTC)
    for hour, amount in ((1, "10"), (9, "15"), (10, "0.0004"), (23, "30")):
        spend.uses(acme, amount, day + timedelta(hours=hour, minutes=17))
    found = tried(acme, "25", "25")
    ((stopped),) = found.stopped
    assert (stopped.day, stopped.used, stopped.beyond) == (
        day.date(),
        spend.dollars("55.0004"),
        spend.dollars("30.0004"),
    )
    assert stopped.refused_from == day + timedelta(hours=10, minutes=17)
    assert found.mailed == (day.date(),)
    assert found.days == 90


def test_equality_is_allowed_and_yet_mailed(acme: Customer) -> None:
    spend.uses(acme, "25", NOON - timedelta(days=3))
    found = tried(acme, "25", "25")
    assert found.stopped == () and len(found.mailed) == 1


def test_only_whole_days_of_the_last_ninety_count(acme: Customer) -> None:
    spend.uses(acme, "40", datetime(2026, 8, 22, 23, 59, 59, tzinfo=UTC))
    spend.uses(acme, "50", datetime(2026, 8, 23, 0, 0, 0, tzinfo=UTC))
    spend.uses(acme, "60", datetime(2026, 11, 20, 23, 59, 59, tzinfo=UTC))
    spend.uses(acme, "70", NOON)
    found = tried(acme, "30")
    assert [each.day for each in found.stopped] == [date(2026, 11, 20), FIRST]
    assert found.highest is not None and found.highest.used == spend.dollars("60")
    assert (found.first, found.used_on) == (FIRST, 2)


def test_credits_taken_by_their_key_count_too(acme: Customer) -> None:
    day = datetime(2026, 11, 10, tzinfo=UTC)
    with clock.at(day + timedelta(hours=3)):
        recording.record(acme.customer_id, key="a", credits=spend.dollars("20"), description="A job")
    spend.uses(acme, "4", day + timedelta(hours=4))
    with clock.at(day + timedelta(hours=23, minutes=59)):
        recording.record(acme.customer_id, key="b", credits=spend.dollars("20"), description="A job")
    ((stopped),) = tried(acme, "25").stopped
    assert (stopped.used, stopped.refused_from) == (spend.dollars("44"), day + timedelta(hours=23, minutes=59))


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_random_days_come_to_what_a_walk_through_them_says(acme: Customer, seed: int) -> None:
    chance = Random(seed)  # noqa: S311  # the same days on every run
    calls: dict[date, list[tuple[datetime, int]]] = {}
    for number in sorted(chance.sample(range(24 * 12), 40)):
        at = datetime(2026, 11, 8, tzinfo=UTC) + timedelta(hours=number)
        cents = chance.randint(1, 400)
        spend.uses(acme, f"{cents // 100}.{cents % 100:02d}", at)
        calls.setdefault(at.date(), []).append((at, cents * 10_000))
    limit = chance.randint(100, 900)
    found = tried(acme, f"{limit // 100}.{limit % 100:02d}")
    walked = {}
    for day, made in calls.items():
        total, refused = 0, None
        for at, micros in made:
            total += micros
            refused = refused or (at if total > limit * 10_000 else None)
        if refused:
            walked[day] = (Credits(total), refused)
    shown = {each.day: (each.used, each.refused_from) for each in found.stopped[:10]}
    assert shown == dict(sorted(walked.items(), reverse=True)[:10])
    assert len(found.stopped) == len(walked)


def test_four_statements_however_many_days(acme: Customer) -> None:
    for days in range(1, 15):
        spend.uses(acme, "30", NOON - timedelta(days=15 - days))
    with counted() as statements:
        found = tried(acme, "25")
    assert (len(found.stopped), len(statements)) == (14, 4)
    assert [each.refused_from is not None for each in found.stopped] == [True] * 10 + [False] * 4


def test_too_many_calls_are_not_walked_through(acme: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    for days in (3, 2):
        spend.uses(acme, "30", NOON - timedelta(days=days))
    monkeypatch.setattr(simulation, "MOST_EVENTS", 1)
    assert [each.refused_from is not None for each in tried(acme, "25").stopped] == [True, False]


def test_typed_limits_are_tried_and_nothing_is_saved(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "30", NOON - timedelta(days=2))
    spend.uses(acme, "61.2", NOON - timedelta(days=1))
    page = alice.submits(alice.opens(PATH), FORM, button=TRY, enabled=True, daily_limit="25", notify_threshold="10")
    assert page.status == 200
    assert page.texts("#spend_management-would-stop") == [
        "Judged by what was used, a daily limit of $25.00 would have refused calls on 2 of 90 days ."
    ]
    assert page.texts("#spend_management-would-mail") == ["An e-mail threshold of $10.00 would have sent 2 mails ."]
    assert page.texts("#spend_management-simulation tbody tr") == [
        "20 Nov 2026 $61.20 $36.20 12:00 UTC",
        "19 Nov 2026 $30.00 $5.00 12:00 UTC",
    ]
    assert [page.value(name) for name in ("enabled", "daily_limit", "notify_threshold")] == ["on", "25", "10"]
    assert spend.held(acme) == (False, "50", "40")
    part = alice.posts(
        f"{PATH}simulation",
        {"csrf_token": page.value("csrf_token"), "version": "0", "daily_limit": "25", "notify_threshold": "10"},
        **{"HX-Request": "true"},
    )
    assert str(part.find("#spend_management-simulation")) == str(page.find("#spend_management-simulation"))


@pytest.mark.both_databases
def test_calls_that_really_were_refused_do_not_contradict_the_preview(alice: Browser, acme: Customer) -> None:
    saved = spend.chooses(acme, "25")
    for days in (5, 3):
        with clock.at(NOON - timedelta(days=days)):
            spend.uses(acme, "24")
            assert spend.asks(acme, "2") == (False, "daily_limit")
            assert spend.asks(acme, "3") == (False, "daily_limit")
    page = alice.opens(PATH)
    (said,) = page.texts("#spend_management-would-stop")
    assert said == (
        "Judged by what was used, a daily limit of $25.00 would have refused calls on 0 of 90 days . On 2 of these days "
        "calls really were refused, for the daily limit of that day. What a refused call asked for was not used, so the "
        "preview does not count it."
    )
    assert len(page.soup.select("[aria-label='Refused calls'] tbody tr")) == 4
    spend.uses(acme, "24")
    assert spend.asks(acme, "2")[0] is False
    assert "Today calls were refused too, and today is not counted yet." in alice.opens(PATH).text
    assert saved.daily_limit is not None and tried(acme, "", "5").refused_on == ()


@pytest.mark.parametrize(
    ("refused_on", "said"),
    [
        ([], ""),
        ([21], "Today calls were refused too, and today is not counted yet. What a refused call"),
        ([20], "On one of these days calls really were refused, for the daily limit of that day. What a refused call"),
        ([21, 20, 19], "On 2 of these days calls really were refused, for the daily limit of that day. Today calls"),
    ],
)
def test_days_with_refused_calls_are_named(refused_on: list[int], said: str) -> None:
    days = tuple(date(2026, 11, day) for day in refused_on)
    found = Simulation(Limits(True, None, None), FIRST, 90, 0, None, (), (), days)
    words = really_refused(found, NOON.date())
    assert words.startswith(said) and bool(words) == bool(said)


def test_what_cannot_be_read_is_not_tried(alice: Browser, acme: Customer) -> None:
    page = alice.submits(alice.opens(PATH), FORM, button=TRY, daily_limit="lots")
    assert page.status == 422
    assert "Enter an amount in digits, such as 25.00." in page.find("#spend_management-simulation").get_text(" ")
    part = alice.posts(
        f"{PATH}simulation",
        {"csrf_token": page.value("csrf_token"), "version": "0", "daily_limit": "25", "notify_threshold": "-1"},
        **{"HX-Request": "true"},
    )
    assert part.status == 422
    assert (part.find("#notify_threshold")["aria-invalid"], part.find("[autofocus]")["id"]) == (
        "true",
        "notify_threshold",
    )
    assert part.find("#spend_management-simulate")["hx-target"] == "#spend_management-content"


def test_it_says_whether_the_saved_limits_are_tried_or_others(alice: Browser, acme: Customer) -> None:
    page = alice.opens(PATH)
    (words,) = page.texts("#spend_management-tries")
    assert words.startswith("These are the limits that are saved; they stop nothing while spend management is off.")
    page = alice.submits(page, FORM, button=TRY, daily_limit="25")
    assert page.texts("#spend_management-tries")[0].startswith("These are the limits that you typed; they are not")


def test_a_customer_of_today_has_no_days_yet(app: Flask, origin: str, globex: Customer) -> None:
    browser = cast.signed_in(app, origin, cast.make_actor(cast.MALLORY, globex))
    assert "There is no complete day yet." in browser.opens(PATH).text
