"""API tokens of members: keys of the API that are one member's. The keys that are there are nobody's."""

import sqlalchemy as sa
from alembic import op

revision = "0045"
down_revision = "0044"
branch_labels = None
depends_on = None

f = op.f
TABLE = "api_keys"
OF_A_MEMBER = "member_id is null or (customer_id is not null and scopes not like '%usage:write%')"


def upgrade() -> None:
    """Add the column. Authorizations look at no member, so that no token of a member may ask for any."""
    if op.get_bind().dialect.name == "sqlite":
        reference = "constraint fk_api_keys_member_id_members references members (id)"
        check = f"constraint ck_api_keys_of_a_member check ({OF_A_MEMBER})"
        op.execute(f"alter table {TABLE} add column member_id varchar(40) {reference} {check}")
    else:
        op.add_column(TABLE, sa.Column("member_id", sa.String(length=40), nullable=True))
        op.create_foreign_key(f("fk_api_keys_member_id_members"), TABLE, "members", ["member_id"], ["id"])
        op.create_check_constraint(f("ck_api_keys_of_a_member"), TABLE, OF_A_MEMBER)
    op.create_index("ix_api_keys_member", TABLE, ["member_id"])


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
