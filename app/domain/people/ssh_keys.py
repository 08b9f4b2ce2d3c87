"""SSH keys: which line of text is one that a member may add, before anybody reads the numbers in it."""

import re
import unicodedata
from dataclasses import dataclass

from app.domain.errors import Refused
from app.domain.language import _
from app.domain.people import ssh_key_pieces

FIELD, PRIVATE = "public_key", "private_key"
KINDS = {
    "ssh-ed25519": "ED25519",
    "sk-ssh-ed25519@openssh.com": "ED25519-SK",
    "ecdsa-sha2-nistp256": "ECDSA",
    "ecdsa-sha2-nistp384": "ECDSA",
    "ecdsa-sha2-nistp521": "ECDSA",
    "sk-ecdsa-sha2-nistp256@openssh.com": "ECDSA-SK",
    "ssh-rsa": "RSA",
}
"""The types that are taken, by what `ssh-keygen -l` calls them."""
RSA_BITS = range(2048, 16385)
LONGEST_NAME = 100
LONGEST_LINE = 8_000
LONGEST_TEXT = 20_000
"""No key is longer, a private one of 16,384 bits neither: what is longer is not looked into."""
MOST = 50
"""So many keys a member may have."""
_PRIVATE = re.compile(
    r"(?-i:\b(?:BEGIN|END)\b[\s\w]{0,40}PRIVATE[\s_-]{0,9}KEY)"
    r"|-{2}\s{0,9}(?:BEGIN|END)\b[\s\w]{0,40}PRIVATE[\s_-]{0,9}KEY|PRIVATE[\s_-]{0,9}KEY[\s\w]{0,20}-{4}"
    r"|PRIVATE[\s_-]{0,9}KEY[\"']?\s{0,9}[=:]\s{0,9}[\"']?[0-9A-Za-z+/]{16}"
    r"|PuTTY-User-Key-File|^Private-(?:Lines|MAC|Hash):|AGE-SECRET-KEY-(?:PQ-)?1|[\"']d[\"']\s*:"
    r"|(?-i:b3BlbnNzaC1rZXkt|9wZW5zc2gta2V5L|vcGVuc3NoLWtleS)"
    r"|(?-i:MC4CAQAwBQYDK2Vw|MHcCAQEE|MIGkAgEB|MIHcAgEB|MIGHAgEA|MIG2AgEA|MIHuAgEA|MII[0-9A-Za-z+/]{3}IBA[AD])",
    re.IGNORECASE | re.MULTILINE,
)
"""What only files of private keys have: PEM, OpenSSH (its first word in Base64), PuTTY, ssh.com, age, JWK, DER.

The words alone are no sign of one: people call a public key "private key of my laptop".
"""
_IN_FRONT = re.compile(r"^(?: *>)+ ?|\\(?=[ \r]{0,9}$)", re.MULTILINE)
"""What mails put before each line, and shells behind it."""
_UNSEEN = dict.fromkeys(map(ord, "\N{ZERO WIDTH NO-BREAK SPACE}\N{ZERO WIDTH SPACE}\N{WORD JOINER}\N{SOFT HYPHEN}"))

_KIND = rf"(?:{'|'.join(map(re.escape, (*KINDS, 'ssh-dss')))}) +AAAA"
_IN_TEXT = re.compile(rf"(?:[\"'`]|^- +|(?<=[^:]): +){_KIND}")
"""A key in quotation marks, or in a list or behind a word as in YAML."""
_HASHED = r"\|1\|[0-9A-Za-z+/]{27}=\|[0-9A-Za-z+/]{27}="
_PAIRS = r"(?:[0-9a-f]{2}:){15}[0-9a-f]{2}"
_FINGERPRINT = (
    rf"(?:SHA256:[0-9A-Za-z+/]{{43}}=?(?![0-9A-Za-z+/=])|MD5:{_PAIRS}(?![0-9a-f:])|(?<=\d ){_PAIRS}(?![0-9a-f:]))"
)
_FLAGS = (
    r"(?:restrict|cert-authority|verify-required|no-touch-required"
    r"|(?:no-)?(?:pty|user-rc|agent-forwarding|port-forwarding|X11-forwarding))"
)
"""The options of OpenSSH that have no value: several of them look like the names of a host."""
_QUOTED = r'="(?:[^"\\]|\\.)*"'
_NOTHING = re.compile(r"(?!)")
_SHAPES = (
    (
        re.compile(
            r"[\"']?(?:(?:file://|~\w*|\.\.?|[A-Z]:|[$%][\w{}:]+%?)?[/\\](?=[^\n:]*\.)[^\n:]*|[\w.-]+\.pub)$",
            re.IGNORECASE,
        ),
        _NOTHING,
    ),
    (
        re.compile(
            r"(?:[a-z][a-z0-9+.-]*://\S+|[\w.+-]+@[\w.-]+:\S+|(?:[\w-]+\.)+[a-z]{2,}/\S+\.keys)$", re.IGNORECASE
        ),
        _NOTHING,
    ),
    (re.compile(rf"(?:\d{{3,5}} )?{_FINGERPRINT}(?: |$)"), re.compile(_FINGERPRINT)),
    (
        re.compile(rf"(?:@[a-z-]+ +)?(?:{_HASHED}|(?!(?i:{_FLAGS})[, ])(?=[^\s\"=|]*[.:,\[])[^\s\"=|]+) +{_KIND}"),
        re.compile(_HASHED),
    ),
    (
        re.compile(rf"(?:[a-z0-9-]+(?:{_QUOTED})?(?:,|(?= )))+ +{_KIND}", re.IGNORECASE),
        re.compile(
            rf"(?:command|environment|expiry-time|from|permitlisten|permitopen|principals|tunnel){_QUOTED}",
            re.IGNORECASE,
        ),
    ),
)
"""What people paste by mistake, by each line of it, and what of it the shape explains: files, addresses, fingerprints,
hosts' keys, keys with options."""


