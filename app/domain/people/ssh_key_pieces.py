"""Pieces of SSH keys: what of a text is of public keys, and whether something else in it may be of a private one."""

import base64
import re
import unicodedata

from app.domain.people import weak_keys

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
_KINDS = re.compile("|".join(map(re.escape, _FIELDS)))
_HEADS = {each: base64.b64encode(len(each).to_bytes(4) + each.encode()).decode().rstrip("=")[:-1] for each in _FIELDS}
_HEADLESS = {
    each: re.compile(rf"(?<={re.escape(each)} )(?:{'|'.join(re.escape(head[at:]) for at in range(1, len(head) - 7))})")
    for each, head in _HEADS.items()
}
"""How the Base64 of a key begins where its first letters are missing behind its type."""
_PUBLIC = re.compile(r"(?<![0-9A-Za-z+/=_-])AAAA(?:\s*[0-9A-Za-z+/_-])*={0,2}")
_MARKS_OF_ADDRESSES = str.maketrans("-_", "+/")
"""Addresses and JWK have other marks in Base64."""
_SHORT_KEY, _ANY_KEY = 1_000, 8_000
"""The lengths in a public key are within so much of it, and all keys are that long at most."""
_PIECE = re.compile(r"\S+")
_HALF = 21
"""So many letters has half of a secret of 256 bits in Base64. Each second number is a point of Ed25519, so that a key
of it which is cut off and has so much of a secret behind it can look whole."""
_APART = re.compile(r"[BbEe0+/]+")
"""Pieces of a name between its marks. Base64 has + and / in it: where a piece has them, all of it is words or none."""
_TOGETHER = re.compile(r"[+/]+")
_DATED = re.compile(
    r"(?<![0-9A-Za-z])20\d\d-[01]\d-[0-3]\d(?:[T ][0-2]\d:[0-5]\d(?::[0-5]\d)?(?:Z|[+-]\d\d:?\d\d)?)?(?![0-9A-Za-z])"
)
"""A date, or a moment, as programs write it."""
_INSTANCE = re.compile(r"(?<![0-9A-Za-z])i-0[0-9a-f]{16}(?![0-9A-Za-z])")
"""What AWS calls a machine: of 17 letters and digits, where half of a secret has 32 in hex."""
_WORD = re.compile(r"[BE]?[be]+|[BE]+(?![be])|[BE]")
_UNSPOKEN = re.compile(r"b{7}")
_WITHOUT_VOWEL = 3
"""So long is a word without a vowel, such as `VPN`."""
_VOWELS = frozenset("aeiouy")
_UNSEEN = frozenset({"Mn", "Mc", "Me", "Cf"})
"""The kinds of characters that stand on others or are not seen."""
_EACH_WORD = 3
"""So long are the words on average that are written together, as in `GitHub`."""
MOST_IN_NO_WORD = 14
"""So many letters and digits of a name are in no word: half of a secret of 256 bits has 21 in Base64, 32 in hex."""


def may_be_private(text: str) -> bool:
    """Say whether something in the text beside its public keys and their comments may be of a private one."""
    return found_in(text)[0]


def found_in(text: str) -> tuple[bool, bool]:
    """Say whether something beside the public keys in the text may be of a private one, and whether a comment may.

    Public keys, whole or broken into lines, are left out, and one without its first letters. A line that begins with
    # is a comment. What stands on several lines, such as the name of a host, counts once.
    """
    for kind, headless in _HEADLESS.items():
        text = headless.sub(_HEADS[kind], text)
    lines = text.split("\n")
    beside_notes, in_notes, _keys = parts_of("\n".join(each for each in lines if is_note(each)))
    rest, comments, _keys = parts_of("\n".join(each for each in lines if not is_note(each)))
    once = dict.fromkeys(each.strip() for each in _KINDS.sub("", rest).split("\n"))
    return may_be_secret("\n".join(once)), any(map(may_be_secret, [beside_notes, *in_notes, *comments]))


def is_note(line: str) -> bool:
    """Say whether the line is a comment by itself, as files of keys have them."""
    return line.lstrip().startswith("#")


def may_be_secret(words: str) -> bool:
    """Say whether a name or a comment may be a part of a secret: too many of its letters and digits are in no word."""
    plain = unicodedata.normalize("NFKD", words)
    plain = "".join(each for each in plain if unicodedata.category(each) not in _UNSEEN)
    for known in (_DATED, _INSTANCE):  # one of each: a secret in groups has no more of them
        plain = known.sub(" ", plain, count=1)
    return sum(map(_in_no_word, _APART.findall(_shape(plain)))) > MOST_IN_NO_WORD


