"""What the front counts against a key's rate, and that it can be switched off."""

from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.api.front.door import Front
from app.config import Settings
from tests.api.test_front import CAPTURE, ONE, SPENT, Call, agree, plain, sides

AGAIN = plain({}, CAPTURE, IDEMPOTENCY_KEY="one")
UNKNOWN, MALFORMED = plain({"customer": "nobody", "credits": "1"}), plain({"customer": "{customer}", "credits": 1})
RATES = {
    "refused": ([plain(SPENT), UNKNOWN, MALFORMED, plain({}, CAPTURE), plain(SPENT)], "200 404 422 200 429"),
    "repeated": ([plain(ONE), AGAIN, AGAIN, plain(SPENT), plain(SPENT)], "200 200 200 200 429"),
}


@pytest.mark.parametrize(("calls", "statuses"), RATES.values(), ids=RATES)
def test_the_rate_is_counted_once_and_alike(
    app: Flask, settings: Settings, catalog: str, calls: list[Call], statuses: str
) -> None:
    slow = create_app(replace(settings, api_calls_per_minute=4))
    with slow.app_context():
        assert agree(sides(slow), calls) == statuses.split()


def test_it_can_be_switched_off(app: Flask, settings: Settings) -> None:
    assert isinstance(app.wsgi_app, Front)
    assert not isinstance(create_app(replace(settings, api_front=False)).wsgi_app, Front)
