"""The text of an EPC QR code (EPC069-12, version 002): a transfer in euros that a banking app fills in by itself.

Only ASCII is said: apps differ in how they read anything else (`Łódź` becomes another name), and banks compare names.
"""

import unicodedata

from app.domain.money import Money

LONGEST = 331
"""Bytes of a whole text."""
LEAST, MOST = 1, 99_999_999_999
"""Cents: 0.01 to 999,999,999.99."""
LONGEST_NAME, LONGEST_TEXT = 70, 140
_LETTERS = str.maketrans(
    {"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "đ": "d", "Đ": "D"}
)


def text(name: str, iban: str, bic: str, amount: Money, reference: str) -> str | None:
    """Return what the code says, or None where no such transfer can be named."""
    compact, holder = "".join(iban.split()).upper(), ascii_of(name)[:LONGEST_NAME].strip()
    if amount.currency != "EUR" or not LEAST <= amount.amount_minor <= MOST or not holder or not is_iban(compact):
        return None
    lines = (
        "BCD",
        "002",
        "1",  # UTF-8, of which ASCII is a part
        "SCT",
        "".join(bic.split()).upper(),
        holder,
        compact,
        f"EUR{amount.amount_minor // 100}.{amount.amount_minor % 100:02}",
        "",
        "",
        ascii_of(reference)[:LONGEST_TEXT].strip(),
    )
    said = "\n".join(lines)
    return said if len(said.encode()) <= LONGEST else None


def reference(order_id: str) -> str:
    """Return what a transfer for an order names: its id, where SEPA has no underscore."""
    return order_id.replace("_", "-")


def is_iban(compact: str) -> bool:
    """Say whether it is an IBAN without spaces: its form and its check digits."""
    if not (15 <= len(compact) <= 34 and compact.isascii() and compact.isalnum() and compact[:2].isalpha()):
        return False
    return int("".join(str(int(each, 36)) for each in compact[4:] + compact[:4])) % 97 == 1


def ascii_of(words: str) -> str:
    """Return the words in ASCII: letters without their marks; what has none there is left out."""
    plain = unicodedata.normalize("NFKD", words.translate(_LETTERS)).split()
    return " ".join("".join(each for each in word if each.isascii() and each.isprintable()) for word in plain).strip()
