"""Setting up: bring the database to the newest revision and let the app's login take its two roles."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import Connection, create_engine, inspect, pool, text
from sqlalchemy.engine import make_url

from app.config import Settings
from app.domain.errors import Refused

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent.parent.parent.parent / "migrations"
ROLES = ("purser_app", "purser_service")


def install(settings: Settings) -> str:
    """Migrate to the newest revision, grant the roles to the login of DATABASE_URL, and return the revision."""
    from alembic import command

    url = settings.database_owner_url or settings.database_url
    engine = create_engine(url, poolclass=pool.NullPool)
    if settings.on_postgresql:
        with engine.begin() as connection:
            _let_create(connection)
    command.upgrade(configuration(url), "head")
    if settings.on_postgresql:
        with engine.begin() as connection:
            _grant_roles(connection, _login(settings))
    return newest_revision()


def configuration(url: str) -> "Config":
    """Return what Alembic's commands need to work on the database at `url`."""
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["url"] = url
    return config


def newest_revision() -> str:
    """Return the revision that this release wants: each file begins with its own, and the highest comes last.

    Alembic would import every migration to say so, and keep them: 10 MB of each web process that is asked `/readyz`.
    """
    return max(path.name.partition("_")[0] for path in (MIGRATIONS / "versions").glob("*.py"))


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database is at; None: it is empty."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.scalar(text("select version_num from alembic_version"))
    return found


def _login(settings: Settings) -> str:
    name = make_url(settings.database_url).username
    if name:
        return name
    with create_engine(settings.database_url, poolclass=pool.NullPool).connect() as app_connection:
        return str(app_connection.scalar(text("select session_user")))


def _let_create(connection: Connection) -> None:
    """Give whoever migrates the right to make tables by its own name.

    The owner of a database has that right from PostgreSQL 15 on as a member of `pg_database_owner`, the owner of the
    schema, and a login that inherits nothing (`_grant_roles`) has it no longer: neither the next upgrade nor the next
    month's partition could be made.
    """
    owned = connection.execute(
        text("""
        select nspowner::regrole::text, quote_ident(nspname), quote_ident(session_user) from pg_namespace
        where nspname = current_schema() and pg_has_role(session_user, nspowner, 'member')
        """)
    ).first()
    if owned is not None:
        owner, schema, login = owned
        connection.exec_driver_sql(f"set local role {owner}")
        connection.exec_driver_sql(f"grant create, usage on schema {schema} to {login}")
        connection.exec_driver_sql("reset role")


def _grant_roles(connection: Connection, login: str) -> None:
    """Let `login` take the roles, but not inherit them: without a scope it may do nothing at all."""
    known = connection.scalar(text("select rolsuper from pg_roles where rolname = :login"), {"login": login})
    if known is None:
        raise Refused(
            f"DATABASE_URL signs in as {login!r}, which the database does not know: create it first.", "no_login"
        )
    if known:
        return  # a superuser may take any role
    quoted = connection.dialect.identifier_preparer.quote_identifier(login)
    if connection.dialect.server_version_info >= (16,):  # type: ignore[operator]  # set once connected
        for role in ROLES:
            connection.exec_driver_sql(f"grant {role} to {quoted} with inherit false, set true")
        return
    connection.exec_driver_sql(f"alter role {quoted} noinherit")
    for role in ROLES:
        connection.exec_driver_sql(f"grant {role} to {quoted}")
