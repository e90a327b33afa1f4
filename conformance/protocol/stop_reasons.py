"""Why an answer ended: the stop reasons of the API, as one table, and those of other APIs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from conformance.model import Json


@dataclass(frozen=True)
class StopReason:
    """One stop reason. `cut`: the answer may end anywhere, also inside a tool's input (REQ-STREAM-015).

    `call`: it leaves a tool call of the client open. `server_call`: it may leave a call of a server tool without its
    result (REQ-STOP-005).
    """

    name: str
    cut: bool = False
    call: bool = False
    server_call: bool = False


STOP_REASONS: Final[Mapping[str, StopReason]] = {
    row.name: row
    for row in (
        StopReason("end_turn"),
        StopReason("max_tokens", cut=True, call=True, server_call=True),
        StopReason("stop_sequence"),
        StopReason("tool_use", call=True, server_call=True),
        StopReason("pause_turn", server_call=True),
        StopReason("refusal", cut=True, call=True, server_call=True),
        StopReason("model_context_window_exceeded", cut=True, call=True, server_call=True),
        StopReason("compaction", server_call=True),
    )
}
"""The stop reasons of the API, beta included (REQ-STOP-001)."""

FOREIGN: Final = frozenset(
    {
        *("stop", "length", "tool_calls", "function_call", "content_filter"),  # OpenAI chat completions
        *("completed", "incomplete", "max_output_tokens"),  # OpenAI responses
        *("STOP", "MAX_TOKENS", "SAFETY", "FINISH_REASON_UNSPECIFIED"),  # Gemini
        *("eos", "eos_token", "COMPLETE"),  # inference engines
    }
)
"""What other APIs call the end of an answer: a value that leaked through a translation."""


def cut_short(reason: Json) -> bool:
    """Whether an answer with this stop reason may end in the middle of anything."""
    row = _row(reason)
    return row is not None and row.cut


def leaves_call(reason: Json) -> bool:
    """Whether an answer with this stop reason can hold a tool call of the client."""
    row = _row(reason)
    return row is not None and row.call


def leaves_server_call(reason: Json) -> bool:
    """Whether an answer with this stop reason may lack the result of a server tool."""
    row = _row(reason)
    return row is not None and row.server_call


def _row(reason: Json) -> StopReason | None:
    return STOP_REASONS.get(reason) if isinstance(reason, str) else None
