"""SSH keys: those of everybody who acts for a customer, for hosts that let people in by them. Members change them."""

from typing import Literal

from pydantic import Field

from app.api.contract.operations import Model, Moment, Page, PageQuery, decode_cursor, operation, page_of, resource
from app.api.v1.members import RoleWord
from app.models.customers import Customer
from app.services.access import ssh_keys
from app.services.access.ssh_keys import Given

bp = resource("ssh_keys")
PATH = "/customers/<customer_id>/ssh_keys"
TAG = "SSH keys"
Kind = Literal[
    "ssh-ed25519",
    "sk-ssh-ed25519@openssh.com",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ecdsa-sha2-nistp256@openssh.com",
    "ssh-rsa",
]


class SshKeyOut(Model):
    """A public key of somebody who acts for the customer now."""

    id: str
    member: str
    member_email: str
    role: RoleWord = Field(description="What the member may do for this customer.")
    name: str
    type: Kind
    bits: int
    fingerprint: str = Field(description="As `ssh-keygen -l` prints it: `SHA256:…`.")
    public_key: str = Field(description="A line of `authorized_keys`, without a comment.")
    created_at: Moment


@operation(bp, "GET", PATH, scope="billing:read", query=PageQuery, answers={200: Page[SshKeyOut]}, tag=TAG)
def listed(customer: Customer, query: PageQuery) -> Page[SshKeyOut]:
    """List the SSH keys of a customer's members, the newest first.

    A key is its member's. It is listed for each customer that the member acts for, and no longer from the moment that
    the key or the member is removed or disabled: `ssh_key.added` and `ssh_key.removed` say so.
    """
    before = decode_cursor(query.cursor, str)
    rows = ssh_keys.given(customer.customer_id, query.limit + 1, before=before[0] if before else None)
    data, following = page_of(rows, query.limit, _shown, lambda row: [row.key.id])
    return Page[SshKeyOut](data=data, next_cursor=following)


def _shown(given: Given) -> SshKeyOut:
    key = given.key
    return SshKeyOut(
        id=key.id,
        member=key.member_id,
        member_email=given.member.email,
        role=given.role,  # type: ignore[arg-type]  # one of the column's own words
        name=key.name,
        type=key.kind,  # type: ignore[arg-type]  # one of the types that are taken
        bits=key.bits,
        fingerprint=key.fingerprint,
        public_key=key.public_key,
        created_at=key.created_at,
    )
