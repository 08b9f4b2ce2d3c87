"""Certificates of exemption as customers send them: what file one is, and where it may apply."""

from typing import Final

from app.domain.addresses import formats
from app.domain.errors import Refused
from app.domain.language import _
from app.domain.tax.places import MEMBERS
from app.domain.tax.territories import TERRITORIES

LARGEST: Final = 5 * 1024 * 1024
MOST_PLACES: Final = 20
_BEGINNINGS: Final = (
    (b"%PDF-", "application/pdf", "pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png", "png"),
    (b"\xff\xd8\xff", "image/jpeg", "jpg"),
)
CONTENT_TYPES: Final = tuple(each[1] for each in _BEGINNINGS)


def content_type(content: bytes) -> str:
    """Return what the file is, by its first bytes alone, or refuse it: its name and what was said of it may lie."""
    if not content:
        raise Refused(_("Choose the certificate’s file."), "file_missing", 422, "file")
    if len(content) > LARGEST:
        raise Refused(_("The file is larger than 5 MB. Save it smaller."), "file_too_large", 422, "file")
    found = next((kind for beginning, kind, _ending in _BEGINNINGS if content.startswith(beginning)), None)
    if found is None:
        raise Refused(_("This file is no PDF, PNG or JPEG. Save it as one of them."), "file_unknown", 422, "file")
    return found


def file_name(value: str, content_type: str) -> str:
    """Return what the file of the certificate `value` is called, as every system takes it."""
    bare = "".join(each if each.isascii() and (each.isalnum() or each in "-_") else "-" for each in value)
    ending = next(ending for _beginning, kind, ending in _BEGINNINGS if kind == content_type)
    return f"certificate-{bare.strip('-') or 'of-exemption'}.{ending}"


def places(typed: list[str]) -> tuple[str, ...]:
    """Return where a certificate applies, each place once, or refuse what is no country and no part of one."""
    codes = tuple(dict.fromkeys(each.strip().upper() for each in typed if each.strip()))
    known = MEMBERS.keys() | {each.code for each in TERRITORIES} | formats.countries()
    for code in codes:
        if code not in known:
            words = _("{code} is no country, and no part of one that docs/tax.md lists.", code=code)
            raise Refused(words, "country_unknown", 422, "territories")
    if not codes or len(codes) > MOST_PLACES:
        words = _("Choose where the certificate applies: at least one place, at most {most}.", most=MOST_PLACES)
        raise Refused(words, "territories_malformed", 422, "territories")
    return codes
