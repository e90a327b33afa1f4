import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from conformance.base.errors import HarnessError
from conformance.reference.answer import Answer, Call
from conformance.reference.pipeline import Endpoint
from conformance.reference.server import LocalServer

VERSION = {"anthropic-version": "2023-06-01"}
KEY = {"x-api-key": "reference-key"}
BODY = {"model": "reference-1", "max_tokens": 64, "messages": [{"role": "user", "content": "Say X-1"}]}


def call(endpoint: Endpoint, method: str, path: str, body: bytes = b"", **headers: str) -> Answer:
    given = {**VERSION, **KEY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    path, _, query = path.partition("?")
    pairs = tuple((k, v) for k, _, v in (item.partition("=") for item in query.split("&") if item))
    return endpoint.answer(Call(method, path, pairs, tuple((k, v) for k, v in given.items() if v), body))


def create(endpoint: Endpoint, body: Any = None, **headers: str) -> Answer:
    raw = body if isinstance(body, bytes) else json.dumps(body or BODY).encode()
    return call(endpoint, "POST", "/v1/messages", raw, **headers)


def problem(answer: Answer) -> tuple[int, str]:
    assert answer.body["type"] == "error"
    assert answer.body["request_id"] == answer.headers["request-id"]
    assert answer.headers["content-type"] == "application/json"
    return answer.status, answer.body["error"]["type"]


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": "", "authorization": "Bearer reference-key"},
        {"x_api_key": "", "authorization": "bearer reference-key"},
        {"authorization": "Bearer reference-key"},
        {},
    ],
)
def test_a_key_is_taken_as_x_api_key_and_as_bearer_token(endpoint: Endpoint, headers: dict[str, str]) -> None:
    assert create(endpoint, **headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"x_api_key": ""},
        {"x_api_key": "wrong"},
        {"x_api_key": "", "authorization": "Basic reference-key"},
        {"x_api_key": "", "authorization": "Bearer"},
        {"authorization": "Bearer wrong"},
    ],
)
def test_a_missing_or_wrong_key_is_refused(endpoint: Endpoint, headers: dict[str, str]) -> None:
    assert problem(create(endpoint, **headers)) == (401, "authentication_error")


@pytest.mark.parametrize("version", ["", "1999-01-01", "2023-06-01, 2023-06-01"])
def test_a_missing_or_unknown_version_is_refused(endpoint: Endpoint, version: str) -> None:
    assert problem(create(endpoint, anthropic_version=version)) == (400, "invalid_request_error")


def test_sampling_parameters_exist_in_the_older_version_only(endpoint: Endpoint) -> None:
    body = {**BODY, "temperature": 0.5}
    assert create(endpoint, body).status == 200
    assert problem(create(endpoint, body, anthropic_version="2026-10-21"))[0] == 400


@pytest.mark.parametrize(
    "betas",
    ["prompt-caching-2024-07-31", "pdfs-2024-09-25,context-1m-2025-08-07", "pdfs-2024-09-25, context-1m-2025-08-07"],
)
def test_known_and_retired_opt_ins_are_accepted_in_both_spellings(endpoint: Endpoint, betas: str) -> None:
    assert create(endpoint, anthropic_beta=betas).status == 200


def test_an_unknown_opt_in_is_refused(endpoint: Endpoint) -> None:
    assert problem(create(endpoint, anthropic_beta="not-a-real-beta-2020-01-01"))[0] == 400


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[1]",
        b"null",
        b'{"a": NaN}',
        b'{"a": "\x01"}',
        b'{"a": "\\ud800"}',
        b'{"a": "\xff"}',
        b"[" * 100_000,
    ],
    ids=range(9),
)
def test_a_body_that_is_no_json_object_is_refused(endpoint: Endpoint, raw: bytes) -> None:
    assert problem(create(endpoint, raw)) == (400, "invalid_request_error")


def test_a_pair_of_surrogate_escapes_is_one_character(endpoint: Endpoint) -> None:
    raw = json.dumps({**BODY, "messages": [{"role": "user", "content": "Say 🎉"}]}, ensure_ascii=True).encode()
    assert b"\\ud83c" in raw
    assert create(endpoint, raw).body["content"][0]["text"] == "🎉"


