"""A promise travels with its payment: always the same text for the same promise, and nothing else is read as one."""

from dataclasses import replace

import pytest

from app.domain.promises import Promise, read, written

PROMISE = Promise("top_up", 25_000_000, pack="starter", expires_after_days=90)
TEXT = '{"credits_micros":25000000,"expires_after_days":90,"pack":"starter","purpose":"top_up"}'


def test_it_is_written_in_one_form_and_read_back() -> None:
    assert written(PROMISE) == TEXT
    assert read(TEXT) == PROMISE
    automatic = replace(PROMISE, budget_period=3)
    assert written(automatic) == TEXT.replace("{", '{"budget_period":3,')
    assert read(written(automatic)) == automatic


@pytest.mark.parametrize(
    ("change", "is_one"),
    [
        ({"credits_micros": 1}, True), ({"credits_micros": 0}, False), ({"credits_micros": 2**63 - 1}, True),
        ({"credits_micros": 2**63}, False), ({"credits_micros": True}, False), ({"pack": "p" * 60}, True),
        ({"pack": "p" * 61}, False), ({"pack": 5}, False), ({"purpose": "invoice"}, False), ({"purpose": 5}, False),
        ({"expires_after_days": None}, True), ({"expires_after_days": 1}, True), ({"expires_after_days": 0}, False),
        ({"expires_after_days": 99_999}, True), ({"expires_after_days": 100_000}, False), ({"expires_after_days": True}, False),
        ({"budget_period": 1}, True), ({"budget_period": 0}, False), ({"budget_period": True}, False),
    ],
)  # fmt: skip
def test_what_cannot_be_kept_is_no_promise(change: dict[str, object], is_one: bool) -> None:
    changed = replace(PROMISE, **change)  # type: ignore[arg-type]
    assert read(written(changed)) == (changed if is_one else None)
