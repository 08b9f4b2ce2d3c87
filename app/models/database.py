"""The database: one declarative base, one session, and what each connection and transaction begins with."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar
from weakref import WeakKeyDictionary

from flask import g
from flask_sqlalchemy import SQLAlchemy
from flask_sqlalchemy.session import Session as FlaskSession
from sqlalchemy import (
    BigInteger,
    BindParameter,
    CheckConstraint,
    ColumnElement,
    Connection,
    Constraint,
    DateTime,
    Dialect,
    Engine,
    Executable,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    UniqueConstraint,
    bindparam,
    event,
    false,
    literal_column,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import (
    DeclarativeBase,
    Mapped,
    ORMExecuteState,
    Session,
    SessionTransaction,
    mapped_column,
    with_loader_criteria,
)
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeDecorator

from app.domain.errors import ensure
from app.later import later

if TYPE_CHECKING:
    from app.models import postgresql
else:  # with psycopg, which SQLite does not need
    postgresql = later("app.models.postgresql")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

Asked = TypeVar("Asked", bound=Executable)
Moment = datetime | BindParameter[Any]
"""A time in a statement: known, or bound when the statement is run."""
WRITING = "purser_writing"
READ_FROM = "read_from"
"""Under this name `g` has the engine that is read in place of the primary, if there is one (`models/replica.py`)."""
SQLITE_BUSY_MS = 15_000
LOCK_WAIT = "4s"
"""How long a transaction waits for a row that another one has, on PostgreSQL: as long as its functions of ours do."""


class UtcDateTime(TypeDecorator[datetime]):
    """A time: aware and in UTC on both sides, stored without a zone where the database has none."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive time and hand the database UTC."""
        if value is None:
            return None
        ensure(value.tzinfo is not None, "a moment without a time zone")
        moment = value.astimezone(UTC)
        return moment.replace(tzinfo=None) if dialect.name == "sqlite" else moment

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # its form is SQLAlchemy's
        """Return the time in UTC, aware."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    """Every table of Purser."""

    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map: ClassVar[dict[Any, Any]] = {datetime: UtcDateTime, int: BigInteger}


class CustomerOwned:
    """A table whose every row is one customer's: narrowed in every statement, row-level security on PostgreSQL."""

    customer_id: Mapped[str] = mapped_column(primary_key=False)


class OwnedWithId(CustomerOwned):
    """A customer's table whose rows have ids that are drawn at random. The session knows a row by its id alone."""

    __mapper_args__: ClassVar[Any] = {"primary_key": ["id"]}


def by_customer(*, named: bool = True, found: bool = True) -> list[Constraint | Index]:
    """Return the keys of a table whose rows have ids: customer and id, so that it can be divided by customer.

    `named`: rows of other tables name its rows by both. `found`: rows are looked up by their id alone. SQLite, which is
    never divided, keeps the id as its primary key, and a unique key where rows are named (decision 0080).
    """
    keys: list[Constraint | Index] = [PrimaryKeyConstraint("customer_id", "id")]
    if named:
        keys.append(UniqueConstraint("customer_id", "id").ddl_if(dialect="sqlite"))
    if found:
        keys.append(Index(None, "id").ddl_if(dialect="postgresql"))
    return keys


class _Session(FlaskSession):
    """Goes to the primary, or to the replica where what follows is read from it."""

    def get_bind(self, *asked: Any, **how: Any) -> Engine | Connection:
        """Return where a statement goes."""
        return g.get(READ_FROM) or super().get_bind(*asked, **how)


db = SQLAlchemy(session_options={"expire_on_commit": False, "class_": _Session})


def read_primary() -> None:
    """Read what follows from the primary, whatever was read from before."""
    g.pop(READ_FROM, None)


def whole(*columns: str) -> list[CheckConstraint]:
    """Return the checks that keep these columns whole numbers on SQLite, which would store 0.1 otherwise (I5)."""
    return [
        CheckConstraint(f"typeof({column}) in ('integer', 'null')", name=f"{column}_whole").ddl_if(dialect="sqlite")
        for column in columns
    ]


def constant(value: str | int) -> ColumnElement[Any]:
    """Return a word or number of ours, written into the statement: a plan that PostgreSQL keeps can count on it.

    As a parameter it could be anything, so that the plan that is kept would be a worse one, and none is kept at all.
    """
    ensure(isinstance(value, int) or value.isidentifier(), "a constant that is no word of ours")
    return literal_column(f"{value:d}") if isinstance(value, int) else literal_column(f"'{value}'", String())


