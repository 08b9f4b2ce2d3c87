"""Which events the processor is to send, and what is wrong with its endpoints where it does not."""

from app.domain.processor_events import ALL, EVENTS, WebhookEndpoint, problems

URL = "https://portal.example/webhooks/processor"
EVERY = frozenset(EVENTS)
SOME = EVERY - {"refund.failed", "mandate.updated"}


def endpoint(types: frozenset[str] = EVERY, *, url: str = URL, enabled: bool = True) -> WebhookEndpoint:
    return WebhookEndpoint(url, enabled, types)


def test_what_is_subscribed_to_by_name_or_as_a_whole_is_heard() -> None:
    assert endpoint().unheard == endpoint(frozenset({ALL})).unheard == []
    assert endpoint(SOME).unheard == [each for each in EVENTS if each not in SOME]
    assert endpoint(frozenset()).unheard == list(EVENTS)


def test_without_an_endpoint_of_ours_one_is_to_be_added() -> None:
    said = [f"The processor has no webhook endpoint for {URL}: add one."]
    assert problems([], URL) == problems([endpoint(url="https://other.example/")], URL) == said
    assert problems([endpoint(url=f"{URL}X"), endpoint(url=f"/{URL}")], URL) == said


def test_an_endpoint_that_is_switched_off_is_named() -> None:
    said = [f"The processor has switched off the webhook endpoint {URL}: switch it on again."]
    assert problems([endpoint(enabled=False)], URL) == said


def test_what_no_active_endpoint_of_ours_hears_is_named_with_what_it_is_for() -> None:
    assert problems([endpoint(SOME)], URL) == [
        f"The webhook endpoint {URL} is not subscribed to {each}: {EVENTS[each]}" for each in EVENTS if each not in SOME
    ]
    rest = EVERY - SOME
    assert problems([endpoint(SOME, url=f"{URL}/"), endpoint(rest)], URL) == []
    assert len(problems([endpoint(SOME), endpoint(rest, enabled=False)], URL)) == len(rest)
    assert len(problems([endpoint(SOME), endpoint(rest, url="https://other.example/")], URL)) == len(rest)
    assert problems([endpoint(frozenset({ALL}))], URL) == []
