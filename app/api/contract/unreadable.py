"""Why a body cannot be read, in words for whoever wrote the program that sent it. What was sent is not repeated."""

import codecs
import re

from pydantic_core import from_json

_PLACED = re.compile(r"(.*) at line (\d+) column (\d+)", re.DOTALL)
_GZIP = b"\x1f\x8b"
_WIDE = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)


def why(raw: bytes) -> str | None:
    """Return why the bytes are no JSON that is taken, as a sentence; None where they are."""
    if raw.startswith(codecs.BOM_UTF8):
        return "The body begins with a byte order mark. Send it without."
    if raw.startswith(_GZIP):
        return "The body is compressed. Send it as it is, without Content-Encoding."
    if raw.startswith(_WIDE) or b"\0" in raw[:4]:
        return "The body is not UTF-8 but UTF-16 or UTF-32. Send it in UTF-8."
    try:
        raw.decode()
    except UnicodeDecodeError as problem:
        return f"The body is not UTF-8: byte {problem.start + 1} is 0x{raw[problem.start]:02x}. Send it in UTF-8."
    found = _found(raw)
    return found and f"The body is no JSON that can be read: {found}."


def why_element(raw: bytes) -> str | None:
    """Return what is wrong with an element of a list, which has no place of its own in what was sent."""
    found = _found(raw)
    return found and f"It cannot be read: {found.rpartition(' at ')[0].removesuffix(',')}."


def _found(raw: bytes) -> str | None:
    try:
        from_json(raw, allow_inf_nan=False, cache_strings="none")
    except ValueError as problem:
        placed = _PLACED.fullmatch(str(problem))
        what, line, column = placed.groups() if placed else (str(problem), "1", "1")
        if "recursion limit" in what:
            what = "it is nested too deeply"
        elif "hex escape" in what:
            what = r"half a character, such as \ud800 alone,"
        elif what.startswith("EOF"):
            what = "it ends too soon"
        return f"{what} at line {line} column {column}"
    return None
