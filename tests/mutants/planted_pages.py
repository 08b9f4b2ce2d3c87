"""Bugs in what pages say: what is changed where, and which tests must turn red."""

from tests.mutants.bug import Bug

SUMS = ("tests/pages/test_overview_sums.py",)

BUGS = [
    Bug(
        "a balance below zero is blamed on any refund there ever was",
        "app/services/balance/overview.py",
        "            Transfer.sequence > func.coalesce(last, 0),\n",
        "",
        SUMS,
    ),
    Bug(
        "a refund that came back still counts as taken",
        "app/services/balance/overview.py",
        "            ~select(undone.id)\n",
        "            select(undone.id)\n",
        SUMS,
    ),
    Bug(
        "what waits for the bank is called bought",
        "app/services/payments/purchases.py",
        "        case PaymentState.SUCCEEDED:\n",
        "        case PaymentState.SUCCEEDED | PaymentState.REQUIRES_ACTION:\n",
        ("tests/pages/test_add_credits_once.py",),
    ),
    Bug(
        "a stale press removes another alert",
        "app/services/alerts/thresholds.py",
        "        gone = now.by_id.get(alert_id)\n",
        "        gone = now.by_id.get(alert_id) or next(iter(now.thresholds), None)\n",
        ("tests/pages/test_usage_alerts_stale.py",),
    ),
    Bug(
        "the forecast goes on with credit that has expired",
        "app/domain/forecast.py",
        "        for number in over:\n            left[number] = 0\n",
        "",
        ("tests/domain/test_forecast.py",),
    ),
    Bug(
        "usage that waits is not taken off what expires",
        "app/services/balance/remaining_grants.py",
        "rule.left_in(live, numbers.usage_to_post.micros)",
        "rule.left_in(live, 0)",
        ("tests/pages/test_overview_expiry.py",),
    ),
]
