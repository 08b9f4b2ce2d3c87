"""The form of Invoice address: the fields as they are called in the chosen country, and what is asked about them."""

import hashlib
import json
from collections.abc import Mapping

from wtforms import HiddenField, SelectField, StringField

from app import locale
from app.domain.addresses import formats, questions
from app.domain.addresses.address import NAMES, Address
from app.domain.addresses.formats import Format
from app.domain.addresses.questions import Unfit
from app.domain.language import _, marked
from app.forms.spend_management import VersionedForm
from app.services.customers.address import Kept

_PO_NUMBER = marked("Purchase order (PO) number")


def _typed(autocomplete: str) -> StringField:
    return StringField(render_kw={"autocomplete": autocomplete, "dir": "auto"})


class AddressForm(VersionedForm):
    """An address, as it is typed."""

    company = _typed("organization")
    country = SelectField(validate_choice=False, render_kw={"autocomplete": "country"})
    line1 = _typed("address-line1")
    line2 = _typed("address-line2")
    city = _typed("address-level2")
    postal_code = _typed("postal-code")
    region = _typed("address-level1")
    po_number = StringField(_PO_NUMBER)
    buyer_reference = StringField(marked("Buyer reference (optional)"))
    as_typed = HiddenField()
    """The mark of the address that was asked about, where the member says that it is right."""
    asked: dict[str, str]
    """What is asked about the address, by the fields."""
    po_required = False

    @property
    def format(self) -> Format:
        """How addresses are written in the country that is chosen."""
        return formats.of((self.country.data or "").upper())

    @property
    def address(self) -> Address:
        """What was typed."""
        return questions.read({name: self[name].data or "" for name in NAMES})

    @property
    def typed_mark(self) -> str:
        """What distinguishes what was typed from every other address: saying yes to one says yes to no other."""
        return hashlib.sha256(json.dumps(self.address.kept()).encode()).hexdigest()[:16]

    @property
    def is_as_typed(self) -> bool:
        """Whether the member has said that this very address is right."""
        return bool(self.as_typed.data == self.typed_mark)

    @property
    def shown(self) -> list[str]:
        """The fields below the country's: those that addresses there have, and what is filled all the same."""
        known = self.format
        names = [name for name in NAMES if name not in {"company", "country"}]
        return [name for name in names if name in known.used or name == "line2" or self[name].data]

    def name_fields(self, *, po_required: bool) -> None:
        """Call each field what it is called in the country that is chosen."""
        known = self.format
        self.country.choices = [("", _("Choose a country")), *locale.countries()]
        self.asked, self.po_required = {}, po_required
        for name in NAMES:
            self[name].label.text = _named(known.label(name), is_required=name in known.required)
            if name in known.required:
                self.mark(name, **{"aria-required": "true"})
        self.po_number.label.text = _named(_(_PO_NUMBER), is_required=po_required)
        if known.regions:
            self.mark("region", list="invoice_address-regions")

    def compare_with(self, saved: Mapping[str, str]) -> None:
        """Let each field know what is saved."""
        for name, value in saved.items():
            if name != "version":
                self.mark(name, **{"data-saved": value})

    def ask(self, unfit: Unfit) -> None:
        """Show each refusal and each question beside its field."""
        for refusal in unfit.refusals:
            self.refuse(refusal)
        self.asked = {each.field: each.sentence for each in unfit.questions}


def _named(label: str, *, is_required: bool) -> str:
    return label if is_required else _("{field} (optional)", field=label)


def filled(kept: Kept, company: str) -> dict[str, str]:
    """Return what the fields show of the address; of none yet the customer's own name as the company."""
    values = kept.address.kept() | {"po_number": kept.po_number, "version": str(kept.version)}
    values |= {"buyer_reference": kept.buyer_reference}
    return values | {"company": values["company"] or company}
