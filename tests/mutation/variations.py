"""What an endpoint may do as well as the API does, where data is not enough; see `client_variations.yaml`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

from conformance.reference.answer import ServerEvent
from conformance.reference.faults import Fault
from conformance.reference.faults.fault import fault
from conformance.reference.faults.language import read_faults
from conformance.reference.faults.seams import Events, in_chunks, in_events
from support.data import DATA


@fault(in_events)
def input_in_one_delta(events: Events) -> Iterable[ServerEvent]:
    """Sends the input of a tool call in one delta."""
    held: list[ServerEvent] = []
    for event in events:
        data = event.data if isinstance(event.data, dict) else {}
        delta = data.get("delta")
        if isinstance(delta, dict) and delta.get("type") == "input_json_delta":
            held.append(event)
            continue
        if held:
            pieces = [each.data["delta"]["partial_json"] for each in held if isinstance(each.data, dict)]
            first = json.loads(json.dumps(held[0].data))
            first["delta"]["partial_json"] = "".join(pieces)
            yield ServerEvent(held[0].name, first)
            held = []
        yield event


@fault(in_chunks)
def lines_end_in_cr_lf(chunks: list[bytes]) -> Iterable[bytes]:
    """Ends the lines of streams with CR LF."""
    return [chunk.replace(b"\n", b"\r\n") for chunk in chunks]


@fault(in_chunks)
def comments_between_events(chunks: list[bytes]) -> Iterable[bytes]:
    """Sends a comment in front of every event."""
    return [b": keep-alive\n\n" + chunk for chunk in chunks]


@fault(in_chunks)
def no_space_after_colons(chunks: list[bytes]) -> Iterable[bytes]:
    """Sends no space after the colons of fields."""
    return [chunk.replace(b"event: ", b"event:", 1).replace(b"\ndata: ", b"\ndata:", 1) for chunk in chunks]


def variations() -> Mapping[str, Fault]:
    """Every variation by id."""
    data = read_faults(DATA / "client_variations.yaml")
    code = (input_in_one_delta, lines_end_in_cr_lf, comments_between_events, no_space_after_colons)
    return {each.id: each for each in (*data, *code)}
