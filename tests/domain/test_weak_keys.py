"""Weak keys: what has the form of a public key and protects nothing."""

import pytest

from app.domain.people.weak_keys import is_weak_modulus, is_weak_point

P = 2**255 - 19


@pytest.mark.parametrize("n", [2**2047, 2**2048 - 1, 3 * (2**2046 + 1), 1999 * (2**2040 + 1)])
def test_a_small_factor_is_found(n: int) -> None:
    assert is_weak_modulus(n)


@pytest.mark.parametrize(
    "n", [(2**1279 - 1) ** 2, (2**607 - 1) ** 3, (2**521 - 1) ** 5, (10**400 + 69) * (10**400 + 1009)]
)
def test_powers_and_neighbours_are_taken_apart(n: int) -> None:
    assert is_weak_modulus(n)


def test_a_product_of_large_primes_is_not_weak() -> None:
    assert not is_weak_modulus((2**521 - 1) * (2**607 - 1))


@pytest.mark.parametrize("y", [0, 1, 2, P - 1, P, P + 1, 2**255 - 1])
def test_small_order_other_forms_and_no_points_are_weak(y: int) -> None:
    for sign in (0, 2**255):
        assert is_weak_point((y | sign).to_bytes(32, "little"))


def test_points_of_order_eight_are_weak_and_the_base_point_is_not() -> None:
    for each in (
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    ):
        assert is_weak_point(bytes.fromhex(each))
    assert not is_weak_point(bytes.fromhex("58" + "66" * 31))
