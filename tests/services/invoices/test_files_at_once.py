"""Two workers draw two documents at the same time: neither waits for what the other draws."""

import threading
from dataclasses import replace

import pytest
from flask import Flask

from app import create_app
from app.config import Settings
from app.domain.people.members import Actor
from app.gateways.pdf.renderer import Renderer
from app.models.database import db
from app.services.invoices import file_making
from tests.services.invoices.test_files import Stand
from tests.support.reversals import buys


@pytest.mark.both_databases
def test_two_workers_draw_at_once(app: Flask, settings: Settings, drawing: Renderer, alice_actor: Actor) -> None:
    """Each draws only once the other draws too: where one kept the other from claiming, both would give up."""
    buys(app, alice_actor, 2500)
    buys(app, alice_actor, 2500)
    meeting = threading.Barrier(2, timeout=60)

    def draw(_html: str) -> bytes:
        meeting.wait()
        return b"%PDF"

    def work(worker: Flask, made: list[int]) -> None:
        with worker.app_context():
            file_making.the_renderer.set(worker, Stand(draw))
            made.append(file_making.make_due(1))
            db.session.remove()

    counts = list[int]()
    workers = [create_app(replace(settings, pdf_engine="xhtml2pdf")) for _ in range(2)]
    threads = [threading.Thread(target=work, args=(worker, counts)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for worker in workers:
        with worker.app_context():
            db.engine.dispose()
    assert counts == [1, 1]
