"""Credentials that recorded traffic carries are hidden where they are, and wherever they occur again."""

import time

import pytest

from conformance.protocol.exchange import Exchange
from conformance.wire.redact import Redactor
from support import make

Pairs = tuple[tuple[str, str], ...]


def exchange(url: str = "http://x/v1/messages", sent: Pairs = (), got: Pairs = (), body: bytes = b"{}") -> Exchange:
    return make.exchange(body, 401, sent=make.request(url=url, headers=sent), headers=got)


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("X-Api-Key", "sk-12345678", "[redacted]"),
        ("authorization", "Bearer sk-12345678", "Bearer [redacted]"),
        ("Proxy-Authorization", "Basic dXNlcjpzay0xMjM0NTY3OA==", "Basic [redacted]"),
        ("cookie", "a=1; b=sk-12345678", "[redacted]"),
        ("X-Gateway-User", "sk-12345678", "[redacted]"),
        ("x-team", "research", "[redacted]"),
        ("x-stainless-of-tomorrow", "1", "[redacted]"),
        ("accept", "application/json", "application/json"),
        ("Anthropic-Beta", "a-2026-01-01", "a-2026-01-01"),
        ("x-stainless-retry-count", "1", "1"),
    ],
)
def test_a_header_that_is_not_known_to_be_harmless_keeps_its_name_and_scheme_only(
    name: str, value: str, hidden: str
) -> None:
    assert Redactor(()).recorded(exchange(sent=((name, value),))).request.headers == ((name, hidden),)


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("http://user:sk-12345678@x/v1/messages", "http://redacted@x/v1/messages"),
        ("http://x/v1/messages?key=sk-12345678&beta=true", "http://x/v1/messages?key=[redacted]&beta=true"),
        (
            "http://x/v1/messages?a=b&Access_Token=sk%2D12345678",
            "http://x/v1/messages?a=[redacted]&Access_Token=[redacted]",
        ),
        (
            "http://x/v1/messages?beta=true&X-Amz-Signature=12345678",
            "http://x/v1/messages?beta=true&X-Amz-Signature=[redacted]",
        ),
        ("http://x/v1/messages?sig=a%3D1#code=12345678", "http://x/v1/messages?sig=[redacted]#code=[redacted]"),
        ("http://[x/v1/messages?token=sk-12345678", "http://[x/v1/messages?token=[redacted]"),
    ],
)
def test_a_url_keeps_no_user_name_password_or_key(url: str, hidden: str) -> None:
    assert Redactor(()).recorded(exchange(url)).request.url == hidden


@pytest.mark.parametrize(
    "carried",
    [
        {"sent": (("x-api-key", "sk-12345678"),)},
        {"sent": (("authorization", "Bearer sk-12345678"),)},
        {"sent": (("cookie", "a=1; b=sk-12345678"),)},
        {"sent": (("x-gateway-user", "sk-12345678"),)},
        {"sent": (("x-gateway-user", '{"user": "sk-12345678"}'),)},
        {"sent": (("authorization", "AWS4-HMAC-SHA256 Credential=AKIA, Signature=sk-12345678"),)},
        {"sent": (("authorization", "Basic dXNlcjpzay0xMjM0NTY3OA=="),)},
        {"got": (("set-cookie", "s=sk-12345678; Path=/"),)},
        {"url": "http://user:sk-12345678@x/v1/messages"},
        {"url": "http://x/v1/messages?api_key=sk-12345678"},
        {"url": "http://x/v1/messages?beta=true&of-tomorrow=sk%2D12345678"},
    ],
)
def test_a_recorded_credential_is_hidden_in_the_answer_as_well(carried: dict[str, str | Pairs]) -> None:
    answer = b'{"error":{"message":"the key sk-12345678 is unknown"}}'
    after = Redactor(()).recorded(exchange(body=answer, **carried)).response
    assert after is not None
    assert after.body == b'{"error":{"message":"the key [redacted]* is unknown"}}'


@pytest.mark.parametrize(
    ("name", "value"),
    [("x-tier", "standard"), ("x-effort", "high"), ("x-try", "1"), ("x-date", "2026-01-01"), ("x-model", "model-4.5B")],
)
def test_what_an_unknown_header_says_in_words_stays_in_bodies(name: str, value: str) -> None:
    """A word of the API, a number, a date and the model that is asked for are not looked for."""
    sent = make.request(b'{"model":"model-4.5B"}', headers=((name, value),))
    before = make.exchange(f'{{"a":"{value}"}}'.encode(), sent=sent)
    assert Redactor(()).recorded(before).response == before.response


def test_the_model_is_looked_for_where_it_is_the_key() -> None:
    sent = make.request(b'{"model":"key-and-model"}', headers=(("x-api-key", "key-and-model"),))
    assert b"key-and-model" not in Redactor(()).recorded(make.exchange(sent=sent)).request.body


def test_an_exchange_without_credentials_stays_as_it_is() -> None:
    before = exchange(sent=(("x-api-key", "REDACTED"),), body=b'{"type":"redacted_thinking"}')
    after = Redactor(()).recorded(before)
    assert after.response == before.response
    assert after.request.headers == (("x-api-key", "[redacted]"),)


def test_hostile_headers_cost_no_more_than_their_size() -> None:
    cookies = "; ".join(f"c{number}=value-{number:08}" for number in range(20_000))
    marks = "." * 200_000 + "a"
    url = "http://x/?" + "&".join(f"key=url-{number:08}" for number in range(20_000))
    before = exchange(
        url, (("cookie", cookies), ("x-api-key", marks)), (("set-cookie", "=" * 100_000),), b"x" * 100_000
    )
    start = time.process_time()
    after = Redactor(()).recorded(before).request
    assert time.process_time() - start < 10  # a quadratic pattern would take hours
    assert after.headers == (("cookie", "[redacted]"), ("x-api-key", "[redacted]"))
    assert "url-0" not in after.url
