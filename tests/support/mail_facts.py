"""What the templates of each mail are given, in every variant: for tests that look at their words.

Every text is one that no catalog knows, with an accent on each second letter, so that a plain word is a sentence.
"""

from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace as It
from typing import Any

from app import locale
from app.domain import mails
from app.domain.money import Credits, Money
from app.services.mail import invoice_words

NAME, SELLER, EMAIL = "Áçmé", "Ŕéláý, Íñç.", "ä@ß.é"
NOW = datetime(2026, 11, 28, 12, tzinfo=UTC)
DAY = date(2026, 11, 21)
LINK = "https://billing.example/"
YES_NO = (True, False)
Facts = dict[str, Any]


def of(template: str) -> list[Facts]:
    """Return what the templates of the mail are given, one for each way it may go."""
    common: Facts = {
        **_WHOSE,
        "is_sandbox": True,
        "attached": "",
        "email": EMAIL,
        "credit_unit": "USD",
        "unit": "USD",
        "label": "",
    }
    common |= {each: f"{LINK}{each}" for each in _LINKS}
    found = _VARIANTS[template]()
    if template in mails.OF_SIGN_IN:
        found = [
            {"when": locale.moment(NOW), "address": "203.0.113.9", "browser": "Ƒírédåx 5"} | each for each in found
        ]
        found += [found[0] | {"address": "", "browser": ""}]
    return [common | each for each in found] + [
        common | found[0] | {"attached": "1.pdf", "stop_link": f"{LINK}stop_link"}
    ]


_WHOSE: Facts = {
    "seller": It(name=SELLER, address=["5 Ṁáŕķ", "Źüŕ"], tax_id="Ç-1", email=EMAIL),
    "customer": It(name=NAME, currency="USD", customer_id="ç_1"),
}
_LINKS = (
    "link", "page", "tokens", "ssh_keys", "forgot", "methods_link", "pay_link", "invoice_link", "note_link", "again",
    "answer", "add_credits", "settings", "stop",
)  # fmt: skip
_MONEY, _LESS, _NONE = Money(2500, "USD"), Money(1234567, "USD"), None


def _invoice(**more: object) -> It:
    known = {"number": "Í-1", "kind": "invoice", "issued_at": NOW, "due_on": DAY, "buyer_company": "Ñóŕð, Íñç."}
    return It(**(known | more))


def _payment(purpose: str = "top_up", document: str | None = None) -> It:
    return It(id="ṕ_1", purpose=purpose, document_id=document, created_at=NOW)


def _of_payment(**more: object) -> Facts:
    known: Facts = {"amount": _MONEY, "method": "4242", "why": "É.", "until": NOW, "paid_at": NOW, "parts": []}
    known |= {"payment": _payment(), "bought": Credits(25_000_000), "new_balance": Credits(26_000_000), "tax": None}
    return known | {"invoice": None} | more


def _said(facts: Facts) -> Facts:
    return facts | {"said": invoice_words.of_invoice(_WHOSE | facts)}


def _invoices() -> list[Facts]:
    known: Facts = {"invoice": _invoice(), "total": _MONEY, "to_pay": _MONEY, "stands": "É.", "is_paid": False}
    known |= {"carried": None, "paid_before": None, "is_carried_over": False, "difference": None, "corrects": ""}
    known |= {"credit_note": ""}
    gone = It(amount=_LESS, has_failed=False, is_on_its_way=False, to="4242", refund_id="ŕ_1")
    found = [
        known | {"carried": _LESS, "paid_before": _LESS},
        known | {"is_carried_over": True, "invoice": _invoice(buyer_company="")},
        known | {"to_pay": None, "is_paid": True, "corrects": "Í-0", "credit_note": "Ç-1"},
        known | {"to_pay": None, "difference": gone},
        known | {"difference": It(**(vars(gone) | {"has_failed": True}))},
        known | {"difference": It(**(vars(gone) | {"is_on_its_way": True}))},
    ]
    return [_said(each) for each in found]


def _returned() -> list[Facts]:
    found = []
    for source in ("refund", "dispute", "plan_change", "ḿ"):
        for applied, to_pay, kept, rest in (
            (0, None, False, False), (0, _LESS, False, False), (5, _LESS, False, True), (0, None, True, False)
        ):  # fmt: skip
            for of_invoice in YES_NO:
                note = It(number="Ç-1", source_type=source, credits_applied_minor=applied, issued_at=NOW)
                said: Facts = {"note": note, "total": _MONEY, "to_pay": to_pay, "is_kept": kept, "is_only_rest": rest}
                said |= {"invoice": _invoice(kind="invoice" if of_invoice else "receipt"), "of_invoice": of_invoice}
                words = {"said": invoice_words.of_return(_WHOSE | said), "reason": invoice_words.reason("Refund")}
                found.append(said | words | {"glance": invoice_words.at_a_glance(said)})
    return found


