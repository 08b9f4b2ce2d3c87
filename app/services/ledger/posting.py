"""Post to the ledger: balances, history and day totals move together, in the caller's transaction."""

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import cached_property, partial
from typing import cast

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from app import ids
from app.domain import ledger as rule
from app.domain.errors import Broken, NotFound, ensure
from app.domain.journal.entries import Accounts, Balance, Entry
from app.domain.ledger import CREDIT_ACCOUNTS, CREDITS, MONEY_ACCOUNTS, AccountKey, Posting
from app.models.customers import Customer
from app.models.ledger import Account, Transfer
from app.models.unit_of_work import waiting
from app.models.usage import Spending
from app.services.journal import in_hand
from app.services.journal.writing import Writes, row_of
from app.services.ledger import spending
from app.services.outbox import events
from app.services.outbox.events import Outbox

Also = Callable[[Writes, list[Entry]], None]
"""Adds what is written together with entries that were decided."""
_LOCKED = "purser_books"
LOCKED = waiting.reads(
    select(Spending, Account)
    .join(Account, Account.customer_id == Spending.customer_id)
    .where(Spending.customer_id == bindparam("customer"))
    .order_by(Account.unit, Account.name)
    .with_for_update()
    .execution_options(populate_existing=True)
)
"""Locks the row of `spending`, then the accounts in their order; what it returns is as it stands under the lock."""
new_transfer_id = partial(ids.new, "txn")


def open_accounts(session: Session, customer: Customer) -> None:
    """Open the customer's accounts, all at zero; the floor of the credits is minus the overage protection."""
    units = {
        rule.money_unit(customer.currency): MONEY_ACCOUNTS,
        rule.credits_unit(customer.credit_unit): CREDIT_ACCOUNTS,
    }
    for unit, names in units.items():
        for name in names:
            floor = -customer.overage_protection_micros if name == CREDITS else None
            session.add(Account(customer_id=customer.customer_id, unit=unit, name=name, floor=floor))
    session.flush()


class Books:
    """A customer's accounts, locked: whoever has them may post, until the transaction that locked them ends.

    There is one `Books` for a customer in a transaction; it is handed on, and nobody locks or reads the rows again.
    """

    def __init__(self, session: Session, spending_row: Spending, accounts: dict[AccountKey, Account]) -> None:
        self.session = session
        self.customer_id = spending_row.customer_id
        self.spending = spending_row
        """The customer's row of `spending`. It moves along with what is posted here."""
        self.accounts = accounts
        self.unit = next(unit for unit, _name in accounts if rule.is_credits(unit))
        """What the customer's balance is counted in, such as `credits:USD`."""
        self._transaction = session.get_transaction()

    @property
    def credits(self) -> Account:
        """Return the account of the customer's balance."""
        return self.accounts[self.unit, CREDITS]

    @cached_property
    def outbox(self) -> Outbox:
        """Return the customer's outbox. Its lock comes after those of the accounts, at the first need."""
        return events.lock(self.session, self.customer_id)

    @property
    def customer(self) -> Customer:
        """Return the customer, read once."""
        return self.outbox.customer

    def post(self, postings: list[Posting], now: datetime, also: Also | None = None) -> list[Transfer]:
        """Post and return the transfers; refuse them whole when an account would fall below its floor.

        The same facts posted before give the transfers that are there; the same source with anything else is `Broken`.
        What `also` adds is written with the transfers, in the same statement, and only where they are new.
        """
        ensure(postings, "nothing to post")
        self._ask_open()
        return _posted(self.session, self.customer_id, postings) or self.post_new(postings, now, also)

    def post_new(self, postings: list[Posting], now: datetime, also: Also | None = None) -> list[Transfer]:
        """Post facts of which the caller knows that none is posted; one that is is refused by its key."""
        self._ask_open()
        unknown = sorted({key for each in postings for key in (each.debited, each.credited)} - self.accounts.keys())
        ensure(not unknown, f"{self.customer_id} has no such accounts: {unknown}")
        accounts = self.in_memory()
        entries = accounts.post(postings, now, new_transfer_id)
        writes = Writes()
        for entry in entries:
            writes.transfer(self.customer_id, entry)
        writes.accounts(self.customer_id, accounts)
        if any(entry.sequence is not None for entry in entries):
            writes.counted(self.customer_id, entries)
            writes.spent(self.customer_id, 0)
        if also is not None:
            also(writes, entries)
        writes.write(self.session)
        return [self._in_hand(entry) for entry in entries]

    def in_memory(self) -> Accounts:
        """Return the accounts as they stand, to decide on."""
        return Accounts({key: Balance(row.balance, row.version, row.floor) for key, row in self.accounts.items()})

    def _ask_open(self) -> None:
        ensure(self.session.get_transaction() is self._transaction, "books of a transaction that is over")

    def _in_hand(self, entry: Entry) -> Transfer:
        made = Transfer(**row_of(self.customer_id, entry))
        in_hand.hold(self.session, made)
        return made


