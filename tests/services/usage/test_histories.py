"""Random histories of usage: in both ways of burning, the Overview, the API and the rows say what the paper says."""

import itertools

import pytest
from flask import Flask
from hypothesis import HealthCheck, example, given
from hypothesis import settings as hypothesis_settings

from app.services.catalog import versions
from app.services.customers import registration
from tests.reference.history import Due, Give, Use, Wait
from tests.reference.usage_history import (
    ALLOWANCE,
    METERS,
    USAGE_STEPS,
    Ask,
    Capture,
    Limit,
    Posted,
    Release,
    Report,
    UsageStep,
)
from tests.reference.usage_story import START, Story
from tests.support import tiers
from tests.support.api import Api, api_for
from tests.support.cast import CATALOG, EXAMPLES

BURNS = ("realtime", "at_invoice")
_numbers = itertools.count(1)


@pytest.fixture
def catalogs_of_both(app: Flask) -> list[str]:
    """A catalog of each way of burning, with a meter that has an allowance and steps, and a debt of 10 allowed."""
    sold = (EXAMPLES / f"{CATALOG}.toml").read_text().partition("[overage]")[0]
    sold += '[overage]\nprotection = "10"\n'
    sold = sold.replace("[usage]\n", METERS.lstrip(), 1).replace(
        'monthly = "0"\n', f'monthly = "0"\nallowances = {{ minutes = {ALLOWANCE} }}\n', 1
    )
    for burn in BURNS:
        text_of = sold.replace(f'name = "{CATALOG}"', f'name = "{burn}"').replace(
            'burn = "realtime"', f'burn = "{burn}"'
        )
        versions.apply(text_of)
    return list(BURNS)


@pytest.fixture
def api(app: Flask) -> Api:
    """The seller's program."""
    return api_for(app)


def _gift(tenths: int, begins: int | None = None, lasts: int | None = None, priority: int = 50) -> Give:
    return Give(tenths * 100_000, "promotional", priority, begins, lasts)


@pytest.mark.case("AC-38")
@given(steps=USAGE_STEPS)
@example(  # burnt before a better grant came, and seen by nobody until both were over
    steps=[
        _gift(50, lasts=30),
        Report("requests", 9_000),
        _gift(40, priority=10, lasts=40),
        Report("minutes", 50),
        Wait(45),
        Report("requests", 100),
        Due(),
    ]
)
@example(  # held over midnight, captured in parts and beyond what was held, under a limit
    steps=[
        _gift(100),
        Limit(6_000_000),
        Ask(5_000_000, 20),
        Capture(0, 4, True),
        Wait(15),
        Capture(0, 15, False),
        Due(),
    ]
)
@example(  # over two periods; the second sees the allowance anew
    steps=[_gift(50), Report("minutes", 60), Wait(800), Report("minutes", 60), Wait(800), Due(), Use(1_000_000)]
)
@example(  # a debt beyond the protection, paid by a grant that begins unseen
    steps=[Report("requests", 30_000), Posted(), _gift(60, begins=5), _gift(90, begins=6, lasts=3), Wait(7), Wait(9)]
)
@example(  # held when it expired: it stays for its hold alone, and goes with what the hold leaves of it
    steps=[
        _gift(60, lasts=5),
        _gift(20),
        Ask(5_000_000, 20),
        Wait(6),
        Ask(2_000_000, 20),
        Capture(0, 4, True),
        Due(),
        Report("requests", 1_000),
        Release(0),
        Capture(1, 10, False),
    ]
)
@hypothesis_settings(
    max_examples=tiers.sample_of(1, proof=12),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_history_of_usage_comes_to_the_same_everywhere(
    catalogs_of_both: list[str], api: Api, steps: list[UsageStep]
) -> None:
    number = next(_numbers)
    tellings = {
        burn: registration.create(
            name=f"{burn} {number}", email=f"c{number}@example.com", catalog=burn, created_at=START
        )
        for burn in catalogs_of_both
    }
    story = Story(tellings, tellings[BURNS[0]].overage_protection_micros)
    for step in steps:
        story.take(step)
    story.ends(api)
