"""Catalogs: read from TOML, kept in versions, and looked up on nearly every page."""

import hashlib
import re
import tomllib
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from functools import cache
from threading import Lock
from typing import Any

from cachetools import LRUCache, cached
from pydantic import ValidationError
from sqlalchemy import BindParameter, Row, Select, bindparam, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app import clock, mailboxes
from app.domain import catalog_charges
from app.domain.catalog import Catalog, Meter
from app.domain.catalog_problems import Path, Problem, dotted
from app.domain.catalog_rules import problems
from app.domain.errors import NotFound, Refused
from app.domain.grants import BOUGHT_KINDS
from app.domain.invoices import numbers
from app.domain.payments import OPEN, Purpose
from app.domain.referrals import catalog_rules as referrals
from app.domain.sold_terms import as_sold
from app.domain.tax import catalog_rules
from app.models.catalogs import CatalogVersion
from app.models.customers import Customer
from app.models.database import db
from app.models.ledger import Grant
from app.models.payments import Payment
from app.models.scope import as_service
from app.models.unit_of_work import figures, waiting
from app.services.catalog.line_numbers import line_of
from app.services.catalog.messages import reason
from app.services.catalog.schema import CatalogFile
from app.services.transaction import transaction


class WrongCatalog(Refused):
    """The catalog cannot be sold from: a line for each problem, with its key, its place in the file, and the reason."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__("\n".join(lines), "catalog_wrong", 422)


def parse(text: str) -> Catalog:
    """Return the catalog that the TOML text describes, or raise `WrongCatalog` with all that is wrong."""
    try:
        data = tomllib.loads(text, parse_float=Decimal)
    except tomllib.TOMLDecodeError as problem:
        raise WrongCatalog([f"not readable as TOML: {problem}"]) from None
    try:
        catalog: Catalog = CatalogFile.model_validate(data, context={"currency": _currency(data)}).value()
    except ValidationError as problem:
        raise _wrong(text, [Problem(each["loc"], reason(each)) for each in problem.errors()]) from None
    broken = problems(catalog)
    if broken:
        raise _wrong(text, broken)
    return catalog


def apply(text: str) -> CatalogVersion:
    """Keep the text as the newest version of the catalog that it names; the newest version again changes nothing.

    Refuses (`WrongCatalog`) a catalog that is wrong, that the payment processor could not charge for, that would tax
    wrongly, whose invoices would bear the numbers of receipts, or that counts otherwise than its customers' ledgers do.
    """
    catalog = parse(text)
    if catalog.seller.email and not mailboxes.is_mailable(catalog.seller.email):  # what is kept stays readable
        raise _wrong(text, [Problem(("seller", "email"), "is no address that mails can be answered to")])
    never_charged = catalog_charges.problems(catalog) + catalog_rules.problems(catalog) + numbers.problems(catalog)
    never_charged += referrals.problems(catalog)
    if never_charged:
        raise _wrong(text, never_charged)
    digest = hashlib.sha256(text.encode()).hexdigest()
    with as_service("apply a catalog"):
        try:
            return _keep(catalog, text, digest)
        except IntegrityError:  # another command was quicker: ours is the version after its, or the same
            return _keep(catalog, text, digest)


def offered(name: str) -> Catalog:
    """Return the newest version of the catalog, or `NotFound`. One small statement: what it says is remembered.

    It is what a new customer gets, and no customer's terms: `of` returns those.
    """
    newest = db.session.execute(
        select(CatalogVersion.version, CatalogVersion.digest)
        .where(CatalogVersion.catalog == name)
        .order_by(CatalogVersion.version.desc())
        .limit(1)
    ).one_or_none()
    if newest is None:
        raise NotFound("catalog")
    return remembered(name, newest.version, newest.digest)


def of(customer: Customer, version: int | None = None) -> Catalog:
    """Return the catalog as the customer has it: what was sold stays as it was sold, the rest is the newest version's.

    `version` is one that the customer had in a period that is closed; None: the one that is kept. One small statement.
    """
    name, version = customer.catalog, customer.catalog_version if version is None else version
    return had(name, version, figures.read(own_and_newest(), {"name": name, "version": version}).all())


def had(name: str, version: int, found: Sequence[Row[*tuple[Any, ...]]]) -> Catalog:
    """Return the catalog as `of` does, from the rows of `own_and_newest`."""
    if not found or found[0].version != version:
        raise NotFound("catalog")
    own, last = (remembered(name, row.version, row.digest) for row in (found[0], found[-1]))
    return as_sold(own, last)


@cache
def own_and_newest() -> Select[int, str]:
    """Ask for the `version` of the catalog called `name`, and the newest. Put together once: every page asks it."""
    name: BindParameter[str] = bindparam("name")
    version: BindParameter[int] = bindparam("version")
    newest = select(func.max(CatalogVersion.version)).where(CatalogVersion.catalog == name).scalar_subquery()
    return waiting.reads(
        select(CatalogVersion.version, CatalogVersion.digest)
        .where(CatalogVersion.catalog == name, or_(CatalogVersion.version == version, CatalogVersion.version == newest))
        .order_by(CatalogVersion.version)
    )


def sold(name: str, version: int) -> Catalog:
    """Return the catalog as it was in that version, or `NotFound`: for what is as sold alone."""
    digest = db.session.scalar(
        select(CatalogVersion.digest).where(CatalogVersion.catalog == name, CatalogVersion.version == version)
    )
    if digest is None:
        raise NotFound("catalog")
    return remembered(name, version, digest)


def newest_at(name: str, moment: datetime) -> Catalog | None:
    """Return the catalog as the newest version of that moment had it: what a document of then says of its seller."""
    found = db.session.execute(
        select(CatalogVersion.version, CatalogVersion.digest)
        .where(CatalogVersion.catalog == name, CatalogVersion.applied_at <= moment)
        .order_by(CatalogVersion.version.desc())
        .limit(1)
    ).one_or_none()
    return None if found is None else remembered(name, found.version, found.digest)


def dropped_meters(name: str, version: int, keys: Collection[str]) -> list[Meter]:
    """Return the meters of these keys as the latest version before this one had them, without a price: none is sold."""
    earlier = (
        select(CatalogVersion.version, CatalogVersion.digest)
        .where(CatalogVersion.catalog == name, CatalogVersion.version < version)
        .order_by(CatalogVersion.version.desc())
    )
    found = dict[str, Meter]()
    for row in db.session.execute(earlier).all() if keys else ():
        had = remembered(name, row.version, row.digest).meters
        found = {each.key: each for each in had if each.key in keys} | found
        if len(found) == len(keys):
            break
    unknown = {key: Meter(key, key, "", "") for key in keys}
    return [replace(each, description="No longer sold.", credits=None, tiers=()) for each in (unknown | found).values()]


@cached(LRUCache(maxsize=200), lock=Lock())
def remembered(name: str, version: int, digest: str) -> Catalog:
    """Return the catalog of a version that is there. The digest distinguishes databases that one process has seen."""
    text = db.session.scalars(
        select(CatalogVersion.text).where(
            CatalogVersion.catalog == name, CatalogVersion.version == version, CatalogVersion.digest == digest
        )
    ).one()
    return replace(parse(text), version=version)


def _keep(catalog: Catalog, text: str, digest: str) -> CatalogVersion:
    with transaction() as session:
        newest = session.scalars(
            select(CatalogVersion)
            .where(CatalogVersion.catalog == catalog.name)
            .order_by(CatalogVersion.version.desc())
            .limit(1)
        ).one_or_none()
        if newest is not None and newest.digest == digest:
            return newest
        _check_units(session, catalog, text)
        if newest is not None:
            _check_taxed(session, remembered(newest.catalog, newest.version, newest.digest), catalog, text)
        version = CatalogVersion(
            catalog=catalog.name,
            version=newest.version + 1 if newest else 1,
            text=text,
            digest=digest,
            applied_at=clock.now(),
        )
        session.add(version)
    return version


def _check_units(session: Session, catalog: Catalog, text: str) -> None:
    """Refuse another currency or credit unit than the ledgers of the catalog's customers are kept in."""
    wrong = []
    for key, column, wanted in (
        ("currency", Customer.currency, catalog.currency),
        ("unit", Customer.credit_unit, catalog.credit_unit),
    ):
        others = session.execute(
            select(column, func.count())
            .where(Customer.catalog == catalog.name, column != wanted)
            .group_by(column)
            .limit(1)
        ).one_or_none()
        if others is not None:
            kept, many = others
            who = "1 customer" if many == 1 else f"{many} customers"
            wrong.append(
                Problem(
                    ("credits", key),
                    f"cannot become {wanted}: {who} of this catalog kept a ledger in {kept}; "
                    "give the new catalog another name",
                )
            )
    if wrong:
        raise _wrong(text, wrong)


