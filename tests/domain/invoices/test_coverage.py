"""What has paid for usage, by hand and over random histories beside the balance itself."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.grants import used_words
from app.domain.invoices.coverage import Row, Usage, paid


def _used(row: str, amount: int, bought: int = 0, given_away: int = 0, period: int = 1, meter: str = "calls") -> Row:
    shares = {"purchased": bought, "promotional": given_away}
    return Row(
        row,
        "usage",
        amount,
        shares={kind: micros for kind, micros in shares.items() if micros},
        period=period,
        meter=meter,
    )


def test_what_is_below_zero_is_what_no_credit_has_paid() -> None:
    assert paid([_used("a", 10, bought=6, given_away=1)]) == [Usage(1, "calls", 6, 1, 3)]


def test_what_comes_in_pays_the_oldest_first() -> None:
    rows = [
        _used("a", 5),
        Row("claw", "refunded", 4),
        _used("b", 3),
        Row("buy", "purchased", 20, shares={"purchased": 10}),
    ]
    assert paid(rows) == [Usage(1, "calls", 5, 0, 0), Usage(1, "calls", 1, 0, 2)]


def test_the_kinds_of_credit_that_nobody_bought_are_named() -> None:
    used = Row("a", "usage", 10, shares={"purchased": 2, "trial": 3, "promotional": 0}, period=1, meter="calls")
    gift = Row("gift", "referral", 4, shares={"referral": 1})
    assert [(each.given, each.given_by) for each in paid([used])] == [(3, {"trial"})]
    assert [(each.given, each.given_by) for each in paid([used, gift])] == [(4, {"trial", "referral"})]
    assert used_words({"refund"}) == "Refunded credit used"
    assert used_words({"trial", "promotional"}) == "Promotional and trial credit used"


def test_a_gift_that_pays_a_debt_is_a_discount() -> None:
    assert paid([_used("a", 5), Row("gift", "promotional", 3, shares={"promotional": 3})]) == [
        Usage(1, "calls", 0, 3, 2)
    ]


def test_an_invoice_takes_usage_alone_and_that_of_its_own_period_first() -> None:
    rows = [
        Row("claw", "disputed", 4),
        _used("a", 5, period=1),
        _used("b", 3, period=2),
        Row("bill", "overage_invoiced", 4, "inv", period=2),
    ]
    first, second = paid(rows)
    assert (first.open, first.invoiced) == (4, {"inv": 1})
    assert (second.open, second.invoiced) == (0, {"inv": 3})


def test_a_void_invoice_leaves_its_usage_as_it_was_or_to_credit_that_has_come_since() -> None:
    rows = [
        _used("a", 5),
        Row("bill", "overage_invoiced", 5, "inv", period=1),
        Row("buy", "purchased", 2, shares={}),
        Row("void", "overage_returned", 5, "inv", shares={"purchased": 2}),
    ]
    assert paid(rows) == [Usage(1, "calls", 2, 0, 3)]


def test_corrected_usage_is_none_and_pays_what_else_is_below_zero() -> None:
    rows = [
        _used("a", 10, bought=6),
        _used("b", 3),
        Row("fix", "correction", 10, shares={"purchased": -3}, corrects="a"),
    ]
    assert paid(rows) == [Usage(1, "calls", 3, 0, 0)]


def test_a_refund_that_did_not_arrive_pays_what_it_left_below_zero() -> None:
    rows = [Row("claw", "refunded", 4), _used("a", 3), Row("back", "refund_failed", 6, shares={}, corrects="claw")]
    assert paid(rows) == [Usage(1, "calls", 2, 0, 1)]


@given(st.lists(st.tuples(st.sampled_from(["use", "buy", "gift", "claw", "bill"]), st.integers(1, 50)), max_size=30))
def test_what_is_below_zero_is_the_balance_whatever_the_history(steps: list[tuple[str, int]]) -> None:
    balance, rows, bought, gifts, clawed, billed = 0, list[Row](), 0, 0, 0, 0
    for place, (step, amount) in enumerate(steps):
        match step:
            case "use":
                of_gifts = min(gifts, amount)
                of_bought = min(bought, amount - of_gifts)
                gifts, bought, balance = gifts - of_gifts, bought - of_bought, balance - amount
                rows.append(_used(str(place), amount, of_bought, of_gifts, period=place // 10))
            case "claw":
                taken = min(bought, amount)
                bought, balance, clawed = bought - taken, balance - amount - (gifts and 0), clawed + amount - taken
                rows.append(Row(str(place), "refunded", amount, shares={"purchased": taken}))
                if gifts and amount > taken:  # burning goes on with gifts
                    more = min(gifts, amount - taken)
                    gifts -= more
                    rows[-1] = Row(str(place), "refunded", amount, shares={"purchased": taken, "promotional": more})
            case "bill":
                owed = sum(each.open for each in paid(rows))
                if owed:
                    rows.append(Row(str(place), "overage_invoiced", min(amount, owed), f"inv{place}", period=0))
                    balance, billed = balance + min(amount, owed), billed + min(amount, owed)
            case _:
                kind = "purchased" if step == "buy" else "promotional"
                covers = min(amount, max(0, -balance))
                rows.append(Row(str(place), kind, amount, shares={kind: covers} if covers else {}))
                balance += amount
                bought, gifts = (
                    (bought + amount - covers, gifts) if step == "buy" else (bought, gifts + amount - covers)
                )
    found = paid(rows)
    assert sum(each.used for each in found) == sum(row.amount for row in rows if row.kind == "usage")
    assert sum(sum(each.invoiced.values()) for each in found) == billed
    owed = sum(each.open for each in found)
    assert 0 <= owed <= max(0, -balance)
    if not clawed:
        assert owed == max(0, -balance)
