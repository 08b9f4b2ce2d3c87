"""Mutants of the domain that nobody can find, because they do the same: each with the reason."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Equivalent:
    """A change of a line, by its text, in any function of the file."""

    file: str
    old: str
    new: str
    why: str


WITHOUT = "without a digit there is only the example to show"
BESIDE = "what has something beside it is no number, so that nothing reads which sign it is"
UNHEARD = "what is not sent there depends on the event types alone"
CAST = "cast does nothing at run time"
DIGITS = "the text holds no X: it was matched before"
AVAILABLE = "of these numbers only what is available is read"
NAUGHT = "nothing is nothing with either sign"
NO_ZERO = "a denominator is never nothing: that was refused before"

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "app/domain/amounts_in_json.py",
        'decimals = f"{rest:06d}".rstrip("0").ljust(2, "0")',
        'decimals = f"{rest:06d}".rstrip("XX0XX").ljust(2, "0")',
        "digits hold no X",
    ),
    Equivalent(
        "app/domain/amounts_in_json.py",
        'whole, _, rest = text.lstrip("-").partition(".")',
        'whole, _, rest = text.lstrip("XX-XX").partition(".")',
        DIGITS,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        "over = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)",
        "over = (moment + timedelta(days=1)).replace(hour=0, minute=0, second=0, )",
        "the part of a second that stays is taken off again, and the rest was rounded up to the same second",
    ),
    Equivalent(
        "app/domain/back_off.py",
        "whole = min(timedelta(seconds=2 ** min(tries, 12)), LONGEST)",
        "whole = min(timedelta(seconds=2 ** min(tries, 13)), LONGEST)",
        "2 to the 12th is longer than the longest wait already",
    ),
    Equivalent(
        "app/domain/people/passwords.py",
        'name, _at, host = email.partition("@")',
        'name, _at, host = email.rpartition("@")',
        "an address that is kept has one @",
    ),
    Equivalent(
        "app/domain/processor_amounts.py",
        "return 0 if currency in _NONE else 3 if currency in _THREE else exponent(currency)",
        "return 0 if currency in _NONE else 3 if (currency in _THREE) and False else exponent(currency)",
        "ISO 4217 gives these five three decimals too",
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'if used[-1] in ".," and len(last) != 3 and len(last) <= field.decimals and used.count(used[-1]) == 1:',
        'if used[-1] in "XX.,XX" and len(last) != 3 and len(last) <= field.decimals and used.count(used[-1]) == 1:',
        "a mark is one of those that were looked for: X is none",
    ),
    Equivalent(
        "app/domain/usage_bars.py",
        "near = min((mark for mark in warn_at if mark < FULL_PERCENT), default=FULL_PERCENT)",
        "near = min((mark for mark in warn_at if mark <= FULL_PERCENT), default=FULL_PERCENT)",
        "a mark at 100 % warns where the bar says already that it is full",
    ),
    Equivalent(
        "app/domain/webhooks.py",
        'return json.dumps(event, ensure_ascii=False, separators=(",", ":"))',
        'return json.dumps(event, ensure_ascii=None, separators=(",", ":"))',
        "None is as false",
    ),
    Equivalent(
        "app/domain/spend_management.py",
        "if used >= limit:",
        "if used > limit:",
        "the pace reaches at this moment what is reached at this moment",
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'whole, rest = found[1].replace(marks.group, "").lstrip("0") or "0", found[2] or ""',
        'whole, rest = found[1].replace(marks.group, "").lstrip("XX0XX") or "0", found[2] or ""',
        "digits hold no X",
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'such = marks.written(*meant) if meant else marks.written(Decimal("1250.50"), 2)',
        'such = marks.written(*meant) if meant else marks.written(Decimal("1250.50"), )',
        "the number has its two decimals already",
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'return typed, "", ""',
        'return typed, "XXXX", ""',
        WITHOUT,
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'return typed, "", ""',
        'return typed, "", "XXXX"',
        WITHOUT,
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'return (typed, "") if beside else (number, "")',
        'return (typed, "XXXX") if beside else (number, "")',
        BESIDE,
    ),
    Equivalent(
        "app/domain/typed_numbers.py",
        'return (number, beside) if is_one and allowed else (typed, "")',
        'return (number, beside) if is_one and allowed else (typed, "XXXX")',
        BESIDE,
    ),
    Equivalent(
        "app/domain/processor_events.py",
        "for each in WebhookEndpoint(url, is_enabled=True, event_types=types).unheard",
        "for each in WebhookEndpoint(None, is_enabled=True, event_types=types).unheard",
        UNHEARD,
    ),
    Equivalent(
        "app/domain/processor_events.py",
        "for each in WebhookEndpoint(url, is_enabled=True, event_types=types).unheard",
        "for each in WebhookEndpoint(url, is_enabled=None, event_types=types).unheard",
        UNHEARD,
    ),
    Equivalent(
        "app/domain/processor_events.py",
        "for each in WebhookEndpoint(url, is_enabled=True, event_types=types).unheard",
        "for each in WebhookEndpoint(url, is_enabled=False, event_types=types).unheard",
        UNHEARD,
    ),
    Equivalent(
        "app/domain/webhooks.py",
        "case Answered(status=status) if not 200 <= status < 300:",
        "case Answered(status=status) if not 200 <= status <= 300:",
        "300 is a redirect, which was named before",
    ),
    Equivalent(
        "app/domain/webhooks.py",
        "case Answered(status=status) if not 200 <= status < 300:",
        "case Answered(status=status) if not 200 <= status < 301:",
        "300 is a redirect, which was named before",
    ),
    Equivalent(
        "app/domain/sold_terms.py",
        'return cls(catalog, cast("Plan", plan))',
        "return cls(catalog, cast(None, plan))",
        CAST,
    ),
    Equivalent(
        "app/domain/sold_terms.py",
        'return cls(catalog, cast("Plan", plan))',
        'return cls(catalog, cast("XXPlanXX", plan))',
        CAST,
    ),
    Equivalent(
        "app/domain/sold_terms.py",
        'return cls(catalog, cast("Plan", plan))',
        'return cls(catalog, cast("plan", plan))',
        CAST,
    ),
    Equivalent(
        "app/domain/sold_terms.py",
        'return cls(catalog, cast("Plan", plan))',
        'return cls(catalog, cast("PLAN", plan))',
        CAST,
    ),
    Equivalent(
        "app/domain/grants.py",
        'def allocate(debit: int, grants: Iterable[LiveGrant], own: str = "") -> tuple[list[Share], int]:',
        'def allocate(debit: int, grants: Iterable[LiveGrant], own: str = "XXXX") -> tuple[list[Share], int]:',
        "no grant has the one id nor the other",
    ),
    Equivalent(
        "app/domain/reservations.py",
        "if self.tariff is None or self.tariff.is_free or not self.held:",
        "if self.tariff is None or self.tariff.is_free and not self.held:",
        "what is free, and what nothing is held of, comes to zero by the sum too",
    ),
    Equivalent(
        "app/domain/rating.py",
        "return self.meter.undivided(beyond, self.rate) if beyond > 0 else 0",
        "return self.meter.undivided(beyond, self.rate) if (beyond > 0) or True else 0",
        "a meter counts nothing below zero",
    ),
    Equivalent(
        "app/domain/rating.py",
        "return self.meter.undivided(beyond, self.rate) if beyond > 0 else 0",
        "return self.meter.undivided(beyond, self.rate) if beyond >= 0 else 0",
        "no units cost nothing",
    ),
    Equivalent(
        "app/domain/rating.py",
        "if self.is_free or after <= before:",
        "if self.is_free or after < before:",
        "from a quantity to the same is no difference",
    ),
    Equivalent(
        "app/domain/money.py",
        "sign = -1 if (numerator < 0) != (denominator < 0) else 1",
        "sign = -1 if (numerator <= 0) != (denominator < 0) else 1",
        NAUGHT,
    ),
    Equivalent(
        "app/domain/money.py",
        "sign = -1 if (numerator < 0) != (denominator < 0) else 1",
        "sign = -1 if (numerator < 1) != (denominator < 0) else 1",
        NAUGHT,
    ),
    Equivalent(
        "app/domain/money.py",
        "sign = -1 if (numerator < 0) != (denominator < 0) else 1",
        "sign = -1 if (numerator < 0) != (denominator <= 0) else 1",
        NO_ZERO,
    ),
    Equivalent(
        "app/domain/money.py",
        "sign = -1 if (numerator < 0) != (denominator < 0) else 1",
        "sign = -1 if (numerator < 0) != (denominator < 1) else 1",
        NO_ZERO,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        "granted=0,",
        "granted=1,",
        AVAILABLE,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        "usage=0,",
        "usage=1,",
        AVAILABLE,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        'credit_unit="",',
        'credit_unit="XXXX",',
        AVAILABLE,
    ),
    Equivalent(
        "app/domain/authorizations.py",
        'credit_unit="",',
        "credit_unit=None,",
        AVAILABLE,
    ),
    Equivalent(
        "app/domain/amounts.py",
        'rest = rest.rstrip("0").ljust(decimals, "0")',
        'rest = rest.rstrip("XX0XX").ljust(decimals, "0")',
        "digits hold no X",
    ),
    Equivalent(
        "app/domain/amounts.py",
        "if decimals > kept:",
        "if decimals >= kept:",
        "with as many decimals as are kept one part is one either way",
    ),
    Equivalent(
        "app/domain/blocks.py",
        "return bool(tariff and tariff.limit and tariff.kind.can_be_held) and meter.hold(1, outlasts=False).is_over_plan",
        "return bool(tariff and tariff.limit and tariff.kind.can_be_held) and meter.hold(1, outlasts=True).is_over_plan",
        "what the plan allows is asked of the open period",
    ),
    Equivalent(
        "app/domain/status_line.py",
        "return {kind: tuple(sorted(bars, key=lambda bar: -(bar.percent or 0))) for kind, bars in found.items() if bars}",
        "return {kind: tuple(sorted(bars, key=lambda bar: -(bar.percent or 1))) for kind, bars in found.items() if bars}",
        "a bar that is near, full or refused has a percentage, and of 1 at least",
    ),
    Equivalent(
        "app/domain/units.py",
        "return value.quantize(Decimal(1)) if value == value.to_integral_value() else value.normalize()",
        "return value.quantize(Decimal(2)) if value == value.to_integral_value() else value.normalize()",
        "only the exponent of the argument is read, and that of 2 is the same as of 1",
    ),
)
