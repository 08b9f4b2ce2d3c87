"""Numbers as a person types them: in the marks of the page's language, read strictly and never guessed.

What a page writes is read back as the same. What could be meant in two ways is refused. Every refusal is one sentence
of one kind: "Enter an amount", and then how; a bound or another rule is said in the same way where it is kept.
"""

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from app.domain.amounts import GROUP, SYMBOLS, CreditUnit, counting, decimals_to_type, two_readings
from app.domain.currencies import exponent, shown_decimals
from app.domain.errors import Refused
from app.domain.language import _, marked
from app.domain.money import Money
from app.domain.units import one

MOST_DIGITS = 20
"""So many digits are read; a bound is far below, and names itself."""
FINEST = 6
"""Credits have so many decimals."""
_SPACES = " \t\r\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{THIN SPACE}"
_DIRECTIONS = dict.fromkeys(map(ord, "\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}"))
"""What a page in Hebrew writes around an amount, and nobody sees."""
_PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]+)?")
_MINUS = "-\N{MINUS SIGN}"
_ANY_MARK = re.compile("[.,'\N{RIGHT SINGLE QUOTATION MARK} \N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}]")


@dataclass(frozen=True)
class Marks:
    """How a language writes a number: what is before decimals, and what between thousands."""

    decimal: str = "."
    group: str = ","

    def written(self, value: Decimal, decimals: int = 0) -> str:
        """Return the number with its thousands apart and at least so many decimals."""
        whole, _mark, rest = f"{value:,f}".partition(".")
        rest = rest.ljust(decimals, "0")
        return whole.replace(",", self.group) + (f"{self.decimal}{rest}" if rest else "")


ENGLISH = Marks()


@dataclass(frozen=True)
class Words:
    """What is said of one kind of number where nothing is typed, or something else than one."""

    missing: str
    in_digits: str
    with_marks: str
    without_decimals: str
    in_unit: str
    too_fine: str
    not_whole: str
    spaced: tuple[str, str] = ("", "")
    """With a space between thousands, with and without decimals: it cannot be seen, and is named by a word."""


AMOUNT = Words(
    missing=marked("Enter an amount."),
    in_digits=marked("Enter an amount in digits, such as {example}."),
    with_marks=marked(
        "Enter an amount such as {example}, with “{decimal}” before decimals and “{group}” only between thousands."
    ),
    without_decimals=marked(
        "Enter an amount such as {example}, without decimals and with “{group}” only between thousands."
    ),
    in_unit=marked("Enter an amount in {unit}, without “{other}”."),
    too_fine=marked("Enter an amount with at most {decimals} decimals, such as {example}."),
    not_whole=marked("Enter an amount without decimals, such as {example}."),
    spaced=(
        marked(
            "Enter an amount such as {example}, with “{decimal}” before decimals and a space only between thousands."
        ),
        marked("Enter an amount such as {example}, without decimals and with a space only between thousands."),
    ),
)
PERCENTAGE = Words(
    missing=marked("Enter a percentage."),
    in_digits=marked("Enter a percentage in digits, such as {example}."),
    with_marks=marked("Enter a percentage such as {example}, with “{decimal}” before decimals."),
    without_decimals=marked("Enter a percentage without decimals, such as {example}."),
    in_unit=marked("Enter a percentage in {unit}, without “{other}”."),
    too_fine=marked("Enter a percentage with at most {decimals} decimals, such as {example}."),
    not_whole=marked("Enter a percentage without decimals, such as {example}."),
)
WHOLE = Words(
    missing=marked("Enter a whole number."),
    in_digits=marked("Enter a whole number in digits, such as {example}."),
    with_marks=marked(
        "Enter a whole number such as {example}, with “{decimal}” before decimals and “{group}” only between thousands."
    ),
    without_decimals=marked(
        "Enter a whole number such as {example}, without decimals and with “{group}” only between thousands."
    ),
    in_unit=marked("Enter a whole number in {unit}, without “{other}”."),
    too_fine=marked("Enter a whole number with at most {decimals} decimals, such as {example}."),
    not_whole=marked("Enter a whole number without decimals, such as {example}."),
    spaced=(
        "",
        marked("Enter a whole number such as {example}, without decimals and with a space only between thousands."),
    ),
)


