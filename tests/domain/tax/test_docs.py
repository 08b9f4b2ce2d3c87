"""docs/tax.md lists each part of a country that is taxed otherwise, and none that is not."""

import re
from pathlib import Path

from app.domain.tax.territories import TERRITORIES

DOCS = Path(__file__).parents[3] / "docs" / "tax.md"


def test_each_part_of_a_country_is_documented() -> None:
    rows = re.findall(
        r"^\| `([A-Z0-9-]+)` \| ([A-Z]{2}) \| (.+?) \| (outside|own rate) \|$", DOCS.read_text(), re.MULTILINE
    )
    assert rows == [(each.code, each.country, each.name, each.standing.replace("_", " ")) for each in TERRITORIES]
