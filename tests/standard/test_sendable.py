"""A send that cannot be sent is refused when its file is read, not when a run is under way."""

from __future__ import annotations

from typing import Any

import pytest

from conformance.standard.requests import SendError, steps_of
from conformance.standard.sendable import check_steps

PLAIN: dict[str, Any] = {"messages": []}


@pytest.mark.parametrize(
    ("send", "key", "problem"),
    [
        ({"$headers": {"a\nb": "c"}}, "$headers", "cannot be the name of a header"),
        ({"$headers": {"a": "b\r\nc: d"}}, "$headers", "Latin-1 without control characters"),
        ({"$headers": {"a": "\u0101"}}, "$headers", "Latin-1 without control characters"),
        ({"$headers": {"a": " b"}}, "$headers", "without spaces at its ends"),
        ({"$headers": {"a": ["b", "c\t"]}}, "$headers", "without spaces at its ends"),
        ({"$headers": {"Content-Length": "5"}}, "$headers", "follows from the body"),
        ({"$path": "/v1/\0"}, "$path", "printable ASCII"),
        ({"$path": "/v1/a b"}, "$path", "printable ASCII"),
        ({"$query": {"a": [1]}}, "$query", "expects a string, a number, true or false"),
        ({"a": {"$reply": "content"}}, "$reply", "Only a later step"),
        ({"$steps": [PLAIN, {"a": [{"$reply": 5}]}]}, "$steps", "or a JSON pointer"),
        ({"$steps": [PLAIN, {"a": {"$reply": "nonsense"}}]}, "$steps", "or a JSON pointer"),
        ({"$steps": [PLAIN, {"a": {"$reply": "sent", "at": {}}}]}, "$steps", "JSON pointer as 'at'"),
    ],
)
def test_what_cannot_be_sent_is_refused_with_its_key(send: dict[str, Any], key: str, problem: str) -> None:
    with pytest.raises(SendError, match=problem) as caught:
        check_steps(steps_of(send, {}))
    assert caught.value.key == key


@pytest.mark.parametrize(
    "send",
    [
        PLAIN,
        {
            "$headers": {"x-a": "b\t\xe9", "x-b": None, "x-c": "", "content-length": None},
            "$path": "/v1/messages%20",
            "$query": {"a": 1, "b": True, "c": "d e"},
        },
        {"$steps": [PLAIN, {"a": {"$reply": "sent", "at": "/messages"}, "$query": {"b": {"$reply": "/last_id"}}}]},
    ],
)
def test_what_can_be_sent_is_accepted(send: dict[str, Any]) -> None:
    check_steps(steps_of(send, {}))
