"""Profiles: what members say of themselves."""

import re
from dataclasses import dataclass

from app.domain import language
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.messages import weeks

THEMES = ("system", "light", "dark")
LONGEST_OF_PROFILE = {"name": 200, "location": 100, "company": 200}
_TOO_LONG = {
    "name": marked("The full name is longer than {most} characters. Shorten it."),
    "location": marked("The location is longer than {most} characters. Shorten it."),
    "company": marked("The company is longer than {most} characters. Shorten it."),
}
_UNPRINTABLE = {
    "name": marked("The full name has an invisible character. Enter it without."),
    "location": marked("The location has an invisible character. Enter it without."),
    "company": marked("The company has an invisible character. Enter it without."),
}
_USERNAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{1,37}[a-z0-9])", re.ASCII)


@dataclass(frozen=True)
class Profile:
    """A member's profile. Without a time zone or a language it is that of the browser."""

    name: str
    username: str = ""
    location: str = ""
    company: str = ""
    newsletter: bool = False
    theme: str = "system"
    time_zone: str = ""
    language: str = ""


def checked_profile(given: Profile) -> Profile:
    """Return the profile as it is kept, or refuse (422) its first field that cannot be."""
    texts = {each: " ".join(getattr(given, each).split()) for each in LONGEST_OF_PROFILE}
    for name, text in texts.items():
        _ask_kept(name, text)
    if not texts["name"]:
        raise Refused(_("Enter your full name."), "name_missing", 422, "name")
    username = given.username.strip().lower()
    if username and not _USERNAME.fullmatch(username):
        words = _(
            "A username has 3 to 39 letters a to z, digits, dots, dashes or underscores, and begins and ends with a "
            "letter or digit."
        )
        raise Refused(words, "username_malformed", 422, "username")
    if given.theme not in THEMES:
        raise Refused(_("Choose one of the themes."), "theme_unknown", 422, "theme")
    if given.language and given.language != language.offered(given.language):
        raise Refused(_("Choose one of the languages."), "language_unknown", 422, "language")
    zone = given.time_zone.strip()
    if zone:
        weeks.check_zone(zone)
    return Profile(
        **texts,
        username=username,
        newsletter=given.newsletter,
        theme=given.theme,
        time_zone=zone,
        language=given.language,
    )


def _ask_kept(name: str, text: str) -> None:
    if len(text) > LONGEST_OF_PROFILE[name]:
        words = _(_TOO_LONG[name], most=LONGEST_OF_PROFILE[name])
        raise Refused(words, f"{name}_too_long", 422, name)
    if not text.isprintable():
        raise Refused(_(_UNPRINTABLE[name]), f"{name}_unprintable", 422, name)
