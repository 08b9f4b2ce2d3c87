"""What a plan costs for a plan period that begins: its lines, at the catalog's price, in advance."""

from app.domain.invoices.lines import Line, LineKind, Rate
from app.domain.invoices.written import span as days
from app.domain.language import _
from app.domain.subscriptions.choice import Choice, Part, counted
from app.domain.subscriptions.proration import Span


def fees(choice: Choice, span: Span, rate: Rate) -> tuple[Line, ...]:
    """Return a line for the plan and one for its seats beyond the included ones; none of what costs nothing."""
    return tuple(_line(part, span, rate) for part in (choice.base, choice.seat) if part and part.price.amount_minor)


def _line(part: Part, span: Span, rate: Rate) -> Line:
    price = span.rest(part.price, span.starts_at)
    first, last = span.starts_at.date(), span.last_day
    words = counted(part.quantity) if part.kind is LineKind.SEATS else part.title
    whole = price == part.price
    return Line(
        part.kind,
        _("{sold}, {days}", sold=words, days=days(first, last)),
        price,
        rate,
        part.quantity if whole else 1,
        part.each.major if whole else None,
        begins_on=first,
        ends_on=last,
    )
