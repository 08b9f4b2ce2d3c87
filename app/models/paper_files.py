"""Papers beside documents, as files: asked for, drawn once, and the same bytes for ever."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from app.models.database import Base, OwnedWithId, by_customer, whole

PENDING = text("state = 'pending'")
PAPERS = ("receipt", "statement", "pro_forma", "mandate")


class PaperFile(OwnedWithId, Base):
    """One paper about a subject: to be made, made and then final, or a dead letter. It has no number of a series."""

    __tablename__ = "paper_files"
    __table_args__ = (
        *by_customer(named=False),
        ForeignKeyConstraint(["customer_id"], ["customers.customer_id"]),
        UniqueConstraint("customer_id", "kind", "subject"),
        CheckConstraint(f"kind in {PAPERS}", name="kind"),
        CheckConstraint("state in ('pending','made','dead')", name="state"),
        CheckConstraint(
            "(state = 'made') = (content is not null) and (state = 'made') = (made_at is not null) "
            "and (state = 'made') = (length(sha256) = 64)",
            name="made_whole",
        ),
        CheckConstraint("state <> 'made' or size = length(content)", name="size"),
        Index("ix_paper_files_due", "next_try_at", sqlite_where=PENDING, postgresql_where=PENDING),
        *whole("tries", "size"),
    )

    id: Mapped[str] = mapped_column(String(40))
    customer_id: Mapped[str] = mapped_column(String(40))
    kind: Mapped[str] = mapped_column(String(10))
    subject: Mapped[str] = mapped_column(String(100))
    """What it is about: the payment of a receipt, the days of a statement, a pro-forma, a mandate."""
    asked_at: Mapped[datetime]
    """The moment that stands in the file."""
    language: Mapped[str] = mapped_column(String(35), default="en")
    """The customer's when it was asked for."""
    state: Mapped[str] = mapped_column(String(10))
    tries: Mapped[int]
    next_try_at: Mapped[datetime]
    problem: Mapped[str] = mapped_column(Text)
    content: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int]
    made_at: Mapped[datetime | None]
