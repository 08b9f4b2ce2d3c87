"""What is wrong with a key, in plain words instead of the validator's."""

from pydantic_core import ErrorDetails

_WORDS = {
    "missing": "is missing",
    "extra_forbidden": "is not a key of a catalog; docs/catalog.md lists them",
    "value_error": "{error}",
    "literal_error": "must be one of {expected}",
    "string_type": "must be text in quotes",
    "int_type": "must be a whole number, without quotes",
    "bool_type": "must be true or false, without quotes",
    "date_type": "must be a day such as 2026-01-31, without quotes",
    "list_type": "must be a list",
    "dict_type": "must be a table",
    "model_type": "must be a table",
    "string_pattern_mismatch": "is written wrongly: it must match {pattern}",
    "string_too_short": "must not be empty",
    "too_short": "must not be empty",
    "string_too_long": "must not be longer than {max_length} characters",
    "too_long": "must not hold more than {max_length}",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
}


def reason(error: ErrorDetails) -> str:
    """Return the words for one finding of pydantic; its own where we have none."""
    words = _WORDS.get(error["type"])
    return words.format(**error.get("ctx", {})) if words else error["msg"]
