"""Tax numbers as they are typed: how each is kept, and which cannot be right."""

import pytest

from app.domain.errors import Refused
from app.services.tax.numbers import Number, read


@pytest.mark.parametrize(
    ("kind", "country", "typed", "kept"),
    [
        ("eu_vat", "DE", "DE 136 695 976", "DE136695976"),
        ("eu_vat", "DE", "136695976", "DE136695976"),
        ("eu_vat", "de", "de136695976", "DE136695976"),
        ("eu_vat", "DE", "\uff11\uff13\uff16\uff16\uff19\uff15\uff19\uff17\uff16", "DE136695976"),
        ("eu_vat", "ES", "ES.B64717838", "ESB64717838"),  # python-stdnum refuses dots for Spain alone
        ("eu_vat", "GR", "GR094259216", "EL094259216"),
        ("eu_vat", "EL", "EL 094259216", "EL094259216"),
        ("eu_vat", "GR", "094259216", "EL094259216"),
        ("eu_vat", "FR", "FR 40 303 265 045", "FR40303265045"),
        ("eu_vat", "AT", "ATU13585627", "ATU13585627"),
        ("eu_vat", "XI", "XI432525179", "XI432525179"),
        ("eu_vat", "GB", "432525179", "XI432525179"),
        ("eu_oss_vat", "EU", "EU372022452", "EU372022452"),
        ("gb_vat", "GB", "GB 980 7806 84", "GB980780684"),
        ("eu_vat", "MC", "FR 40 303 265 045", "FR40303265045"),  # Monaco's companies have French numbers
        ("gb_vat", "IM", "GB 980 7806 84", "GB980780684"),  # the Isle of Man's British ones
        ("ch_uid", "CH", "CHE-107.787.577 IVA", "CHE107787577"),
        ("ch_uid", "CH", "CHE-107.787.577 MWST", "CHE107787577"),
        ("ch_uid", "CH", "CHE-107.787.577 VAT", "CHE107787577"),
        ("ch_uid", "CH", "UID: CHE-107.787.577", "CHE107787577"),
        ("au_abn", "AU", "ABN 83 914 571 673", "83914571673"),
        ("us_ein", "US", "EIN: 91-1144442", "911144442"),
        ("gb_vat", "GB", "VAT No. GB 980 7806 84", "GB980780684"),
        ("eu_vat", "DE", "USt-IdNr.: DE 136 695 976", "DE136695976"),
        ("eu_vat", "AT", "UID ATU13585627", "ATU13585627"),
        ("eu_vat", "FR", "TVA FR 40 303 265 045", "FR40303265045"),
        ("in_gst", "IN", "GSTIN 27AAPFU0939F1ZV", "27AAPFU0939F1ZV"),
        ("br_cnpj", "BR", "CNPJ 16.727.230/0001-97", "16727230000197"),
        ("nz_gst", "NZ", "GST 49-091-850", "49091850"),
        ("no_vat", "NO", "Org.nr. 988 077 917 MVA", "988077917"),
        ("no_vat", "NO", "NO 988 077 917 MVA", "988077917"),
        ("us_ein", "US", "91-1144442", "911144442"),
        ("au_abn", "AU", "83 914 571 673", "83914571673"),
        ("nz_gst", "NZ", "49-091-850", "49091850"),
        ("in_gst", "IN", "27AAPFU0939F1ZV", "27AAPFU0939F1ZV"),
        ("br_cnpj", "BR", "16.727.230/0001-97", "16727230000197"),
        ("br_cnpj", "BR", "12.ABC.345/01DE-35", "12ABC34501DE35"),  # the letters of 2026
        ("jp_cn", "JP", "T5-8356-7825-6246", "5835678256246"),  # the T of invoices
        ("kr_brn", "KR", "116-82-00276", "1168200276"),
        ("mx_rfc", "MX", "GODE-561231-GR8", "GODE561231GR8"),
        ("other", "SG", "M90312345A", "M90312345A"),
        ("other", "IN", "9917SGP29001OST", "9917SGP29001OST"),  # of a foreign seller: python-stdnum refuses it
        ("other", "DE", " any thing / else ", "any thing / else"),
    ],
)
def test_a_number_is_kept_without_marks_and_with_its_prefix(kind: str, country: str, typed: str, kept: str) -> None:
    assert read(kind, country, typed).value == kept


def test_greece_and_northern_ireland_are_kept_under_their_own_letters() -> None:
    assert [read("eu_vat", "GR", "094259216").country, read("eu_vat", "GB", "432525179").country] == ["EL", "XI"]
    assert read("eu_oss_vat", "FR", "EU372022452") == Number(
        read("eu_oss_vat", "EU", "EU372022452").kind, "EU", "EU372022452"
    )


@pytest.mark.parametrize(
    ("kind", "country", "typed", "field", "words"),
    [
        ("eu_vat", "DE", "DE136695977", "value", "This cannot be right"),
        ("eu_vat", "DE", "13669597", "value", "This cannot be right"),
        ("eu_vat", "XI", "XI000000000", "value", "This cannot be right"),  # passes python-stdnum
        ("gb_vat", "GB", "XI980780684", "country", "Choose Northern Ireland"),  # python-stdnum drops either prefix
        ("eu_vat", "FR", "DE136695976", "country", "This number begins with DE"),
        ("eu_vat", "US", "136695976", "country", "not in the EU"),
        ("eu_vat", "", "DE136695976", "country", "Choose the country"),
        ("other", "ZZ", "123", "country", "Choose the country"),
        ("other", "QQ", "123", "country", "Choose the country"),
        ("eu_vat", "DE", "", "value", "Enter the number"),
        ("eu_vat", "DE", "1" * 61, "value", "Enter the number"),
        ("other", "DE", "a\nb", "value", "Enter the number"),
        ("gb_vat", "US", "GB980780684", "country", "another country"),
        ("jp_cn", "JP", "T5835678256247", "value", "This cannot be right"),
        (
            "mx_rfc",
            "MX",
            "GODE561231GR9",
            "value",
            "This cannot be right",
        ),  # python-stdnum looks at no digit by default
        ("in_gst", "IN", "9917SGP29001OST", "value", "add it as another number"),
        ("exemption", "FR", "7", "type", "Choose what kind"),
        ("vat", "FR", "7", "type", "Choose what kind"),
    ],
)
def test_what_cannot_be_right_is_refused_beside_its_field(
    kind: str, country: str, typed: str, field: str, words: str
) -> None:
    with pytest.raises(Refused, match=words) as refusal:
        read(kind, country, typed)
    assert (refusal.value.status, refusal.value.field) == (422, field)
