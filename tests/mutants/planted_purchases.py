"""Bugs in what a purchase with tax charges, and in what is said of it."""

from tests.mutants.bug import Bug

BUGS = [
    Bug(
        "a card that the same form has just saved is taken away",
        "app/services/payment_methods/rows.py",
        "twin.created_at > since",
        "twin.created_at < since",
        ("tests/pages/test_add_credits_who.py",),
    ),
    Bug(
        "the limit of automatic charges forgets the tax",
        "app/domain/auto_recharge/decision.py",
        "key=lambda count: one.times(count).amount.amount_minor)",
        "key=lambda count: one.times(count).listed.amount_minor)",
        ("tests/domain/auto_recharge/test_decision.py",),
    ),
    Bug(
        "how a purchase is taxed is read when the money comes",
        "app/services/invoices/finalization.py",
        "    if payment.net_minor is None:\n",
        "    if payment.treatment:\n",
        ("tests/services/invoices/test_taxed.py",),
    ),
    Bug(
        "credit is given for the tax as well",
        "app/domain/top_ups.py",
        "    top_up = TopUp(amount, credits_from_money(amount), taxation=taxation)\n",
        "    top_up = TopUp(amount, credits_from_money(taxation.price(amount).total), taxation=taxation)\n",
        ("tests/domain/tax/test_prices.py",),
    ),
    Bug(
        "the reason of the tax may change behind the button",
        "app/domain/top_ups.py",
        "[treatment.percent.normalize(), treatment.category, treatment.reason]",
        "[treatment.percent.normalize(), treatment.category]",
        ("tests/domain/tax/test_prices.py",),
    ),
    Bug(
        "an order does not look at what was previewed",
        "app/services/payments/top_ups.py",
        '        if order.previewed not in {"", top_up.preview}:\n',
        '        if order.previewed == "never":\n',
        ("tests/services/payments/test_previewed.py",),
    ),
    Bug(
        "a restored payment forgets its tax",
        "app/services/reconciliation/lost_payments.py",
        "            treatment=_treatment(intent, promise),\n",
        '            treatment="",\n',
        ("tests/services/invoices/test_taxed.py",),
    ),
    Bug(
        "a rule that tax makes impossible waits for the next period",
        "app/domain/auto_recharge/decision.py",
        "    if facts.one is not None and facts.one.amount > facts.terms.period_limit:",
        "    if facts.one is not None and facts.one.listed > facts.terms.period_limit:",
        ("tests/domain/auto_recharge/test_decision.py",),
    ),
    Bug(
        "the removal of a number has nothing looked at",
        "app/services/tax/registrations.py",
        "        changes.taxed_otherwise(session, customer_id, now)\n",
        "",
        ("tests/services/auto_recharge/test_taxed.py",),
    ),
    Bug(
        "credit that was bought is taxed at another time from now on",
        "app/services/catalog/versions.py",
        "    if before.tax.credits == catalog.tax.credits:\n",
        "    if before.tax.credits == before.tax.credits:\n",
        ("tests/services/catalog/test_tax_of_catalogs.py",),
    ),
    Bug(
        "usage that bought credit has paid is taxed again",
        "app/services/receivables/metered_lines.py",
        "            part = each.open if is_its else 0\n            below += part\n",
        "            part = each.open + each.bought if each.period <= row.number else 0\n            below += each.open\n",
        ("tests/services/receivables/test_taxed_once.py",),
    ),
    Bug(
        "a rule that a new rate makes impossible waits until the credit is low",
        "app/services/auto_recharge/judging.py",
        "one.amount.amount_minor <= row.period_limit_minor",
        "one.listed.amount_minor <= row.period_limit_minor",
        ("tests/services/auto_recharge/test_taxed.py",),
    ),
]