def test_content_encodings_are_undone_or_refused(endpoint: Endpoint) -> None:
    packed = gzip.compress(json.dumps(BODY).encode())
    assert create(endpoint, packed, content_encoding="gzip").status == 200
    for raw, name, code in (
        (packed, "nonsense", "request_body_encoding_unsupported"),
        (b"plain", "gzip", "request_body_encoding_invalid"),
        (packed[:-9], "gzip", "request_body_encoding_invalid"),
    ):
        answer = create(endpoint, raw, content_encoding=name)
        assert problem(answer)[0] == 400
        assert answer.body["error"]["details"]["error_code"] == code


def test_an_unknown_field_is_refused_by_name(endpoint: Endpoint) -> None:
    answer = create(endpoint, {**BODY, "foo_bar": 1})
    assert problem(answer)[0] == 400
    assert "foo_bar" in answer.body["error"]["message"]


@pytest.mark.parametrize("model", ["no-such-model", "reference-0"])
def test_an_unknown_or_retired_model_is_not_found(endpoint: Endpoint, model: str) -> None:
    assert problem(create(endpoint, {**BODY, "model": model})) == (404, "not_found_error")


def test_an_alias_answers_with_the_model_id(endpoint: Endpoint) -> None:
    assert create(endpoint, {**BODY, "model": "reference-latest"}).body["model"] == "reference-1"


def test_an_invalid_request_for_a_stream_is_answered_with_json(endpoint: Endpoint) -> None:
    body = {key: value for key, value in BODY.items() if key != "max_tokens"}
    assert problem(create(endpoint, {**body, "stream": True})) == (400, "invalid_request_error")


@pytest.mark.parametrize("path", ["/", "/v1/does-not-exist", "/v1/messages/", "/v1/models/a/b", "/v1/models/"])
def test_an_unknown_path_is_not_found(endpoint: Endpoint, path: str) -> None:
    assert problem(call(endpoint, "GET", path)) == (404, "not_found_error")


def test_a_wrong_method_is_not_allowed(endpoint: Endpoint) -> None:
    answer = call(endpoint, "GET", "/v1/messages")
    assert problem(answer)[0] == 405
    assert answer.headers["allow"] == "POST"


def test_client_mistakes_are_not_worth_a_retry(endpoint: Endpoint) -> None:
    assert create(endpoint, b"{").headers["x-should-retry"] == "false"


def test_an_error_inside_is_an_envelope_too(endpoint: Endpoint) -> None:
    from dataclasses import replace

    def broken(*_: object) -> Any:
        raise ZeroDivisionError

    answer = create(Endpoint(endpoint.desk, replace(endpoint.steps, generate=broken)))
    assert problem(answer) == (500, "api_error")
    assert "ZeroDivisionError" not in str(answer.body)


def walk(endpoint: Endpoint, cursor: str, limit: int) -> list[str]:
    ids: list[str] = []
    query = f"?limit={limit}"
    while True:
        page = call(endpoint, "GET", f"/v1/models{query}").body
        found = [row["id"] for row in page["data"]]
        ids = ids + found if cursor == "after_id" else found + ids
        if not page["has_more"]:
            return ids
        query = f"?limit={limit}&{cursor}={page['last_id' if cursor == 'after_id' else 'first_id']}"


@pytest.mark.parametrize("limit", [1, 2, 3, 20])
def test_pages_of_models_cover_the_list_without_overlap(endpoint: Endpoint, limit: int) -> None:
    every = [row["id"] for row in call(endpoint, "GET", "/v1/models").body["data"]]
    assert len(every) >= 5
    assert walk(endpoint, "after_id", limit) == every


def test_a_page_before_a_model_ends_right_before_it(endpoint: Endpoint) -> None:
    every = [row["id"] for row in call(endpoint, "GET", "/v1/models").body["data"]]
    page = call(endpoint, "GET", f"/v1/models?limit=2&before_id={every[3]}").body
    assert [row["id"] for row in page["data"]] == every[1:3]
    assert page["has_more"] is True
    first = call(endpoint, "GET", f"/v1/models?before_id={every[0]}").body
    assert (first["data"], first["first_id"], first["has_more"]) == ([], None, False)


def test_models_come_newest_first_and_retired_ones_on_request(endpoint: Endpoint) -> None:
    listed = call(endpoint, "GET", "/v1/models").body["data"]
    assert [row["created_at"] for row in listed] == sorted((row["created_at"] for row in listed), reverse=True)
    retired = call(endpoint, "GET", "/v1/models?lifecycle=retired").body["data"]
    assert [row["id"] for row in retired] == ["reference-0"]


