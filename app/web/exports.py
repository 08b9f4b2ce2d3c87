"""Exports: rows as CSV or JSON, and files, sent while they are read, so that a long history needs no memory."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import chain, islice
from typing import Any

from flask import Response, request, stream_with_context

from app.models import replica

AS_OF, SOURCE = "Purser-Data-As-Of", "Purser-Data-Source"
AT_ONCE = 500
"""So many rows are written and sent at once."""


def from_replica() -> None:
    """Read what is exported from the replica, where there is one that may be read. Asked before anything is read."""
    replica.read_from_here()


def aged(answer: Response, name: str) -> Response:
    """Say in the answer, and in the name of its file, until when what it holds is whole, where a replica was read."""
    at = replica.read_as_of()
    if at is not None:
        stem, _, ending = name.rpartition(".")
        name = f"{stem}-as-of-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}.{ending}"
        answer.headers[AS_OF] = f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    if replica.the_replica() is not None:
        answer.headers[SOURCE] = "primary" if at is None else "replica"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def together(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines some at a time: to send each by itself takes longer than to write it."""
    left = iter(lines)
    while some := "".join(islice(left, AT_ONCE)):
        yield some


def as_csv_lines(name: str, header: list[str], lines: Iterable[str]) -> Response:
    """Answer with lines that are written already as the CSV file `name`."""
    return _file(name, "text/csv; charset=utf-8", chain([_csv(header)], lines))


def _csv(row: list[str]) -> str:
    line = io.StringIO(newline="")
    csv.writer(line, lineterminator="\r\n").writerow(row)
    return line.getvalue()


def as_json(name: str, rows: Iterable[Mapping[str, object]]) -> Response:
    """Answer with the rows as the JSON file `name`: one object with the list `data`."""

    def parts() -> Iterator[str]:
        yield '{"data": ['
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
        yield "\n]}\n"

    return _file(name, "application/json", parts())


class _Sent(io.RawIOBase):
    """What a ZIP is written to: what has been written so far is taken away and sent."""

    def __init__(self) -> None:
        self._written = list[bytes]()

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, part: Any) -> int:
        """Keep a part until it is taken."""
        self._written.append(bytes(part))
        return len(part)

    def take(self) -> bytes:
        """Return what was written since, and forget it."""
        taken, self._written = b"".join(self._written), []
        return taken


def as_zip(name: str, files: Iterable[tuple[str, datetime, bytes]]) -> Response:
    """Answer with the files as the ZIP `name`. PDFs are compressed already, so they are stored as they are."""

    def parts() -> Iterator[bytes]:
        sent = _Sent()
        with zipfile.ZipFile(sent, "w", zipfile.ZIP_STORED) as archive:
            for each, at, content in files:
                archive.writestr(zipfile.ZipInfo(each, at.timetuple()[:6]), content)
                yield sent.take()
        yield sent.take()

    return _file(name, "application/zip", parts())


def as_stored(name: str, content_type: str, content: bytes, sha256: str) -> Response:
    """Answer with the file `name` as it is kept; 304 to who has it already."""
    answer = Response(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.set_etag(sha256)
    answer.make_conditional(request)
    return answer


def _file(name: str, content_type: str, parts: Iterator[str] | Iterator[bytes]) -> Response:
    return aged(Response(stream_with_context(parts), content_type=content_type), name)
