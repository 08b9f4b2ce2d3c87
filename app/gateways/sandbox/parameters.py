"""What a request may carry: read from the installed SDK's own parameter types, so the sandbox knows no less than it."""

import types
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, Union, get_args, get_origin
from urllib.parse import parse_qsl

import stripe
import typing_extensions

from app.gateways.sandbox.errors import wrong_parameter
from app.gateways.sandbox.store import Body

Params = dict[str, Any]
_NAMES = {"StripeContext": str, "Mapping": Mapping}  # names that the SDK imports for type checkers only
_FLAGS = {"true": True, "false": False}


def parse(encoded: str) -> Params:
    """Read a form body or query string with `a[b]=c` and `a[0]=c` into nested dictionaries of texts."""
    parsed: Params = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        path = name.replace("]", "").split("[")
        inner = parsed
        for step in path[:-1]:
            below = inner.setdefault(step, {})
            if not isinstance(below, dict):
                raise wrong_parameter("Invalid hash", name)
            inner = below
        inner[path[-1]] = value
    return parsed


def checked(params: Params, spec: Any, at: str = "") -> Params:
    """Return the parameters with their types, or refuse the first that Stripe would not take."""
    fields = _fields(spec)
    for name in params:
        if name not in fields:
            where = f"{at}[{name}]" if at else name
            raise wrong_parameter(f"Received unknown parameter: {where}", where, "parameter_unknown")
    for name in _required(spec):
        if name not in params:
            where = f"{at}[{name}]" if at else name
            raise wrong_parameter(f"Missing required param: {where}.", where, "parameter_missing")
    return {name: _value(value, fields[name], f"{at}[{name}]" if at else name) for name, value in params.items()}


def _value(value: Any, kind: Any, at: str) -> Any:
    options = _options(kind)
    for option in options:
        if typing_extensions.is_typeddict(option) and isinstance(value, dict):
            return checked(value, option, at)
    if isinstance(value, dict):
        for option in options:
            if get_origin(option) is list:
                return [_value(each, get_args(option)[0], f"{at}[{place}]") for place, each in value.items()]
        if any(get_origin(option) is dict for option in options):
            return value
        raise wrong_parameter(f"Invalid string: {at} is a hash", at)
    if any(
        typing_extensions.is_typeddict(option) or get_origin(option) in {list, dict} for option in options
    ) and not _plain(options):
        raise wrong_parameter(f"Invalid object: {at}", at)
    return _scalar(value, options, at)


def _scalar(value: str, options: tuple[Any, ...], at: str) -> object:
    words = [word for option in options if get_origin(option) is Literal for word in get_args(option)]
    if value in words:
        return value
    if not value:
        raise wrong_parameter(f"You passed an empty string for '{at}'.", at, "parameter_invalid_empty")
    if bool in options and value in _FLAGS:
        return _FLAGS[value]
    if int in options:
        if not value.removeprefix("-").isdigit() or not value.isascii():
            raise wrong_parameter(f"Invalid integer: {value}", at, "parameter_invalid_integer")
        return int(value)
    if bool in options:
        raise wrong_parameter(f"Invalid boolean: {value}", at)
    if words:  # the SDK also allows any text there, for words to come; today's processor knows these
        raise wrong_parameter(f"Invalid {at}: must be one of {', '.join(words)}", at)
    return value


def _plain(options: tuple[Any, ...]) -> bool:
    return any(option in {str, int, bool} or get_origin(option) is Literal for option in options)


def _options(kind: Any) -> tuple[Any, ...]:
    if get_origin(kind) in {Union, types.UnionType}:
        return tuple(option for part in get_args(kind) for option in _options(part))
    return (kind,)


@cache
def _fields(spec: Any) -> dict[str, Any]:
    hints = typing_extensions.get_type_hints(spec, None, _NAMES)
    return {name: kind for name, kind in hints.items() if name not in _not_sent(spec)}


@cache
def _required(spec: Any) -> frozenset[str]:
    # Asked of the annotations: `__required_keys__` cannot see NotRequired inside the SDK's quoted ones.
    hints = typing_extensions.get_type_hints(spec, None, _NAMES, include_extras=True)
    return frozenset(name for name, kind in hints.items() if not _may_be_left_out(kind) and name not in _not_sent(spec))


def _may_be_left_out(kind: Any) -> bool:
    origin: Any = get_origin(kind)
    return origin is typing_extensions.NotRequired


def _not_sent(spec: Any) -> frozenset[str]:
    """The options that the SDK mixes into the parameters of each request: sent as headers, if at all."""
    mixed = typing_extensions.get_original_bases(spec)
    return frozenset(stripe.RequestOptions.__annotations__) if stripe.RequestOptions in mixed else frozenset()


def carries_card_number(params: Body) -> bool:
    """Say whether any value looks like a card's number: Stripe refuses those, and we never have one."""
    for value in params.values():
        if isinstance(value, dict):
            if carries_card_number(value):
                return True
        else:
            digits = str(value).replace(" ", "").replace("-", "")
            if digits.isascii() and digits.isdigit() and 13 <= len(digits) <= 19 and _luhn(digits):
                return True
    return False


def _luhn(digits: str) -> bool:
    doubled = [int(digit) * (2 if place % 2 else 1) for place, digit in enumerate(reversed(digits))]
    return sum(number - 9 if number > 9 else number for number in doubled) % 10 == 0
