"""Bugs in what is billed of a plan's time, and comes off a change."""

from tests.mutants.bug import Bug

ROOM = "tests/services/subscriptions"

BUGS = (
    Bug(
        "unused time goes off with the tax of today",
        "app/services/subscriptions/billed.py",
        "found.net if percent is None else found.gross / (1 + Fraction(percent) / 100)",
        "found.net",
        (f"{ROOM}/test_taxed_as_ordered.py::test_unused_time_goes_off_with_the_tax_that_it_was_billed_with",),
    ),
    Bug(
        "time that nobody was billed for is taken off at the price of today",
        "app/services/subscriptions/preview.py",
        "    if _takes_off(found, had):\n",
        "    if _takes_off(found, had) and not has.is_billed:\n",
        (
            "tests/services/subscriptions/test_billed.py::test_what_nobody_paid_is_not_taken_off",
            "tests/services/subscriptions/test_billed.py::test_time_is_taken_off_at_the_price_that_was_billed",
        ),
    ),
    Bug(
        "changes of one minute are reckoned in another order",
        "app/services/subscriptions/billed.py",
        ".order_by(PlanChange.from_version.desc(), PlanChange.id.desc())",
        ".order_by(PlanChange.effective_at.desc(), PlanChange.id)",
        (f"{ROOM}/test_billed_histories.py::test_there_and_back_within_a_minute_costs_what_is_had_in_the_end",),
    ),
    Bug(
        "less of what went back is given all the same",
        "app/services/subscriptions/preview.py",
        "if of_seats or not left.is_whole else found",
        "if of_seats else found",
        (f"{ROOM}/test_billed_histories.py",),
    ),
    Bug(
        "what a refunded change took off is lost",
        "app/services/subscriptions/billed.py",
        "part * off + back.net, part * off * taxed + back.gross",
        "part * off, part * off * taxed",
        (
            f"{ROOM}/test_billed_histories.py::test_what_paid_for_a_change_and_went_back_leaves_what_the_change_took_off",
        ),
    ),
    Bug(
        "where prices include tax, what tax was paid stays on time that was given back",
        "app/services/subscriptions/billed.py",
        "        gross = net * was.gross / was.net if was.net else net\n",
        "        gross = net\n",
        (
            f"{ROOM}/test_billed_histories.py::test_where_prices_include_tax_its_rate_changes_nothing_of_what_is_taken_off",
        ),
    ),
    Bug(
        "what was refunded is taken off again",
        "app/services/subscriptions/billed.py",
        "    return max(Fraction(0), 1 - Fraction(gone, document.total_minor))\n",
        "    return Fraction(1)\n",
        ("tests/services/subscriptions/test_billed.py::test_what_was_refunded_is_not_taken_off_again",),
    ),
    Bug(
        "what the seller made cheaper is taken off at the new price",
        "app/services/subscriptions/billed.py",
        "    if abs(size - costs) <= found.lines // 2 + 1 + len(parts):\n",
        "    if size - costs >= -found.lines // 2 - 1 - len(parts):\n",
        ("tests/services/subscriptions/test_billed.py",),
    ),
    Bug(
        "a year that was left counts in a month that was renewed since",
        "app/services/subscriptions/billed.py",
        "            if period is not None and period.starts_at > order.effective_at:\n",
        "            if period is not None and period.starts_at > order.period_ends_at:\n",
        (f"{ROOM}/test_billed_histories.py::test_a_year_that_was_left_before_the_month_was_renewed_counts_no_more",),
    ),
    Bug(
        "seats are given back at a share of a plan that the seller has moved",
        "app/services/subscriptions/preview.py",
        "if of_seats or not left.is_whole else found",
        "if not left.is_whole else found",
        (
            f"{ROOM}/test_billed_histories.py::test_seats_of_a_plan_that_the_seller_has_moved_wait_for_the_end_of_the_period",
        ),
    ),
)
