"""The look that a host may give the portal: a mode, and a closed list of tokens that are checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from app.domain.errors import Refused

_COLOUR = re.compile(r"#[0-9a-f]{6}")
_WHITE, _NIGHT, _INK = "#ffffff", "#141923", "#0b1330"
_SHARES = (Decimal("0.2126"), Decimal("0.7152"), Decimal("0.0722"))
_FLARE, _SLOPE, _SHIFT, _GAMMA = Decimal("0.05"), Decimal("12.92"), Decimal("0.055"), Decimal("2.4")
MOST_RADIUS = 24
LEAST_CONTRAST = Decimal("4.5")
"""What text needs against what is behind it (WCAG 2.2 AA)."""
_SYSTEM = 'ui-sans-serif,system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif'
FONTS = {"portal": f'"Inter",{_SYSTEM}', "system": _SYSTEM}

Mode = Literal["light", "dark", "system"]


@dataclass(frozen=True)
class Theme:
    """The look that a host asks for: a mode, and the tokens that it may set."""

    mode: Mode = "system"
    accent: str = ""
    accent_dark: str = ""
    radius: int | None = None
    font: str = ""

    @property
    def tokens(self) -> dict[str, str]:
        """The tokens that are set, as they are written into an address."""
        found = {"accent": self.accent, "accent_dark": self.accent_dark, "font": self.font}
        if self.radius is not None:
            found["radius"] = str(self.radius)
        return {name: value for name, value in found.items() if value}

    @property
    def css(self) -> str:
        """The style sheet of the tokens. Each value was checked: nothing else can stand in it."""
        rules = []
        if self.accent:
            dark = self.accent_dark or _lighter(self.accent)
            inks = f"{_ink_on(self.accent)},{_ink_on(dark)}"
            rules += [f"--accent:light-dark({self.accent},{dark})", f"--on-accent:light-dark({inks})"]
        if self.radius is not None:
            rules.append(f"--radius:{self.radius}px")
        if self.font:
            rules.append(f"--font:{FONTS[self.font]}")
        return f":root{{{';'.join(rules)}}}\n" if rules else ""


def theme_of(values: Mapping[str, object]) -> Theme:
    """Return the theme of these values, or refuse. A token that is not on the list is refused by its name."""
    unknown = sorted(set(values) - {"mode", "accent", "accent_dark", "radius", "font"})
    if unknown:
        raise _refused(f"{unknown[0][:40]} is no token of a theme.", unknown[0][:40])
    mode, font = values.get("mode", "system"), values.get("font", "")
    if mode not in {"light", "dark", "system"}:
        raise _refused("A theme's mode is light, dark or system.", "mode")
    if font and font not in FONTS:
        raise _refused(f"A theme's font is {' or '.join(FONTS)}.", "font")
    accent, dark = (_colour(values, name) for name in ("accent", "accent_dark"))
    if dark and not accent:
        raise _refused("accent_dark stands beside accent: send both.", "accent_dark")
    for name, colour, behind in (("accent", accent, _WHITE), ("accent_dark", dark, _NIGHT)):
        if colour and contrast(colour, behind) < LEAST_CONTRAST:
            words = f"{colour} cannot be read on {behind}: take a colour with a contrast of {LEAST_CONTRAST} to it."
            raise _refused(words, name)
    return Theme(mode, accent, dark, _radius(values), str(font))


def contrast(one: str, other: str) -> Decimal:
    """Return the contrast of two colours as WCAG reckons it, 1 to 21."""
    dark, bright = sorted((_luminance(one), _luminance(other)))
    return (bright + _FLARE) / (dark + _FLARE)


def _colour(values: Mapping[str, object], name: str) -> str:
    found = values.get(name) or ""
    if not isinstance(found, str) or (found and not _COLOUR.fullmatch(found.lower())):
        raise _refused(f"{name} is a colour such as #2149c9.", name)
    return found.lower()


def _radius(values: Mapping[str, object]) -> int | None:
    found = values.get("radius")
    if found is None:
        return None
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) <= 2:
        found = int(found)
    if not isinstance(found, int) or isinstance(found, bool) or not 0 <= found <= MOST_RADIUS:
        raise _refused(f"radius is a whole number of pixels from 0 to {MOST_RADIUS}.", "radius")
    return found


def _refused(words: str, name: str) -> Refused:
    return Refused(words, "theme_malformed", 422, f"theme.{name}")


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _luminance(colour: str) -> Decimal:
    return sum((share * _linear(each) for share, each in zip(_SHARES, _channels(colour), strict=True)), Decimal())


def _linear(channel: int) -> Decimal:
    """Return how much light a channel of sRGB stands for, 0 to 1."""
    share = Decimal(channel) / 255
    return share / _SLOPE if channel <= 10 else ((share + _SHIFT) / (1 + _SHIFT)) ** _GAMMA


def _ink_on(colour: str) -> str:
    return _WHITE if contrast(colour, _WHITE) >= contrast(colour, _INK) else _INK


def _lighter(colour: str) -> str:
    """Return the colour, mixed with white until it can be read at night."""
    for share in range(0, 101, 5):
        mixed = "#" + "".join(f"{each + (255 - each) * share // 100:02x}" for each in _channels(colour))
        if contrast(mixed, _NIGHT) >= LEAST_CONTRAST:
            return mixed
    return _WHITE
