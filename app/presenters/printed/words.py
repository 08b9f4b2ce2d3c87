"""All words of ours that documents are printed with, each in the language of its document.

What the law of a country calls a thing stands in the catalogs as it is called there: documents are read by tax offices.
"""

from app.domain.language import ENGLISH, _, current, marked, pgettext
from app.domain.tax import words as tax_words

BILL_TO, CUSTOMER = marked("Bill to"), marked("Customer")
NUMBER = {
    "invoice": marked("Invoice number"),
    "credit_note": marked("Credit note number"),
    "receipt": marked("Receipt number"),
    "refund_receipt": marked("Receipt number"),
}
ISSUED, DUE, PERIOD, SOLD = (
    marked("Date of issue"),
    marked("Date due"),
    marked("Billing period"),
    marked("Date of sale"),
)
PO_NUMBER, REFERENCE = marked("PO number"), marked("Buyer reference")
RETURNS = {"credit_note": marked("Credit note for invoice"), "refund_receipt": marked("Refund of receipt")}
REPLACES = marked("Replaces invoice")
DESCRIPTION, QUANTITY, UNIT_PRICE, TAX, AMOUNT = (
    marked("Description"),
    marked("Qty"),
    marked("Unit price"),
    marked("Tax"),
    marked("Amount"),
)
SUBTOTAL, CREDIT, ROUNDING = marked("Subtotal"), marked("Paid with credit"), marked("Rounding")
AMOUNT_DUE = marked("Amount due")
TOTAL = {
    "invoice": marked("Total"),
    "credit_note": marked("Total credited"),
    "receipt": marked("Total paid"),
    "refund_receipt": marked("Total returned"),
}
NO_RATE = "–"
PAID_STAMP, CREDITED_STAMP, RETURNED_STAMP = marked("PAID"), marked("CREDITED"), marked("REFUNDED")
KEPT_STAMP, TOTAL_KEPT = marked("NOT USED YET"), marked("Total not used yet")
KEPT = marked(
    "This money was sent to no bank account. It stands under Not used yet on the page Bank transfers: it pays what is "
    "ordered next, or the seller sends it back when asked."
)
HOW_TO_PAY, PAY_ONLINE, TRANSFER = marked("How to pay"), marked("Pay online"), marked("Pay by bank transfer")
PAYMENT_REFERENCE = marked("Reference")
SCAN_LINK, SCAN_TRANSFER = marked("Scan to pay online"), marked("Scan with your banking app")
NOT_A_TAX_INVOICE = marked("This receipt is not a tax invoice.")
NOTHING_NOW = marked(
    "Nothing is to be paid now: the amount is less than our payment processor charges. "
    "It is collected with your next invoice."
)
RECEIPT, PAID_BY, PAID_ON, PAID_WITH, PAYMENT = (
    marked("Receipt"),
    marked("Paid by"),
    marked("Date paid"),
    marked("Payment method"),
    marked("Payment"),
)
LEFT_OVER = marked("More than was to be paid: your seller looks at it")
CONFIRMS_A_PAYMENT = marked("This receipt confirms your payment. It is not an invoice.")
STATEMENT, ACCOUNT_OF, DAYS, CURRENCY = (
    marked("Statement of account"),
    marked("Account of"),
    marked("Days (UTC)"),
    marked("Currency"),
)
PAYMENTS, BALANCE = marked("Payments"), marked("Balance")
OPENING, CLOSING = marked("Opening balance"), marked("Closing balance")
CREDIT_OPENING, CREDIT_CLOSING = marked("Credit: opening balance"), marked("Credit: closing balance")
OF_DAYS = marked(
    "Balances are those of 00:00 UTC on the first day and 24:00 UTC on the last. What is above zero in money is to be "
    "paid; credit stands beside it. Usage and expired credit that are not booked yet are not in it."
)
PRO_FORMA, ORDER, ORDERED, KEPT_UNTIL = (
    marked("Pro-forma"),
    marked("Order"),
    marked("Ordered"),
    marked("Price kept until"),
)
NO_INVOICE = marked("This is a pro-forma, not an invoice: it has no invoice number, and is no proof for tax.")
SEND_EXACTLY = marked(
    "Send exactly this amount. The account is yours alone, so that we know that the money is from you."
)
STILL_TO_SEND = marked("Still to send")
MANDATE, CREDITOR, DEBTOR, MANDATE_REFERENCE = (
    marked("SEPA Direct Debit Mandate"),
    marked("Creditor"),
    marked("Debtor"),
    marked("Mandate reference"),
)
OUR_NUMBER, ACCOUNT, KIND_OF_PAYMENT, RECURRENT = (
    marked("Our number"),
    marked("Account"),
    marked("Type of payment"),
    marked("Recurrent payment"),
)
ACCEPTED_BY, ACCEPTED_ON, ACCEPTED_FROM = marked("Accepted by"), marked("Accepted on"), marked("Accepted from")
CREDITOR_IDENTIFIER, TEXT_VERSION = marked("Creditor identifier"), marked("Version of the text")
WITH_FIRST_DEBIT = marked("Named with the first debit")
WITH_EACH_DEBIT = marked("That of our payment service provider: your bank names it with each debit")


