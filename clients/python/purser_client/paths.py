"""Addresses of the API: what stands in them is percent-encoded, each as one part."""

from collections.abc import Mapping
from urllib.parse import quote


def filled(path: str, *values: str) -> str:
    """Return the path with the values in the place of its parameters, in their order."""
    parts = path.split("{")
    return parts[0] + "".join(
        quote(value, safe="") + part.partition("}")[2] for part, value in zip(parts[1:], values, strict=True)
    )


def given(query: Mapping[str, str | int | bool | None]) -> dict[str, str | int]:
    """Return what of a query was given."""
    return {
        name: str(value).lower() if isinstance(value, bool) else value
        for name, value in query.items()
        if value is not None
    }
