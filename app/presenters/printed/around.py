"""Who stands on papers beside documents: seller and customer as they are now, and what follows from where they are."""

from dataclasses import dataclass

from app import locale
from app.domain.addresses.address import Address
from app.domain.catalog import Seller
from app.presenters import bank_transfers
from app.presenters.printed import logo, paper, words
from app.presenters.printed.document import Logo, Party
from app.presenters.printed.paper import Paper


@dataclass(frozen=True)
class Around:
    """Both parties, the paper and the logo."""

    seller: Party
    customer: Party
    paper: Paper
    logo: Logo | None = None


def of(seller: Seller, to: Address, name: str, title: str) -> Around:
    """Return them, the customer under this title."""
    lines = (
        *seller.address,
        locale.country(seller.country) if seller.country else "",
        seller.email,
        seller.phone,
        f"{words.TAX_ID} {seller.tax_id}" if seller.tax_id else "",
    )
    first, *address = bank_transfers.buyer(to, name)
    return Around(
        Party(words.FROM, seller.name, tuple(each for each in lines if each)),
        Party(title, first, tuple(each for each in address if each)),
        paper.of(to.country, seller.country),
        logo.of(seller.logo),
    )
