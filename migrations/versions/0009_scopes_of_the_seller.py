"""Scopes of the seller's alone: who creates and changes customers or gives credit needs a scope that no customer's key has.

Until now `billing:write` allowed both. Keys of the seller's keep what they could: those with `billing:write` get the two new
scopes. A key that is bound to a customer loses them, and with `all` becomes one with all that a customer's key may have.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

NEW = {"customers:write", "credits:grant"}
SELLERS = {"all", "embed:create", *NEW}
OF_A_CUSTOMER = {"usage:write", "billing:read", "billing:write", "webhooks:manage"}


def upgrade() -> None:
    """Rewrite the scopes of the keys there are. Revoked and expired ones too: what is listed is what would hold."""
    connection = op.get_bind()
    rows = connection.execute(sa.text("select id, scopes, customer_id from api_keys")).all()
    for key_id, words, customer_id in rows:
        scopes = set(words.split())
        if customer_id is None:
            after = scopes | NEW if "billing:write" in scopes else scopes
        else:
            after = (scopes | OF_A_CUSTOMER if "all" in scopes else scopes) - SELLERS
        if after != scopes:
            connection.execute(
                sa.text("update api_keys set scopes = :scopes where id = :id"),
                {"scopes": " ".join(sorted(after)), "id": key_id},
            )


def downgrade() -> None:
    """Refuse: a ledger is restored from a backup, never taken apart."""
    raise NotImplementedError("downgrades are not supported: restore a backup")
