"""What the processor's record of a customer says: the name, the billing e-mail, the address and the tax numbers."""

import hashlib
import json
from dataclasses import dataclass

from app.domain.addresses.address import Address


@dataclass(frozen=True, slots=True)
class Profile:
    """A customer as the processor knows it. The name is the one that the seller gave."""

    name: str
    email: str
    address: Address | None = None
    tax_ids: tuple[tuple[str, str], ...] | None = None
    """Kind and number of each; None: there never was one. They are sent by themselves: one may be refused."""

    @property
    def mark(self) -> str:
        """What distinguishes this profile from every other one, in few characters."""
        said = json.dumps([self.name, self.email, self.address.kept() if self.address else None])
        return hashlib.sha256(said.encode()).hexdigest()[:16]
