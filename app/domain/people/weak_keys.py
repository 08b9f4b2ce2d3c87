"""Weak keys: public keys whose numbers anybody can break, though they have the length and the form of good ones.

And whole ones: bytes that are a public key by their numbers, so that no other text has come into them.
"""

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

_CURVES = {
    b"nistp256": (
        2**256 - 2**224 + 2**192 + 2**96 - 1,
        0x5AC635D8_AA3A93E7_B3EBBD55_769886BC_651D06B0_CC53B0F6_3BCE3C3E_27D2604B,
    ),
    b"nistp384": (
        2**384 - 2**128 - 2**96 + 2**32 - 1,
        0xB3312FA7_E23EE7E4_988E056B_E3F82D19_181D9C6E_FE814112_0314088F_5013875A_C656398D_8A2ED19D_2A85C8ED_D3EC2AEF,
    ),
    b"nistp521": (
        2**521 - 1,
        int(
            "51953EB9618E1C9A1F929A21A0B68540EEA2DA725B99B315F3B8B489918EF109E156193951EC7E937B1652C0BD3BB1BF073573DF883D2C3"
            "4F1EF451FD46B503F00",
            16,
        ),
    ),
}
"""Of each curve of NIST the prime and the number b: a point of it fits y² = x³ - 3x + b."""

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


def is_whole(raw: bytes) -> bool:
    """Say whether these bytes are one public key and nothing else, its numbers those of a key.

    Its point is on its curve, or no small number divides its modulus. Certificates and DSA keys are never called whole.
    """
    match _fields(raw):
        case [b"ssh-ed25519", point]:
            return _is_point(point)
        case [b"sk-ssh-ed25519@openssh.com", point, use]:
            return _is_point(point) and use.startswith(b"ssh:")
        case [kind, curve, point] if kind == b"ecdsa-sha2-" + curve:
            return _is_on(curve, point)
        case [b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", point, use]:
            return _is_on(b"nistp256", point) and use.startswith(b"ssh:")
        case [b"ssh-rsa", _exponent, modulus]:
            return gcd(int.from_bytes(modulus), _small_primes()) == 1
    return False


def _fields(raw: bytes) -> list[bytes]:
    """Return the parts of a key, each of which stands behind its length; none where they do not fit."""
    found, at = [], 0
    while at < len(raw):
        end = at + 4 + int.from_bytes(raw[at : at + 4])
        if end > len(raw) or len(raw) < at + 4:
            return []
        found.append(raw[at + 4 : end])
        at = end
    return found


def _is_point(raw: bytes) -> bool:
    return len(raw) == 32 and not is_weak_point(raw)


def _is_on(curve: bytes, raw: bytes) -> bool:
    if curve not in _CURVES:
        return False
    p, b = _CURVES[curve]
    size = -(-p.bit_length() // 8)
    if len(raw) != 1 + 2 * size or raw[0] != 4:  # 4: both numbers are there
        return False
    x, y = int.from_bytes(raw[1 : 1 + size]), int.from_bytes(raw[1 + size :])
    return x < p and y < p and (y * y - x**3 + 3 * x - b) % p == 0


@cache
def _small_primes() -> int:
    return prod(n for n in range(2, 2_000) if all(n % each for each in range(2, isqrt(n) + 1)))
