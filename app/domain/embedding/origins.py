"""Whose pages may frame the portal: origins as browsers write them."""

import re
from ipaddress import ip_address
from urllib.parse import urlsplit

from app.domain.errors import Refused

MOST_ORIGINS = 50
LONGEST_ORIGIN, LONGEST_PATH = 250, 2_000
_HOST = re.compile(r"(?=.{1,200}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_DEFAULT_PORTS = {"https": 443, "http": 80}
_LOOPBACK = {"localhost", "127.0.0.1"}


def origin_of(text: str) -> str:
    """Return the origin as browsers write it, or refuse: `https://app.example`, with a port that is not the usual."""
    wrong = Refused(
        "An origin is https:// and a host name, with a port where it is not 443: https://app.example. "
        "http:// is for localhost and 127.0.0.1 alone.",
        "origin_malformed",
        422,
        "origin",
    )
    if not text.isascii():
        wrong.sentence += " Write letters such as ü in punycode, as browsers do: https://xn--mnchen-3ya.example."
    try:
        parts = urlsplit(text.strip().lower())
        port = parts.port
    except ValueError:
        raise wrong from None
    host = parts.hostname or ""
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment or parts.path.strip("/"))
    if len(text) > LONGEST_ORIGIN or not text.isascii() or not is_plain or parts.scheme not in _DEFAULT_PORTS:
        raise wrong
    if not _HOST.fullmatch(host) or port == 0 or (parts.scheme == "http" and host not in _LOOPBACK):
        raise wrong
    if parts.path not in {"", "/"} or (host.replace(".", "").isdigit() and not _is_address(host)):
        raise wrong
    return f"{parts.scheme}://{host}" + ("" if port in {None, _DEFAULT_PORTS[parts.scheme]} else f":{port}")


def origin_in(address: str) -> str:
    """Return the origin of a web address; nothing where it has none that a page of a host could have."""
    try:
        parts = urlsplit(address)
        return origin_of(f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")
    except (ValueError, Refused):
        return ""


def stated_in(address: str) -> str:
    """Return the origin that an address states, also one that no page of a host could have. Only none states none."""
    if not address:
        return ""
    try:
        parts = urlsplit(address.lower())
    except ValueError:
        return address
    return origin_in(address) or f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _is_address(host: str) -> bool:
    try:
        return ip_address(host) is not None
    except ValueError:
        return False


def own_path(text: str) -> str:
    """Return the text where it is a path of the portal, else the front page."""
    # Browsers read `\\` as `/` and skip control characters: both would make another host of a path.
    if not text.startswith("/") or text.startswith("//") or "\\" in text or not text.isprintable():
        return "/"
    if len(text) + text.count('"') > LONGEST_PATH:  # as a session keeps it, in JSON
        return "/"
    try:
        parts = urlsplit(text)
    except ValueError:
        return "/"
    return "/" if parts.scheme or parts.netloc else text
