"""Balance transactions: the customer's balance history, row by row."""

from pydantic import Field

from app.api.contract.operations import (
    CreditsText,
    Model,
    Moment,
    Page,
    PageQuery,
    decode_cursor,
    operation,
    resource,
)
from app.api.contract.shapes import encode_cursor
from app.models.customers import Customer
from app.services.balance import history
from app.services.balance.history import HistoryQuery, Movement

bp = resource("balance_transactions")


class Source(Model):
    """What a movement comes from."""

    type: str
    id: str


class TransactionOut(Model):
    """A movement of the customer's credits, once and for ever."""

    id: str
    sequence: int = Field(description="The order of the customer's movements.")
    description: str
    created_at: Moment
    amount: CreditsText = Field(description="Signed: usage is below zero.")
    balance_after: CreditsText
    kind: str
    source: Source


class TransactionQuery(PageQuery):
    """Which movements."""

    kind: str | None = Field(None, min_length=1, max_length=20, description="Only this kind, such as `usage`.")


@operation(
    bp,
    "GET",
    "/customers/<customer_id>/balance_transactions",
    scope="billing:read",
    query=TransactionQuery,
    answers={200: Page[TransactionOut]},
    tag="Balances",
)
def listed(customer: Customer, query: TransactionQuery) -> Page[TransactionOut]:  # noqa: ARG001  # its scope is in force
    """List a customer's balance transactions, the newest first."""
    before = decode_cursor(query.cursor, int)
    page = history.history(HistoryQuery(kind=query.kind, before=before[0] if before else None, limit=query.limit))
    following = encode_cursor([page.older]) if page.older is not None else None
    return Page[TransactionOut](data=[_shown(each) for each in page.entries], next_cursor=following)


def _shown(row: Movement) -> TransactionOut:
    return TransactionOut(
        id=row.id,
        sequence=row.sequence,
        description=row.description,
        created_at=row.booked_at,
        amount=row.change,
        balance_after=row.balance_after,
        kind=row.kind,
        source=Source(type=row.source_type, id=row.source_id),
    )
