"""Bugs in what pages say: what is changed where, and which tests must turn red."""

from tests.mutants.bug import Bug

SUMS = ("tests/pages/test_overview_sums.py",)

BUGS = [
    Bug(
        "holds that are over, and that no job has seen, fill the plan's limit in the status line",
        "app/services/balance/status_facts.py",
        "is_stale=ended > 0",
        "is_stale=False",
        ("tests/services/balance/test_status_facts.py",),
    ),
    Bug(
        "a balance below zero by use says that money went back",
        "app/presenters/status_line.py",
        '    why = "more was used than you had credit for"\n',
        "    why = WENT_BACK\n",
        ("tests/presenters/test_status_line.py",),
    ),
    Bug(
        "a balance below zero is blamed on any refund there ever was",
        "app/services/balance/status_facts.py",
        "            Transfer.sequence > func.coalesce(last, 0),\n",
        "",
        SUMS,
    ),
    Bug(
        "a refund that came back still counts as taken",
        "app/services/balance/status_facts.py",
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
        "taken = min(each.left, max(0, over))",
        "taken = 0",
        ("tests/pages/test_overview_expiry.py",),
    ),
    Bug(
        "corrections are taken off what was used so far",
        "app/services/balance/overview.py",
        "    used = total + int(voided) + int(corrected) - over",
        "    used = total + int(voided) - over",
        ("tests/pages/test_usage_corrected.py",),
    ),
    Bug(
        "corrections of any period are taken off this one's sum",
        "app/services/usage/history.py",
        "            Transfer.booked_at >= period.starts_at,\n",
        "",
        ("tests/pages/test_usage_corrected.py",),
    ),
    Bug(
        "calls that really were refused are not named beside the preview",
        "app/services/spend_management/simulation.py",
        'newest.c.reason == "daily_limit"',
        'newest.c.reason == "plan_limit"',
        ("tests/services/spend_management/test_simulation.py",),
    ),
    Bug(
        "a balance is shown better than it is",
        "app/domain/amounts.py",
        "Decimal(smallest // finer)",
        "Decimal(divided(smallest, finer))",
        ("tests/presenters/test_figures.py",),
    ),
    Bug(
        "less than the least that is shown is shown as nothing",
        "app/locale.py",
        "    if rounded or not amounts.digits_of(value):\n",
        "    if True:\n",
        ("tests/presenters/test_figures.py",),
    ),
    Bug(
        "more decimals than there may be are refused in other words in a file than on a page",
        "app/domain/typed_numbers.py",
        "        raise _too_fine(field, ENGLISH)\n",
        "        raise _malformed(field, _as_example(field, ENGLISH))\n",
        ("tests/domain/test_typed_numbers.py",),
    ),
    Bug(
        "thousands are taken for what they are not",
        "app/domain/typed_numbers.py",
        "{{0,2}}(?:{re.escape(marks.group)}[0-9]{{3}})+",
        "{{0,2}}(?:{re.escape(marks.group)}[0-9]{{2,3}})+",
        ("tests/domain/test_typed_numbers.py",),
    ),
    Bug(
        "an amount of another currency is read",
        "app/domain/typed_numbers.py",
        "    if other and found:\n",
        "    if other and not found:\n",
        ("tests/domain/test_typed_numbers.py",),
    ),
    Bug(
        "a spreadsheet rounds what is too long",
        "app/web/workbooks.py",
        "isinstance(cell, Decimal) and is_exact(cell)",
        "isinstance(cell, Decimal)",
        ("tests/web/test_workbooks.py",),
    ),
    Bug(
        "texts of a spreadsheet may be formulas",
        "app/web/workbooks.py",
        "            sheet.write_string(self._row, column, shortened(text))",
        "            sheet.write(self._row, column, shortened(text))",
        ("tests/web/test_workbooks.py",),
    ),
]
