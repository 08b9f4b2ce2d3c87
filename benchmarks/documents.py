"""PDFs: drawing beside xhtml2pdf alone, two processes beside one, long invoices, memory, and a download beside a file.

`python -m benchmarks.documents` measures them alone.
"""

import io
import threading
import time
from dataclasses import replace
from functools import partial
from pathlib import Path

from xhtml2pdf.config.resources import ResourceAccessPolicy
from xhtml2pdf.document import pisaDocument

from app import extensions, printing
from app.gateways.pdf import fonts
from app.gateways.pdf.renderer import Renderer
from app.services.invoices import file_making
from benchmarks import engines
from benchmarks.places import EMPTY, FILE, SIGNED_IN_FILE, Place
from benchmarks.timing import Count, Ratio, interleaved, milliseconds
from tests.support.documents import documents_of
from tests.support.reversals import buys
from tests.support.typed_documents import AT, parts_of

NONE = "none"
WORDS = "Nordlicht GmbH"
MANY, SHARED = 1_000, 200
STATIC = f"/static/{FILE}"


def measure_drawing(place: Place) -> list[Ratio | Count]:
    """Measure what no database has a part in; the place lends its templates."""
    with place.app.app_context():
        html, long, longer = (printing.html_of(parts_of(WORDS, lines)) for lines in (20, 1_000, 2_000))
    one, other = Renderer(most=10 * MANY), Renderer(most=10 * MANY)
    drawn = fonts.register()
    try:
        found: list[Ratio | Count] = [_beside_alone(one, fonts.drawable(html, drawn)), *_memory(one, html)]
        found += [_two(one, other, html), _longer(one, long, longer), *engines.measure(one, html)]
    finally:
        one.close()
        other.close()
    return found


def measure(place: Place) -> list[Ratio | Count]:
    """Measure a download of what is kept, beside files of its size and an empty request of the same member.

    A static file is everybody's: nobody is asked who reads it. Beside one that only a member may read stands what the
    database costs, in place of the file system; beside an open one also the sign-in.
    """
    customer, actor, browser = place.customer("Files")
    before = extensions.settings.of(place.app)
    extensions.settings.set(place.app, replace(before, pdf_engine="xhtml2pdf"))
    try:
        buys(place.app, actor, 2500)
        file_making.make_due()
        path = f"/billing/invoices/{documents_of(customer)[0].id}/pdf"
        asked = {"download": path, "file": STATIC, "signed-in file": SIGNED_IN_FILE, "empty": EMPTY}
        tasks = {name: partial(browser.client.get, each, base_url=browser.origin) for name, each in asked.items()}
        assert all(task().status_code == 200 for task in tasks.values())
        took = interleaved(tasks, times=5)
    finally:
        file_making.the_renderer.of(place.app).close()
        extensions.settings.set(place.app, before)

    def ratio(what: str, other: str, goal: float | None) -> Ratio:
        return Ratio(what, place.kind, took["download"] / took[other], goal, _both(took, "download", other))

    return [
        ratio("GET a kept PDF to a static file behind the same sign-in", "signed-in file", 1.3),
        ratio("GET a kept PDF to a static file that is open to all", "file", 1.3),
        ratio("GET a kept PDF to an empty signed-in request", "empty", None),
    ]


def _beside_alone(renderer: Renderer, html: str) -> Ratio:
    policy = ResourceAccessPolicy.server(None, allow_remote=False)
    took = interleaved(
        {
            "ours": lambda: renderer.render(html, made_at=AT),
            "alone": lambda: pisaDocument(html, io.BytesIO(), resource_policy=policy),
        },
        times=3,
    )
    return Ratio(
        "a PDF of 20 lines to xhtml2pdf alone", NONE, took["ours"] / took["alone"], 1.15, _both(took, "ours", "alone")
    )


def _two(one: Renderer, other: Renderer, html: str) -> Ratio:
    def all_of(*renderers: Renderer) -> float:
        def draw(renderer: Renderer) -> None:
            for _ in range(SHARED // len(renderers)):
                renderer.render(html, made_at=AT)

        threads = [threading.Thread(target=draw, args=(each,)) for each in renderers]
        began = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return time.perf_counter() - began

    all_of(one, other)
    by_one, by_two = (min(all_of(*each) for _ in range(3)) for each in ((one,), (one, other)))
    return Ratio(
        f"{SHARED} PDFs by two processes to by one", NONE, by_two / by_one, 0.625, f"{by_two:.2f} s to {by_one:.2f} s"
    )


def _longer(renderer: Renderer, long: str, longer: str) -> Ratio:
    def took(html: str) -> float:
        began = time.perf_counter()
        renderer.render(html, made_at=AT)
        return time.perf_counter() - began

    single, double = (min(took(each) for _ in range(3)) for each in (long, longer))
    detail = f"{double:.2f} s to {single:.2f} s"
    return Ratio("a PDF of 2,000 lines to one of 1,000", NONE, double / single, 2.5, detail)


def _memory(renderer: Renderer, html: str) -> list[Ratio | Count]:
    kept = {}
    for number in range(1, MANY + 1):
        renderer.render(html, made_at=AT)
        if number in {100, MANY}:
            kept[number] = _resident(renderer)
    early, late = kept[100], kept[MANY]
    detail = f"{late // 1024} MB to {early // 1024} MB"
    return [Ratio(f"memory after {MANY:,} PDFs to after 100", NONE, late / early, 1.2, detail)]


def _resident(renderer: Renderer) -> int:
    """Return the kilobytes that the process holds."""
    status = Path(f"/proc/{renderer.pid}/status").read_text()
    return int(status.partition("VmRSS:")[2].split()[0])


def _both(took: dict[str, float], one: str, other: str) -> str:
    return f"{milliseconds(took[one])} to {milliseconds(took[other])}"


if __name__ == "__main__":
    from benchmarks import report
    from benchmarks.places import places

    results: list[Ratio | Count] = []
    seen = []
    with places() as offered:
        for each in offered:
            results += measure(each) if seen else [*measure_drawing(each), *measure(each)]
            seen.append(each.version)
    print("\n".join(report.lines(results, seen)))
