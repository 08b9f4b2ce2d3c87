"""The seller's logo at the head of a document: as large as its room, whatever its shape."""

from app.presenters.printed.document import Logo
from app.services.catalog import logos

WIDEST, HIGHEST = 200, 44
"""Pixels of CSS, of which 96 are an inch."""


def of(picture: str) -> Logo | None:
    """Return the logo for paper; None where the catalog has none."""
    size = logos.size(picture) if picture else None
    if size is None:
        return None
    width, height = size
    scale = min(WIDEST / width, HIGHEST / height)
    return Logo(picture, max(1, round(width * scale)), max(1, round(height * scale)))
