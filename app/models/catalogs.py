"""Catalogs as they were applied: each version kept whole, because what was sold under it stays sold."""

from datetime import datetime

from sqlalchemy import String, Text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, whole


class CatalogVersion(Base):
    """One version of a seller's catalog, as its TOML text."""

    __tablename__ = "catalog_versions"
    __table_args__ = (*whole("version"),)

    catalog: Mapped[str] = mapped_column(String(60), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    text: Mapped[str] = mapped_column(Text)
    digest: Mapped[str] = mapped_column(String(64))
    """SHA-256 of the text, in hex."""
    applied_at: Mapped[datetime]
