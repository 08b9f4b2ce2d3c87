"""The form of a correction: the fields of Invoice address, and the tax number that counts."""

from collections.abc import Sequence

from wtforms import SelectField

from app.domain.language import marked, pgettext
from app.forms.invoice_address import AddressForm
from app.services.invoices.correction_preview import Wanted


class CorrectionForm(AddressForm):
    """What an invoice ought to have said."""

    registration = SelectField(marked("Tax number"), validate_choice=False)

    @property
    def wanted(self) -> Wanted:
        """What was typed and chosen."""
        return Wanted(self.address, self.po_number.data or "", self.registration.data or "", self.is_as_typed)

    def offer(self, numbers: Sequence[tuple[str, str]]) -> None:
        """Offer the customer's tax numbers, each with what is known of it."""
        self.registration.choices = [("", pgettext("No tax number", "None")), *numbers]