def title(kind: str) -> str:
    """Return what a document of the kind is called at its head: as the law of the language's country calls it."""
    return {
        "invoice": pgettext("document", "Invoice"),
        "credit_note": pgettext("document", "Credit note"),
        "receipt": pgettext("document", "Receipt"),
        "refund_receipt": pgettext("document", "Refund receipt"),
    }[kind]


def from_() -> str:
    """Return what stands above the seller."""
    return pgettext("document", "From")


def paid() -> str:
    """Return what a sum is called that was paid before."""
    return pgettext("document", "Paid")


def made() -> str:
    """Return what the moment is called at which a statement was asked for."""
    return pgettext("document", "Made")


def charges() -> str:
    """Return what the column is called of what raises what is to be paid."""
    return pgettext("document", "Charges")


def arrived() -> str:
    """Return what a sum is called that has come by transfer already."""
    return pgettext("document", "Arrived")


def tax_id(number: str) -> str:
    """Return a tax number with what it is called."""
    return tax_words.tax_id(number)


def on(number: str, day: str) -> str:
    """Return a document by its number and day: `INV-2026-000004 of 3 Mar 2026`."""
    return _("{number} of {day}", number=number, day=day)


def dated(day: str, title: str) -> str:
    """Return an entry with its day: `3 Mar 2026: Invoice INV-2026-000004`."""
    return _("{day}: {title}", day=day, title=title)


def of_credit(title: str) -> str:
    """Return a change of the credit beside the money: `Credit: used`."""
    change = f"{title[:1].lower()}{title[1:]}" if current() == ENGLISH else title
    return _("Credit: {change}", change=change)


def invoice_of(number: str, day: str) -> str:
    """Return which invoice was paid: `Invoice INV-2026-000004 of 3 Mar 2026`."""
    return _("Invoice {number} of {day}", number=number, day=day) if day else _("Invoice {number}", number=number)


def period(begins: str, ends: str) -> str:
    """Return the days of a period, or the one day that it is."""
    return begins if begins == ends else f"{begins} – {ends}"


def base(title: str, net: str) -> str:
    """Return what a tax is called, and what it is on: `VAT 19 % on €100.00`."""
    return _("{tax} on {net}", tax=title, net=net)


def due_by(amount: str, day: str) -> str:
    """Return how much is due until when."""
    return _("{amount} due {day}", amount=amount, day=day)


def to_send_by(amount: str, day: str) -> str:
    """Return how much is to be sent until when for what is ordered: nobody owes it."""
    return _("{amount} to send by {day}", amount=amount, day=day)


def paid_on(amount: str, day: str) -> str:
    """Return how much was paid when."""
    return _("{amount} paid on {day}", amount=amount, day=day)


def credited_on(amount: str, day: str) -> str:
    """Return how much a credit note gives back."""
    return _("{amount} credited on {day}", amount=amount, day=day)


def returned_on(amount: str, day: str) -> str:
    """Return how much went back when."""
    return _("{amount} returned on {day}", amount=amount, day=day)


def kept_on(amount: str, day: str) -> str:
    """Return how much of a payment is kept for the next since when: no bank has it."""
    return _("{amount} not used yet, since {day}", amount=amount, day=day)


def goes_back(amount: str, to: str, refund_id: str) -> str:
    """Return where goes what was paid too much for an invoice that was corrected."""
    return _(
        "{amount} of what was paid goes back to {to} (refund {refund_id}).", amount=amount, to=to, refund_id=refund_id
    )


def later(amount: str) -> str:
    """Return how much is collected with another invoice."""
    return _("{amount} collected with a later invoice", amount=amount)


def pay_by(day: str) -> str:
    """Ask for the payment."""
    return _("Please pay by {day}.", day=day)


def carried(amount: str) -> str:
    """Say what is collected beside what the invoice itself comes to."""
    return _("Collected with this invoice: {amount} of earlier invoices.", amount=amount)


def corrected(number: str, instead: str) -> str:
    """Say why all of an invoice is credited."""
    if not instead:
        return _(
            "{number} was corrected: all of it is credited here, and another invoice takes its place.", number=number
        )
    return _(
        "{number} was corrected: all of it is credited here, and {instead} takes its place.",
        number=number,
        instead=instead,
    )


def taken_over(amount: str, day: str, way: str, number: str) -> str:
    """Say when and how was paid what an invoice takes over from the one that it corrects."""
    return _(
        "Of this, {amount} was paid on {day} with {way}, for {number}.", amount=amount, day=day, way=way, number=number
    )


def because(reason: str) -> str:
    """Say why it was made."""
    return _("Reason: {reason}", reason=reason)


def set_off(number: str) -> str:
    """Say what becomes of a credit note that returns nothing that was paid."""
    return _("This amount is taken off what is to be paid of {number}.", number=number)