def _digest() -> list[Facts]:
    full: Facts = {"first": DAY, "last": DAY + timedelta(6), "total_used": Credits(9), "remaining": Credits(-7_000_000)}
    full |= {"used": [It(title="Ṁ", quantity="5 ŕ", cost=Credits(9)), It(title="Ó", quantity="", cost=Credits(1))]}
    full |= {"more_used": 2, "payments": [], "more_payments": 0, "as_of": NOW, "lasts_until": None, "expiry": None}
    full |= {"why_you": "É.", "expiring": None}
    paid = [It(amount=_MONEY, by="4242", day=DAY, is_automatic=each) for each in YES_NO]
    more: Facts = {"payments": paid, "more_payments": 3, "lasts_until": DAY, "expiry": It(day=DAY)}
    return [full, full | more | {"expiring": Credits(5), "more_used": 0}, full | {"more_used": 1, "more_payments": 1}]


def _plan(**more: object) -> Facts:
    known: Facts = {
        "title": "Ṕ",
        "becomes": "Ṕ, 5",
        "has": "Ƒ",
        "ends": NOW,
        "after": "Ƒ",
        "until": NOW,
        "price_per": "⅟",
    }
    known |= {"renews": NOW, "from_when": NOW, "price": _MONEY, "total": _MONEY, "given": None, "is_moved": False}
    return known | {"plan": "Ṕ", "on": DAY, "per_now": "½", "per_then": "⅟", "amount_then": "⅓", "terms": "É."} | more


def _notice(**more: object) -> Facts:
    known: Facts = {"used": Credits(9_000_000), "limit": Credits(10_000_000), "held": Credits(0), "day": DAY}
    known |= {"remaining": Credits(4_000_000), "low_balance": Credits(5_000_000), "blocked_until": NOW, "day_ends": NOW}
    known |= {"has_used": "É.", "threshold": Credits(8_000_000), "below_zero": "É.", "why_you": "É.", "expires_at": NOW}
    known |= {"credits": Credits(1), "grants": [{"expires_at": NOW, "credits": Credits(1)}]}
    return known | more


def _alert(**more: object) -> Facts:
    known = _notice(title="Ṁ", level="1", mark="2", used="3", alert_at="4", period_ends_at=NOW, costs="")
    return known | {"unit": "ŕ", "stop": ""} | more


