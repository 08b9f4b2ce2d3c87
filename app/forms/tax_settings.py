"""The forms of Tax settings: one more number, and a certificate of exemption."""

from typing import TYPE_CHECKING

from wtforms import FileField, SelectField, SelectMultipleField, StringField
from wtforms.validators import Optional

from app import locale
from app.domain.language import _, marked
from app.domain.tax import certificates
from app.forms.balance_history import DayField
from app.later import later
from app.presenters import tax_settings
from app.web.fields import PageForm

if TYPE_CHECKING:
    from app.services.tax import numbers
else:  # with the rules of a dozen countries, when somebody saves a number
    numbers = later("app.services.tax.numbers")


class NumberForm(PageForm):
    """A number, as it is typed. Its kind is the usual one of its country unless another one is chosen."""

    country = SelectField(marked("Country"), validate_choice=False, render_kw={"autocomplete": "country"})
    kind = SelectField(marked("Kind of number"), validate_choice=False)
    value = StringField(marked("Number"), render_kw={"autocomplete": "off", "spellcheck": "false", "dir": "ltr"})

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the countries and kinds that there are."""
        super().__init__(*args, **kwargs)
        more = [("XI", tax_settings.country("XI")), ("EU", tax_settings.country("EU"))]
        self.country.choices = [("", _("Choose a country")), *locale.countries(), *more]
        self.kind.choices = [("", _("The usual one of this country")), *tax_settings.kinds()]

    @property
    def wanted_kind(self) -> str:
        """The kind that was chosen, or the usual one of the country."""
        return self.kind.data or numbers.usual(self.country.data or "")


class CertificateForm(PageForm):
    """A certificate of exemption. Its file is no text: the page reads it itself."""

    certificate = StringField(
        marked("Number of the certificate"), render_kw={"autocomplete": "off", "spellcheck": "false"}
    )
    territories = SelectMultipleField(marked("Where it applies"), validate_choice=False, render_kw={"size": "6"})
    expires_on = DayField(marked("Last day"), validators=[Optional()])
    file = FileField(marked("File"), render_kw={"accept": ",".join(certificates.CONTENT_TYPES)})

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Offer the places that there are."""
        super().__init__(*args, **kwargs)
        self.territories.choices = tax_settings.places()
