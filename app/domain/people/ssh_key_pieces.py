"""Pieces of SSH keys: what of a text is of public keys, and whether something else in it may be of a private one."""

import base64
import re

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
_PUBLIC = re.compile(r"(?<![0-9A-Za-z+/=_-])AAAA(?:\s*[0-9A-Za-z+/_-])*={0,2}")
_ARMOUR, _ARMOURED = re.compile(r"-- ?(BEGIN|END) "), re.compile(r"[0-9A-Za-z+/=]+")
_MARKS_OF_ADDRESSES = str.maketrans("-_", "+/")
"""Addresses and JWK have other marks in Base64."""
_SHORT_KEY, _ANY_KEY = 1_000, 8_000
"""So much of a text is looked at for one public key: first what most are within, then what all are."""
_LONG = 40
_HEX = re.compile(r"[0-9a-f]{16,}|[0-9A-F]{16,}")
_HASH = re.compile(r"SHA256:[0-9A-Za-z+/]{43}(?![0-9A-Za-z+/])|[0-9a-f]{8,}|[0-9A-F]{8,}")
"""Fingerprints, hashes and ids, which people put into names."""
_BETWEEN = re.compile(r"[\W_]+")
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[A-Z]|[0-9]+")
_VOWELS = frozenset("aeiouyAEIOUY")
_SPOKEN = 6
"""Words from so many letters on need no vowel."""
_CODE = 6
"""Between the marks of a name, up to so many letters and digits are a code, such as `K8S`."""
_STRETCH, _FEWEST = 32, 21
"""Of so many letters and digits that follow each other, so many are in words: of 1,000 drawn ones in about seven."""


def may_be_private(text: str) -> bool:
    """Say whether something in the text may be of a private key: long, in Base64 or hex, and of nothing public.

    Public keys, whole or broken into lines, are left out. What follows on their last line is a comment, of words.
    Other formats of public keys say what they are.
    """
    rest, comments, _keys = parts_of(_without_armoured(text))
    if any(_has_no_words(each) for each in comments):
        return True
    return _has_no_words(rest) or sum(map(len, _HEX.findall(rest))) >= _LONG


def may_hide_private(words: str) -> bool:
    """Say whether a name or a comment may have a part of a private key in it: a long stretch that is of no words.

    A long word is none, and no hash in hex.
    """
    rest, comments, _keys = parts_of(words)
    return any(_has_no_words(each) for each in (rest, *comments))


def _without_armoured(text: str) -> str:
    """Leave out the Base64 between the first and last lines of a public key in another format."""
    kept, within = [], False
    for each in text.split("\n"):
        if found := _ARMOUR.search(each):
            within = found.group(1) == "BEGIN"
        if not (within and _ARMOURED.fullmatch(each.strip())):
            kept.append(each)
    return "\n".join(kept)


def _has_no_words(text: str) -> bool:
    """Say whether a stretch of the text is of too few words, wherever marks stand in it."""
    in_words: list[bool] = []
    for each in _BETWEEN.split(_HASH.sub(" ", text)):
        in_words += [True] * len(each) if len(each) <= _CODE else _in_words(each)
    spoken = sum(in_words[:_STRETCH])
    for at in range(_STRETCH, len(in_words) + 1):
        if spoken < _FEWEST:
            return True
        spoken += (at < len(in_words) and in_words[at]) - in_words[at - _STRETCH]
    return False


def _in_words(piece: str) -> list[bool]:
    """Say of each letter and digit whether it is in a word, as `MacBookPro16` is of three and a number."""
    found: list[bool] = []
    for each in _WORD.findall("".join(one if one.isascii() else "e" for one in piece)):
        is_number = each.isdecimal() and len(each) > 1
        is_word = len(each) >= _SPOKEN or (len(each) > 2 and not _VOWELS.isdisjoint(each))
        found += [is_number or is_word] * len(each)
    return found


def parts_of(text: str) -> tuple[str, list[str], list[str]]:
    """Return what of the text is of no public key, what follows on the lines of public keys, and their Base64."""
    kept: list[str] = []
    comments: list[str] = []
    keys: list[str] = []
    at = 0
    while found := _PUBLIC.search(text, at):
        end = found.start() + _public_end(found.group())
        if end > found.start():
            kept.append(text[at : found.start()])
            keys.append("".join(text[found.start() : end].split()))
            line_end = text.find("\n", end) % (len(text) + 1)
            comments.append(text[end:line_end])
            end = line_end
        else:
            end = found.end()
            kept.append(text[at:end])
        at = end
    return "\n".join([*kept, text[at:]]), comments, keys


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
