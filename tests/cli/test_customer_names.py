"""A customer is named by our id or the seller's own, in each command that takes one."""

import pytest
from flask import Flask

from app.models.customers import Customer
from tests.support.client import outside_contexts

COMMANDS = {
    "grant": ["grant", "--credits", "1", "--reason", "Welcome"],
    "create-api-key": ["create-api-key", "--scope", "billing:read"],
    "create-member": ["create-member", "--email", "eve@acme.example", "--role", "viewer", "--password-stdin"],
    "require-po": ["require-po", "--by", "ops"],
    "verify": ["verify"],
    "move-plan": ["move-plan", "payg-usd"],
}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_customer_is_named_by_either_id(app: Flask, acme: Customer, command: str) -> None:
    words = list(COMMANDS[command])
    if command == "move-plan":
        words[1] = acme.catalog
    ours, theirs, unknown = acme.customer_id, acme.external_id or "", "nobody"
    ends = list[int]()
    for name in (theirs, ours, unknown):
        if command == "create-member":
            words[2] = f"{name.lower()}@acme.example"
        with outside_contexts():
            done = app.test_cli_runner().invoke(args=["portal", *words, "--customer", name], input="a good long one\n")
        ends.append(done.exit_code)
    assert ends == [0, 0, 1]
