"""A figure that is opened says its formula, its rows with how many they are, and what they come to, in one column."""

from datetime import date

from app.domain.amounts import CreditUnit
from app.presenters.figures import TOO_MANY, Line, shown
from app.services.usage.figures import Figure, Part

USD = CreditUnit("USD")
DAY = date(2026, 11, 21)


def test_amounts_below_each_other_have_as_many_decimals_as_the_finest() -> None:
    parts = (Part("meter", 1, 2_876_000, "requests"), Part("meter", 2, 1_000_000), Part("at_once", 1, 500_000, day=DAY))
    found = shown(
        Figure(4_376_000, parts, from_days=True), title="Used", formula="What it is.", unit=USD,
        titles={"requests": "Requests"}, address=lambda part: f"/{part.kind}",
    )  # fmt: skip
    assert found.lines == [
        Line("Requests", "1 event", "$2.876", "/meter"),
        Line("Usage without a meter", "2 events", "$1.000", "/meter"),
        Line("Usage without a meter, taken off at once", "1 row", "$0.500", "/at_once"),
    ]
    assert (found.value, found.sum_words, found.summed, found.note) == ("$4.376", "Added up", "$4.376", TOO_MANY)


def test_what_is_left_says_the_sign_of_each_line_and_is_never_below_zero() -> None:
    parts = (Part("plan_limit", 0, 100, "runs"), Part("used", 90, -90, "runs"), Part("units_held", 0, -20, "runs"))
    found = shown(Figure(0, parts, "left"), title="Left", formula="", unit="runs", titles={}, address=lambda _part: "")
    assert [(line.words, line.rows, line.value) for line in found.lines] == [
        ("The plan’s limit", "", "+100 runs"),
        ("Used in this billing period", "90 events", "−90 runs"),
        ("Held for calls in progress", "", "−20 runs"),
    ]
    assert (found.value, found.sum_words, found.summed, found.note) == ("0 runs", "Left", "0 runs", "")


def test_the_highest_counts_and_nothing_comes_to_nothing() -> None:
    parts = (Part("day", 3, 7, "peak", DAY), Part("day", 1, 9, "peak", DAY))
    assert (Figure(9, parts, "highest").summed, Figure(0, (), "highest").summed, Figure(0, ()).summed) == (9, 0, 0)
    assert Figure(0, (Part("overage", 0, -5),)).summed == -5
