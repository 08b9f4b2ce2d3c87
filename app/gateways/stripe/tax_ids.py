"""How Stripe is given tax numbers: its types are ours, and some have marks that we do not keep."""

import re
from collections.abc import Callable
from typing import TypeAlias

import stripe

Parameters: TypeAlias = "stripe.params.CustomerTaxIdCreateParams"
_MAKE: dict[str, Callable[[str], Parameters]] = {
    "eu_vat": lambda value: {"type": "eu_vat", "value": value},
    "eu_oss_vat": lambda value: {"type": "eu_oss_vat", "value": value},
    "gb_vat": lambda value: {"type": "gb_vat", "value": value},
    "ch_uid": lambda value: {"type": "ch_uid", "value": f"{value[:3]}-{value[3:6]}.{value[6:9]}.{value[9:]}"},
    "no_vat": lambda value: {"type": "no_vat", "value": f"{value}MVA"},
    "us_ein": lambda value: {"type": "us_ein", "value": f"{value[:2]}-{value[2:]}"},
    "ca_bn": lambda value: {"type": "ca_bn", "value": value},
    "au_abn": lambda value: {"type": "au_abn", "value": value},
    "nz_gst": lambda value: {"type": "nz_gst", "value": value},
    "in_gst": lambda value: {"type": "in_gst", "value": value},
    "br_cnpj": lambda value: {"type": "br_cnpj", "value": value},
    "jp_cn": lambda value: {"type": "jp_cn", "value": value},
    "mx_rfc": lambda value: {"type": "mx_rfc", "value": value},
    "kr_brn": lambda value: {"type": "kr_brn", "value": value},
    "za_vat": lambda value: {"type": "za_vat", "value": value},
}


def parameters(kind: str, value: str) -> Parameters:
    """Return what Stripe is sent for a number."""
    return _MAKE[kind](value)


def compact(value: str) -> str:
    """Return a number without marks, so that what Stripe keeps and what we keep are compared alike."""
    return re.sub("[^A-Z0-9]", "", value.upper()).removesuffix("MVA")
