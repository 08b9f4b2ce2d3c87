"""The balance badge's question, when nothing moved, beside a signed-in request that does nothing."""

from benchmarks.places import EMPTY, Place
from benchmarks.timing import Count, Ratio, interleaved, milliseconds
from tests.support.browser import Browser
from tests.support.statements import counted

PATH = "/billing/balance-badge"
GOAL, MOST = 1.3, 0


def measure(place: Place, browser: Browser) -> list[Ratio | Count]:
    """Measure the question that is answered with 204, and count its statements."""
    shown = browser.opens(PATH).find("[data-shown]")["data-shown"]

    def ask() -> None:
        assert browser.client.get(f"{PATH}?shown={shown}", base_url=browser.origin).status_code == 204

    def nothing() -> None:
        assert browser.client.get(EMPTY, base_url=browser.origin).status_code == 200

    with counted() as statements:
        ask()
    took = interleaved({"badge": ask, "empty": nothing}, times=5)
    return [
        Count("GET balance badge: statements beside the session's own", place.kind, len(statements), MOST),
        Ratio(
            "GET balance badge, nothing moved, to an empty signed-in request", place.kind,
            took["badge"] / took["empty"], GOAL,
            f"{milliseconds(took['badge'])} to {milliseconds(took['empty'])}",
        ),
    ]  # fmt: skip
