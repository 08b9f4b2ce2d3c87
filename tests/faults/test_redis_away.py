"""Redis is gone, hangs, or is full: people sign in, calls are served, limits hold, and the work is done."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from limits import RateLimitItemPerMinute

from app import create_app
from app.config import Settings
from app.domain.people.members import Actor
from app.models.database import db
from app.services import wake_ups
from app.web import shared_counts
from tests.pages.test_sign_in import HOME, sign_in
from tests.programs.redis_server import RedisServer, running
from tests.support import tiers
from tests.support.api import Api, api_for, problem_of
from tests.support.browser import Browser
from tests.support.worker import until, working

HOW = pytest.mark.parametrize("how", ["gone", "hanging", "full"])
WRONG = "not the password"
CALLS = 5


@pytest.fixture
def redis() -> Iterator[RedisServer]:
    with running() as server:
        yield server


@pytest.fixture
def counting(
    app: Flask, settings: Settings, redis: RedisServer, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """The portal, whose tries and calls are counted in Redis. Where Redis answers, a busy machine is no fault of it."""
    hangs = request.node.callspec.params.get("how") == "hanging"
    monkeypatch.setattr(shared_counts, "PATIENCE", 0.2 if hangs else 60)
    made = create_app(replace(settings, redis_url=redis.url, api_calls_per_minute=CALLS))
    made.test_client_class = app.test_client_class
    yield made
    with made.app_context():
        db.engine.dispose()


@pytest.fixture
def visitor(counting: Flask, origin: str) -> Browser:
    return Browser(counting.test_client(), origin)


def look_again(app: Flask) -> None:
    """Let Redis be asked again: it was left alone for a while."""
    with app.app_context():
        shared_counts._redis()._silent_until = 0


@HOW
def test_people_sign_in_and_the_door_still_closes_after_five_wrong_tries(
    counting: Flask, visitor: Browser, alice_actor: Actor, bob_actor: Actor, redis: RedisServer, how: str
) -> None:
    assert sign_in(visitor, bob_actor.email, WRONG).status == 422  # Redis counts
    redis.break_it(how)
    for _ in range(5):
        look_again(counting)
        assert sign_in(visitor, alice_actor.email, WRONG).status == 422
    for _ in range(2):
        look_again(counting)
        assert sign_in(visitor, alice_actor.email).status == 429
    assert sign_in(visitor, bob_actor.email).path == HOME
    redis.mend(how)
    look_again(counting)
    assert sign_in(Browser(counting.test_client(), visitor.origin), alice_actor.email).status == 429, (
        "it is not forgotten"
    )


@HOW
def test_the_address_of_many_wrong_tries_is_refused_meanwhile(
    counting: Flask, app: Flask, redis: RedisServer, how: str
) -> None:
    redis.break_it(how)
    with counting.app_context():
        tries, limit = shared_counts.tries(), RateLimitItemPerMinute(3, 15, namespace="a_test")
        taken = []
        for _ in range(5):
            look_again(counting)
            taken.append((tries.are_left(limit, "here"), tries.take(limit, "here")))
            look_again(counting)
        assert taken == [(True, True)] * 3 + [(False, False)] * 2
        assert tries.are_left(limit, "elsewhere")
        tries.forget(limit, "here")
        assert tries.are_left(limit, "here")


def test_processes_share_what_redis_counts(
    counting: Flask, settings: Settings, visitor: Browser, alice_actor: Actor, redis: RedisServer
) -> None:
    other = create_app(replace(settings, redis_url=redis.url))
    other.test_client_class = counting.test_client_class
    for _ in range(5):
        sign_in(visitor, password=WRONG)
    assert sign_in(Browser(other.test_client(), visitor.origin)).status == 429
    with other.app_context():
        db.engine.dispose()


@HOW
def test_calls_of_a_key_are_served_and_still_limited(
    counting: Flask, catalog: str, redis: RedisServer, how: str
) -> None:
    api = api_for(counting)
    assert api.get("/plans").status_code == 200
    redis.break_it(how)
    # A minute may turn meanwhile, which begins a new count: at the latest the next five use that up as well.
    answers = [api.get("/plans") for _ in range(2 * CALLS + 2)]
    statuses = [each.status_code for each in answers]
    assert statuses[:CALLS] == [200] * CALLS and set(statuses) == {200, 429}
    assert problem_of(answers[statuses.index(429)]) == (429, "rate_limited")
    assert api_for(counting).get("/plans").status_code == 200
    redis.mend(how)
    look_again(counting)
    assert api_for(counting).get("/plans").status_code == 200


@pytest.mark.parametrize("how", tiers.some(1, ["gone", "hanging", "full"]))
def test_the_work_is_done_when_the_queue_is_in_such_a_redis(
    app: Flask, settings: Settings, alice_actor: Actor, redis: RedisServer, tmp_path: Path, how: str
) -> None:
    queued = replace(settings, jobs_url=redis.url)
    web = create_app(queued)
    with working(queued, tmp_path, "--every", "0.2") as worker, web.app_context():
        assert wake_ups.queue().wake("mails_sent")
        until(lambda: wake_ups.queue().waiting() == 0)
        redis.break_it(how)
        api = Api(web, api_for(web).key)
        web.test_client_class = app.test_client_class
        said = worker.said().count('"worked"') + worker.said().count("worked")
        made = api.post("/customers", {"name": "New", "email": "new@new.example"})
        assert made.status_code == 201, "nobody's request fails for want of a wake-up"
        assert wake_ups.queue().wake("mails_sent") is False
        until(lambda: worker.said().count("worked") > said)
        assert worker.process.poll() is None
        ready = web.test_client().get("/readyz")
        assert ready.status_code == (200 if how == "full" else 503), "a full one still answers"
        redis.mend(how)
        wake_ups.queue()._silent_until = 0
        assert wake_ups.queue().wake("mails_sent")
        until(lambda: wake_ups.queue().waiting() == 0)
        worker.process.terminate()
        assert worker.process.wait(240) == 0
        wake_ups.queue().close()
        db.session.remove()
        db.engine.dispose()
