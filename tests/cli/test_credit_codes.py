"""The seller's commands about codes for credit."""

from click.testing import Result
from flask import Flask

from tests.support.client import outside_contexts

MAKES = ("create-code", "--catalog", "gateway", "--credits", "12.5", "--reason", "Launch week", "--code", "launch-26")


def run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def test_codes_are_made_listed_and_withdrawn(app: Flask, catalog: str) -> None:
    assert run(app, *MAKES, "--most", "3", "--redeem-until", "2100-01-01T00:00:00Z").output == "LAUNCH-26\n"
    said = "LAUNCH-26  gateway  12.5 USD, 0 of 3 redeemed, until 2100-01-01T00:00Z"
    assert run(app, "codes").output == f"{said}\n"
    assert run(app, "withdraw-code", "launch-26").output == "LAUNCH-26\n"
    assert run(app, "codes").output == f"{said}, withdrawn\n"


def test_what_cannot_be_made_is_one_line(app: Flask, catalog: str) -> None:
    run(app, *MAKES)
    again, unknown = run(app, *MAKES), run(app, "withdraw-code", "no such code")
    assert (again.exit_code, again.stderr) == (1, "There is such a code already.\n")
    assert (unknown.exit_code, len(unknown.stderr.splitlines())) == (1, 1)