@dataclass(frozen=True)
class Field:
    """What is asked: its name, how many decimals there may be, and what may stand beside the number."""

    name: str
    decimals: int
    signs: Sequence[str] = ()
    """The currency's sign and code, or the unit: with one of them the number is read too, with another it is not."""
    words: Words = AMOUNT
    example: Decimal = Decimal(25)
    """A number that may be typed."""
    example_decimals: int = 0
    """How many decimals such a number is written with."""
    is_searched: bool = False
    """Whether it is only looked for: what may be meant in two ways is then read as the page writes it."""


def money_field(currency: str, name: str = "amount") -> Field:
    """Return what is asked where an amount of the currency is."""
    decimals = exponent(currency)
    shown = decimals if shown_decimals(currency) else 0
    return Field(name, decimals, signs(CreditUnit(currency)), example_decimals=shown)


def missing(field: Field) -> Refused:
    """Return the refusal of a field that needs something and has nothing."""
    return Refused(_(field.words.missing), f"{field.name}_missing", 422, field.name)


def parse_amount(text: str, currency: str) -> Money:
    """Read an amount of `currency` in a file or a command: ASCII digits with at most the currency's decimals (I16).

    No sign, exponent, thousands mark or other script: what a page reads more freely is read strictly here.
    """
    typed, field = text.strip(), money_field(currency)
    if not typed:
        raise missing(field)
    if not _PLAIN.fullmatch(typed):
        raise _malformed(field, _as_example(field, ENGLISH))
    whole, _mark, fraction = typed.partition(".")
    if len(fraction) > field.decimals:
        raise _too_fine(field, ENGLISH)
    return Money(int(whole) * 10**field.decimals + int(fraction.ljust(field.decimals, "0") or "0"), currency)


def signs(unit: CreditUnit) -> tuple[str, ...]:
    """Return what pages write beside an amount of the unit."""
    if unit.is_currency:
        return tuple(dict.fromkeys((SYMBOLS.get(unit.name, unit.name), unit.name)))
    return tuple(dict.fromkeys((unit.name, one(unit.words), unit.words)))


def read(text: str, field: Field, marks: Marks = ENGLISH) -> Decimal | None:
    """Return the number, exact, None where nothing was typed, or refuse it with the sentence to show.

    ASCII digits alone; thousands only where they belong; at most one sign or code, the right one; a minus before all.
    """
    typed = text.translate(_DIRECTIONS).strip(_SPACES)
    if not typed:
        return None
    minus = typed[0] in _MINUS
    number, other = _without_sign(typed[minus:].strip(_SPACES), field.signs)
    if marks.group in _SPACES:  # a keyboard has another space than a page writes
        number = "".join(marks.group if each in _SPACES else each for each in number)
    grouped = rf"[1-9][0-9]{{0,2}}(?:{re.escape(marks.group)}[0-9]{{3}})+"
    found = re.fullmatch(rf"([0-9]+|{grouped})(?:{re.escape(marks.decimal)}([0-9]+))?", number)
    if other and found:
        raise _malformed(field, _(field.words.in_unit, unit=field.signs[-1], other=other))
    _ask_which(number, field, marks)
    if not found:
        raise _malformed(field, _right_form(number, field, marks))
    whole, rest = found[1].replace(marks.group, "").lstrip("0") or "0", found[2] or ""
    if len(rest) > field.decimals:
        raise _too_fine(field, marks)
    value = Decimal(f"{whole if len(whole) <= MOST_DIGITS else '9' * MOST_DIGITS}.{rest or 0}")
    return value.copy_negate() if minus else value


def _without_sign(typed: str, allowed: Sequence[str]) -> tuple[str, str]:
    """Return the number without the sign or word beside it, and that sign where it is another one."""
    before, number, after = _parted(typed)
    beside = before or after
    if not beside or (before and after):
        return (typed, "") if beside else (number, "")
    if beside.casefold() in {each.casefold() for each in allowed}:
        return number, ""
    is_one = len(beside) <= 3 and all(map(_is_of_a_sign, beside))
    return (number, beside) if is_one and allowed else (typed, "")


def _is_of_a_sign(character: str) -> bool:
    return character.isalpha() or character == "%" or unicodedata.category(character) == "Sc"


