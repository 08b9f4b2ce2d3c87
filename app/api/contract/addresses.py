"""Addresses: the part that names a customer is our id or the seller's own, in which a slash may stand."""

from collections.abc import Callable, Mapping
from typing import Any, cast

from flask import Flask
from werkzeug.routing import BaseConverter, Rule

from app.services.customers.external_ids import ADDRESS_WORDS

CUSTOMER = "customer_id"
"""The part of a path that names a customer."""


class CustomerName(BaseConverter):
    """A customer's name as a part of a path.

    Servers decode `%2F` before they pass a path on, so that the part may go on after a slash: up to a word that
    follows a customer in an address, which no id of a customer has behind a slash.
    """

    part_isolating = False
    regex = f"(?:(?!/(?:{'|'.join(ADDRESS_WORDS)})(?:/|$)).)+"
    weight = 200


class Address(Rule):
    """A rule in which `<customer_id>` is a customer's name, written as any other part: also in logs and metrics."""

    def get_converter(
        self, variable_name: str, converter_name: str, args: tuple[Any, ...], kwargs: Mapping[str, Any]
    ) -> BaseConverter:
        """Return what reads the part of the path."""
        name = "customer" if variable_name == CUSTOMER else converter_name
        return super().get_converter(variable_name, name, args, kwargs)

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        """Return what writes the address: made when the first is written, as few of the rules are ever written."""
        made = super()._compile_builder

        def write(self: Address, **values: Any) -> tuple[str, str]:
            writer = made(append_unknown).__get__(self, None)
            setattr(self, "_build_unknown" if append_unknown else "_build", writer)
            return cast("tuple[str, str]", writer(**values))

        return write


def init_app(app: Flask) -> None:
    """Let addresses name customers."""
    app.url_map.converters["customer"] = CustomerName
    app.url_rule_class = Address
