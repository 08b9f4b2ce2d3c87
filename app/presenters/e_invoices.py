"""What is said of an e-invoice: why a document has none. Where nobody expects one, nothing."""

from app.domain.language import _, marked
from app.services.invoices.e_invoices import Obstacle, obstacle_of
from app.services.invoices.reads import DocumentParts

SENTENCES = {
    Obstacle.RECEIPT: "",
    Obstacle.SELLER_OUTSIDE_UNION: "",
    Obstacle.DECIMALS: marked(
        "There is no XML of this document: e-invoices have no amounts with more than two decimals."
    ),
    Obstacle.NO_COUNTRY: marked(
        "There is no XML of this document, because it was made before you gave an invoice address."
    ),
    Obstacle.NO_SELLER_NUMBER: marked(
        "There is no XML of this document, because it names no tax number of the seller."
    ),
    Obstacle.SEVERAL_SELLER_NUMBERS: marked(
        "There is no XML of this document, as it names several numbers of the seller."
    ),
    Obstacle.PARTLY_OUTSIDE: marked(
        "There is no XML of this document, because only a part of it is within the scope of VAT."
    ),
    Obstacle.ONLY_DISCOUNTS: marked("There is no XML of this document, because it lists nothing but discounts."),
}


def why_none(parts: DocumentParts) -> str:
    """Return why the document has no e-invoice, where somebody would look for one; empty: it has."""
    obstacle = obstacle_of(parts)
    return _(SENTENCES[obstacle]) if obstacle and SENTENCES[obstacle] else ""
