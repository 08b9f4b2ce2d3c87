"""The process dies (kill -9) while a period is closed: given again, the command leaves one invoice, whatever was begun.

Each line of the table in docs/decisions/0031-a-period-becomes-an-invoice.md is a point, and so is each thing it names.
"""

import pytest

from app.config import Settings
from tests.support.crash_plan import Kill, Step
from tests.support.crash_player import NOTHING, ends, killed

CLOSE = Step("close")
ONE_INVOICE = [[2500], 1, 0, []]
"""One document of 25.00, one mail, a balance of zero, and no number lacks."""


@pytest.mark.case("AC-67")
def test_killed_before_the_commit_that_closes_the_command_given_again_writes_it_all(
    settings: Settings, catalog: str
) -> None:
    kills = (
        Kill("insert into documents"),
        Kill("insert into document_lines"),
        Kill("insert into transfers"),
        Kill("insert into number_series"),
        Kill("update documents set"),
        Kill("insert into audit_entries"),
        Kill("insert into outbox_events"),
        Kill("insert into mails"),
        Kill("before commit"),
    )
    runs = killed(settings, CLOSE, *kills, after=(CLOSE,))
    assert ends(runs) == ends(runs, "resubmitted") == [NOTHING] * len(runs)
    assert [run["invoiced"] for run in runs] == [ONE_INVOICE] * len(runs)


def test_killed_after_the_commit_that_closes_the_invoice_is_the_one_that_is_there(
    settings: Settings, catalog: str
) -> None:
    runs = killed(settings, CLOSE, Kill("after commit"), after=(CLOSE,))
    assert [run["invoiced"] for run in runs] == [ONE_INVOICE] * len(runs)
