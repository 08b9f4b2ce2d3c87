"""Browsers in words: which one it is and on what system, and from which network, with no more than a member needs."""

from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from app.domain.language import _, marked

UNKNOWN = marked("A browser")
LONGEST = 60
_BROWSERS = (
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)
_KEPT = {4: 24, 6: 48}
"""How many bits of a network address are kept: the network, and not whose device it is in it."""


def in_words(user_agent: str) -> str:
    """Return which browser this is, such as `Firefox on Linux`: nothing else of what it says is kept."""
    browser = next((name for mark, name in _BROWSERS if mark in user_agent), UNKNOWN)
    system = next((name for mark, name in _SYSTEMS if mark in user_agent), "")
    return f"{browser} on {system}" if system else browser


def shown(kept: str) -> str:
    """Return what `in_words` said, in the reader's language; a browser that is not known where nothing is kept."""
    browser, on, system = (kept or UNKNOWN).partition(" on ")
    name = _(UNKNOWN) if browser == UNKNOWN else browser
    return _("{browser} on {system}", browser=name, system=system) if on else name


def network_of(address: str) -> str:
    """Return the network that the address is in, such as `203.0.113.x`; nothing where it is no address."""
    try:
        found: IPv4Address | IPv6Address = ip_address(address)
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    network = ip_network(f"{found}/{_KEPT[found.version]}", strict=False).network_address
    return f"{str(network).removesuffix('.0')}.x" if found.version == 4 else f"{network}…"
