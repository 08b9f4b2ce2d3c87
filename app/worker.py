"""The jobs: what a worker is woken for, and the worker. What there is to do is in the rows, so it may die any time."""

import signal
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import structlog
from flask import Flask

from app.extensions import settings
from app.gateways.huey_parts import Consumer
from app.gateways.queue import Queue, address
from app.later import later
from app.models.database import db
from app.services import shutdown, wake_ups
from app.services.invoices.file_making import the_renderer
from app.services.reconciliation import subscriptions

if TYPE_CHECKING:
    from app.services import jobs
else:  # a web server wakes others for them
    jobs = later("app.services.jobs")

log = structlog.get_logger()
BATCH = 100
"""How much of one kind is done before the next kind has its turn."""
ENDS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
TOGETHER_SECONDS = 0.2
"""Signals this close together are one: a group hears it from its sender, and once more from the `make` between."""
SHUTDOWN_SECONDS = 30
SLOW_EVERY = 30.0
"""Seconds between two looks at what may take minutes, and is due once an hour."""
QUEUE_CHECK_SECONDS = 10
LONGEST_PAUSE = 5.0
"""Seconds between two looks while everything fails: the database is away."""


def init_app(app: Flask) -> None:
    """Give the application its queue. It is opened when it is first used."""
    queue = Queue(address(settings.of(app)))
    for name in wake_ups.WOKEN:
        queue.add(name, _doer(app, name))
    wake_ups.queue.set(app, queue)


def work(app: Flask, *, every: float, threads: int, stop_seconds: float = SHUTDOWN_SECONDS) -> bool:
    """Work until SIGTERM or Ctrl-C: look at the rows every so many seconds, and do at once what the queue wakes us for.

    What is under way when the signal comes is finished, within so many seconds for all of it together; what is not
    begun is left to others. A second signal ends the process at once, which loses nothing either. Return whether all
    was finished: what hangs, as on a database that does not answer, is left where it is.

    The signals are waited for, never handled in the middle of something: setting an Event takes a lock, and a handler
    that interrupts whoever holds it, such as the handler itself when a signal comes twice, would wait for ever.
    """
    for each in ENDS:
        signal.signal(each, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_BLOCK, ENDS)  # before the threads start, so that none of them takes one
    over = threading.Event()
    log.info("worker_started")
    listener = _Listener(wake_ups.queue.of(app), threads, stop_seconds)
    asked = (app, jobs.QUICK, every, over, listener.look_after)
    quick = threading.Thread(target=_rounds, args=asked, name=jobs.QUICK[0], daemon=True)
    beside = [
        threading.Thread(target=_rounds, args=(app, names, pause, over), name=names[0], daemon=True)
        for names, pause in (
            (jobs.SLOW, SLOW_EVERY),
            (jobs.MONTHLY, every),
            (jobs.OUTWARD, every),
            (jobs.CHARGING, every),
            (jobs.ASKING, every),
            (jobs.DRAWING, every),
        )
    ]
    rounds = (quick, *beside)
    for thread in (*rounds, threading.Thread(target=_look_at_subscriptions, args=(app,), daemon=True)):
        thread.start()
    signal.sigwait(ENDS)
    shutdown.ask()
    over.set()
    time.sleep(TOGETHER_SECONDS)
    for each in signal.sigpending() & set(ENDS):
        signal.sigwait({each})
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDS)
    until = time.monotonic() + stop_seconds
    for thread in rounds:
        thread.join(max(0.0, until - time.monotonic()))
    listener.stop(max(0.0, until - time.monotonic()))
    hanging = [thread.name for thread in rounds if thread.is_alive()]
    if hanging:
        log.warning("worker_gave_up", rounds=hanging)
        return False
    the_renderer.of(app).close()
    log.info("worker_ended")
    return True


def _rounds(
    app: Flask, names: Sequence[str], every: float, over: threading.Event, before: Callable[[], None] | None = None
) -> None:
    """Look at the rows again and again until it is over, less often while nothing goes well."""
    pause = every
    while not over.is_set():
        if before is not None:
            before()
        pause = every if _one_round(app, names) else min(2 * pause, max(every, LONGEST_PAUSE))
        over.wait(pause)


class _Listener:
    """The threads that listen to the queue, started again whenever the queue was away."""

    def __init__(self, queue: Queue, threads: int, stop_seconds: float) -> None:
        self._queue, self._threads, self._stop_seconds = queue, threads, stop_seconds
        self._consumer: Consumer | None = None
        self._checked_at = float("-inf")

    def look_after(self) -> None:
        """See now and then that the threads run. Without them the rows are still looked at."""
        if not self._threads or time.monotonic() - self._checked_at < QUEUE_CHECK_SECONDS:
            return
        self._checked_at = time.monotonic()
        try:
            if self._consumer is None:
                made = self._queue.consumer(threads=self._threads, shutdown_seconds=self._stop_seconds)
                made.start()
                self._consumer = made
            else:
                self._consumer.check_worker_health()
        except Exception as problem:  # noqa: BLE001  # each engine has errors of its own
            log.warning("queue_does_not_answer", kind=type(problem).__name__)

    def stop(self, seconds: float) -> None:
        """Let the threads finish what they have begun, in so many seconds."""
        if self._consumer is not None:
            self._consumer.shutdown_timeout = seconds
            self._consumer.stop(graceful=True)
        self._queue.close()


def _doer(app: Flask, name: str) -> Callable[[], None]:
    def do() -> None:
        if shutdown.asked():  # the row stays, and so does its turn
            return
        with app.app_context():
            _run_and_log(name, lambda: {name: jobs.do(name, BATCH)})

    return do


def _one_round(app: Flask, names: Sequence[str]) -> bool:
    """Do once what is due of these; say whether it went well. The worker outlives its database."""
    with app.app_context():
        return _run_and_log("round", lambda: jobs.run_due(BATCH, names=names))


def _look_at_subscriptions(app: Flask) -> None:
    """Warn, by name, of events that the processor does not send us. Whatever it answers, the work has begun."""
    with app.app_context():
        try:
            subscriptions.check()
        except Exception:
            log.exception("webhook_endpoint_not_checked")


def _run_and_log(name: str, job: Callable[[], dict[str, int]]) -> bool:
    try:
        done = {each: count for each, count in job().items() if count}
        if done:
            log.info("worked", counts=done)
    except Exception as problem:  # whatever it is, the next round may do better
        log.error("round_failed", job=name, kind=type(problem).__name__, exc_info=problem)
        return False
    else:
        return True
    finally:
        db.session.remove()