def _check_taxed(session: Session, before: Catalog, catalog: Catalog, text: str) -> None:
    """Refuse to tax credit at another time than before where somebody has bought any, or is about to.

    What was taxed when it was bought would be taxed again when it is used, or what was not never would be (0036).
    """
    if before.tax.credits == catalog.tax.credits:
        return
    bought = select(Grant.id).where(Grant.customer_id == Customer.customer_id, Grant.kind.in_(BOUGHT_KINDS)).exists()
    under_way = (
        select(Payment.id)
        .where(
            Payment.customer_id == Customer.customer_id,
            Payment.purpose == Purpose.TOP_UP.value,
            Payment.state.in_([state.value for state in OPEN]),
        )
        .exists()
    )
    many = session.scalar(
        select(func.count()).select_from(Customer).where(Customer.catalog == catalog.name, bought | under_way)
    )
    if many:
        who = "1 customer of this catalog has" if many == 1 else f"{many} customers of this catalog have"
        words = (
            f'cannot become "{catalog.tax.credits}": {who} bought credit "{before.tax.credits}", and it would be taxed '
            "twice or never; give the new catalog another name, for new customers"
        )
        raise _wrong(text, [Problem(("tax", "credits"), words)])


def _currency(data: dict[str, Any]) -> str:
    """Return the file's currency for reading its amounts; when it is wrong it is reported by itself."""
    section = data.get("credits")
    code = section.get("currency") if isinstance(section, dict) else None
    return code if isinstance(code, str) and re.fullmatch("[A-Z]{3}", code) else "USD"


def _wrong(text: str, found: list[Problem]) -> WrongCatalog:
    return WrongCatalog([_sentence(text, problem) for problem in found])


def _sentence(text: str, problem: Problem) -> str:
    path: Path = tuple(step for step in problem.path if step != "[key]")
    line = line_of(text, path)
    where = f" (line {line})" if line else ""
    return f"{dotted(path)}{where} {problem.reason}"
