"""Bugs in tax: whose it is, whose number counts, and how it is rounded."""

from tests.mutants.bug import Bug

DECISION = ("tests/domain/tax/test_decision.py",)
PLACES = ("tests/domain/tax/test_places.py",)
VIES = ("tests/gateways/test_vies.py",)

BUGS = [
    Bug(
        "two catalogs of one seller may give the same number without a word",
        "app/services/catalog/cautions.py",
        "for prefix in sorted(ours & theirs)",
        "for prefix in sorted(ours - theirs)",
        ("tests/cli/test_catalogs.py",),
    ),
    Bug(
        "a number that was never verified is mailed about as if it were",
        "app/services/tax/changes.py",
        "if before == State.VERIFIED and row",
        "if row",
        ("tests/services/tax/test_rejected_later.py",),
    ),
    Bug(
        "a certificate counts as soon as it is sent",
        "app/services/tax/registrations.py",
        "        state=State.PENDING,\n        why=WAITS_FOR_SELLER,",
        "        state=State.VERIFIED,\n        verified_at=clock.now(),\n        why=WAITS_FOR_SELLER,",
        ("tests/pages/test_tax_settings_certificates.py",),
    ),
    Bug(
        "what a file is follows from its name",
        "app/domain/tax/certificates.py",
        "if content.startswith(beginning)), None)",
        "if beginning), None)",
        ("tests/pages/test_tax_settings_certificates.py",),
    ),
    Bug(
        "a number of another state shifts the tax of a sale at home",
        "app/domain/tax/decision.py",
        "    if place.state == home.state:\n        return (Reason",
        "    if place.state == home.state == state:\n        return (Reason",
        DECISION,
    ),
    Bug(
        "the seller's own state's number shifts the tax",
        "app/domain/tax/decision.py",
        "    if state == home.state:\n",
        "    if state == place.state == home.state:\n",
        DECISION,
    ),
    Bug(
        "a number of the One Stop Shop shifts the tax",
        "app/domain/tax/decision.py",
        "    if number.kind is Kind.EU_OSS_VAT:\n",
        "    if number.kind is Kind.OTHER:\n",
        DECISION,
    ),
    Bug(
        "a Northern Irish number counts for services",
        "app/domain/tax/decision.py",
        'if number.country == "XI" or not is_member(state, on):',
        "if not is_member(number.country, on) and number.country in {state}:",
        DECISION,
    ),
    Bug(
        "a number that is not verified shifts the tax",
        "app/domain/tax/decision.py",
        "    State.UNVERIFIED: Reason.NUMBER_UNVERIFIED,\n",
        "",
        DECISION,
    ),
    Bug(
        "the wrong one of several rates is in force",
        "app/domain/tax/decision.py",
        "return max(in_force, key=lambda rate: rate.since, default=None)",
        "return min(in_force, key=lambda rate: rate.since, default=None)",
        DECISION,
    ),
    Bug(
        "tax is cut off and not rounded",
        "app/domain/tax/treatment.py",
        "Money(divided(net.amount_minor * share, 100 * whole), net.currency)",
        "Money(net.amount_minor * share // (100 * whole), net.currency)",
        ("tests/domain/tax/test_treatment.py",),
    ),
    Bug(
        "the region speaks against a whole postal code",
        "app/domain/tax/places.py",
        "if by_code is not None or _is_full(country, code):",
        "if by_code is not None:",
        PLACES,
    ),
    Bug(
        "a catalog may tax credit when it is bought and let it pay taxed invoices",
        "app/services/catalog/versions.py",
        "catalog_charges.problems(catalog) + catalog_rules.problems(catalog)",
        "catalog_charges.problems(catalog)",
        ("tests/services/catalog/test_tax_of_catalogs.py",),
    ),
    Bug(
        "an outage beside a no is an answer",
        "app/gateways/vies.py",
        '    named.append(said.get("userError"))\n',
        "",
        VIES,
    ),
    Bug(
        "an answer about another number is one about this",
        "app/gateways/vies.py",
        " or not _is_about(said, asked)",
        "",
        VIES,
    ),
    Bug(
        "an outage takes what was verified",
        "app/services/tax/checking.py",
        "            if row.state == State.PENDING:\n",
        "            if row.state:\n",
        ("tests/services/tax/test_checking.py",),
    ),
    Bug(
        "a tax number that the processor refuses keeps the others out",
        "app/gateways/stripe/gateway.py",
        "                if isinstance(made, Unknown):\n                    return made\n",
        "                if isinstance(made, Unknown | Misused):\n                    return made\n",
        ("tests/services/processor/test_tax_ids.py",),
    ),
    Bug(
        "zeros are a Northern Irish number",
        "app/services/tax/numbers.py",
        'if not value or not re.search("[1-9]", value):',
        "if not value:",
        ("tests/services/tax/test_numbers.py",),
    ),
    Bug(
        "an old answer is kept over a newer question",
        "app/services/tax/checking.py",
        " or row.tries != due.tries:",
        ":",
        ("tests/services/tax/test_checking.py",),
    ),
]