def test_one_model_is_the_same_object_as_in_the_list(endpoint: Endpoint) -> None:
    listed = {row["id"]: row for row in call(endpoint, "GET", "/v1/models").body["data"]}
    assert call(endpoint, "GET", "/v1/models/reference-1").body == listed["reference-1"]
    assert call(endpoint, "GET", "/v1/models/reference-latest").body == listed["reference-1"]
    assert problem(call(endpoint, "GET", "/v1/models/nonsense")) == (404, "not_found_error")


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=1001",
        "limit=x",
        "after_id=nonsense",
        "lifecycle=old",
        "after_id=reference-1&before_id=reference-1",
    ],
)
def test_a_query_that_makes_no_sense_is_refused(endpoint: Endpoint, query: str) -> None:
    assert problem(call(endpoint, "GET", f"/v1/models?{query}"))[0] == 400


def test_a_body_over_the_limit_is_refused_and_the_server_lives_on(server: LocalServer) -> None:
    with httpx.Client(base_url=server.url, headers={**VERSION, "x-api-key": server.key}) as client:
        large = client.post("/v1/messages", content=b" " * 1_500_000)
        assert (large.status_code, large.json()["error"]["type"]) == (413, "request_too_large")
        assert client.post("/v1/messages", json=BODY).status_code == 200


def test_head_has_headers_and_no_body(server: LocalServer) -> None:
    answer = httpx.head(f"{server.url}/v1/models", headers={**VERSION, "x-api-key": server.key})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["request-id"].startswith("req_01")


def test_a_stream_arrives_in_parts_and_ends(server: LocalServer) -> None:
    body = {**BODY, "stream": True, "messages": [{"role": "user", "content": "Count from 1 to 60"}], "max_tokens": 500}
    headers = {**VERSION, "x-api-key": server.key}
    with httpx.stream("POST", f"{server.url}/v1/messages?beta=true", json=body, headers=headers) as answer:
        parts = list(answer.iter_raw())
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert answer.headers["request-id"].startswith("req_01")
    assert len(parts) > 3
    assert b"".join(parts).endswith(b'event: message_stop\ndata: {"type":"message_stop"}\n\n')


def test_request_ids_are_unique_under_concurrency(server: LocalServer) -> None:
    with httpx.Client(base_url=server.url, headers={**VERSION, "x-api-key": server.key}) as client:

        def one(number: int) -> tuple[str, str, str]:
            body = {**BODY, "messages": [{"role": "user", "content": f"Say N-{number}"}]}
            answer = client.post("/v1/messages", json=body)
            assert answer.json()["content"][0]["text"] == f"N-{number}"
            return answer.headers["request-id"], answer.json()["id"], answer.json()["model"]

        with ThreadPoolExecutor(8) as pool:
            seen = list(pool.map(one, range(64)))
    assert len({request for request, _, _ in seen}) == len({message for _, message, _ in seen}) == 64


def test_a_client_that_goes_away_does_no_harm(server: LocalServer) -> None:
    raw = json.dumps(
        {**BODY, "stream": True, "max_tokens": 2000, "messages": [{"role": "user", "content": "Count from 1 to 900"}]}
    )
    head = f"POST /v1/messages HTTP/1.1\r\nhost: x\r\nx-api-key: {server.key}\r\nanthropic-version: 2023-06-01\r\n"
    port = int(server.url.rsplit(":", 1)[1])
    for _ in range(5):
        with socket.create_connection(("127.0.0.1", port)) as connection:
            connection.sendall(f"{head}content-length: {len(raw)}\r\n\r\n{raw}".encode())
            connection.recv(100)
    answer = httpx.post(f"{server.url}/v1/messages", json=BODY, headers={**VERSION, "x-api-key": server.key})
    assert answer.status_code == 200


def test_a_taken_port_is_told_in_one_sentence(server: LocalServer) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(HarnessError, match="cannot listen on"):
        LocalServer(port=port).start()


def test_a_stopped_server_can_be_started_again() -> None:
    server = LocalServer()
    for _ in range(2):
        with server:
            assert httpx.get(f"{server.url}/v1/models", headers={**VERSION, "x-api-key": server.key}).status_code == 200
