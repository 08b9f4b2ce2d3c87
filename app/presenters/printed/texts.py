"""Texts that are longer than paper: cut between words into rows that fit on a page, with nothing left out."""

LONGEST = 300
"""So many characters a row: a tenth of a page, also of wide ones. A row that is taller than a page would be shrunk."""


def parts(text: str, longest: int = LONGEST) -> tuple[str, ...]:
    """Return the text as rows of at most so many characters: at least one, which may be empty."""
    found, rest = list[str](), " ".join(text.split())
    while len(rest) > longest:
        cut = rest.rfind(" ", longest // 2, longest + 1)
        found.append(rest[: cut if cut > 0 else longest])
        rest = rest[len(found[-1]) :].lstrip(" ")
    return (*found, rest) if rest or not found else tuple(found)
