"""What a request says, written as JSON; what cannot be sent is refused here and never leaves the process."""

import json
import math
from collections.abc import Mapping


class Invalid(ValueError):
    """What was to be sent is nothing that can be: it never left the process, and nothing was done."""


def written(body: object) -> bytes | None:
    """Return a body as JSON, or refuse it with the field that is wrong."""
    if body is None:
        return None
    try:
        return json.dumps(body, allow_nan=False).encode()
    except RecursionError:
        raise Invalid("It is nested too deeply.") from None
    except (TypeError, ValueError) as problem:
        raise Invalid(_wrong(body, "") or str(problem)) from None


def _wrong(value: object, path: str) -> str | None:
    """Return what is wrong and where, or None."""
    match value:
        case Mapping():
            found = (_wrong(each, f"{path}.{name}" if path else str(name)) for name, each in value.items())
        case list() | tuple():
            found = (_wrong(each, f"{path}.{index}" if path else str(index)) for index, each in enumerate(value))
        case float() if not math.isfinite(value):
            return f"{path}: {value} is no number of JSON."
        case str() | int() | float() | None:
            return None
        case _:
            kind = type(value).__name__
            return f"{path}: a {kind} cannot be sent. Write a quantity as an int, and credits and times as text."
    return next((each for each in found if each), None)
