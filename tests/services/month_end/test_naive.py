"""Every invoice of a plan is what a second, naive calculator says, which imports nothing of the portal."""

import ast
from datetime import date
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from app.services.verification.verify import verify
from tests.support import naive_plan, plans, tiers
from tests.support.months import at, begins, periods, runs

PLANS = {"personal": (1200, 0, 1), "team": (4900, 1500, 3)}


def test_the_calculator_imports_nothing_of_the_portal() -> None:
    tree = ast.parse(Path(naive_plan.__file__).read_text())
    named = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    assert {getattr(node, "module", None) for node in named} <= {"calendar", "datetime", "fractions"}


@pytest.mark.parametrize("seed", range(tiers.sample_of(2, proof=25)))
def test_each_period_costs_what_the_calculator_says(app: Flask, seed: int) -> None:
    chance = Random(f"naive {seed}")  # noqa: S311  # replayed, not secret
    for plan, (base, each, included) in PLANS.items():
        first = date(2027, chance.choice([1, 3, 5, 8]), chance.choice([1, 15, 28, 29, 30, 31]))
        acme = begins(at(first.year, first.month, first.day, 9), plan)
        last = date(first.year, first.month + 4, 15)
        runs(at(last.year, last.month, last.day))
        net = naive_plan.price(base, each, included, included)
        days = naive_plan.starts(first, 1, last)
        assert [(start, price) for start, _end, price, _outcome in periods(acme)] == [
            (f"{day:%F}", net) for day in days
        ]
        found = [(sold, total) for _state, sold, total, _lines in plans.invoices(acme)]
        assert found == [(net, naive_plan.with_tax(net, 25))] * len(days)
    assert verify() == []
