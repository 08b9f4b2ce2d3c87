"""How migrations run: one connection of their own, as the owner of the tables, all in one transaction."""

from alembic import context
from sqlalchemy import create_engine, pool, text
from sqlalchemy.schema import SchemaItem

from app import models  # noqa: F401  # importing the package tells the metadata of every table
from app.config import Settings
from app.models.database import WRITING, Base, prepare

ONE_AT_A_TIME = 7_074_657  # any number that nothing else locks in this database


def owner_url() -> str:
    """Return the address to migrate: the caller's, or the owner's from the environment."""
    given = context.config.attributes.get("url")
    if given:
        return str(given)
    settings = Settings.from_env()
    return settings.database_owner_url or settings.database_url


def _is_a_model(name: str | None, kind: str, _parents: object) -> bool:
    """Say whether a name in the database may be compared with the models: a month of the usage events has none."""
    return not (kind == "table" and (name or "").startswith("usage_events_"))


def _is_of_this_database(
    thing: SchemaItem,
    _name: str | None,
    _kind: str,
    reflected: bool,
    _other: object,
) -> bool:
    """Say whether what a model has is for the database at hand: some constraints are for one of the two alone."""
    on = getattr(getattr(thing, "_ddl_if", None), "dialect", None)
    return reflected or on is None or on == context.get_context().dialect.name


def run() -> None:
    """Bring the database to the revision asked for, or leave it as it was."""
    engine = create_engine(owner_url(), poolclass=pool.NullPool)
    prepare(engine)
    with engine.connect().execution_options(**{WRITING: True}) as connection:
        on_sqlite = connection.dialect.name == "sqlite"
        if on_sqlite:
            # A table that is written anew is dropped in between; its references are checked before the commit.
            connection.connection.execute("PRAGMA foreign_keys = OFF")  # type: ignore[attr-defined]
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            # SQLite's tables change in transactions too, because `prepare` begins them by hand.
            transactional_ddl=True,
            render_as_batch=on_sqlite,
            compare_type=True,
            include_name=_is_a_model,
            include_object=_is_of_this_database,
        )
        with context.begin_transaction():
            if connection.dialect.name == "postgresql":
                connection.execute(text("select pg_advisory_xact_lock(:key)"), {"key": ONE_AT_A_TIME})
            context.run_migrations()
            if on_sqlite:
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise RuntimeError(f"The migration would break references: {broken[:5]}")


if context.is_offline_mode():
    raise SystemExit("Migrations ask the database what it has; run them online.")
run()
