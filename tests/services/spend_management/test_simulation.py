"""What limits would have done to the last 90 days: held against a plain walk through every call of those days."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from flask import Flask

from app import clock
from app.domain.money import Credits
from app.domain.simulation import RefusedDay, Simulation
from app.domain.spend_management import Limits
from app.models.customers import Customer
from app.models.scope import as_customer
from app.services.catalog import versions
from app.services.spend_management import limits, simulation
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
        saved = limits.current(customer, versions.of(customer))
        return simulation.of(customer.customer_id, wanted, customer.created_at.date(), saved)


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
    wanted = Limits(True, spend.dollars("25"), None)
    with as_customer(acme.customer_id), counted() as statements:
        found = simulation.of(acme.customer_id, wanted, FIRST, wanted)
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
    assert page.texts("#spend_management-said") == [
        "With a daily limit of $25.00, calls would have been refused on 2 of the last 90 days, and an e-mail sent on 2."
    ]
    assert page.texts("#spend_management-days tbody tr") == [
        "20 Nov 2026 $61.20 $36.20 12:00 UTC",
        "19 Nov 2026 $30.00 $5.00 12:00 UTC",
    ]
    assert page.texts("#spend_management-chart .mark text") == ["Daily limit $25.00", "E-mail at $10.00"]
    assert page.texts("#spend_management-unsaved") == ["Not saved yet"]
    assert [page.value(name) for name in ("enabled", "daily_limit", "notify_threshold")] == ["on", "25", "10"]
    assert spend.held(acme) == (False, "50", "40")
    part = alice.posts(
        f"{PATH}simulation",
        {"csrf_token": page.value("csrf_token"), "version": "0", "daily_limit": "25", "notify_threshold": "10"},
        **{"HX-Request": "true"},
    )
    assert str(part.find("#spend_management-simulation")) == str(page.find("#spend_management-simulation"))


@pytest.mark.both_databases
def test_what_is_said_of_past_days_does_not_contradict_the_log(alice: Browser, acme: Customer) -> None:
    with clock.at(NOON - timedelta(days=9)):
        spend.chooses(acme, "25")
    for days in (5, 3):
        with clock.at(NOON - timedelta(days=days)):
            spend.uses(acme, "24")
            assert spend.asks(acme, "2") == (False, "daily_limit")
            assert spend.asks(acme, "3") == (False, "daily_limit")
    of = "calls would have been refused on"
    assert alice.opens(PATH).texts("#spend_management-said") == [
        f"With a daily limit of $25.00, {of} 2 of the last 90 days, as they were on all of them."
    ]
    assert len(alice.opens(f"{PATH}log").soup.select("#spend_management-refused .decisions > li")) == 4
    with clock.at(NOON - timedelta(days=1)):
        spend.uses(acme, "24")
        assert spend.asks(acme, "2")[0] is False
    with clock.at(NOON - timedelta(hours=23)):
        spend.chooses(acme, "40")
    spend.uses(acme, "39")
    assert spend.asks(acme, "2")[0] is False
    page = alice.opens(PATH)
    assert page.texts("#spend_management-said") == [
        (
            f"With a daily limit of $40.00, {of} none of the last 90 days; on 3 days the limit of that day refused calls "
            "that this one may have let through."
        )
    ]
    days = [each for each in page.texts("#spend_management-chart title") if "refused" in each]
    assert [each.partition(": ")[0] for each in days] == ["16 Nov 2026", "18 Nov 2026", "20 Nov 2026"]
    assert all(each.endswith("Calls were refused: the limit was $25.00") for each in days)
    found = tried(acme, "25")
    assert found.refused_on[0] == RefusedDay(NOON.date(), spend.dollars("40"))
    assert (len(found.really), found.unsure) == (3, ())
    assert tried(acme, "", "5").refused_on == ()


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


def test_while_somebody_types_only_the_preview_is_asked_for(alice: Browser, acme: Customer) -> None:
    spend.uses(acme, "30", NOON - timedelta(days=2))
    page = alice.opens(PATH)
    section = page.find("#spend_management-simulation")
    for typed, said in (("25", "With a daily limit of $25.00, calls"), ("25,", "Enter a limit to see what it would")):
        sent = {"csrf_token": page.value("csrf_token"), "daily_limit": typed, "notify_threshold": ""}
        part = alice.posts(str(section["hx-post"]), sent, **{"HX-Request": "true"})
        assert (part.status, part.texts("#spend_management-said")[0][: len(said)]) == (200, said)
        assert part.soup.select("h1, h2, form, [autofocus]") == []
    assert spend.held(acme) == (False, "50", "40")


def test_a_customer_of_today_has_no_days_yet(app: Flask, origin: str, globex: Customer) -> None:
    browser = cast.signed_in(app, origin, cast.make_actor(cast.MALLORY, globex))
    assert "There is no complete day yet." in browser.opens(PATH).text
