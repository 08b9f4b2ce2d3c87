"""Somebody at a real server over real HTTP, as a browser without JavaScript: keeps cookies, sends what a form offers."""

from dataclasses import dataclass
from threading import Barrier, Thread
from urllib.parse import urljoin

import requests
from bs4 import BeautifulSoup, Tag

from tests.support.cast import PASSWORD
from tests.support.shop import BUY, FORM, PATH

TIMEOUT = 240
AT_ONCE = 4


@dataclass(frozen=True)
class Sheet:
    """A page as it arrived."""

    url: str
    status: int
    soup: BeautifulSoup

    @property
    def heading(self) -> str:
        """What the page says of the payment."""
        found = self.soup.select_one("#add_credits-payment-title")
        return " ".join(found.get_text(" ").split()) if found else ""


class Visitor:
    """Somebody with a browser of their own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._http = requests.Session()
        self._http.headers.update({"Origin": url, "Sec-Fetch-Site": "same-origin"})

    def signs_in(self, email: str) -> None:
        """Sign in by the page."""
        form = fields(self.opens("/sign-in"), "form[method=post]")
        home = self.sends("/sign-in", {**form, "email": email, "password": PASSWORD})
        assert home.status == 200 and "/billing" in home.url, home.soup.get_text()

    def opens(self, path: str) -> Sheet:
        """Open a page and follow its redirects."""
        return _sheet(self._http.get(urljoin(self.url, path), timeout=TIMEOUT))

    def sends(self, path: str, data: dict[str, str]) -> Sheet:
        """Send a form and follow the redirects."""
        return _sheet(self._http.post(urljoin(self.url, path), data=data, timeout=TIMEOUT))

    def another_tab(self) -> "Visitor":
        """Return the same browser in another tab: the same cookies."""
        tab = Visitor(self.url)
        tab._http.cookies.update(self._http.cookies)
        return tab

    def reviews(self, amount: str = "25.00") -> dict[str, str]:
        """Choose an amount and return the form that shows its total, as its button would send it."""
        page = self.opens(PATH)
        return fields(self.sends(PATH, {**fields(page, FORM, BUY), "amount": amount}), FORM, BUY)

    def closes(self) -> None:
        """Close the browser."""
        self._http.close()


def at_once(visitor: Visitor, forms: list[dict[str, str]]) -> list[Sheet]:
    """Send the forms at the same moment, each from a tab of its own."""
    start, answers = Barrier(len(forms)), list[Sheet]()

    def send(form: dict[str, str]) -> None:
        tab = visitor.another_tab()
        start.wait(TIMEOUT)
        answers.append(tab.sends(PATH, form))
        tab.closes()

    threads = [Thread(target=send, args=(form,)) for form in forms]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(TIMEOUT)
    assert len(answers) == len(forms)
    return answers


def fields(page: Sheet, form: str, button: str = "") -> dict[str, str]:
    """Return what the form holds, with the pressed button's own value."""
    (found,) = page.soup.select(form)
    values = {str(each["name"]): _value(each) for each in found.select("input[name], select[name]") if _counts(each)}
    if button:
        (pressed,) = found.select(button)
        values |= {str(pressed["name"]): str(pressed.get("value", ""))} if pressed.get("name") else {}
    return values


def _counts(field: Tag) -> bool:
    kind = field.get("type")
    return kind not in {"submit", "button"} and (kind not in {"radio", "checkbox"} or field.has_attr("checked"))


def _value(field: Tag) -> str:
    if field.name != "select":
        return str(field.get("value", ""))
    chosen = field.select_one("option[selected]") or field.select_one("option")
    return str(chosen.get("value", "")) if chosen else ""


def _sheet(answer: requests.Response) -> Sheet:
    return Sheet(answer.url, answer.status_code, BeautifulSoup(answer.text, "html.parser"))
