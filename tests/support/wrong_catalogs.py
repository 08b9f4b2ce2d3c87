# ruff: noqa: ISC004  (each sentence stands whole, as it is printed)
"""Ways to break the small catalogs, with the sentence that each must give."""

from tests.support.small_catalogs import SMALL, TOKENS


def _small(old: str, new: str) -> str:
    assert SMALL.count(old) >= 1, old
    return SMALL.replace(old, new, 1)


def _tokens(old: str, new: str) -> str:
    assert TOKENS.count(old) >= 1, old
    return TOKENS.replace(old, new, 1)


WRONG: dict[str, tuple[str, str]] = {
    "not TOML": (
        _small('title = "Small"', "title = Small"),
        "not readable as TOML: Invalid value (at line 2, column 9)",
    ),
    "a key twice": (
        _small('title = "Small"', 'title = "Small"\ntitle = "Again"'),
        "not readable as TOML: Cannot overwrite a value (at line 3, column 16)",
    ),
    "an unknown key": (
        _small("[top_up]", '[top_up]\nminimum = "1"'),
        "top_up.minimum (line 12) is not a key of a catalog; docs/catalog.md lists them",
    ),
    "an unknown section": (
        SMALL + "\n[discounts]\nall = true\n",
        "discounts (line 39) is not a key of a catalog; docs/catalog.md lists them",
    ),
    "a missing key": (_small('title = "Requests"\n', ""), "meters[1].title (line 15) is missing"),
    "a missing section": (_small('[seller]\nname = "Small Ltd"\n', ""), "seller is missing"),
    "a binary fraction": (
        _small('min = "5.00"', "min = 5.00"),
        'top_up.min (line 12) must be an amount in quotes, such as "25.00"',
    ),
    "an exponent": (
        _small('max = "5000.00"', 'max = "5e3"'),
        'top_up.max (line 13) must be an amount in plain digits, such as "25.00", not "5e3"',
    ),
    "a negative amount": (
        _small('credits = "0.40"', 'credits = "-0.40"'),
        'meters[1].credits (line 20) must be an amount in plain digits, such as "0.25", not "-0.40"',
    ),
    "another script's digits": (
        _small('min = "5.00"', 'min = "٥"'),
        'top_up.min (line 12) must be an amount in plain digits, such as "25.00", not "٥"',
    ),
    "too many decimals": (
        _small('min = "5.00"', 'min = "5.001"'),
        'top_up.min (line 12) cannot be "5.001": Enter an amount with at most 2 decimals, such as 25.00.',
    ),
    "decimals in yen": (
        SMALL.replace("USD", "JPY").replace('"5.00"', '"5.50"').replace(".00", ""),
        'top_up.min (line 12) cannot be "5.50": Enter an amount without decimals, such as 25.',
    ),
    "too fine for micros": (
        _small('credits = "0.40"', 'credits = "0.0000004"'),
        'meters[1].credits (line 20) must be an amount in plain digits, such as "0.25", not "0.0000004"',
    ),
    "text for a number": (
        _small("per = 1000", 'per = "1000"'),
        "meters[1].per (line 21) must be a whole number, without quotes",
    ),
    "true for a number": (
        _small("per = 1000", "per = true"),
        "meters[1].per (line 21) must be a whole number, without quotes",
    ),
    "a number for text": (_small('title = "Small"', "title = 5"), "title (line 2) must be text in quotes"),
    "nothing for text": (_small('title = "Small"', 'title = ""'), "title (line 2) must not be empty"),
    "per nothing": (_small("per = 1000", "per = 0"), "meters[1].per (line 21) must be at least 1"),
    "an unknown choice": (
        _small('unit = "USD"', 'unit = "USD"\nburn = "later"'),
        "credits.burn (line 10) must be one of 'realtime' or 'at_invoice'",
    ),
    "a malformed key": (
        _small('key = "requests"', 'key = "API requests"'),
        "meters[1].key (line 16) is written wrongly: it must match ^[a-z][a-z0-9_]{0,39}$",
    ),
    "a table for text": (_small('title = "Small"', "title = { en = 5 }"), "title (line 2) must be text in quotes"),
    "text for a table": (
        _small('[seller]\nname = "Small Ltd"', 'seller = "Small Ltd"'),
        "seller (line 4) must be a table",
    ),
    "a table for a list": (_small("[[meters]]", "[meters]"), "meters (line 15) must be a list"),
    "text for a day": (
        SMALL + '\n[[tax.rates]]\ncountry = "DE"\nname = "VAT"\npercent = "19"\nsince = "2021-01-01"\n',
        "tax.rates[1].since (line 43) must be a day such as 2026-01-31, without quotes",
    ),
    "more than all": (
        SMALL + '\n[referrals]\npercent = "120"\n',
        "referrals.percent (line 40) must not be more than 100",
    ),
    "bounds that cross": (
        _small('max = "5000.00"', 'max = "4.00"'),
        "top_up.max (line 13) must not be less than top_up.min (5.00)",
    ),
    "a top-up of nothing": (_small('min = "5.00"', 'min = "0"'), "top_up.min (line 12) must be more than 0"),
    "a suggestion out of bounds": (
        _small('max = "5000.00"', 'max = "5000.00"\nsuggested = ["25.00", "9000.00"]'),
        "top_up.suggested[2] (line 14) must lie between top_up.min (5.00) and top_up.max (5000.00)",
    ),
    "nothing to buy": (
        _small('[top_up]\nmin = "5.00"\nmax = "5000.00"\n', ""),
        "top_up is missing and there are no packs, so credit could not be bought",
    ),
    "a unit that is another currency": (
        _tokens('unit = "tokens"', 'unit = "USD"'),
        "credits.unit (line 4) is another currency than credits.currency (EUR); name it the same or give a unit such as tokens",
    ),
    "a free amount of tokens": (
        TOKENS + '\n[top_up]\nmin = "5"\nmax = "10"\n',
        "top_up (line 29) sells a free amount, but tokens are sold in packs only; take it away or set credits.unit to EUR",
    ),
    "a debt in tokens": (
        TOKENS + '\n[overage]\nprotection = "100"\n',
        "overage.protection (line 30) must be 0: a debt in tokens has no price to be billed at",
    ),
    "tokens that are paid later": (
        TOKENS + '\n[arrears]\nexposure = "100"\n',
        "arrears.exposure (line 30) must be 0: what is used of tokens has no price to be invoiced at",
    ),
    "paid later and charged by nobody": (
        SMALL + '\n[arrears]\nexposure = "100"\n\n[invoices]\ncharge_automatically = false\n',
        "arrears.exposure (line 40) needs invoices.charge_automatically: nobody would charge what was used",
    ),
    "paid later by what cannot be charged": (
        SMALL + '\n[arrears]\nexposure = "100"\n\n[payment_methods]\nkinds = ["paypal"]\ntop_up_only = ["paypal"]\n',
        "arrears.exposure (line 40) is given, but no payment method of payment_methods.kinds can be charged for invoices",
    ),
    "paid later in amounts that cannot be charged": (
        SMALL + '\n[arrears]\nexposure = "0.40"\n',
        "arrears.exposure (line 40) must not be less than our payment processor charges (0.50)",
    ),
    "a pack for nothing": (
        _tokens('price = "10.00"', 'price = "0"'),
        "packs[2].price (line 16) must be more than 0; credit given away is a grant",
    ),
    "two packs of one key": (
        _tokens('key = "one"', 'key = "two"'),
        "packs[2].key (line 13) is taken already by an earlier one (two)",
    ),
    "a pack that is not sold": (
        _tokens('pack = "two"', 'pack = "three"'),
        "auto_recharge.pack (line 27) names no pack; there are one, two",
    ),
    "a limit below one purchase": (
        TOKENS + 'period_limit = "9.99"\n',
        "auto_recharge.period_limit (line 28) must not be less than one purchase (10.00)",
    ),
    "auto-recharge without a threshold": (
        _tokens('threshold = "500"\n', ""),
        "auto_recharge.threshold (line 24) is missing; it says when to buy",
    ),
    "nothing to recharge with": (
        _tokens('pack = "two"\n', ""),
        "auto_recharge.amount (line 24) is missing; amount or pack says what is bought",
    ),
    "two ways to recharge": (
        SMALL + '\n[[packs]]\nkey = "p"\ntitle = "P"\ncredits = "5"\nprice = "5"\n\n'
        '[auto_recharge]\noffered = true\nthreshold = "1"\namount = "5"\npack = "p"\n',
        "auto_recharge.pack (line 49) stands beside amount; keep one of the two",
    ),
    "nothing that can be charged later": (
        TOKENS + '\n[payment_methods]\nkinds = ["crypto"]\n',
        "auto_recharge.offered (line 25) is true, but no payment method of payment_methods.kinds can be saved and charged later",
    ),
    "SEPA in dollars": (
        SMALL + '\n[payment_methods]\nkinds = ["card", "sepa_debit"]\n',
        "payment_methods.kinds (line 40) holds sepa_debit, which collects EUR only, not USD",
    ),
    "an unknown default plan": (
        _small('default = "free"', 'default = "gratis"'),
        "plans.default (line 24) names no plan; there are free, paid",
    ),
    "a default plan with a price": (
        _small('default = "free"', 'default = "paid"'),
        "plans.default (line 24) must be a plan that costs nothing, because a cancelled subscription ends there; paid has a price",
    ),
    "an allowance of no meter": (
        _small("allowances = { requests = 1000 }", "allowances = { clicks = 1000 }"),
        "plans.tiers[2].allowances.clicks (line 35) names no meter; there are requests",
    ),
    "a limit below the allowance": (
        _small("limits = { requests = 5000 }", "limits = { requests = 500 }"),
        "plans.tiers[2].limits.requests (line 36) must not be less than what the plan includes (1000)",
    ),
    "use that has no price": (
        _small('credits = "0.40"\n', ""),
        "plans.tiers[2].allowances.requests (line 34) has no price beyond what is included; "
        "price the meter, give the plan a rate, or set limits to the same number",
    ),
    "a plan without a price": (
        _small('monthly = "10.00"\n', ""),
        'plans.tiers[2].monthly (line 31) is missing; give monthly or annual ("0" for a free plan) or set on_request',
    ),
    "a seat without a price": (
        _small(', monthly = "3.00" }', " }"),
        "plans.tiers[2].seats.monthly (line 37) is missing: the plan is sold monthly and more seats may be added",
    ),
    "fewer seats than included": (
        _small("max = 5,", "max = 1,"),
        "plans.tiers[2].seats.max (line 37) must not be less than seats.included (2)",
    ),
    "tiers that fall": (
        _small(
            'credits = "0.40"\n',
            'tiers = [{ up_to = 10, credits = "2" }, { up_to = 5, credits = "1" }, { credits = "0" }]\n',
        ),
        "meters[1].tiers[2].up_to (line 20) must be more than the tier before (10)",
    ),
    "tiers that end": (
        _small('credits = "0.40"\n', 'tiers = [{ up_to = 10, credits = "2" }]\n'),
        "meters[1].tiers[1].up_to (line 20) must be left away in the last tier, or more use would have no price",
    ),
    "a price for what rises and falls": (
        _small('unit = "requests"\n', 'unit = "requests"\nkind = "last"\n'),
        "meters[1].credits (line 21) is a price, but a meter of kind last rises and falls, "
        "so that no event has a cost of its own",
    ),
    "tiers for what rises and falls": (
        _small('credits = "0.40"\n', 'kind = "last"\ntiers = [{ credits = "2" }]\n'),
        "meters[1].tiers (line 21) is a price, but a meter of kind last rises and falls, "
        "so that no event has a cost of its own",
    ),
    "a plan's price for what rises and falls": (
        _small('credits = "0.40"\nper = 1000\n', 'kind = "last"\n').replace(
            "allowances = { requests = 1000 }", 'rates = { requests = "1" }'
        ),
        "plans.tiers[2].rates.requests (line 34) is a price, but a meter of kind last rises and falls, "
        "so that no event has a cost of its own",
    ),
    "suspended before the last retry": (
        SMALL + "\n[dunning]\nretry_days = [1, 9]\n",
        "dunning.suspend_after_days (line 39) must not come before the last retry (day 9)",
    ),
    "retries that go back": (
        SMALL + "\n[dunning]\nretry_days = [2, 1]\n",
        "dunning.retry_days (line 40) must rise from day to day",
    ),
    "one series for two papers": (
        SMALL + '\n[invoices]\nprefix = "CN"\n',
        "invoices.credit_note_prefix (line 39) must differ from prefix, because credit notes have their own series",
    ),
    "a notice after the limit": (
        SMALL + '\n[spend_management]\ndaily_limit = "5"\nnotify_threshold = "6"\n',
        "spend_management.notify_threshold (line 41) must not be more than daily_limit (5)",
    ),
    "rates without a home": (
        SMALL + '\n[[tax.rates]]\ncountry = "DE"\nname = "VAT"\npercent = "19"\nsince = 2021-01-01\n',
        "seller.country (line 4) is missing; with tax rates it says which sales are at home",
    ),
}