@dataclass(frozen=True)
class Line:
    """One public key as it stands in a `.pub` file: its type, its Base64 and what comes after them."""

    kind: str
    body: str
    comment: str


def as_pasted(text: str) -> str:
    """Return the text without what editors and pages put there unseen: byte order marks, tabs, marks of quotation."""
    return _IN_FRONT.sub("", re.sub(r"[^\S\r\n]", " ", text.translate(_UNSEEN)))


def is_private(text: str) -> bool:
    """Say whether the text has what only private keys have: no page shows it again and nothing keeps it."""
    plain = unicodedata.normalize("NFKC", text)
    return bool(_PRIVATE.search("".join(each for each in plain if unicodedata.category(each) != "Cf")))


def too_long(reason: str = "key_too_long") -> Refused:
    """Return what is said of a text that is longer than any key."""
    return _refused(_("This is longer than any SSH key. Paste the line of a .pub file."), reason)


def private() -> Refused:
    """Return what is said of a private key. It has been sent to somebody, so that it is one no longer."""
    return _refused(
        _(
            "This is a private key, which nobody but you may have. Purser keeps nothing of it, but it has left your "
            "computer: throw that key away and make a new one. Then add the line of its .pub file here."
        ),
        PRIVATE,
    )


def part_of_private() -> Refused:
    """Return what is said of what may be a part of a private key."""
    return _refused(
        _(
            "This may be a part of a private key, so it is not shown again and not kept. If it is one, throw that key "
            "away and make a new one. If not, paste the one line of a .pub file."
        ),
        PRIVATE,
    )


def comment_not_shown() -> Refused:
    """Return what is said where a key is refused and not shown again for its comment."""
    return _refused(
        _("The field is empty again, because too much of a comment in it is in no words."), "comment_not_shown"
    )


def secret_name() -> Refused:
    """Return what is said of a name that may be a part of a secret."""
    words = _(
        "Too much of this name is in no words, as in a private key, so it is not shown again. Name the key in words, "
        "such as Work laptop 2026. If it was part of a private key, throw that key away and make a new one."
    )
    return Refused(words, PRIVATE, 422, "name")


def line_of(text: str) -> Line:
    """Return the one public key in the text, or refuse (422) in words that say what it is instead."""
    lines = _lines_of(text)
    if not lines:
        raise _refused(_("Paste a public key."), "key_missing")
    if _is_in_text(lines):
        words = _("Other text stands around this key. Paste only the key: one line that begins with its type.")
        raise _refused(words, "key_in_text")
    if refusal := mistake(text):
        raise refusal
    if any(each.startswith(("-----BEGIN", "---- BEGIN")) for each in lines):
        words = _(
            "This is a public key in another format. Paste the one line that OpenSSH writes, such as ssh-ed25519 AAAA…"
        )
        raise _refused(words, "key_format")
    if len(lines) > 1 and any("AAAA" in each for each in lines):
        broken = not any(each.split(None, 1)[0] in KINDS for each in lines[1:])
        raise _refused(
            _("This key is broken into several lines. Paste it as one line.")
            if broken
            else _("These are several keys. Add them one by one."),
            "key_lines",
        )
    return _parts(lines[0])


