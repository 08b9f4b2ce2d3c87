"""Charts in other languages: the steps of an axis are written as the language writes amounts."""

import pytest

from app import languages
from app.domain import language
from app.presenters.charts import Axis, axis_label


@pytest.mark.parametrize(
    ("name", "whole", "large", "none"),
    [
        ("de", "−4.000\N{NO-BREAK SPACE}$", "1,5 Mio.\N{NO-BREAK SPACE}$", "0\N{NO-BREAK SPACE}$"),
        ("es", "−4.000\N{NO-BREAK SPACE}$", "1,5 M\N{NO-BREAK SPACE}$", "0\N{NO-BREAK SPACE}$"),
    ],
)
def test_a_step_is_written_as_the_language_writes_amounts(name: str, whole: str, large: str, none: str) -> None:
    language.register(languages.catalog)
    with language.using(name):
        assert axis_label(-4_000_000_000, Axis((-4_000_000_000, 0), 1_000_000_000), "USD") == whole
        assert axis_label(1_500_000_000_000, Axis((0, 2_000_000_000_000), 500_000_000_000), "USD") == large
        assert axis_label(0, Axis((0, 10**9), 10**9), "USD") == none
