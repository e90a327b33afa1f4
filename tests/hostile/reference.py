"""The honest answers that attacks start from: those of the reference endpoint, each made once."""

from __future__ import annotations

import json
import threading
from functools import cache
from typing import Any

from conformance.reference.answer import Answer, Call
from conformance.reference.app import create_endpoint
from conformance.reference.pipeline import Endpoint
from hostile.draft import Draft

KEY = "reference-key"
_IGNORED = ("user-agent", "host", "accept-encoding", "connection", "accept")
_LOCK = threading.Lock()


@cache
def _endpoint() -> Endpoint:
    return create_endpoint()


@cache
def _answer(call: Call, time: int) -> Answer:
    del time  # an answer of its own for each time that the same is asked, with an id of its own
    with _LOCK:
        return _endpoint().answer(call)


def plain(call: Call, key: str) -> Call:
    """The call with the reference endpoint's credential, without what the answer does not depend on."""
    headers = tuple(
        (name, value.replace(key, KEY) if name in ("x-api-key", "authorization") else value)
        for name, value in call.headers
        if name not in _IGNORED
    )
    return Call(call.method, call.path, call.query, headers, call.body)


def honest(call: Call, key: str, time: int = 1) -> Draft:
    """The answer to a call whose credential is `key`, the n-th time it is asked, ready to be attacked."""
    answer = _answer(plain(call, key), time)
    draft = Draft(
        call,
        answer.status,
        [(name.encode(), value.encode("latin-1")) for name, value in answer.headers.items()],
        key=key,
    )
    if answer.events is not None:
        draft.events = [(event.name, _copy(event.data)) for event in answer.events]
        draft.chunked = True
    else:
        draft.value = _copy(answer.body)
    return draft


def _copy(value: Any) -> Any:
    return json.loads(json.dumps(value))