def _parted(typed: str) -> tuple[str, str, str]:
    """Return what stands before the first ASCII digit, what is from there to the last one, and what is behind."""
    digits = [place for place, each in enumerate(typed) if each in "0123456789"]
    if not digits:
        return typed, "", ""
    first, last = digits[0], digits[-1] + 1
    return typed[:first].strip(_SPACES), typed[first:last], typed[last:].strip(_SPACES)


def _right_form(number: str, field: Field, marks: Marks) -> str:
    """Return the sentence for what is no number: with what was meant in the right form, where that is clear."""
    plain = _ANY_MARK.sub("", number)
    if not (plain.isascii() and plain.isdigit()) or plain == number or not (number[0] + number[-1]).isdigit():
        return _as_example(field, marks)
    meant, spaced = _meant(number, field), field.words.spaced if marks.group in _SPACES else ("", "")
    if field.words is PERCENTAGE and (not meant or meant[0] > 100):
        meant = (Decimal("12.5"), 1) if field.decimals else (field.example, 0)
    such = marks.written(*meant) if meant else marks.written(Decimal("1250.50"), 2)
    if not field.decimals:
        such = marks.written(Decimal(1250)) if not meant or meant[1] else such
        return _(spaced[1] or field.words.without_decimals, example=such, group=marks.group)
    return _(spaced[0] or field.words.with_marks, example=such, decimal=marks.decimal, group=marks.group)


def _meant(number: str, field: Field) -> tuple[Decimal, int] | None:
    """Return the number and its decimals where its marks say them in another language's way; None where they do not."""
    *groups, last = _ANY_MARK.split(number)
    used = _ANY_MARK.findall(number)
    if used[-1] in ".," and len(last) != 3 and len(last) <= field.decimals and used.count(used[-1]) == 1:
        whole, rest = groups, last
    elif len(set(used)) == 1:
        whole, rest = [*groups, last], ""
    else:
        return None
    is_grouped = 1 <= len(whole[0]) <= 3 and whole[0][0] != "0" and all(len(each) == 3 for each in whole[1:])
    if len(whole) > 1 and not is_grouped:
        return None
    return Decimal(f"{''.join(whole)}{'.' if rest else ''}{rest}"), len(rest)


def _ask_which(number: str, field: Field, marks: Marks) -> None:
    """Refuse an amount that others read a thousand times as large, or as small, with both as they are typed.

    A unit of three decimals has three in each amount, so that the mark before them is that of decimals; in others
    nobody writes a third one without need, so that the mark of thousands is one.
    """
    readings = two_readings(number)
    if readings is None or field.words is not AMOUNT or field.is_searched:
        return
    mark, large, small = readings
    expected = marks.decimal if field.example_decimals == GROUP else marks.group
    if mark == expected or counting(small) > field.decimals or not field.decimals:
        return
    as_large = marks.written(large, field.example_decimals or 2)
    as_small = marks.written(small.normalize(), decimals_to_type(small, field.example_decimals))
    words = _(
        "“{typed}” can be read as {large} or as {small}. Enter the one that you mean as it is written here.",
        typed=number,
        large=as_large,
        small=as_small,
    )
    raise _malformed(field, words)


def _as_example(field: Field, marks: Marks) -> str:
    return _(field.words.in_digits, example=marks.written(field.example, field.example_decimals))


def _too_fine(field: Field, marks: Marks) -> Refused:
    said, such = field.words, marks.written(field.example, field.example_decimals)
    words = _(said.too_fine if field.decimals else said.not_whole, decimals=field.decimals, example=such)
    return Refused(words, f"{field.name}_too_fine", 422, field.name)


def _malformed(field: Field, sentence: str) -> Refused:
    return Refused(sentence, f"{field.name}_malformed", 422, field.name)


@dataclass(frozen=True)
class SoughtAmount:
    """The micros from `low` up to `high`, without it, that are shown as the amount; sign 0: whatever went or came."""

    low: int
    high: int
    sign: int = 0


def sought(value: Decimal, decimals: int, sign: int = 0) -> SoughtAmount:
    """Return what is shown as the value with so many decimals, by the one rounding: half away from zero."""
    exact = int(abs(value).scaleb(FINEST))
    step = 10 ** max(0, FINEST - decimals)
    half = step // 2
    return SoughtAmount(max(0, exact - half), exact + step - half, sign)
