"""The sandbox's answers about VAT numbers: no number leaves the machine. docs/sandbox.md says which gets which."""

import hashlib

from app.gateways.vies import Answered, NotAnswered, Outcome

_WITHHOLD = ("DE", "ES")


class PretendVies:
    """Confirms every number but those that end in 9, which nobody has, and in 8, about which nobody answers."""

    def check(self, number: str, requester: str) -> Outcome:
        """Answer by the last digit."""
        if number.endswith("8"):
            return NotAnswered("MS_UNAVAILABLE", for_all=False)
        proof = f"WAPI{hashlib.sha256(f'{number} {requester}'.encode()).hexdigest()[:12].upper()}" if requester else ""
        if number.endswith("9"):
            return Answered(False, "", proof)
        return Answered(True, "" if number.startswith(_WITHHOLD) else f"Example Trading {number[-4:]}", proof)
