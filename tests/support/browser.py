"""A browser without JavaScript: it opens pages, follows redirects and posts only what a page offers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

from app.domain.amounts import WORD_JOINER
from tests.support.client import StandAloneClient

IGNORED_INPUTS = {"submit", "button", "reset", "image"}


class NotOffered(AssertionError):
    """The page does not offer what the test wanted to use."""


@dataclass(frozen=True)
class Page:
    """What came back: the last answer, and the redirects before it."""

    path: str
    response: TestResponse
    redirects: tuple[str, ...] = ()

    @cached_property
    def soup(self) -> BeautifulSoup:
        """What the page is made of, without the marks that keep an amount on its line; nothing where it is no page."""
        html = self.response.text.replace(WORD_JOINER, "") if self.response.mimetype == "text/html" else ""
        return BeautifulSoup(html, "html.parser")

    @property
    def status(self) -> int:
        """The HTTP status."""
        return self.response.status_code

    @property
    def text(self) -> str:
        """What a person reads, with single spaces."""
        return " ".join(self.soup.get_text(" ").split())

    def find(self, selector: str) -> Tag:
        """Return the one element that matches, or fail."""
        found = self.soup.select(selector)
        if len(found) != 1:
            raise NotOffered(
                f"{self.path} ({self.status}) has {len(found)} of {selector!r}; it says: {self.text[:600]}"
            )
        return found[0]

    def texts(self, selector: str) -> list[str]:
        """Return what a person reads in each element that matches."""
        return [" ".join(each.get_text(" ").split()) for each in self.soup.select(selector)]

    def errors(self) -> list[str]:
        """Return the sentences that say what is wrong, in the order of the page."""
        return self.texts(".error, [role=alert] .notice-text, .field-error")

    def notices(self) -> list[str]:
        """Return the notices of the page."""
        return self.texts("#notices .toast__text")

    def value(self, name: str) -> str:
        """Return what stands in the form's field."""
        fields = self.soup.select(f'[name="{name}"]')
        for each in fields:
            kept = _kept(each)
            if kept:
                return kept[0]
        if not fields:
            raise NotOffered(f"{self.path} has no field {name!r}")
        return ""


class Browser:
    """Somebody at the portal."""

    def __init__(self, client: StandAloneClient, origin: str, actor: object = None) -> None:
        self.client, self.origin, self.actor = client, origin, actor

    def opens(self, path: str, **headers: str) -> Page:
        """Open a page and follow its redirects."""
        return self._arrives(path, self.client.get(path, base_url=self.origin, headers=headers))

    def submits(self, page: Page, form: str, *, button: str = "", **fields: object) -> Page:
        """Fill in `form` of `page` and send it, with everything else in it as it stands.

        A field that the form does not offer, a choice that is not in its list and a button that is missing all fail.
        `True` and `False` tick and untick a box; a file is its stream and name.
        """
        found = page.find(form)
        data = self._filled(found, fields)
        pressed = found.select(button) if button else []
        if button and not pressed and found.get("id"):
            pressed = page.soup.select(f'{button}[form="{found["id"]}"]')  # a button may stand beside its form
        if button and len(pressed) != 1:
            raise NotOffered(f"{form} has {len(pressed)} of the button {button!r}")
        for each in pressed:
            if each.get("name"):
                data.add(str(each["name"]), str(each.get("value", "")))
        target = str((pressed[0].get("formaction") if pressed else None) or found.get("action") or page.path)
        if str(found.get("method", "get")).lower() == "get":
            response = self.client.get(urljoin(page.path, target), query_string=data, base_url=self.origin)
            return self._arrives(urljoin(page.path, target), response)
        return self.posts(urljoin(page.path, target), data)

    def posts(self, path: str, data: object, **headers: str) -> Page:
        """Send a form without looking at a page: for what an attacker or a broken browser does."""
        sent = {"Origin": self.origin, "Referer": self.origin + "/", "Sec-Fetch-Site": "same-origin", **headers}
        response = self.client.post(path, data=data, base_url=self.origin, headers=sent)
        return self._arrives(path, response)

    def follows(self, page: Page, selector: str) -> Page:
        """Open the link that matches."""
        return self.opens(urljoin(page.path, str(page.find(selector)["href"])))

    def _arrives(self, path: str, response: TestResponse) -> Page:
        redirects: list[str] = []
        while response.status_code in {301, 302, 303, 307, 308}:
            path = urljoin(path, response.location)
            redirects.append(path)
            parts = urlsplit(path)
            if parts.netloc and f"{parts.scheme}://{parts.netloc}" != self.origin:
                break  # another site: not ours to open
            if len(redirects) > 5:
                raise NotOffered(f"redirects in a circle: {redirects}")
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            response = self.client.get(path, base_url=self.origin)
        return Page(path, response, tuple(redirects))

    def _filled(self, form: Tag, fields: dict[str, object]) -> "MultiDict[str, Any]":
        data: MultiDict[str, Any] = MultiDict()
        wanted = dict(fields)
        for element in form.select("input[name], select[name], textarea[name]"):
            name = str(element["name"])
            if element.get("type") in IGNORED_INPUTS or element.has_attr("disabled"):
                continue
            if name in wanted and element.get("type") != "hidden":
                for value in _chosen(element, wanted[name]):
                    data.add(name, value)
            else:
                for value in _kept(element):
                    data.add(name, value)
        offered = {
            str(element["name"])
            for element in form.select("input[name]:not([type=hidden]), select[name], textarea[name]")
            if not element.has_attr("disabled") and element.get("type") not in IGNORED_INPUTS
        }
        missing = set(wanted) - offered
        if missing:
            raise NotOffered(f"the form offers {sorted(offered)}, not {sorted(missing)}")
        for name, value in wanted.items():
            if form.select(f'input[type=radio][name="{name}"]') and str(value) not in data.getlist(name):
                raise NotOffered(f"no choice {value!r} for {name}")
        return data


def _chosen(element: Tag, value: Any) -> list[Any]:
    kind = element.get("type")
    if kind == "file":
        return [value]
    own = str(element.get("value", "on"))
    if kind == "checkbox":
        return [own] if value is True or value == own or (isinstance(value, list) and own in value) else []
    if kind == "radio":
        return [own] if str(value) == own else []
    if element.name == "select" and isinstance(value, list):
        return [each for one in value for each in _chosen(element, one)]
    if element.name == "select":
        options = [
            str(each.get("value", each.get_text(strip=True))) for each in element.select("option:not([disabled])")
        ]
        if str(value) not in options:
            raise NotOffered(f"{element['name']} offers {options}, not {value!r}")
    return [str(value)]


def _kept(element: Tag) -> list[str]:
    if element.get("type") == "file":
        return []
    if element.get("type") in {"checkbox", "radio"}:
        return [str(element.get("value", "on"))] if element.has_attr("checked") else []
    if element.name == "select":
        options = element.select("option")
        chosen = [each for each in options if each.has_attr("selected")]
        chosen = chosen or ([] if element.has_attr("multiple") else options[:1])
        return [str(each.get("value", each.get_text(strip=True))) for each in chosen]
    if element.name == "textarea":
        return [element.get_text()]
    return [str(element.get("value", ""))]
