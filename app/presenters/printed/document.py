"""A document for paper: every text as it is printed. What draws it decides nothing, and reckons nothing."""

from dataclasses import dataclass

from app.presenters.printed.paper import Paper

ENGLISH = "en"
"""The language of what was kept before others were offered."""


@dataclass(frozen=True)
class Party:
    """Who sells or buys: what stands above the block, the name, and the lines below it."""

    title: str
    name: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Fact:
    """One of the facts at the top: `Invoice number`, `Date of issue`."""

    label: str
    value: str


@dataclass(frozen=True)
class Column:
    """A column of the lines, its width in percent. Figures stand at its right end."""

    title: str
    width: int
    is_figure: bool = False


@dataclass(frozen=True)
class Row:
    """A line: a text for each column, and what stands small below the first."""

    cells: tuple[str, ...]
    note: str = ""
    is_more: bool = False
    """Whether it goes on with the line above it."""
    goes_on: bool = False
    """Whether the next one goes on with it."""


@dataclass(frozen=True)
class Sum:
    """A sum below the lines. What is strong stands out: a rule above it, and bold."""

    title: str
    amount: str
    is_strong: bool = False


@dataclass(frozen=True)
class Stamp:
    """That all is paid or done: a word, and below it when and how."""

    word: str
    about: str = ""


@dataclass(frozen=True)
class Logo:
    """The seller's logo: a PNG of our own making as `data:` address, and how large it is shown."""

    picture: str
    width: int
    height: int


@dataclass(frozen=True)
class Code:
    """A QR code: a PNG of our own making as `data:` address, and what it is good for."""

    picture: str
    words: str


@dataclass(frozen=True)
class HowToPay:
    """How an open document is paid: sentences, the details of a transfer, and a code for phones."""

    title: str
    sentences: tuple[str, ...] = ()
    link: str = ""
    """A page of ours, and what it is called."""
    link_words: str = ""
    details: tuple[Fact, ...] = ()
    code: Code | None = None


@dataclass(frozen=True)
class PrintedDocument:
    """All that stands on the paper. Blocks that are empty leave no gap."""

    title: str
    number: str
    """It stands on each page."""
    paper: Paper
    seller: Party
    buyer: Party
    facts: tuple[Fact, ...]
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    headline: str = ""
    """What it comes to, in large letters."""
    stamp: Stamp | None = None
    sums: tuple[Sum, ...] = ()
    beside: tuple[Sum, ...] = ()
    """Other sums, which stand at the left of these."""
    notes: tuple[str, ...] = ()
    how_to_pay: HowToPay | None = None
    logo: Logo | None = None
    foot: str = ""
    """What stands at the foot of each page, after the number."""
    language: str = ENGLISH
