"""What stays refused whatever is bought, in words: nothing where buying helps."""

from dataclasses import replace
from datetime import timedelta

import pytest

from app.domain.status_line import Facts
from app.presenters.blocks import whatever_is_bought
from tests.domain.test_status_line import NOW, facts, metered, numbers, suspended
from tests.presenters.test_status_line import NOT_OFFERED, USD, catalog

DAY = facts(numbers(limit=10, used_today=12))
REQUESTS = replace(metered(100), tariff=replace(metered(100).tariff, meter=catalog().meters[0]))  # type: ignore[type-var]
PLAN = facts(meters=(REQUESTS,), resets_at=NOW + timedelta(days=3))


@pytest.mark.parametrize(
    ("so", "fact", "link"),
    [
        (facts(), None, ""),
        (facts(numbers(0, overage=0)), None, ""),  # buying helps
        (facts(numbers(5, held=55)), None, ""),
        (
            facts(suspended()),
            "Your account is suspended: adding credit alone does not change that, paying what is overdue does.",
            "See invoices",
        ),
        (
            DAY,
            "Adding credit does not lift today’s limit of $10.00: calls that cost credit stay refused until 00:00 UTC, unless the limit is raised.",
            "Raise the limit",
        ),
        (
            facts(numbers(-50, limit=10, used_today=10)),  # no credit either: with credit the limit refuses
            "Adding credit does not lift today’s limit of $10.00: calls that cost credit stay refused until 00:00 UTC, unless the limit is raised.",
            "Raise the limit",
        ),
        (
            PLAN,
            "Adding credit does not lift your plan’s limit: calls for Requests stay refused until 1 Dec 2026, 00:00 UTC.",
            "See usage",
        ),
    ],
)
def test_what_buying_does_not_change_is_said_with_what_does(so: Facts, fact: str | None, link: str) -> None:
    said = whatever_is_bought(so, catalog(), USD)
    text = str(said.fact).replace('<time datetime="2026-11-29T00:00:00Z" data-time="both">', "") if said else None
    assert (text.replace("</time>", "") if text else None, said.link if said else "") == (fact, link)


def test_a_limit_of_the_seller_leads_nowhere() -> None:
    said = whatever_is_bought(DAY, catalog(NOT_OFFERED), USD)
    assert said is not None and (said.link, str(said.fact).endswith("</time>. Relay Networks, Inc. has set it.")) == (
        "",
        True,
    )
