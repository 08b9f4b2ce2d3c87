"""Mutants of the services that nobody can find, because they do the same: each with the reason."""

from tests.mutation.equivalent import Equivalent

EQUIVALENT: tuple[Equivalent, ...] = (
    Equivalent(
        "app/services/balance/history.py",
        "closing = rows[0].closing_micros if rows and rows[0].day < first else 0",
        "closing = rows[0].closing_micros if rows and rows[0].day <= first else 0",
        "the first day's own row says how it ended",
    ),
    Equivalent(
        "app/services/spend_management/simulation.py",
        "Transfer.customer_id == customer_id,",
        "",
        "the scope narrows every read to its customer",
    ),
    Equivalent(
        "app/services/payments/declines.py",
        "PaymentMethod, (PaymentMethod.customer_id == Payment.customer_id) & (PaymentMethod.id == Payment.method_id) )",
        "PaymentMethod, )",
        "the foreign key joins them by the same",
    ),
)
