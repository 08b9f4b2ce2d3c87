"""Pieces of SSH keys: what of a text is of public keys, and whether something else in it may be of a private one."""

import base64
import re
import string
from itertools import pairwise

_FIELDS = {
    "ssh-ed25519": 2,
    "sk-ssh-ed25519@openssh.com": 3,
    "ecdsa-sha2-nistp256": 3,
    "ecdsa-sha2-nistp384": 3,
    "ecdsa-sha2-nistp521": 3,
    "sk-ecdsa-sha2-nistp256@openssh.com": 4,
    "ssh-rsa": 3,
    "ssh-dss": 5,
}
"""Of how many parts, each behind its length, a public key is made, its type among them."""
_PUBLIC = re.compile(r"(?<!\S)AAAA(?:\s*[0-9A-Za-z+/_-])*={0,2}")
_PIECE = re.compile(r"[0-9A-Za-z+/]{16,}={0,2}")
"""What is cut shorter is taken for words."""
_PIECE_IN_ADDRESSES = re.compile(r"[0-9A-Za-z_-]{16,}={0,2}")
_MARKS_OF_ADDRESSES = str.maketrans("-_", "+/")
"""Addresses and JWK have other marks in Base64, which also stand between words."""
_SHORT_KEY, _ANY_KEY = 1_000, 8_000
"""So much of a text is looked at for one public key: first what most are within, then what all are."""
_LONG = 40
_DRAWN = 40
"""In so many of 100 pairs of neighbours the classes differ: of Base64 that was drawn in 65, in words below 30."""


def may_be_private(text: str) -> bool:
    """Say whether something in the text may be of a private key: long, in Base64 or hex, and of nothing public.

    Public keys, whole or broken into lines, are left out with what follows on their last line: their comments.
    Other formats of public keys say what they are.
    """
    if "-- BEGIN " in text or "--BEGIN " in text:
        return False
    rest = _without_public(text)
    return any(len(each) >= _LONG for each in _runs(rest, _PIECE)) or _hides_marks_of_addresses(rest)


def may_hide_private(words: str) -> bool:
    """Say whether a name or a comment may have a part of a private key in it: Base64 that looks drawn.

    A long word is none, and no hash in hex.
    """
    rest = _without_public(words)
    is_one = any(len(each) >= _LONG and _looks_drawn(each) for each in _runs(rest, _PIECE))
    return is_one or _hides_marks_of_addresses(rest)


def _hides_marks_of_addresses(text: str) -> bool:
    """Say whether there is drawn Base64 with - and _: no words with these between them, also with a hash among them."""
    for each in _runs(text, _PIECE_IN_ADDRESSES):
        letters = each.replace("-", "").replace("_", "")
        fewest = min(sum(map(str.isupper, letters)), sum(map(str.islower, letters)))
        if len(each) >= _LONG and 8 * fewest >= len(each) and _looks_drawn(letters):
            return True
    return False


def _runs(text: str, piece: re.Pattern[str]) -> list[str]:
    """Return the pieces of Base64, those that follow each other joined: a line may have been cut into several."""
    runs, before = [""], False
    for each in text.split():
        is_piece = piece.fullmatch(each) is not None
        if is_piece:
            runs[-1] += each.rstrip("=")
        elif before:
            runs.append("")
        before = is_piece
    return runs


def _without_public(text: str) -> str:
    kept, at = [], 0
    while found := _PUBLIC.search(text, at):
        end = found.start() + _public_end(found.group())
        if end > found.start():
            kept.append(text[at : found.start()])
            end = text.find("\n", end) % (len(text) + 1)  # without the comment
        else:
            end = found.end()
            kept.append(text[at:end])
        at = end
    return "\n".join([*kept, text[at:]])


def _public_end(text: str) -> int:
    """Return where the public key ends with which the text begins: 0 where it is none."""
    end = _end_within(text[:_SHORT_KEY])
    return end if end < min(len(text), _SHORT_KEY) else _end_within(text[:_ANY_KEY])


def _end_within(text: str) -> int:
    letters = [at for at, each in enumerate(text) if not each.isspace() and each != "="]
    joined = "".join(text[each] for each in letters).translate(_MARKS_OF_ADDRESSES)
    raw = base64.b64decode(joined[: len(joined) // 4 * 4])
    kind, end = _part(raw, 0)
    if not _is_kind(kind):
        return 0
    for _field in range(_FIELDS.get(kind, 1_000) - 1):
        end = _part(raw, end)[1]
    needed = -(-end * 4 // 3)
    if needed >= len(letters):
        return len(text)
    end_at = letters[needed - 1] + 1
    return end_at + len(text[end_at:]) - len(text[end_at:].lstrip("="))


def _is_kind(kind: str) -> bool:
    return kind in _FIELDS or kind.endswith("-cert-v01@openssh.com")


def _part(raw: bytes, at: int) -> tuple[str, int]:
    size = int.from_bytes(raw[at : at + 4])
    return raw[at + 4 : at + 4 + min(size, 100)].decode("latin-1"), at + 4 + size


def _looks_drawn(text: str) -> bool:
    if all(each in string.hexdigits for each in text) and text in {text.lower(), text.upper()}:
        return False
    changes = sum(_class_of(one) != _class_of(next_one) for one, next_one in pairwise(text))
    return 100 * changes >= _DRAWN * (len(text) - 1)


def _class_of(letter: str) -> str:
    classes = (string.ascii_lowercase, string.ascii_uppercase, string.digits)
    return next((each for each in classes if letter in each), "")