def _is_in_text(lines: list[str]) -> bool:
    """Say whether the key is in a file of another kind, or has words above it."""
    is_below = not re.search(_KIND, lines[0]) and not lines[0].startswith((*KINDS, "AAAA", "--"))
    return any(map(_IN_TEXT.search, lines)) or (is_below and any(re.match(_KIND, each) for each in lines))


def mistake(text: str) -> Refused | None:
    """Return what is said of what is no key by its plain shape; nothing where a part beside it may be of a secret."""
    lines = _lines_of(text)
    for (shape, explained), (reason, words) in zip(_SHAPES, _mistakes(), strict=True):
        if lines and all(map(shape.match, lines)):
            rest = explained.sub(" ", "\n".join(lines))
            return None if ssh_key_pieces.may_be_private(rest) else _refused(words, reason)
    return None


def _mistakes() -> list[tuple[str, str]]:
    return [
        ("key_file", _("This is the name of a file. Open the file that ends in .pub, and paste the line in it.")),
        ("key_address", _("This is an address. Open it, and paste the line of one key that is there.")),
        ("key_fingerprint", _("This is the fingerprint of a key, not the key. Paste the line of its .pub file.")),
        ("key_of_host", _("This is the key of a host, as in known_hosts. Paste the line of a .pub file of yours.")),
        ("key_options", _options()),
    ]


def _options() -> str:
    return _("Options stand before this key, such as from= or command=. Paste it without: it begins with its type.")


def _lines_of(text: str) -> list[str]:
    return [each.strip() for each in text.splitlines() if each.strip() and not ssh_key_pieces.is_note(each)]


def _parts(line: str) -> Line:
    if len(line) > LONGEST_LINE:
        raise too_long()
    kind, _space, rest = line.partition(" ")
    if kind in KINDS:
        body, _space, comment = rest.strip().partition(" ")
        return Line(kind, body, " ".join(comment.split()))
    if "-cert-v01@openssh.com" in kind:
        raise _refused(_("This is a certificate. Paste the key that it was made for."), "key_certificate")
    if kind == "ssh-dss":
        raise _refused(_("This is a DSA key, which is no longer safe. Make an ed25519 key instead."), "key_weak")
    if any(re.search(rf"(?:^|\s){re.escape(each)}\s+AAAA", line) for each in (*KINDS, "ssh-dss")):
        raise _refused(_options(), "key_options")
    words = _("This is no SSH key that can be added. It begins with one of {kinds}.", kinds=", ".join(KINDS))
    raise _refused(words, "key_unknown")


def check_bits(kind: str, bits: int) -> None:
    """Refuse an RSA key that is too short to be safe, or longer than OpenSSH takes."""
    if KINDS[kind] != "RSA" or bits in RSA_BITS:
        return
    if bits < RSA_BITS.start:
        words = _(
            "This RSA key has {bits} bits, which is too short to be safe. Make an ed25519 key, or RSA with 3072 bits.",
            bits=bits,
        )
        raise _refused(words, "key_weak")
    words = _("This RSA key has {bits} bits. At most {most} can be used.", bits=bits, most=RSA_BITS.stop - 1)
    raise _refused(words, "key_too_long")


def weak() -> Refused:
    """Return what is said of a key whose numbers give the private one away."""
    return _refused(_("This key is not safe: anybody can use it. Make a new one, of the type ed25519."), "key_weak")


def broken() -> Refused:
    """Return what is said of a line that begins like a key and cannot be read as one."""
    return _refused(
        _("This key is not complete, or was changed. Copy the whole line of the .pub file again."), "key_broken"
    )


def name_of(typed: str, line: Line) -> str:
    """Return what the key is called: as typed, else by its comment, else by its type; refuse what nobody reads."""
    name = " ".join(typed.split())
    if not name:
        return line.comment if is_taken(line.comment) else f"{KINDS[line.kind]} key"
    if not _is_name(name):
        words = _(
            "The name is longer than {most} characters or has an invisible one. Enter a shorter name.",
            most=LONGEST_NAME,
        )
        raise Refused(words, "name_malformed", 422, "name")
    return name


def is_taken(comment: str) -> bool:
    """Say whether a comment becomes the name: none that is too long for one, or may be a part of a secret."""
    return _is_name(comment) and not ssh_key_pieces.may_be_secret(comment)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= LONGEST_NAME and text.isprintable()


def said(kind: str, bits: int) -> str:
    """Return the type as a list shows it: `ED25519`, `RSA 3072`, `ECDSA 384`."""
    word = KINDS[kind]
    return f"{word} {bits}" if word in {"RSA", "ECDSA"} else word


def _refused(words: str, reason: str) -> Refused:
    return Refused(words, reason, 422, FIELD)
