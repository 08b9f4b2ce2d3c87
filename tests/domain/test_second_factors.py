"""Second factors: what is read as a code, and what codes are made of."""

import string
from datetime import UTC, datetime

import pytest

from app.domain.people import second_factors
from app.domain.people.second_factors import AppCode, RecoveryCode, typed_code

WRITTEN = "0123-4567-89AB-CDEF-GHJK-MNPQ"


@pytest.mark.parametrize(
    "typed", ["123456", "123 456", " 123-456 ", "１２３４５６", "123\u00a0456", "12 34 56", "123\u2013456"]
)
def test_the_digits_of_an_app_are_read_as_people_type_them(typed: str) -> None:
    assert typed_code(typed) == AppCode("123456")


@pytest.mark.parametrize(
    "typed", [WRITTEN, WRITTEN.lower(), WRITTEN.replace("-", " "), WRITTEN.replace("-", ""), "o" + "I23" + WRITTEN[4:]]
)
def test_a_recovery_code_is_read_as_people_copy_it(typed: str) -> None:
    assert typed_code(typed) == RecoveryCode("0" + "123" + WRITTEN[4:].replace("-", ""))


@pytest.mark.parametrize(
    "typed", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", "12345\0", WRITTEN[:-1], WRITTEN + "0", "U" * 24, "é" * 6]
)
def test_anything_else_is_no_code(typed: str) -> None:
    assert typed_code(typed) is None


def test_a_recovery_code_holds_120_bits_in_letters_that_nobody_mixes_up() -> None:
    made = second_factors.recovery_code(bytes(range(224, 248)))
    assert typed_code(made) == RecoveryCode(made.replace("-", ""))
    assert [len(group) for group in made.split("-")] == [4] * 6
    drawn = {letter for each in range(256) for letter in second_factors.recovery_code(bytes([each]) * 24)}
    assert drawn - {"-"} == set(string.digits + string.ascii_uppercase) - set("ILOU")


def test_a_step_lasts_thirty_seconds() -> None:
    at = datetime(2026, 11, 29, 12, 0, tzinfo=UTC)
    step = second_factors.step_at(at)
    assert second_factors.beginning_of(step) == at
    assert second_factors.step_at(at.replace(second=29)) == step == second_factors.step_at(at.replace(second=30)) - 1


def test_few_codes_are_three_or_fewer() -> None:
    assert [second_factors.few_left(each) for each in (4, 3, 0)] == [False, True, True]
