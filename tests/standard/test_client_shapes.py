"""The cases of the area `clients` send what real clients sent: every member, block, beta, header and tool of it.

`tests/data/client_requests.json` holds the captured requests without their texts. `-s` prints how many of their
features occur in the cases.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import pytest

from conformance.model import Json, Mode, ScenarioName, Step
from conformance.standard.betas import beta_names
from conformance.standard.library import Library
from conformance.standard.paths import spec_folder
from support import standard
from support.data import read_data

CAPTURED = [
    capture for capture in read_data("client_requests.json") if capture["headers"] or capture["method"] == "POST"
]

OPAQUE = frozenset({"input", "schema", "properties"})
"""Members whose content is the user's, and not the client's."""

WORDS = frozenset({"effort", "display", "keep"})
"""Members whose value is part of the shape, beside types, roles, and what is true or false."""

OF_USERS = frozenset({"get_weather", "C", "PartialC", "extract", "final_result"})
"""Names of tools that the measured programs declared, and not the clients."""

SETTING = "a setting of the user, and only models with the capability max-effort accept it (output-effort-max)"
THREAD = (
    "the second request of a thread, for which the endpoint has to store the conversation, as only Anthropic's does"
)

MISSING: Mapping[str, Mapping[str, str]] = {
    "claude-code": dict.fromkeys((".messages[system].output_config.effort=max", ".output_config.effort=max"), SETTING),
    "typescript-sdk": dict.fromkeys(
        (
            ".messages[user].content array",
            ".messages[user].content[tool_result].content",
            ".messages[user].content[tool_result].content text",
            ".messages[user].content[tool_result].tool_use_id",
            ".messages[user].content[tool_result].tool_use_id text",
            ".thread[continue].previous_message_id",
            ".thread[continue].previous_message_id text",
        ),
        THREAD,
    ),
}
"""Features that no case sends, by client, each with the reason."""


@dataclass(frozen=True)
class Sent:
    """A request: how it is addressed, and the features of its headers and its body."""

    address: tuple[str, ...]
    members: frozenset[str]
    features: frozenset[str]


def captured(capture: Mapping[str, Json]) -> Sent:
    body = capture["body"] or {}
    headers = frozenset(capture["headers"])
    credential = "".join(name for name in ("authorization", "x-api-key") if name in headers)
    mode = Mode.STREAM if body.get("stream") else Mode.JSON
    address = (capture["method"], capture["path"], capture["query"], capture["anthropic-version"], mode)
    return sent(address, credential, headers, capture["anthropic-beta"], body)


def of_step(step: Step, mode: Mode) -> Sent:
    """A request of a case, as it is sent to a target with a key and the newest version of the API."""
    names = {"none": [], "x-api-key": ["x-api-key"], "bearer": ["authorization"]}[step.auth]
    own = {name for name, value in step.headers.items() if value is not None}
    added = {"accept", "user-agent", "accept-encoding", *(["content-type"] if step.body else [])}
    headers = frozenset({*added, *names, *own})
    body = dict(step.body) if isinstance(step.body, dict) else {}
    if step.makes_message:
        body = {"model": "", **({"stream": True} if mode is Mode.STREAM else {}), **body}
    elif step.body:
        body = {"model": "", **body}
    query = "&".join(f"{name}={value}" for name, value in step.query.items())
    version = str(step.headers.get("anthropic-version") or "")
    reads_as = Mode.STREAM if body.get("stream") else Mode.JSON
    address = (step.method, step.path, query, version, reads_as)
    return sent(address, "".join(names), headers, str(step.headers.get("anthropic-beta") or ""), body)


def sent(
    address: tuple[str, ...], credential: str, headers: frozenset[str], betas: str, body: Mapping[str, Json]
) -> Sent:
    named = {f"beta {name.strip()}" for name in betas.split(",") if name.strip()}
    members = {f"header {name}" for name in headers - {"authorization", "x-api-key"}} | named
    members |= {f"member {name}" for name in body}
    method, path, query, version, _ = address
    addressed = {f"address {method} {path}?{query}", f"version {version}", f"credential {credential}"}
    return Sent(address, frozenset(members), frozenset({*members, *addressed, *of_object(body, "")}))


def of_object(value: Mapping[str, Json], path: str) -> Iterator[str]:
    """The features of an object: its members, each with the types and roles on the way to it."""
    if value.get("$reply") in ("content", "tool-results"):
        yield from of_value(sent_back(value), path)
        return
    for label in ("role", "type"):
        if isinstance(value.get(label), str) and not path.endswith("input_schema"):
            path = f"{path}[{value[label]}]"
    for key, item in value.items():
        if key in ("keys", "top_keys"):
            yield from (f"{path}.{name}" for name in item if name != "type")
        elif key not in ("type", "role", "props", "chars"):
            yield f"{path}.{key}"
            if key not in OPAQUE:
                yield from of_value(item, f"{path}.{key}")


def of_value(value: Json, path: str) -> Iterator[str]:
    if isinstance(value, dict) and "$make" not in value:
        yield from of_object(value, path)
    elif isinstance(value, list):
        yield f"{path} array"
        for item in value:
            yield from of_value(item, path)
    elif isinstance(value, bool):
        yield f"{path}={value}"
    elif isinstance(value, str | dict):  # $make makes a text
        is_tool = path.startswith(".tools") and path.endswith(".name") and value not in OF_USERS
        yield f"{path}={value}" if is_tool or path.rpartition(".")[2] in WORDS else f"{path} text"


def sent_back(call: Mapping[str, Json]) -> Json:
    """What `$reply` stands for: thinking, a text and a call, or the result of that call."""
    if call["$reply"] == "content":
        return [
            {"type": "thinking", "thinking": "", "signature": ""},
            {"type": "text", "text": ""},
            {"type": "tool_use", "id": "", "name": "get_weather", "input": {}},
        ]
    result = {"type": "tool_result", "tool_use_id": "", "content": "", **call.get("with", {})}
    return [{**result, **call.get("last", {})}, *({**block, **call.get("last", {})} for block in call.get("or", ()))]


@pytest.fixture(scope="module")
def requests(library: Library) -> Mapping[str, list[Sent]]:
    """What the cases of each client send."""
    found: dict[str, list[Sent]] = defaultdict(list)
    for case in (case for case in library.catalogue.cases if case.area == "clients"):
        names = [name for name in case.judged if isinstance(name, ScenarioName)]
        steps = [step for name in names for step in library.catalogue.scenarios[name.name]]
        found[client_of(case.id, library)] += [of_step(step, mode) for step in steps for mode in case.modes]
    return found


def client_of(case: str, library: Library) -> str:
    names = [client.id for client in library.clients.clients if case.startswith(f"client-{client.id}-")]
    return max(names, key=len)


@cache
def wanted(client: str) -> frozenset[str]:
    return frozenset().union(*(captured(each).features for each in CAPTURED if each["client"] == client))


CLIENTS = sorted({capture["client"] for capture in CAPTURED})
NOT_CAPTURED = "python-sdk-2"
"""Observed later, in `tox -e clients`: the bodies of version 1, and the headers of the SDK for TypeScript."""


def occurring(client: str, requests: Mapping[str, list[Sent]]) -> frozenset[str]:
    return frozenset().union(*(each.features for each in requests[client]))


@pytest.mark.parametrize("client", CLIENTS)
def test_every_feature_of_what_a_client_sends_is_in_one_of_its_cases(client: str, requests) -> None:
    missing = sorted(wanted(client) - occurring(client, requests))
    assert missing == sorted(MISSING.get(client, {})), "\n".join(missing)


def test_nearly_all_features_of_captured_requests_occur(requests) -> None:
    shown = {client: wanted(client) & occurring(client, requests) for client in CLIENTS}
    for client in CLIENTS:
        print(f"{client:<18} {len(shown[client])} of {len(wanted(client))}")
    every = frozenset().union(*map(wanted, CLIENTS))
    found = frozenset().union(*shown.values())
    print(f"all clients        {len(found)} of {len(every)} different features")
    assert len(found) >= 0.98 * len(every)


@pytest.mark.parametrize("client", CLIENTS)
def test_what_a_client_sends_together_is_sent_together(client: str, requests) -> None:
    for capture in (captured(each) for each in CAPTURED if each["client"] == client):
        alike = [each for each in requests[client] if each.address == capture.address]
        lacking = [sorted(capture.members - each.members) for each in alike]
        assert [] in lacking, min(lacking, key=len, default=capture.address)


def test_every_part_of_a_client_shape_is_in_the_whole(library: Library) -> None:
    """A part is the shortest request of the client, with the key in any header, and something that the whole has."""
    shortest = {".messages[user].content text", "credential x-api-key"}
    beyond = {}
    for case in (case for case in library.catalogue.cases if case.area == "clients"):
        steps = [step for name in case.judged for step in library.catalogue.scenarios[name.name]]
        whole = frozenset().union(*(of_step(step, mode).features for step in steps for mode in case.modes))
        for part in case.parts:
            if more := of_step(part.steps[0], Mode.JSON).features - whole - shortest:
                beyond[part.scenario] = more
    assert beyond == {}


def test_every_beta_that_clients_name_is_named_by_a_case_beside_what_it_allows(library: Library) -> None:
    """A beta that adds to requests is named where something would be refused without it."""
    named = {name.strip() for capture in CAPTURED for name in capture["anthropic-beta"].split(",")} - {""}
    steps = [step for steps in library.catalogue.scenarios.values() for step in steps]
    used = {name: [step for step in steps if name in betas_of(step)] for name in named}
    assert [name for name, found in used.items() if not found] == []
    adding = [name for name in named & set(beta_names(spec_folder())) if OF_ANSWERS not in name]
    assert adding
    assert [name for name in adding if not any(needs_beta(step, name) for step in used[name])] == []


OF_ANSWERS = "-token-count-"
"""Part of the names of betas that add to answers alone."""


def betas_of(step: Step) -> list[str]:
    return [name.strip() for name in str(step.headers.get("anthropic-beta") or "").split(",")]


def needs_beta(step: Step, name: str) -> bool:
    """Whether a request is valid with a beta, and not without it."""
    document = standard.library(str(step.headers.get("anthropic-version", "2023-06-01"))).document
    component = "MessageCreateParams" if step.makes_message else "MessageCountTokensParams"
    body = {"model": "m", **step.body} if "$reply" not in repr(step.body) else {}
    others = [beta for beta in betas_of(step) if beta != name]
    with_it, without = (document.with_betas(betas).validate(component, body) for betas in ([*others, name], others))
    return not with_it and bool(without)


NOT_CAPTURED = {"python-sdk-2"}
"""Clients that were observed later; their cases share the requests of a client that addresses its own alike."""


def test_every_client_of_the_captures_is_known_and_every_known_one_is_there(library: Library) -> None:
    assert {*CLIENTS, *NOT_CAPTURED} == {client.id for client in library.clients.clients}
