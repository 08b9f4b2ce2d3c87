"""The month is run by a command, and prices are compared and announced by one; both say what they did."""

from click.testing import Result
from flask import Flask

from app import clock
from tests.support import months, plans
from tests.support.client import outside_contexts
from tests.support.months import at, begins, runs
from tests.support.plans import BEGIN


def run(app: Flask, *words: str) -> Result:
    with outside_contexts():
        return app.test_cli_runner().invoke(args=["portal", *words])


def test_the_month_is_run_once_for_who_is_named_and_for_everybody(app: Flask) -> None:
    acme, _other = begins(BEGIN, "team"), begins(BEGIN, "personal")
    with clock.at(BEGIN):
        for wanted, said in (
            ([acme.external_id or ""], "1 ends of billing periods were run."),
            ([], "1 ends of billing periods were run, 0 customers are due and were not run."),
            ([], "0 ends of billing periods were run, 0 customers are due and were not run."),
        ):
            done = run(app, "run-month", *wanted)
            assert (done.exit_code, done.stdout.strip()) == (0, said)


def test_prices_are_shown_first_and_announced_with_yes(app: Flask) -> None:
    acme = begins(BEGIN, "team")
    for moment in (BEGIN, at(2027, 7, 1)):
        runs(moment)
    plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
    with clock.at(at(2027, 7, 2)):
        shown = run(app, "change-prices", "plans", "--on", "2027-09-01")
        assert shown.stdout.splitlines() == [
            f"{acme.customer_id}  Month Ltd  $49.00 -> $98.00 in the last month",
            "Nothing has changed. Announce version 2 to 1 customers with --yes.",
        ]
        for on, why in (
            ("2027-07-02", "Name a day that is still to come: nothing changes without notice.\n"),
            ("9999-12-31", "Name a day within the next two years.\n"),
        ):
            for words in ([], ["--yes"]):
                refused = run(app, "change-prices", "plans", "--on", on, *words)
                assert (refused.exit_code, refused.stdout, refused.stderr) == (1, "", why)
        done = run(app, "change-prices", "plans", "--on", "2027-09-01", "--yes")
    assert done.stdout.splitlines()[-1] == "1 customers were sent a mail, 0 were not."
    assert months.events(acme)[-1] == "subscription.price_announced"


def test_who_has_the_same_terms_is_named_and_sent_no_mail(app: Flask) -> None:
    free, team = begins(BEGIN, "free"), begins(BEGIN, "team")
    plans.applies(('monthly = "49.00"', 'monthly = "98.00"'))
    with clock.at(BEGIN):
        shown = run(app, "change-prices", "plans", "--on", "2027-09-01").stdout
        done = run(app, "change-prices", "plans", "--on", "2027-09-01", "--yes").stdout
    assert f"{free.customer_id}  Month Ltd  nothing changes for it: no mail" in shown
    assert f"{team.customer_id}  Month Ltd  no month of it is over yet" in shown
    assert shown.endswith("Announce version 2 to 1 customers with --yes.\n")
    assert done.endswith("1 customers were sent a mail, 1 were not.\n")
