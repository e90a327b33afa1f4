"""Credentials that recorded traffic carries are hidden where they are, and wherever they occur again."""

import time

import pytest

from conformance.model import Exchange
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
        ("accept", "application/json", "application/json"),
    ],
)
def test_a_credential_header_keeps_its_name_and_scheme_only(name: str, value: str, hidden: str) -> None:
    assert Redactor(()).recorded(exchange(sent=((name, value),))).request.headers == ((name, hidden),)


@pytest.mark.parametrize(
    ("url", "hidden"),
    [
        ("http://user:sk-12345678@x/v1/messages", "http://redacted@x/v1/messages"),
        ("http://x/v1/messages?key=sk-12345678&a=b", "http://x/v1/messages?key=[redacted]&a=b"),
        ("http://x/v1/messages?a=b&Access_Token=sk%2D12345678", "http://x/v1/messages?a=b&Access_Token=[redacted]"),
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
        {"got": (("set-cookie", "s=sk-12345678; Path=/"),)},
        {"url": "http://user:sk-12345678@x/v1/messages"},
        {"url": "http://x/v1/messages?api_key=sk-12345678"},
    ],
)
def test_a_recorded_credential_is_hidden_in_the_answer_as_well(carried: dict[str, str | Pairs]) -> None:
    answer = b'{"error":{"message":"the key sk-12345678 is unknown"}}'
    after = Redactor(()).recorded(exchange(body=answer, **carried)).response
    assert after is not None
    assert after.body == b'{"error":{"message":"the key [redacted]* is unknown"}}'


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
