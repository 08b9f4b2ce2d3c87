"""Which tests a run of pytest says are red."""

import re

_RED = re.compile(r"^(?:FAILED|ERROR) (tests/[^\s\[]+(?:\[.*?\](?= - |$))?)", re.MULTILINE)


def failed_in(output: str) -> list[str]:
    """Return the tests that failed or could not be set up, and the files that could not be read, as pytest names them."""
    return _RED.findall(output)


def is_among(test: str, failed: list[str]) -> bool:
    """Say whether a test, or one of those in a file or of several values, is among those that failed."""
    return any(
        each == test or each.startswith((f"{test}[", f"{test}::")) or test.startswith(f"{each}::") for each in failed
    )
