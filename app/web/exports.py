"""Exports: rows as CSV or JSON, sent while they are read, so that a long history needs no memory."""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping

from flask import Response, request, stream_with_context


def as_csv(name: str, header: list[str], rows: Iterable[list[str]]) -> Response:
    """Answer with the rows as the CSV file `name`."""

    def lines() -> Iterator[str]:
        line = io.StringIO(newline="")
        writer = csv.writer(line, lineterminator="\r\n")
        writer.writerow(header)
        for row in rows:
            writer.writerow(row)
            if line.tell() > 16_000:
                yield line.getvalue()
                line.seek(0)
                line.truncate()
        yield line.getvalue()

    return _file(name, "text/csv; charset=utf-8", lines())


def as_json(name: str, rows: Iterable[Mapping[str, object]]) -> Response:
    """Answer with the rows as the JSON file `name`: one object with the list `data`."""

    def parts() -> Iterator[str]:
        yield '{"data": ['
        for number, row in enumerate(rows):
            yield f"{',' if number else ''}\n{json.dumps(row, ensure_ascii=False)}"
        yield "\n]}\n"

    return _file(name, "application/json", parts())


def as_stored(name: str, content_type: str, content: bytes, sha256: str) -> Response:
    """Answer with the file `name` as it is kept; 304 to who has it already."""
    answer = Response(content, content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.set_etag(sha256)
    answer.make_conditional(request)
    return answer


def _file(name: str, content_type: str, parts: Iterator[str]) -> Response:
    answer = Response(stream_with_context(parts), content_type=content_type)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
