"""Who stands on papers beside documents: seller and customer as they are now, and what follows from where they are."""

from collections.abc import Sequence
from dataclasses import dataclass

from app import locale
from app.domain.addresses.address import Address
from app.domain.catalog import Seller
from app.domain.language import _
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


def seller_lines(seller: Seller) -> tuple[str, ...]:
    """Return what stands below the seller's name: its address, how to write to it, and its tax number."""
    lines = (
        *seller.address,
        locale.country(seller.country) if seller.country else "",
        seller.email,
        seller.phone,
        words.tax_id(seller.tax_id) if seller.tax_id else "",
    )
    return tuple(each for each in lines if each)


def of(seller: Seller, to: Address, name: str, title: str, numbers: Sequence[str] = ()) -> Around:
    """Return them, the customer under this title, with its tax numbers, if any are asked for."""
    first, *address = (*bank_transfers.buyer(to, name), *(words.tax_id(each) for each in numbers))
    return Around(
        Party(words.from_(), seller.name, seller_lines(seller)),
        Party(_(title), first, tuple(each for each in address if each)),
        paper.of(to.country, seller.country),
        logo.of(seller.logo),
    )
