"""What a customer is registered under, and what it is worth."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Kind(StrEnum):
    """What a registration is. Each number is of one kind, named as the processor names it."""

    EU_VAT = "eu_vat"
    EU_OSS_VAT = "eu_oss_vat"
    GB_VAT = "gb_vat"
    CH_UID = "ch_uid"
    NO_VAT = "no_vat"
    US_EIN = "us_ein"
    CA_BN = "ca_bn"
    AU_ABN = "au_abn"
    NZ_GST = "nz_gst"
    IN_GST = "in_gst"
    BR_CNPJ = "br_cnpj"
    JP_CN = "jp_cn"
    MX_RFC = "mx_rfc"
    KR_BRN = "kr_brn"
    ZA_VAT = "za_vat"
    OTHER = "other"
    """A number of a form that Purser does not know: kept as it was typed, never verified."""
    EXEMPTION = "exemption"
    """A certificate of exemption, verified by the seller."""


class State(StrEnum):
    """What is known of a registration."""

    PENDING = "pending"
    VERIFIED = "verified"
    UNVERIFIED = "unverified"
    UNAVAILABLE = "unavailable"
    """The service that could confirm it was asked and has not answered."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A registration as a decision on tax sees it."""

    kind: Kind
    country: str
    """The state that gave it, by its prefix: EL for Greece, XI for Northern Ireland, EU for the One Stop Shop."""
    value: str
    """With its prefix where it has one."""
    state: State
    territories: tuple[str, ...] = ()
    """Where a certificate of exemption applies."""
    expires_on: date | None = None
    """The last day of a certificate."""

    def exempts(self, country: str, on: date) -> bool:
        """Whether this is a certificate that the seller has verified, for this country and day."""
        return (
            self.kind is Kind.EXEMPTION
            and self.state is State.VERIFIED
            and country in self.territories
            and (self.expires_on is None or on <= self.expires_on)
        )
