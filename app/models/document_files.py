"""The files of documents: drawn once from what a document says, and the same bytes for ever."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

PENDING = text("state = 'pending'")
FILE_KINDS = ("pdf", "xml")


class DocumentFile(OwnedWithId, Base):
    """One file of a document: to be made, made and then final, or a dead letter."""

    __tablename__ = "document_files"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id", "document_id"], ["documents.customer_id", "documents.id"]),
        UniqueConstraint("customer_id", "document_id", "kind"),
        CheckConstraint(f"kind in {FILE_KINDS}", name="kind"),
        CheckConstraint("state in ('pending','made','dead')", name="state"),
        CheckConstraint(
            "(state = 'made') = (content is not null) and (state = 'made') = (made_at is not null) "
            "and (state = 'made') = (length(sha256) = 64)",
            name="made_whole",
        ),
        CheckConstraint("state <> 'made' or size = length(content)", name="size"),
        Index("ix_document_files_due", "next_try_at", sqlite_where=PENDING, postgresql_where=PENDING),
        *whole("tries", "size"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    document_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int]
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    """In hexadecimal; empty until it is made."""
    size: Mapped[int]
    made_at: Mapped[datetime | None]
