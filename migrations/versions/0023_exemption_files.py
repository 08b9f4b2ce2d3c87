"""The files of certificates of exemption, as customers send them. Certificates that are there have none."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

f = op.f
TABLE = "exemption_files"


def upgrade() -> None:
    """Create the table, empty, and let nothing in it be changed."""
    op.create_index("uq_tax_registrations_named", "tax_registrations", ["customer_id", "id"], unique=True)
    op.create_table(
        TABLE,
        sa.Column("registration_id", sa.String(length=40), nullable=False),
        sa.Column("customer_id", sa.String(length=40), nullable=False),
        sa.Column("content_type", sa.String(length=40), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("customer_id", "registration_id", name=f(f"pk_{TABLE}")),
        sa.CheckConstraint(
            "content_type in ('application/pdf', 'image/png', 'image/jpeg')", name=f(f"ck_{TABLE}_content_type")
        ),
        sa.CheckConstraint("size = length(content) and size > 0", name=f(f"ck_{TABLE}_size")),
        sa.CheckConstraint("length(sha256) = 64", name=f(f"ck_{TABLE}_sha256")),
        sa.CheckConstraint("typeof(size) in ('integer', 'null')", name=f(f"ck_{TABLE}_size_whole")).ddl_if(
            dialect="sqlite"
        ),
        sa.ForeignKeyConstraint(
            ["customer_id", "registration_id"],
            ["tax_registrations.customer_id", "tax_registrations.id"],
            name=f(f"fk_{TABLE}_customer_id_registration_id_tax_registrations"),
        ),
    )
    if op.get_bind().dialect.name == "sqlite":
        op.execute(
            f"create trigger {TABLE}_no_update before update on {TABLE} "
            "begin select raise(abort, 'a file that was sent is final'); end"
        )
        return
    mine = "customer_id = current_setting('app.customer_id', true)"
    op.execute(f"alter table {TABLE} enable row level security")
    op.execute(f"alter table {TABLE} force row level security")
    op.execute(f"create policy customer on {TABLE} to purser_app using ({mine}) with check ({mine})")
    op.execute(f"create policy service on {TABLE} to purser_service using (true) with check (true)")
    op.execute(f"grant select on {TABLE} to purser_app")
    op.execute(f"grant select, insert, delete on {TABLE} to purser_service")
    op.execute(
        f"create trigger {TABLE}_no_update before update on {TABLE} for each row execute function purser_append_only()"
    )


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