def prepare(engine: Engine, prepared_statements: str = "off") -> None:
    """Give each connection of the engine its pragmas, and each SQLite transaction its beginning.

    On PostgreSQL, let it prepare statements or not; one that is kept for a few statements need not.
    """
    if engine.dialect.name != "sqlite":
        postgresql.listen(engine, prepared_statements)
        return

    @event.listens_for(engine, "connect")
    def connected(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we begin our transactions ourselves
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
        for pragma in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "recursive_triggers = ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begun(connection: Connection) -> None:
        # A transaction that will write takes the write lock at once: upgrading a read later can only fail.
        writing = connection.get_execution_options().get(WRITING, False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN DEFERRED")


def is_away(problem: Exception) -> bool:
    """Say whether the database is away, for everybody, or whether what was asked of it has failed."""
    return isinstance(problem, OperationalError) or (
        isinstance(problem, DBAPIError) and isinstance(problem.orig, postgresql.AWAY)
    )


@event.listens_for(Session, "after_begin")
def _take_role(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    """On PostgreSQL, act as the role of the scope, and wait for no lock for ever, for this transaction only.

    So it is safe behind a pooler.
    """
    scope = g.get("scope")
    session.info["begun_for"] = scope
    if connection.dialect.name == "postgresql":
        customer_id = getattr(scope, "customer_id", "")
        role = "purser_service" if hasattr(scope, "purpose") else "purser_app"
        connection.execute(
            text(
                "select set_config('role', :role, true), set_config('app.customer_id', :customer_id, true), "
                "set_config('lock_timeout', :wait, true)"
            ),
            {"role": role, "customer_id": customer_id, "wait": LOCK_WAIT},
        )


def lock_table(session: Session, table: type[Base]) -> None:
    """Let no other transaction do the same beside this one, on PostgreSQL: a command waits for another to the end."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("set local lock_timeout = 0"))
        session.execute(text(f"lock table {table.__tablename__} in exclusive mode"))
        session.execute(text(f"set local lock_timeout = '{LOCK_WAIT}'"))


class CustomerInScope(ColumnElement[str]):
    """The id of the customer in scope, asked for whenever a statement is run: it is no value that a statement keeps.

    However many tables a statement reads, it is one parameter of it.
    """

    inherit_cache = True
    type = String()
    _traverse_internals: Any = ()


def _customer_in_scope() -> str | None:
    """Return the customer's id; None, which no row's id equals, where no customer is in scope."""
    return getattr(g.get("scope"), "customer_id", None)


_PARAMETER = bindparam("customer_in_scope", callable_=_customer_in_scope, type_=String())
_NOTHING = with_loader_criteria(CustomerOwned, false(), include_aliases=True)
_TO_THE_CUSTOMER = with_loader_criteria(
    CustomerOwned, lambda table: table.customer_id == CustomerInScope(), include_aliases=True
)
"""Made once: made anew for each statement they cost more than some statements do."""
_NARROWED: WeakKeyDictionary[Executable, Executable] = WeakKeyDictionary()
"""A statement that a module keeps, and the same one narrowed: it is put together and named for the cache once.

The customer is no part of it, so it is the same for everybody (`CustomerInScope`).
"""


@compiles(CustomerInScope)
def _as_parameter(_element: CustomerInScope, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(_PARAMETER, **how)


@event.listens_for(Session, "do_orm_execute")
def _narrow(state: ORMExecuteState) -> None:
    if not (state.is_column_load or state.is_relationship_load):
        state.statement = narrowed(state.session, state.statement)
    else:
        _check_scope(state.session)


def narrowed(session: Session, asked: Asked) -> Asked:
    """Narrow a statement of the ORM to the customer in scope; without a scope nothing matches."""
    scope = _check_scope(session)
    if hasattr(scope, "purpose"):
        return asked
    if getattr(scope, "customer_id", None) is None:
        return asked.options(_NOTHING)
    found = _NARROWED.get(asked)
    if found is None:
        found = _NARROWED[asked] = asked.options(_TO_THE_CUSTOMER)
    return found  # type: ignore[return-value]  # of its own kind


def _check_scope(session: Session) -> Any:
    """Return the scope, which is the one that the open transaction began in."""
    scope = g.get("scope")
    if "begun_for" in session.info and session.in_transaction():
        ensure(session.info["begun_for"] == scope, "the scope changed under an open transaction")
    return scope


@event.listens_for(Session, "before_flush")
def _own(session: Session, _context: object, _instances: object) -> None:
    """Refuse to write a row for anyone but the customer in scope: loader criteria do not cover inserts."""
    scope = g.get("scope")
    if hasattr(scope, "purpose"):
        return
    for row in [*session.new, *session.dirty, *session.deleted]:
        owner = getattr(row, "customer_id", None)
        ensure(
            owner is not None and owner == getattr(scope, "customer_id", None), f"a row of {owner} written in {scope}"
        )