def lock(session: Session, customer_id: str) -> Books:
    """Lock the customer's spending, then the accounts in the order of unit and name; or `NotFound`."""
    _only_once(session, customer_id)
    rows = session.execute(LOCKED, {"customer": customer_id}).all()
    if not rows:
        raise NotFound("customer")
    accounts = {(row.unit, row.name): row for _spending, row in rows}
    ensure(_is_complete(accounts), f"{customer_id} lacks accounts")
    return Books(session, rows[0][0], accounts)


def lock_if_free(session: Session, customer_id: str) -> Books | None:
    """Lock like `lock`, or return None at once where somebody else holds the customer's spending or an account."""
    spending_row = spending.lock_one(session, customer_id, skip_locked=True)
    return _locked(session, spending_row, skip_locked=True) if spending_row is not None else None


def lock_accounts(session: Session, spending_row: Spending) -> Books:
    """Lock the accounts of a customer whose row of `spending` the caller has locked in this transaction."""
    books = _locked(session, spending_row, skip_locked=False)
    ensure(books is not None, f"{spending_row.customer_id} lacks accounts")
    return cast("Books", books)


def _locked(session: Session, spending_row: Spending, *, skip_locked: bool) -> Books | None:
    """Lock all accounts of the customer, so that no two postings of a transaction wait for each other's; or None."""
    customer_id = spending_row.customer_id
    _only_once(session, customer_id)
    rows = session.scalars(
        select(Account)
        .where(Account.customer_id == customer_id)
        .order_by(Account.unit, Account.name)
        .with_for_update(skip_locked=skip_locked)
        .execution_options(populate_existing=True)
    ).all()
    accounts = {(row.unit, row.name): row for row in rows}
    return Books(session, spending_row, accounts) if _is_complete(accounts) else None


def _is_complete(accounts: Mapping[AccountKey, Account]) -> bool:
    """Say whether no account of a customer is missing: of the one credit unit, and of the currency."""
    units = {unit for unit, _name in accounts}
    credit_units = {unit for unit in units if rule.is_credits(unit)}
    wanted = {(unit, name) for unit in units for name in (CREDIT_ACCOUNTS if unit in credit_units else MONEY_ACCOUNTS)}
    return len(credit_units) == 1 and len(units) > 1 and wanted <= accounts.keys()


def _only_once(session: Session, customer_id: str) -> None:
    """Make sure that nobody in this transaction has the customer's books already: they are handed on."""
    transaction = session.get_transaction()
    known, customers = session.info.get(_LOCKED, (None, set()))
    if known is not transaction:
        customers = set()
    ensure(customer_id not in customers, f"the books of {customer_id} are locked already: hand them on")
    session.info[_LOCKED] = (transaction, customers | {customer_id})


def _posted(session: Session, customer_id: str, postings: list[Posting]) -> list[Transfer]:
    """Return the transfers of these facts when all are there and alike; raise when only some are, or they differ."""
    rows = session.scalars(
        select(Transfer).where(
            Transfer.customer_id == customer_id,
            Transfer.source_type.in_({each.source_type for each in postings}),
            Transfer.source_id.in_({each.source_id for each in postings}),
            Transfer.kind.in_({each.kind for each in postings}),
        )
    )
    known = {(row.source_type, row.source_id, row.kind): row for row in rows}
    found = [known.get((each.source_type, each.source_id, each.kind)) for each in postings]
    if not any(found):
        return []
    same = [
        row
        for row, each in zip(found, postings, strict=True)
        if row is not None
        and (row.unit, row.debit_account, row.credit_account, row.amount, row.corrects_id)
        == (each.unit, each.debit, each.credit, each.amount, each.corrects_id)
    ]
    if len(same) != len(postings):
        raise Broken(f"posted before with another content: {postings}")
    return same
