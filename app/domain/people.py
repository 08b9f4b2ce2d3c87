"""People: the roles of members, who acts, which passwords are taken, and what members say of themselves."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from app.domain.errors import Refused
from app.domain.messages import weeks

PASSWORD_LENGTH = range(8, 257)
THEMES = ("system", "light", "dark")
LONGEST_OF_PROFILE = {"name": 200, "location": 100, "company": 200}
_LABELS = {"name": "full name", "location": "location", "company": "company"}
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,37}[a-z0-9])", re.ASCII)

# Long enough to pass the length rule, and among the first that are tried.
_COMMON = frozenset(
    """
    00000000 11111111 1111111111
    11223344 12121212 12341234 12344321 123123123 123321123 1234512345 12345678 123456789
    1234567890 1234567891 123456789a 123456789q 123456abc 1234abcd 123qweasd 12qwaszx 147258369 1q2w3e4r 1q2w3e4r5t
    1qaz2wsx 1qazxsw2 22222222 55555555 66666666 77777777 87654321 88888888 987654321 9876543210 99999999 a1234567
    a12345678 a123456789 aa123456 aa12345678 abc12345 abc123456 abcd1234 abcdefgh access14 admin123 administrator
    asdf1234
    asdfasdf asdfghjk asdfghjkl baseball basketball bigdaddy blink182 butterfly changeme charlie1 chocolate computer
    corvette danielle december dragon12 elizabeth facebook football football1 freedom1 garfield google123 hello123
    hellohello iloveyou iloveyou1 internet jennifer jonathan killer123 letmein1 liverpool lovelove maverick mercedes
    metallica michelle midnight mustang1 myspace1 nicholas november p@ssw0rd p@ssword pa55word pass1234 password
    password! password1 password12 password123 password1234 passw0rd patricia pokemon1 princess princess1 q1w2e3r4
    q1w2e3r4t5 qazwsxedc qwer1234 qwerasdf qwerty12 qwerty123 qwerty1234 qwertyui qwertyuiop rockyou1 samantha sunshine
    sunshine1 superman superman1 swordfish test1234 testtest trustno1 victoria welcome1 welcome123 whatever xxxxxxxx
    zaq12wsx zaq1zaq1 zxcvbnm1 zxcvbnm123
    """.split()  # noqa: SIM905  # a list to read, not code
)


class Role(StrEnum):
    """What a member may do for a customer."""

    OWNER = "owner"
    BILLING_MANAGER = "billing_manager"
    VIEWER = "viewer"

    @property
    def may_manage(self) -> bool:
        """Whether the role may change anything and spend."""
        return self is not Role.VIEWER

    def at_most(self, other: str | None) -> "Role":
        """Return the lesser of the two roles; without another one this one."""
        ranks = list(Role)
        return max(self, Role(other), key=ranks.index) if other else self


@dataclass(frozen=True)
class Actor:
    """The member who acts, for one customer."""

    member_id: str
    customer_id: str
    role: Role
    name: str = field(repr=False)
    email: str = field(repr=False)
    customer_name: str = field(repr=False)
    theme: str = "system"
    time_zone: str = ""

    @property
    def may_manage(self) -> bool:
        """Whether the member may change anything and spend."""
        return self.role.may_manage


@dataclass(frozen=True)
class ByKey:
    """A key of the API that acts for a customer. Its id stands where a member's would."""

    customer_id: str
    member_id: str


class Orderer(Protocol):
    """Who orders or changes something for a customer: a member on a page, or a key of the API."""

    @property
    def customer_id(self) -> str:
        """For whom."""
        ...

    @property
    def member_id(self) -> str:
        """Who, as the audit trail names them."""
        ...


NAMED = 3
"""So many people are named whom a member may ask."""
ANYBODY = "an owner or billing manager"


def whom(names: Sequence[str]) -> str:
    """Return in words whom to ask: the first of those who may manage, by name; where nobody may, what they would be."""
    named = list(names[:NAMED])
    if len(names) > NAMED:
        named.append(ANYBODY.replace("an", "another", 1))
    *first, last = named or [ANYBODY]
    return f"{', '.join(first)} or {last}" if first else last


def check_password(password: str, email: str) -> None:
    """Refuse a password that is too short, too long, or among the first that anybody would try."""
    if len(password) < PASSWORD_LENGTH.start:
        raise Refused("Choose a password of at least 8 characters.", "password_short", 422, "password")
    if len(password) >= PASSWORD_LENGTH.stop:
        raise Refused("Choose a password of at most 256 characters.", "password_long", 422, "password")
    lower = password.lower()
    if lower in _COMMON or lower in {email, email.partition("@")[0]} or len(set(password)) < 3:
        raise Refused("Choose another password: this one is too easy to guess.", "password_common", 422, "password")


@dataclass(frozen=True)
class Profile:
    """A member's profile. Without a time zone it is that of the browser, and UTC where nobody knows."""

    name: str
    username: str = ""
    location: str = ""
    company: str = ""
    newsletter: bool = False
    theme: str = "system"
    time_zone: str = ""


def checked_profile(given: Profile) -> Profile:
    """Return the profile as it is kept, or refuse (422) its first field that cannot be."""
    texts = {each: " ".join(getattr(given, each).split()) for each in LONGEST_OF_PROFILE}
    for name, text in texts.items():
        _ask_kept(name, text)
    if not texts["name"]:
        raise Refused("Enter your full name.", "name_missing", 422, "name")
    username = given.username.strip().lower()
    if username and not _USERNAME.fullmatch(username):
        words = (
            "A username has 3 to 39 letters a to z, digits, dots, dashes or underscores, and begins and ends with a "
            "letter or digit."
        )
        raise Refused(words, "username_malformed", 422, "username")
    if given.theme not in THEMES:
        raise Refused("Choose one of the themes.", "theme_unknown", 422, "theme")
    zone = given.time_zone.strip()
    if zone:
        weeks.check_zone(zone)
    return Profile(**texts, username=username, newsletter=given.newsletter, theme=given.theme, time_zone=zone)


def _ask_kept(name: str, text: str) -> None:
    if len(text) > LONGEST_OF_PROFILE[name]:
        words = f"The {_LABELS[name]} is longer than {LONGEST_OF_PROFILE[name]} characters. Shorten it."
        raise Refused(words, f"{name}_too_long", 422, name)
    if not text.isprintable():
        words = f"The {_LABELS[name]} has an invisible character. Enter it without."
        raise Refused(words, f"{name}_unprintable", 422, name)