_VARIANTS = {
    mails.API_TOKEN_MADE: lambda: [{"token": "ţ", "scopes": "ŕ"}],
    mails.SSH_KEY_ADDED: lambda: [{"key_name": "ķ", "fingerprint": "ƒ"}],
    mails.IDENTITY_LINKED: lambda: [{"provider": "Ǵ", "account": EMAIL}],
    mails.IDENTITY_UNLINKED: lambda: [{"provider": "Ǵ", "account": EMAIL}],
    mails.PASSKEY_ADDED: lambda: [{"passkey": "ķ"}],
    mails.PASSKEY_REMOVED: lambda: [{"passkey": "ķ"}],
    mails.PASSWORD_CHANGED: lambda: [{"had": each} for each in YES_NO],
    mails.PASSWORD_RESET: lambda: [{"had": each} for each in YES_NO],
    mails.RECOVERY_CODE_USED: lambda: [{"left": each} for each in (9, 2)],
    mails.SIGN_IN_EMAIL_CHANGED: lambda: [{"new_email": EMAIL}],
    mails.CONFIRM_SIGN_IN_EMAIL: lambda: [{"is_taken": each} for each in YES_NO],
    **dict.fromkeys((mails.RECOVERY_CODES_MADE, mails.MEMBER_DELETED), lambda: [{}]),
    **dict.fromkeys((mails.TWO_FACTOR_ON, mails.TWO_FACTOR_OFF), lambda: [{}]),
    mails.TWO_FACTOR_RESET: lambda: [{"has_password": each} for each in YES_NO],
    mails.INVITATION: lambda: [{"by": "Ñ", "role": "ó"}],
    mails.CONFIRM_EMAIL: lambda: [{}],
    mails.CONFIRM_BILLING_EMAIL: lambda: [{"is_billing": each, "topics": "ŕ"} for each in YES_NO],
    mails.BILLING_EMAIL_CHANGED: lambda: [{"new_email": EMAIL}],
    mails.RECEIPT: lambda: [
        _of_payment(tax={"net": _LESS, "tax": _MONEY, "title": "19 %"}),
        _of_payment(invoice=_invoice()),
        _of_payment(invoice=_invoice(), parts=[("Ţ", _MONEY), ("Ṕ", _LESS)]),
    ],
    mails.PAYMENT_FAILED: lambda: [
        _of_payment(payment=_payment(*each)) for each in (("top_up",), ("invoice", "ð_1"), ("plan_change",))
    ],
    mails.ACTION_NEEDED: lambda: [_of_payment(), _of_payment(payment=_payment("invoice", "ð_1"))],
    mails.INVOICE: _invoices,
    mails.CREDIT_NOTE: lambda: [each for each in _returned() if each["of_invoice"]],
    mails.REFUND_RECEIPT: lambda: [each for each in _returned() if not each["of_invoice"]],
    mails.PAID_FROM_CREDIT: lambda: [{"invoice": _invoice(), "paid": _LESS, "to_pay": each} for each in (_MONEY, None)],
    mails.TRANSFER_RECEIVED: lambda: [
        {"amount": _MONEY, "received_at": NOW, "unapplied": _LESS, "is_foreign": foreign, "missing": at, "order": at}
        for foreign, at in ((True, None), (False, _LESS), (False, None))
    ],
    mails.PRO_FORMA: lambda: [
        {"amount": _MONEY, "reference": "ŔƑ", "invoice": invoice, "due_on": due, "until": NOW}
        for invoice, due in (("", None), ("Í-1", DAY), ("Í-1", None))
    ],
    mails.MANDATE: lambda: [
        {"mandate": It(reference=each, account="4242", accepted_by="Ñ", accepted_at=NOW, id="ḿ_1", text=It(text="É."))}
        for each in ("ŔƑ", "")
    ],
    mails.TAX_NUMBER_REJECTED: lambda: [{"value": "ÇH1", "is_certificate": e, "answered_at": NOW} for e in YES_NO],
    mails.YEAR_FILES: lambda: [{"year": 2026}],
    mails.PO_NUMBER_MISSING: lambda: [{"invoice": _invoice()}],
    mails.PLAN_CHANGED: lambda: [_plan(), _plan(price=None, total=None, given=_LESS)],
    mails.PLAN_SCHEDULED: lambda: [_plan(), _plan(price=None)],
    mails.PLAN_CANCELED: lambda: [_plan()],
    mails.PLAN_NOT_CHANGED: lambda: [_plan()],
    mails.PLAN_UNDONE: lambda: [_plan(), _plan(is_moved=True), _plan(total=None)],
    mails.PLAN_KEPT: lambda: [_plan(), _plan(renews=None)],
    mails.PRICE_CHANGE: lambda: [_plan(months=months, before=_MONEY, after=_LESS) for months in (0, 1, 3)],
    mails.PRICE_CHANGE_WITHDRAWN: lambda: [_plan()],
    mails.PLAN_REQUEST: lambda: [_plan(name="Ñ", message="É\nÉ", why_you="É.")],
    mails.AUTO_RECHARGE_ASKS: lambda: [
        {"amount": _MONEY, "is_unusual": each, "used_today": Credits(9), "usual": Credits(5), "until": NOW}
        for each in YES_NO
    ],
    mails.AUTO_RECHARGE_LIMIT: lambda: [
        {"percent": each, "limit": _MONEY, "used": _LESS, "period_ends": DAY} for each in (80, 100)
    ],
    mails.AUTO_RECHARGE_STOPPED: lambda: [{"why": "É.", "next": "Ñ."}],
    mails.INVOICE_UNPAID: lambda: [
        {"invoice": _invoice(due_on=due), "to_pay": _MONEY, "why": "É.", "next_try": at, "suspends": at}
        for due, at in ((DAY, NOW), (None, None))
    ],
    mails.ACCOUNT_SUSPENDED: lambda: [{"dues": [(_invoice(), _MONEY)] * n, "total": _LESS} for n in (1, 2)],
    mails.ACCOUNT_RESTORED: lambda: [{}],
    "spend_threshold": lambda: [_notice()],
    "spend_limit": lambda: [_notice(), _notice(used=Credits(11_000_000)), _notice(held=Credits(5))],
    "balance_low": lambda: [_notice()],
    "balance_depleted": lambda: [_notice()],
    "balance_recovered": lambda: [_notice()],
    "credits_expiring": lambda: [_notice()],
    "usage_alert": lambda: [_alert(), _alert(stop=f"{LINK}stop"), _alert(costs="É.")],
    mails.WEEKLY_DIGEST: _digest,
}
