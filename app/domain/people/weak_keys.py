"""Weak keys: public keys whose numbers anybody can break, though they have the length and the form of good ones."""

from functools import cache
from math import gcd, isqrt, prod

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ORDER_8 = (
    55188659117513257062467267217118295137698188065244968500265048394206261417927,
    2707385501144840649318225287225658788936804267575313519463743609750303402022,
)
_SMALL_ORDER = frozenset({0, 1, _P - 1, *_ORDER_8})
"""The y of the eight points of Ed25519 whose order divides 8: with them anybody's signature of anything is good."""

_STEPS = 50
_EXPONENTS = (3, 5, 7, 11)


def is_weak_modulus(n: int) -> bool:
    """Say whether the modulus of an RSA key is taken apart at once: no key that was made well can be.

    A number below 2,000 divides it, it is a power of one prime, or its two primes lie close together.
    """
    return gcd(n, _small_primes()) != 1 or _is_of_close_primes(n) or any(_is_power(n, each) for each in _EXPONENTS)


def _is_of_close_primes(n: int) -> bool:
    """Say whether Fermat's way finds the two primes within a few steps; of a square it does at once."""
    first = isqrt(n - 1) + 1
    return any(isqrt(rest) ** 2 == rest for rest in ((first + step) ** 2 - n for step in range(_STEPS)))


def _is_power(n: int, exponent: int) -> bool:
    root = 1 << -(-n.bit_length() // exponent)
    while (lower := ((exponent - 1) * root + n // root ** (exponent - 1)) // exponent) < root:  # Newton's way
        root = lower
    power: int = root**exponent
    return power == n


def is_weak_point(raw: bytes) -> bool:
    """Say whether these 32 bytes are no point of Ed25519 in its one form, or one of small order."""
    y = int.from_bytes(raw, "little") & (2**255 - 1)
    if y >= _P or y in _SMALL_ORDER:
        return True
    square = (y * y - 1) * pow(_D * y * y + 1, -1, _P) % _P
    return pow(square, (_P - 1) // 2, _P) != 1


@cache
def _small_primes() -> int:
    return prod(n for n in range(2, 2_000) if all(n % each for each in range(2, isqrt(n) + 1)))
