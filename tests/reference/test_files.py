"""Files are uploaded, read by their ids, and gone once they are deleted."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.reference.answer import Answer, Call
from conformance.reference.pipeline import Endpoint
from conformance.standard.large_values import pdf

HEADERS = (("x-api-key", "reference-key"), ("anthropic-version", "2023-06-01"))


def upload(endpoint: Endpoint, data: bytes, kind: str = "text/plain", name: str = "file") -> Answer:
    head = f'Content-Disposition: form-data; name="{name}"; filename="a.txt"\r\nContent-Type: {kind}'
    body = b"--b1\r\n" + head.encode() + b"\r\n\r\n" + data + b"\r\n--b1--\r\n"
    form = ("content-type", "multipart/form-data; boundary=b1")
    return endpoint.answer(Call("POST", "/v1/files", (), (*HEADERS, form), body))


def at(endpoint: Endpoint, method: str, file_id: str) -> Answer:
    return endpoint.answer(Call(method, f"/v1/files/{file_id}", (), HEADERS))


def asking(file_id: str) -> list[dict[str, Any]]:
    source = {"type": "file", "file_id": file_id}
    question = {"type": "text", "text": "What is the code word?"}
    return [{"role": "user", "content": [{"type": "document", "source": source}, question]}]


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"The code word is OPAL-5826.", "text/plain"),
        (pdf(["The code word is OPAL-5826."]), "application/pdf"),
    ],
)
def test_a_file_is_read_until_it_is_deleted(endpoint: Endpoint, post: Any, data: bytes, kind: str) -> None:
    described = upload(endpoint, data, kind).body
    assert (described["type"], described["filename"], described["size_bytes"]) == ("file", "a.txt", len(data))
    assert at(endpoint, "GET", described["id"]).body == described
    assert "OPAL-5826" in post(messages=asking(described["id"])).body["content"][0]["text"]
    assert at(endpoint, "DELETE", described["id"]).body == {"id": described["id"], "type": "file_deleted"}
    assert at(endpoint, "GET", described["id"]).status == 404
    assert at(endpoint, "DELETE", described["id"]).status == 404
    assert post(messages=asking(described["id"])).status == 404


def test_a_form_without_a_file_is_refused(endpoint: Endpoint) -> None:
    assert upload(endpoint, b"x", name="other").status == 400
    assert endpoint.answer(Call("POST", "/v1/files", (), HEADERS, b"{}")).status == 400
    assert upload(endpoint, b"x" * 1_100_000).status == 413


def test_a_turn_of_many_searches_pauses_and_goes_on_when_it_is_sent_back(post: Any) -> None:
    tools = [{"type": "web_search_20250305", "name": "web_search"}]
    asked = {"role": "user", "content": "Search the web for the weather: twelve searches. Then reply in one sentence."}
    paused = post(messages=[asked], tools=tools).body
    assert (paused["stop_reason"], [block["type"] for block in paused["content"]]) == (
        "pause_turn",
        ["server_tool_use"],
    )
    done = post(messages=[asked, {"role": "assistant", "content": paused["content"]}], tools=tools).body
    assert [block["type"] for block in done["content"]] == ["web_search_tool_result", "text"]
    assert done["content"][0]["tool_use_id"] == paused["content"][0]["id"]
    assert done["content"][1]["citations"][0]["url"] == "https://example.com/"
