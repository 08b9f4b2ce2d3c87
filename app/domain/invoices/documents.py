"""Which documents there are, and the states that each goes through. Numbered once, they are never changed again."""

from enum import StrEnum


class Kind(StrEnum):
    """What a document is. Only invoices and credit notes are tax documents."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"
    RECEIPT = "receipt"
    REFUND_RECEIPT = "refund_receipt"


class State(StrEnum):
    """Where a document is. All but a draft have a number."""

    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"
    ISSUED = "issued"
    """A credit note or receipt: it asks for no payment."""


RETURNS = {Kind.INVOICE: Kind.CREDIT_NOTE, Kind.RECEIPT: Kind.REFUND_RECEIPT}
"""The document that says how much of another one went back."""
ID_PREFIXES = {Kind.INVOICE: "inv", Kind.CREDIT_NOTE: "cn", Kind.RECEIPT: "rct", Kind.REFUND_RECEIPT: "rrc"}

_S = State
_INVOICE: dict[State, frozenset[State]] = {
    _S.DRAFT: frozenset({_S.OPEN}),
    _S.OPEN: frozenset({_S.PAID, _S.VOID, _S.UNCOLLECTIBLE}),
    _S.UNCOLLECTIBLE: frozenset({_S.PAID, _S.VOID}),  # who pays late after all has paid
    _S.PAID: frozenset(),  # what is wrong on it is corrected by a credit note
    _S.VOID: frozenset(),
}
_OTHER: dict[State, frozenset[State]] = {
    _S.DRAFT: frozenset({_S.ISSUED}),
    _S.ISSUED: frozenset({_S.VOID}),  # the money that it returned came back
    _S.VOID: frozenset(),
}


def arrows(kind: Kind) -> dict[State, frozenset[State]]:
    """Return the states that a document of this kind may go to, from each that it may be in."""
    return _INVOICE if kind is Kind.INVOICE else _OTHER


def sources_of(kind: Kind, target: State) -> frozenset[State]:
    """Return the states from which a document of this kind may reach `target`."""
    return frozenset(state for state, targets in arrows(kind).items() if target in targets)
