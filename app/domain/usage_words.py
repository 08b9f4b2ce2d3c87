"""What usage is called: its meters to customers, and to the host's developer the reasons not to count an event."""

from app.domain.catalog import Catalog
from app.domain.language import _, marked

WITHOUT_A_METER = marked("Usage without a meter")
"""What credit is called that was taken without a meter: the same on each page."""

REFUSALS = {
    "unknown_customer": "There is no such customer.",
    "unknown_meter": "The customer's version of the catalog has no meter {meter}.",
    "id_malformed": "An id has 1 to 200 visible characters.",
    "id_reserved": "Ids that begin with hold_ belong to captures. Use another id.",
    "id_reused": "This id was used for an event with other content.",
    "subject_malformed": "A subject has at most 200 visible characters.",
    "subject_missing": "This meter counts distinct subjects: send a subject.",
    "quantity_out_of_range": "A quantity is a whole number from 0 to 1,000,000,000,000.",
    "quantity_not_one": "This meter counts events, each as one: leave out the quantity.",
    "properties_too_long": "The properties are longer than 4,000 characters.",
    "too_old": "The event is older than 34 days.",
    "in_the_future": "The event's time is more than an hour in the future.",
    "too_much": "The quantity is more than the meter can show, or costs more than can be counted.",
}
"""The sentence for the host's developer when an event cannot be counted, by the reason for machines."""


def refused(reason: str, meter: str) -> str:
    """Return the sentence for an event about this meter. What cannot be read is not named."""
    return REFUSALS[reason].format(meter=meter if meter and meter.isprintable() else "of this name")


def title(catalog: Catalog, meter: str) -> str:
    """Return what customers call the meter, also one that is no longer sold. What is kept says it so too."""
    known = catalog.meter(meter)
    return known.title if known else meter or WITHOUT_A_METER


def without_a_meter() -> str:
    """Return what credit is called, in the reader's language, that was taken without a meter."""
    return _(WITHOUT_A_METER)
