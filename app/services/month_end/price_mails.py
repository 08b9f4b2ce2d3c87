"""The mails about other prices: that they are announced, and that they do not come after all."""

from datetime import timedelta

from sqlalchemy import select

from app.domain.mails import PRICE_CHANGE, PRICE_CHANGE_WITHDRAWN
from app.models.mails import Mail
from app.models.plan_periods import PriceChange
from app.services.ledger.posting import Books
from app.services.month_end.comparison import Compared
from app.services.outbox import billing_mails
from app.services.subscriptions.announced import First

UNDER_WAY = timedelta(minutes=15)
"""After that it is known whether a mail that was on its way was sent: it is longer than the lease of one."""


def announced(books: Books, row: PriceChange, first: First, said: Compared) -> None:
    """Write the mail that they are announced, with the price of the first plan period that has them."""
    billing_mails.write(
        books.session,
        books.customer_id,
        PRICE_CHANGE,
        key=f"{PRICE_CHANGE}:{row.id}",
        to=books.customer.email,
        price_change=row.id,
        begins_on=first.begins_at.date().isoformat(),
        interval=first.will.interval.value,
        price_now_minor=first.was.price.amount_minor,
        price_then_minor=first.will.price.amount_minor,
        months=said.months,
        before_minor=said.before.amount_minor,
        after_minor=said.after.amount_minor,
    )


def withdrawn(books: Books, row: PriceChange) -> None:
    """Write the mail that they do not come. It is dropped when it is sent where no mail about them was sent by then."""
    mail = books.session.scalars(
        select(Mail)
        .where(Mail.customer_id == books.customer_id, Mail.key == f"{PRICE_CHANGE}:{row.id}")
        .with_for_update()
        .execution_options(populate_existing=True)
    ).one_or_none()
    is_on_its_way = mail is not None and mail.state == "pending" and mail.tries > 0
    billing_mails.write(
        books.session,
        books.customer_id,
        PRICE_CHANGE_WITHDRAWN,
        key=f"{PRICE_CHANGE_WITHDRAWN}:{row.id}",
        to=books.customer.email,
        after=UNDER_WAY if is_on_its_way else timedelta(0),
    )
