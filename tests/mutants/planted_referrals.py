"""Bugs of referrals and of codes for credit: what is changed, and which tests are red then."""

from tests.mutants.bug import Bug

RULE = ("tests/domain/referrals/test_earnings.py",)
JOINING = ("tests/domain/referrals/test_joining.py",)
COUNTING = ("tests/services/referrals/test_counting.py",)
GIVING = ("tests/services/referrals/test_giving.py",)
PROOFS = ("tests/services/verification/test_referrals.py",)
PAGE = ("tests/pages/test_referrals.py",)
CODES = ("tests/domain/credit_codes/test_codes.py",)
REDEEMING = ("tests/services/credit_codes/test_redeeming.py",)

BUGS = [
    Bug(
        "tax earns, too",
        "app/domain/referrals/earnings.py",
        "return divided(self.net * self.kept, self.total) if self.total else 0",
        "return self.kept",
        (*RULE, *COUNTING),
    ),
    Bug(
        "an invoice earns before it is paid",
        "app/domain/referrals/earnings.py",
        "return max(0, self.total - self.returned - due)",
        "return max(0, self.total - self.returned)",
        RULE,
    ),
    Bug(
        "what a refund returns goes on earning",
        "app/domain/referrals/earnings.py",
        "return max(0, self.total - self.returned - due)",
        "return max(0, self.total - due)",
        (*RULE, *COUNTING),
    ),
    Bug(
        "what is paid after the year earns",
        "app/domain/referrals/earnings.py",
        "most = max(before.most, earns) if in_time else before.most",
        "most = max(before.most, earns)",
        (*RULE, *COUNTING),
    ),
    Bug(
        "a refund that bounced after the year is not given again",
        "app/domain/referrals/earnings.py",
        "return Count(min(earns, most), most)",
        "return Count(min(earns, most if in_time else before.net), most)",
        RULE,
    ),
    Bug(
        "each month is given for by itself, whatever went back since",
        "app/services/referrals/giving.py",
        "credit = rule.to_give(in_all, Credits(referrer.granted_micros))",
        "credit = in_all",
        GIVING,
    ),
    Bug(
        "a month is given for again and again",
        "app/services/referrals/giving.py",
        "        referrer.due_at = rule.next_month(referrer.due_at)\n",
        "",
        GIVING,
    ),
    Bug(
        "a month is given for before it is over",
        "app/services/referrals/giving.py",
        "in_all = rule.earned(counting.in_all(session, referrals, end), customer.currency)",
        "in_all = rule.earned(counting.in_all(session, referrals, now), customer.currency)",
        GIVING,
    ),
    Bug(
        "credit that was refunded after it was used goes on earning",
        "app/services/referrals/counting.py",
        "referral.gone_minor = rule.gone(net, [_as_it_stands(each) for each in own], kept.get(name, 0))",
        "referral.gone_minor = 0 * rule.gone(net, [_as_it_stands(each) for each in own], kept.get(name, 0))",
        COUNTING,
    ),
    Bug(
        "whoever is the inviter itself earns",
        "app/services/referrals/counting.py",
        "earns = 0 if referral.is_oneself else _as_it_stands(document).earns",
        "earns = _as_it_stands(document).earns",
        COUNTING,
    ),
    Bug(
        "an agency's card makes its customers one",
        "app/domain/referrals/joining.py",
        "return same_tax_number or (same_domain and same_card)",
        "return same_tax_number or same_card",
        JOINING,
    ),
    Bug(
        "verify believes what an earning says",
        "app/services/verification/referral_proofs.py",
        "if row.net != min(worth, row.most) or (in_time and row.most < worth):",
        "if row.net > row.most:",
        PROOFS,
    ),
    Bug(
        "the inviter reads the names of the invited",
        "app/domain/referrals/joining.py",
        'return f"{name.strip()[:1].upper()}…"',
        'return f"{name.strip()[:9]}…"',
        (*JOINING, *PAGE),
    ),
    Bug(
        "a code is open at its end",
        "app/domain/credit_codes/codes.py",
        "self.redeem_until <= now",
        "self.redeem_until < now",
        CODES,
    ),
    Bug(
        "a guess that was refused is not counted",
        "app/services/credit_codes/redeeming.py",
        '    session.add(CreditCodeGuess(id=ids.new("gss"), customer_id=customer_id, guessed_at=now))\n',
        "",
        REDEEMING,
    ),
    Bug(
        "a code that is over says so",
        "app/services/credit_codes/redeeming.py",
        "    if found is None or not _terms(found).is_open_to(customer.catalog, customer.credit_unit, now):\n"
        "        return _guessed(session, customer.customer_id, now)\n",
        "    if found is None:\n        return _guessed(session, customer.customer_id, now)\n"
        "    if not _terms(found).is_open_to(customer.catalog, customer.credit_unit, now):\n"
        '        return Refused("This code is over.", "credit_code_over", 422, "code")\n',
        REDEEMING,
    ),
    Bug(
        "one customer more than it says redeems a code",
        "app/domain/credit_codes/codes.py",
        "self.most is None or self.redeemed < self.most",
        "self.most is None or self.redeemed <= self.most",
        CODES,
    ),
]
