"""A SEPA mandate for paper: what the Core scheme asks for, as far as we know it, and the words that were accepted."""

from app import locale
from app.domain.language import _
from app.domain.mandates import AcceptedMandate
from app.presenters.printed import texts, words
from app.presenters.printed.around import Around
from app.presenters.printed.document import Fact, Party, PrintedDocument


def printed(found: AcceptedMandate, around: Around) -> PrintedDocument:
    """Return the mandate for paper. The IBAN and the creditor identifier are the payment processor's: we have neither.

    The debtor's address is that of its invoices; the mandate itself names the debtor alone.
    """
    name, *lines = found.creditor
    facts = (
        (words.MANDATE_REFERENCE, found.reference or _(words.WITH_FIRST_DEBIT)),
        (words.CREDITOR_IDENTIFIER, _(words.WITH_EACH_DEBIT)),
        (words.ACCOUNT, found.account),
        (words.KIND_OF_PAYMENT, _(words.RECURRENT)),
        (words.ACCEPTED_ON, locale.moment(found.accepted_at)),
        (words.ACCEPTED_BY, found.accepted_by),
        (words.ACCEPTED_FROM, found.address),
        (words.OUR_NUMBER, found.id),
        (words.TEXT_VERSION, found.text.version),
    )
    return PrintedDocument(
        title=_(words.MANDATE),
        number=found.reference or found.id,
        paper=around.paper,
        seller=Party(_(words.CREDITOR), name, tuple(each for each in lines if each)),
        buyer=around.customer,
        facts=tuple(Fact(_(label), value) for label, value in facts if value),
        columns=(),
        rows=(),
        notes=tuple(part for each in _sentences(found.text.text) for part in texts.parts(each)),
        logo=around.logo,
    )


def _sentences(text: str) -> list[str]:
    """Return the sentences of a text, so that none is cut in the middle."""
    *all_but_last, last = text.split(". ")
    return [*(f"{each}." for each in all_but_last), last]
