"""What texts must look like, each pattern with the words for one that does not."""

DAY = r"^\d{4}-\d\d-\d\d$"
LOCALE = r"^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}$"
SOURCE = r"^[!-~]+$"
JSON = r"^application/([a-zA-Z0-9.+_-]+\+)?json(;.*)?$"
WORDS = {
    DAY: "Write a day such as 2026-11-21.",
    LOCALE: "Write a language tag: letters, and parts after a hyphen, such as en or pt-BR.",
    SOURCE: "Write a URI, or a part of one, in ASCII without spaces, such as /gateway/eu-1.",
    JSON: "The data must be JSON, such as application/json.",
}


def words_for(message: str) -> str | None:
    """Return the words for what pydantic says of a text that does not match its pattern."""
    pattern = message.removeprefix("String should match pattern '").removesuffix("'")
    return WORDS.get(pattern)