def _shape(text: str) -> str:
    """Return what each letter is: a vowel (E, e), another one (B, b) or a digit (0). Marks stay.

    A letter that is not of ASCII counts as a vowel: no secret is written with it.
    """
    found = []
    for each in text:
        if each.isdecimal():
            found.append("0")
        elif each.isalpha():
            kind = "b" if each.isascii() and each.lower() not in _VOWELS else "e"
            found.append(kind.upper() if each.isupper() else kind)
        else:
            found.append(each)
    return "".join(found)


def _in_no_word(piece: str) -> int:
    """Count what is in no word: each digit, and each letter unless all are in words, with a number behind at most."""
    parts = _TOGETHER.split(piece.strip("+/"))
    letters = [each.rstrip("0") for each in parts]
    found, numbers = sum(map(len, letters)), sum(map(len, parts)) - sum(map(len, letters))
    return numbers + (0 if all(not each or _is_of_words(each) for each in letters) else found)


def _is_of_words(letters: str) -> bool:
    words = _WORD.findall(letters)
    if sum(map(len, words)) != len(letters) or not all(map(_is_word, words)):
        return False
    return (
        len(letters) > 1
        if len(words) == 1
        else min(map(len, words), default=0) > 1 and len(letters) >= _EACH_WORD * len(words)
    )


def _is_word(word: str) -> bool:
    word = word.lower()
    return ("e" in word or len(word) <= _WITHOUT_VOWEL) and not _UNSPOKEN.search(word)


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
            behind = text[end:line_end]
            (comments if behind[:1].isspace() else kept).append(behind)
            end = line_end
        else:
            end = found.end()
            kept.append(text[at:end])
        at = end
    return "\n".join([*kept, text[at:]]), comments, keys


def _public_end(text: str) -> int:
    """Return where the public key ends with which the text begins: 0 where it is none.

    Where it is not within the text up to the first white space, what is behind that is of the key only if all of it
    together is one whole key and nothing is left over. Otherwise the key is cut off, and the rest may be of a secret.
    So may the end of a piece that is too long for its key, unless that is whole before it.
    """
    first = text.split(None, 1)[0]
    letters = first.rstrip("=")
    needed = _needed(letters)
    if 0 < needed <= len(letters):
        if needed < len(letters) and not _is_whole(letters[:needed]):
            return 0
        return needed + len(first[needed:]) - len(first[needed:].lstrip("="))
    return _whole_end(text) or (len(first) if needed else 0)


def _whole_end(text: str) -> int:
    """Return where the one whole key ends that the lines are together; 0 where they are none."""
    needed = _needed("".join(text[:_SHORT_KEY].split()).rstrip("="))
    if not 0 < needed <= _ANY_KEY:
        return 0
    joined, end = "", 0
    for each in _PIECE.finditer(text[: 2 * needed]):
        joined, end = joined + each.group(), each.end()
        if len(joined.rstrip("=")) >= needed:
            break
    try:
        raw = base64.b64decode(joined, validate=True)
    except ValueError:
        return 0
    if base64.b64encode(raw).decode() != joined or not weak_keys.is_whole(raw):
        return 0
    behind = needed - len(text.split(None, 1)[0])
    return 0 if _part(raw, 0)[0] == "ssh-ed25519" and behind >= _HALF else end


def _is_whole(letters: str) -> bool:
    padded = letters.translate(_MARKS_OF_ADDRESSES) + "=" * (-len(letters) % 4)
    return weak_keys.is_whole(base64.b64decode(padded))


def _needed(joined: str) -> int:
    """Return of how many letters of Base64 the public key is with which these begin; 0 where it is none."""
    raw = base64.b64decode(joined[: len(joined) // 4 * 4].translate(_MARKS_OF_ADDRESSES))
    kind, end = _part(raw, 0)
    if not _is_kind(kind):
        return 0
    for _field in range(_FIELDS.get(kind, 1_000) - 1):
        end = _part(raw, end)[1]
    return -(-end * 4 // 3)


def _is_kind(kind: str) -> bool:
    return kind in _FIELDS or kind.endswith("-cert-v01@openssh.com")


def _part(raw: bytes, at: int) -> tuple[str, int]:
    size = int.from_bytes(raw[at : at + 4])
    return raw[at + 4 : at + 4 + min(size, 100)].decode("latin-1"), at + 4 + size
