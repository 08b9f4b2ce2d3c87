"""What invoices, credit notes and receipts say on paper: as they were when they were numbered, whatever came later."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from app.domain.money import Money
from app.domain.reversals import RefundState
from app.presenters.printed import invoices, words
from app.presenters.printed.document import Fact, PrintedDocument, Stamp, Sum
from app.services.receivables.differences import Difference
from tests.support.printed_documents import AT, BEGINS, BOUGHT, ENDS, LINK, OPEN, head, line, parts, tax

RETURNED = {"kind": "credit_note", "state": "issued", "number": "CN-2026-000004", "due_on": None}


def printed(**said: Any) -> PrintedDocument:
    return invoices.printed(parts(**said), link=LINK)


def test_an_open_invoice_says_how_much_is_due_when_and_how_it_is_paid() -> None:
    said = printed(po_number="PO-4711", buyer_reference="04011000-1234512345-35")
    assert said.headline == said.foot == "€1,478.58 due 31 Mar 2026"
    assert said.stamp is None
    assert said.facts == (
        Fact("Invoice number", "INV-2026-000123"),
        Fact("Date of issue", "1 Mar 2026"),
        Fact("Date due", "31 Mar 2026"),
        Fact("Billing period", "1 Feb 2026 – 28 Feb 2026"),
        Fact("PO number", "PO-4711"),
        Fact("Buyer reference", "04011000-1234512345-35"),
    )
    pay = said.how_to_pay
    assert pay is not None
    assert (pay.sentences, pay.link) == (("Please pay by 31 Mar 2026.",), LINK)
    assert pay.code is not None


def test_a_line_says_its_period_quantity_price_tax_and_amount_with_as_many_decimals_as_they_have() -> None:
    said = printed()
    assert [each.title for each in said.columns] == ["Description", "Qty", "Unit price", "Tax", "Amount"]
    assert [(*each.cells, each.note) for each in said.rows] == [
        ("Team plan, 5 seats, monthly", "5", "€100.00", "19 %", "€500.00", "1 Feb 2026 – 28 Feb 2026"),
        ("API requests", "50,000,000", "€0.0000125", "19 %", "€625.00", "1 Feb 2026 – 28 Feb 2026"),
        ("Storage", "", "", "19 %", "€120.00", "1 Feb 2026 – 28 Feb 2026"),
        ("2 seats added", "2", "€8.75", "19 %", "€17.50", "1 Feb 2026 – 28 Feb 2026"),
        ("Promotional credit used", "1", "", "19 %", "−€20.00", ""),
    ]


DAYS = "1 Feb 2026 – 28 Feb 2026"


@pytest.mark.parametrize(
    ("words", "shown", "note"),
    [
        ("Storage, 1–28 February 2026: 20 GB at €6.00 per GB", "Storage", f"{DAYS} · 20 GB at €6.00 per GB"),
        ("Storage, 1–28 February 2026", "Storage", DAYS),
        ("Storage, used below zero until 28 February 2026", "Storage, used below zero until 28 February 2026", DAYS),
        ("Storage, 1–28 February 2026 and more", "Storage, 1–28 February 2026 and more", DAYS),
        (
            "GB: fast, used below zero until 28 February 2026: 2 GB at €6.00 per GB",
            "GB: fast, used below zero until 28 February 2026",
            f"{DAYS} · 2 GB at €6.00 per GB",
        ),
        ("S, 1–28 February 2026: " + "steps " * 80, "S, 1–28 February 2026: " + "steps " * 45 + "steps", ""),
    ],
)
def test_the_days_of_a_line_and_how_its_price_comes_about_stand_below_it(words: str, shown: str, note: str) -> None:
    (first, *_more) = printed(listed=[line(1, words, 12000, begins_on=BEGINS, ends_on=ENDS)]).rows
    assert (first.cells[0], first.note) == (shown, note)


def test_where_nothing_is_taxed_no_column_says_so() -> None:
    outside = tax(124250, 0, category="O", percent_micros=0, reason="outside", name="")
    said = printed(taxes=[outside])
    assert "Tax" not in [each.title for each in said.columns]
    assert Sum("Not subject to tax on €1,242.50", "€0.00") in said.sums


def test_what_was_bought_is_stamped_paid_and_nothing_is_due() -> None:
    said = printed(**BOUGHT)
    assert said.stamp == Stamp("PAID", "1 Mar 2026 · Visa ending in 4242")
    assert said.headline == "€1,478.58 paid on 1 Mar 2026"
    assert said.how_to_pay is None
    assert said.sums[-2:] == (Sum("Paid", "−€1,478.58"), Sum("Amount due", "€0.00", is_strong=True))
    assert not any(fact.label == "Date due" for fact in said.facts)


LATER = [
    {"state": "paid", "paid_at": AT + timedelta(days=3), "paid_minor": 147858, "paid_with": "Visa ending in 4242"},
    {"state": "void", "voided_at": AT + timedelta(days=3)},
    {"state": "uncollectible"},
    {"returned_minor": 500, "credited_minor": 500},
    {"carried_to_id": "inv_2"},
]


@pytest.mark.parametrize("later", LATER)
def test_what_comes_later_changes_nothing(later: dict[str, Any]) -> None:
    assert printed(**(OPEN | later)) == printed()


def test_each_rate_stands_with_what_it_is_on_and_why_no_tax_is_added() -> None:
    exempt = tax(4250, 0, category="E", percent_micros=0, reason="exempt_certificate", buyer_number="CERT-7")
    reverse = tax(20000, 0, category="AE", percent_micros=0, reason="reverse_charge", buyer_number="DE811907980")
    said = printed(taxes=[tax(100000, 23608), reverse, exempt])
    assert said.sums[:5] == (
        Sum("Subtotal", "€1,242.50"),
        Sum("VAT 19 % on €1,000.00", "€236.08"),
        Sum("Reverse charge on €200.00", "€0.00"),
        Sum("Exempt from tax on €42.50", "€0.00"),
        Sum("Total (EUR)", "€1,478.58", is_strong=True),
    )
    assert "Reverse charge: the customer accounts for the tax." in said.notes
    assert "Exempt: the customer has given a certificate." in said.notes
    assert said.buyer.lines[-2:] == ("Exemption certificate CERT-7", "Tax ID DE811907980")


def test_credit_and_rounding_stand_below_the_total() -> None:
    said = printed(credits_applied_minor=47850, rounding_minor=-8, payable_minor=100000)
    assert said.sums[2:] == (
        Sum("Total (EUR)", "€1,478.58", is_strong=True),
        Sum("Paid with credit", "−€478.50"),
        Sum("Rounding", "−€0.08"),
        Sum("Amount due", "€1,000.00", is_strong=True),
    )
    assert said.headline == "€1,000.00 due 31 Mar 2026"


def test_what_credit_has_paid_whole_is_paid() -> None:
    said = printed(credits_applied_minor=147858, payable_minor=0)
    assert said.stamp == Stamp("PAID", "1 Mar 2026")
    assert [each.title for each in said.sums[3:]] == ["Paid with credit", "Amount due"]
    assert said.how_to_pay is None


def test_a_credit_note_names_its_invoice_and_what_becomes_of_it() -> None:
    of = head(issued_at=AT - timedelta(days=9))
    returned = [line(1, "Refund of INV-2026-000123", 124250, kind="returned")]
    said = printed(**RETURNED, source_type="refund", reason="Refund", returns=of, listed=returned)
    assert (said.title, said.sums[-1].title) == ("Credit note", "Total credited (EUR)")
    assert said.notes == ()  # the line says that it is a refund
    assert Fact("Credit note for invoice", "INV-2026-000123 of 20 Feb 2026") in said.facts
    assert said.stamp == Stamp("CREDITED", "1 Mar 2026")
    by_correction = printed(**RETURNED, source_type="correction", reason="Correction", returns=of, listed=returned)
    assert by_correction.notes == (
        "INV-2026-000123 was corrected: all of it is credited here, and another invoice takes its place.",
    )
    by_seller = printed(**RETURNED, source_type="seller", reason="Too much", returns=of, listed=returned)
    assert by_seller.notes == ("Reason: Too much", "This amount is taken off what is to be paid of INV-2026-000123.")


def test_a_receipt_says_nothing_of_tax() -> None:
    said = printed(**BOUGHT | {"kind": "receipt", "state": "issued", "paid_at": None}, taxes=[])
    assert [each.title for each in said.columns] == ["Description", "Qty", "Unit price", "Amount"]
    assert said.sums == (Sum("Total paid (EUR)", "€1,478.58", is_strong=True),)
    assert said.notes == ("This receipt is not a tax invoice.",)
    assert said.stamp == Stamp("PAID", "1 Mar 2026 · Visa ending in 4242")


def test_what_is_too_little_to_be_charged_is_asked_for_later_and_what_is_collected_with_it_is_said() -> None:
    said = printed(due_on=None)
    assert said.headline == "€1,478.58 collected with a later invoice"
    assert said.how_to_pay is not None
    assert (said.how_to_pay.link, said.how_to_pay.code) == ("", None)
    assert printed(carried_minor=30).notes == ("Collected with this invoice: €0.30 of earlier invoices.",)


def test_a_correction_is_as_paid_as_what_it_corrects() -> None:
    said = {"source_type": "correction", "state": "paid", "paid_at": AT - timedelta(days=9), "paid_with": "Visa"}
    paid = printed(**said, taken_over_minor=147_858)
    assert (paid.stamp, paid.sums[-1]) == (
        Stamp("PAID", "20 Feb 2026 · Visa"), Sum("Amount due", "€0.00", is_strong=True)
    )  # fmt: skip
    more = printed(**OPEN | {"source_type": "correction", "taken_over_minor": 100_000})
    assert (more.stamp, more.headline) == (None, "€478.58 due 31 Mar 2026")
    assert [each.amount for each in more.sums[-2:]] == ["−€1,000.00", "€478.58"]  # the sign of amounts
    assert printed(**OPEN | {"source_type": "correction"}).stamp is None


@pytest.mark.parametrize(
    ("buyer", "seller", "paper"), [("US", "DE", "letter"), ("DE", "US", "A4"), ("", "MX", "letter")]
)
def test_the_paper_is_the_customers(buyer: str, seller: str, paper: str) -> None:
    assert printed(buyer_country=buyer, seller_country=seller).paper.name == paper


def test_an_address_stands_in_its_countrys_order() -> None:
    tokyo = printed(
        buyer_company="株式会社サンプル", buyer_line1="丸の内1-2-3", buyer_city="千代田区", buyer_region="東京都",
        buyer_postal_code="100-0005", buyer_country="JP", customer_email="",
    )  # fmt: skip
    assert (tokyo.buyer.name, *tokyo.buyer.lines) == (
        "株式会社サンプル", "100-0005", "東京都千代田区", "丸の内1-2-3", "Japan",
    )  # fmt: skip


def test_days_are_of_utc() -> None:
    late = datetime(2026, 2, 28, 23, 30, tzinfo=timezone(timedelta(hours=-5)))
    assert Fact("Date of issue", "1 Mar 2026") in printed(issued_at=late).facts


def test_a_refund_that_no_bank_has_is_not_called_returned() -> None:
    receipt = parts(**(RETURNED | {"kind": "refund_receipt", "source_type": "refund", "reason": "Refund"}))
    said = invoices.printed(receipt, link=LINK, back=invoices.Back(is_kept=True))
    assert said.stamp is not None and said.stamp.word == "NOT USED YET"
    assert "not used yet, since" in said.headline
    assert words.KEPT in " ".join(said.notes)
    shown = " ".join((said.headline, *said.notes, *(each.title for each in said.sums), said.stamp.word)).lower()
    assert "returned" not in shown and "refunded" not in shown


@pytest.mark.parametrize("kind", ["credit_note", "invoice"])
def test_both_documents_of_a_correction_say_where_money_goes_back_to(kind: str) -> None:
    went = Difference("rf_1", Money(4750, "EUR"), "Visa ending in 3184", RefundState.PENDING, "")
    made = parts(**(RETURNED if kind == "credit_note" else {}), source_type="correction")
    said = invoices.printed(made, link=LINK, back=invoices.Back(difference=went))
    assert "€47.50 of what was paid goes back to Visa ending in 3184 (refund rf_1)." in said.notes
