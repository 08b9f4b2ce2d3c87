"""Each page of the portal stands under a line of the sidebar, which the compact menu is called after."""

from flask import Flask

from app.web.navigation import here

OUTSIDE = {"usage_files", "log_files", "usage_undo"}
"""Files and a button, which have no page of their own."""


def test_each_page_is_marked_in_the_menu(app: Flask) -> None:
    unmarked, marked = set[str](), set[str]()
    for rule in app.url_map.iter_rules():
        blueprint = rule.endpoint.partition(".")[0]
        if not rule.rule.startswith("/billing/") or "GET" not in (rule.methods or ()) or blueprint in OUTSIDE:
            continue
        if app.blueprints[blueprint].import_name.startswith("app.blueprints.entry."):
            continue  # they come before the portal, and have no sidebar
        path = rule.rule
        for argument in rule.arguments:
            path = path.replace(f"<{argument}>", "1").replace(f"<int:{argument}>", "1")
        with app.test_request_context(path):
            place = here()
        (marked if place else unmarked).add(blueprint)
    assert unmarked == set()
    assert {"statement", "invoice_payment", "webhook"} <= marked
