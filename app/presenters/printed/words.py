"""All words of ours that documents are printed with, in English until other languages are offered."""

FROM, BILL_TO, CUSTOMER = "From", "Bill to", "Customer"
NUMBER = {
    "invoice": "Invoice number",
    "credit_note": "Credit note number",
    "receipt": "Receipt number",
    "refund_receipt": "Receipt number",
}
ISSUED, DUE, PERIOD, SOLD = "Date of issue", "Date due", "Billing period", "Date of sale"
PO_NUMBER, REFERENCE = "PO number", "Buyer reference"
RETURNS = {"credit_note": "Credit note for invoice", "refund_receipt": "Refund of receipt"}
REPLACES = "Replaces invoice"
TAX_ID = "Tax ID"
DESCRIPTION, QUANTITY, UNIT_PRICE, TAX, AMOUNT = "Description", "Qty", "Unit price", "Tax", "Amount"
SUBTOTAL, CREDIT, ROUNDING, PAID = "Subtotal", "Paid with credit", "Rounding", "Paid"
AMOUNT_DUE = "Amount due"
TOTAL = {
    "invoice": "Total",
    "credit_note": "Total credited",
    "receipt": "Total paid",
    "refund_receipt": "Total returned",
}
NO_RATE = "–"
PAID_STAMP, CREDITED_STAMP, RETURNED_STAMP = "PAID", "CREDITED", "REFUNDED"
KEPT_STAMP, TOTAL_KEPT = "NOT USED YET", "Total not used yet"
KEPT = (
    "This money was sent to no bank account. It stands under Not used yet on the page Bank transfers: it pays what is "
    "ordered next, or the seller sends it back when asked."
)
HOW_TO_PAY, PAY_ONLINE, TRANSFER = "How to pay", "Pay online", "Pay by bank transfer"
PAYMENT_REFERENCE = "Reference"
SCAN_LINK, SCAN_TRANSFER = "Scan to pay online", "Scan with your banking app"
NOT_A_TAX_INVOICE = "This receipt is not a tax invoice."
NOTHING_NOW = (
    "Nothing is to be paid now: the amount is less than our payment processor charges. "
    "It is collected with your next invoice."
)
RECEIPT, PAID_BY, PAID_ON, PAID_WITH, PAYMENT = "Receipt", "Paid by", "Date paid", "Payment method", "Payment"
LEFT_OVER = "More than was to be paid: your seller looks at it"
CONFIRMS_A_PAYMENT = "This receipt confirms your payment. It is not an invoice."
STATEMENT, ACCOUNT_OF, DAYS, MADE, CURRENCY = "Statement of account", "Account of", "Days (UTC)", "Made", "Currency"
CHARGES, PAYMENTS, BALANCE = "Charges", "Payments", "Balance"
OPENING, CLOSING = "Opening balance", "Closing balance"
CREDIT_OPENING, CREDIT_CLOSING = "Credit: opening balance", "Credit: closing balance"
OF_DAYS = (
    "Balances are those of 00:00 UTC on the first day and 24:00 UTC on the last. What is above zero in money is to be "
    "paid; credit stands beside it. Usage that is not booked yet is not in it."
)
PRO_FORMA, ORDER, ORDERED, KEPT_UNTIL = "Pro-forma", "Order", "Ordered", "Price kept until"
NO_INVOICE = "This is a pro-forma, not an invoice: it has no invoice number, and is no proof for tax."
SEND_EXACTLY = "Send exactly this amount. The account is yours alone, so that we know that the money is from you."
ARRIVED, STILL_TO_SEND = "Arrived", "Still to send"
MANDATE, CREDITOR, DEBTOR, MANDATE_REFERENCE = "SEPA Direct Debit Mandate", "Creditor", "Debtor", "Mandate reference"
OUR_NUMBER, ACCOUNT, KIND_OF_PAYMENT, RECURRENT = "Our number", "Account", "Type of payment", "Recurrent payment"
ACCEPTED_BY, ACCEPTED_ON, ACCEPTED_FROM = "Accepted by", "Accepted on", "Accepted from"
CREDITOR_IDENTIFIER, TEXT_VERSION = "Creditor identifier", "Version of the text"
WITH_FIRST_DEBIT = "Named with the first debit"
WITH_EACH_DEBIT = "That of our payment service provider: your bank names it with each debit"
LOGO = "Logo"
PAGE, OF = "Page", "of"


def on(number: str, day: str) -> str:
    """Return a document by its number and day: `INV-2026-000004 of 3 Mar 2026`."""
    return f"{number} of {day}"


def dated(day: str, title: str) -> str:
    """Return an entry with its day: `3 Mar 2026: Invoice INV-2026-000004`."""
    return f"{day}: {title}"


def of_credit(title: str) -> str:
    """Return a change of the credit beside the money: `Credit: used`."""
    return f"Credit: {title[:1].lower()}{title[1:]}"


def invoice_of(number: str, day: str) -> str:
    """Return which invoice was paid: `Invoice INV-2026-000004 of 3 Mar 2026`."""
    return f"Invoice {on(number, day)}"


def period(begins: str, ends: str) -> str:
    """Return the days of a period, or the one day that it is."""
    return begins if begins == ends else f"{begins} – {ends}"


def base(title: str, net: str) -> str:
    """Return what a tax is called, and what it is on: `VAT 19 % on €100.00`."""
    return f"{title} on {net}"


def due_by(amount: str, day: str) -> str:
    """Return how much is due until when."""
    return f"{amount} due {day}"


def to_send_by(amount: str, day: str) -> str:
    """Return how much is to be sent until when for what is ordered: nobody owes it."""
    return f"{amount} to send by {day}"


def paid_on(amount: str, day: str) -> str:
    """Return how much was paid when."""
    return f"{amount} paid on {day}"


def credited_on(amount: str, day: str) -> str:
    """Return how much a credit note gives back."""
    return f"{amount} credited on {day}"


def returned_on(amount: str, day: str) -> str:
    """Return how much went back when."""
    return f"{amount} returned on {day}"


def kept_on(amount: str, day: str) -> str:
    """Return how much of a payment is kept for the next since when: no bank has it."""
    return f"{amount} not used yet, since {day}"


def goes_back(amount: str, to: str, refund_id: str) -> str:
    """Return where goes what was paid too much for an invoice that was corrected."""
    return f"{amount} of what was paid goes back to {to} (refund {refund_id})."


def later(amount: str) -> str:
    """Return how much is collected with another invoice."""
    return f"{amount} collected with a later invoice"


def pay_by(day: str) -> str:
    """Ask for the payment."""
    return f"Please pay by {day}."


def carried(amount: str) -> str:
    """Say what is collected beside what the invoice itself comes to."""
    return f"Collected with this invoice: {amount} of earlier invoices."


def corrected(number: str, instead: str) -> str:
    """Say why all of an invoice is credited."""
    return f"{number} was corrected: all of it is credited here, and {instead or 'another invoice'} takes its place."


def taken_over(amount: str, day: str, way: str, number: str) -> str:
    """Say when and how was paid what an invoice takes over from the one that it corrects."""
    return f"Of this, {amount} was paid on {day} with {way}, for {number}."


def because(reason: str) -> str:
    """Say why it was made."""
    return f"Reason: {reason}"


def set_off(number: str) -> str:
    """Say what becomes of a credit note that returns nothing that was paid."""
    return f"This amount is taken off what is to be paid of {number}."
