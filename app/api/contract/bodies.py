"""The body of a request: read as JSON, looked through, and made the model that the operation takes."""

import json
import math
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import request
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from app.api.contract import problems, unreadable
from app.api.contract.problems import FieldProblem, Malformed
from app.domain.errors import Refused
from app.web.errors.cut_short import body_of, cut_short, is_unknown

_BIGGEST = 2**63 - 1
_LONGEST = 40
_FITS = 18
"""Whatever its digits, a number of no more fits in 64 bits."""


class _Twice(list[tuple[str, Any]]):
    """The fields of an object that has one of them twice: whoever reads the one or the other would not agree."""


def body(
    model: type[BaseModel], judged_each: str = "", composed: Callable[[bytes], bytes] | None = None
) -> tuple[object, BaseModel]:
    """Return the body as it was sent, and as the model that it must be. No body is an empty one.

    `judged_each` names a list in it whose elements are judged each for itself: what is wrong inside one is not wrong
    with the request; so are those of a list that is
    the whole body. The model has in its context the places of such elements, and what is wrong with each.
    """
    raw = body_of(request)
    if raw and not request.is_json:
        raise UnsupportedMediaType
    if not raw and model.model_fields and request.content_type and is_unknown(request.environ):
        raise cut_short()  # the body that its type speaks of did not come: none would mean something else
    raw = composed(raw) if composed is not None else raw
    raw = raw or b"{}"
    notes = _Notes()
    try:
        sent: object = notes.read(raw.decode())
    except (ValueError, RecursionError):
        raise _unread(unreadable.why(raw)) from None
    if not notes.found_any and b"\\u0000" not in raw:  # no text of JSON has a NUL in it otherwise
        with suppress(ValidationError):  # that it cannot be read, or what is wrong with it, is said below
            return sent, model.model_validate_json(raw, context={})
    unread = unreadable.why(raw)
    if unread and not judged_each:
        raise _unread(unread)
    wrong = _wrong_elements(sent, judged_each, readable=unread is None)
    rest = sent
    if wrong:
        each = [None if index in wrong else element for index, element in enumerate(_elements(sent, judged_each))]
        rest = {**sent, judged_each: each} if isinstance(sent, dict) else each
    try:
        taken = json.dumps(rest).encode() if wrong else raw
    except RecursionError:
        raise BadRequest from None
    if unread and unreadable.why(taken):
        raise _unread(unread)
    _look_through(rest, ())
    return raw.decode() if unread else sent, _made(model, taken, wrong)


def _made(model: type[BaseModel], raw: bytes, wrong: dict[int, str]) -> BaseModel:
    try:
        return model.model_validate_json(raw, context=wrong)
    except ValidationError as problem:
        raise problems.malformed(problem) from None


def _unread(words: str | None) -> Refused:
    return Refused(words or "The body is nested too deeply.", "request_malformed", 400)


def _wrong_elements(sent: object, name: str, *, readable: bool) -> dict[int, str]:
    """Return what is wrong with the elements of the list that are not to be taken, by their places."""
    elements = _elements(sent, name)
    wrong = dict[int, str]()
    for index, element in enumerate(elements):
        try:
            _look_through(element, ())
            if not readable and (words := unreadable.why_element(json.dumps(element).encode())):
                wrong[index] = words
        except Malformed as problem:
            (found,) = problem.errors
            wrong[index] = f"{found.field}: {found.detail}".removeprefix(": ")
        except RecursionError:
            wrong[index] = "It is nested too deeply."
    return wrong


def _elements(sent: object, name: str) -> list[object]:
    """Return what is judged each for itself: the elements of the list of this name, or of the whole body."""
    found = sent.get(name) if name and isinstance(sent, dict) else sent if name else None
    return found if isinstance(found, list) and not isinstance(found, _Twice) else []


class _Notes:
    """Whether what is read has anything in it that the body must be looked through for."""

    def __init__(self) -> None:
        self.found_any = False

    def read(self, text: str) -> object:
        """Return what the JSON says."""
        return json.JSONDecoder(
            object_pairs_hook=self._object,
            parse_int=self._whole_number,
            parse_float=self._number,
            parse_constant=_no_number,
        ).decode(text)

    def _object(self, pairs: list[tuple[str, Any]]) -> object:
        found = dict(pairs)
        if len(found) == len(pairs):
            return found
        self.found_any = True
        return _Twice(pairs)

    def _whole_number(self, text: str) -> int:
        """Return the number; of one that is far too long, its beginning, which is too large as well."""
        if len(text) > _FITS:
            self.found_any = True
        return int(text[:_LONGEST])

    def _number(self, text: str) -> float:
        number = float(text)
        if not math.isfinite(number):
            self.found_any = True
        return number


def _no_number(text: str) -> object:
    words = f"{text} is no number of JSON: the whole body cannot be read, and nothing of it was taken."
    raise Refused(words, "request_malformed", 400)


def _look_through(value: object, path: tuple[str, ...]) -> None:
    """Refuse what no table of ours can hold, wherever it stands, also where any JSON is taken."""
    match value:
        case str() if "\0" in value:
            raise _unfit(path, "A text must not have a NUL in it.")
        case bool():
            return
        case int() if not -_BIGGEST <= value <= _BIGGEST:
            raise _unfit(path, "A number must fit in 64 bits.")
        case float() if not math.isfinite(value):
            raise _unfit(path, "A number must be finite.")
        case _Twice():
            names = [name for name, _ in value]
            twice = next(name for name in names if names.count(name) > 1)
            raise _problem((*path, twice), "field_twice", "Send it only once.")
        case list():
            for index, each in enumerate(value):
                _look_through(each, (*path, str(index)))
        case dict():
            for name, each in value.items():
                _look_through(name, path)
                _look_through(each, (*path, name))


def _unfit(path: tuple[str, ...], words: str) -> Malformed:
    return _problem(path, "value_unfit", words)


def _problem(path: tuple[str, ...], reason: str, words: str) -> Malformed:
    return Malformed([FieldProblem(field=".".join(path)[:200].replace("\0", ""), reason=reason, detail=words)])
