"""The models of the reference endpoint, and the Models API. What a model refuses is in `rules`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from conformance.model import Json
from conformance.reference.answer import Call
from conformance.reference.errors import invalid, refusal

_EVERY_EFFORT = frozenset({"low", "medium", "high", "xhigh", "max"})
_EVERY_THINKING = frozenset({"adaptive", "between_tools", "disabled", "enabled"})
_LIFECYCLES = ("active", "deprecated", "retired")
_DEFAULT_LIMIT, _MOST = 20, 1000


@dataclass(frozen=True)
class Model:
    """One model and what it can do (REQ-CAP-002 to REQ-CAP-017).

    `sampling` is `free` or `defaults` (only default values, REQ-BODY-016). `thinks` is whether it thinks when the
    request does not say, and `display` what is shown of its thinking then. `one_sampling_parameter`: temperature
    and top_p exclude each other (REQ-BODY-035). `disabled_up_to_high`: disabled thinking takes no effort above high
    (REQ-THINK-016).
    """

    id: str
    display_name: str
    created_at: str
    line: str
    aliases: tuple[str, ...] = ()
    lifecycle: str = "active"
    deprecated_at: str | None = None
    retires_at: str | None = None
    max_input_tokens: int = 200_000
    max_tokens: int = 64_000
    prefill: bool = True
    sampling: str = "free"
    forced_tool_choice: bool = True
    system_in_messages: bool = True
    vision: bool = True
    structured_outputs: bool = True
    thinking: frozenset[str] = field(default=_EVERY_THINKING)
    thinks: bool = False
    display: str = "summarized"
    efforts: frozenset[str] = field(default=_EVERY_EFFORT)
    cache_minimum: int = 512
    one_sampling_parameter: bool = False
    disabled_up_to_high: bool = False

    def describe(self) -> dict[str, Json]:
        """The entry of the Models API (REQ-MODELS-003 to REQ-MODELS-005)."""
        return {
            "type": "model",
            "id": self.id,
            "display_name": self.display_name,
            "created_at": self.created_at,
            "max_input_tokens": self.max_input_tokens,
            "max_tokens": self.max_tokens,
            "lifecycle": self.lifecycle,
            "deprecated_at": self.deprecated_at,
            "retires_at": self.retires_at,
            "line": self.line,
            "capabilities": self.capabilities(),
        }

    def lacks(self) -> frozenset[str]:
        """The capabilities that the model lacks and that the Models API does not list, by their names here."""
        has = {
            "prefill": self.prefill,
            "sampling": self.sampling == "free",
            "forced-tool-choice": self.forced_tool_choice,
            "mid-conversation-system": self.system_in_messages,
            "vision": self.vision,
        }
        return frozenset(name for name, there in has.items() if not there)

    def capabilities(self) -> dict[str, Json]:
        """The capabilities object (REQ-MODELS-005)."""
        efforts = {name: _supported(name in self.efforts) for name in ("low", "medium", "high", "xhigh", "max")}
        types = {name: _supported(name in self.thinking) for name in sorted(_EVERY_THINKING)}
        return {
            "batch": _supported(False),
            "citations": _supported(True),
            "code_execution": _supported(False),
            "context_management": {"supported": False},
            "effort": {"supported": bool(self.efforts), **efforts},
            "image_input": _supported(self.vision),
            "pdf_input": _supported(self.vision),
            "server_tools": {
                "supported": True,
                "web_search": _supported(True),
                "code_execution": _supported(False),
            },
            "structured_outputs": _supported(self.structured_outputs),
            "thinking": {"supported": bool(self.thinking - {"disabled"}), "types": types},
        }


MODELS = (
    Model(
        id="reference-2-strict",
        display_name="Reference 2 Strict",
        created_at="2026-10-21T00:00:00Z",
        line="opus",
        max_input_tokens=1_000_000,
        max_tokens=128_000,
        prefill=False,
        sampling="defaults",
        forced_tool_choice=False,
        thinking=frozenset({"adaptive"}),
        thinks=True,
        display="omitted",
    ),
    Model(
        id="reference-2-mini",
        display_name="Reference 2 Mini",
        created_at="2026-09-01T00:00:00Z",
        line="haiku",
        prefill=False,
        sampling="defaults",
        thinking=frozenset({"adaptive", "disabled"}),
        efforts=frozenset({"low", "medium", "high"}),
    ),
    Model(
        id="reference-1",
        display_name="Reference 1",
        created_at="2026-06-01T00:00:00Z",
        line="opus",
        aliases=("reference-latest",),
        max_tokens=128_000,
        one_sampling_parameter=True,
        disabled_up_to_high=True,
    ),
    Model(
        id="reference-1-text",
        display_name="Reference 1 Text",
        created_at="2026-03-01T00:00:00Z",
        line="haiku",
        max_input_tokens=32_000,
        max_tokens=8_192,
        vision=False,
    ),
    Model(
        id="reference-1-20251001",
        display_name="Reference 1 (October 2025)",
        created_at="2025-10-01T00:00:00Z",
        line="sonnet",
        aliases=("reference-1-0",),
        lifecycle="deprecated",
        deprecated_at="2026-08-01T00:00:00Z",
        retires_at="2027-08-01T00:00:00Z",
        system_in_messages=False,
        thinking=frozenset({"enabled", "disabled"}),
        efforts=frozenset(),
        cache_minimum=4096,
    ),
    Model(
        id="reference-0",
        display_name="Reference 0",
        created_at="2024-06-01T00:00:00Z",
        line="sonnet",
        lifecycle="retired",
        deprecated_at="2025-06-01T00:00:00Z",
        retires_at="2026-06-01T00:00:00Z",
    ),
)
"""All models, most recent first (REQ-MODELS-006)."""


def find_model(models: Sequence[Model], name: str, clause: str = "REQ-MODELS-007") -> Model:
    """A model by id or alias. Refuses an unknown name with 404; `clause` says why."""
    for model in models:
        if name == model.id or name in model.aliases:
            return model
    raise refusal(404, f"model: {name}", clause)


def lacking(name: str) -> frozenset[str]:
    """The capabilities that a model of this endpoint lacks, by id or alias; none for an unknown model."""
    return next((model.lacks() for model in MODELS if name == model.id or name in model.aliases), frozenset())


def named_model(name: str) -> Model:
    """A model of any name that supports everything, for clients that insist on the names they know."""
    return Model(name, name, MODELS[0].created_at, "opus", max_input_tokens=1_000_000, max_tokens=128_000)


def usable_model(models: Sequence[Model], name: str) -> Model:
    """A model that answers. Refuses an unknown or a retired one with 404 (REQ-ERR-017)."""
    model = find_model(models, name, "REQ-ERR-017")
    if model.lifecycle == "retired":
        raise refusal(404, f"model: {name}", "REQ-ERR-017")
    return model


def page_of_models(models: Sequence[Model], call: Call) -> dict[str, Json]:
    """The page of the list that the query of a call asks for (REQ-MODELS-001, REQ-MODELS-002, REQ-MODELS-008).

    Refuses with 400 a limit outside 1 to 1000, an unknown lifecycle, two cursors, and a cursor that is not in the list.
    """
    wanted = _wanted_lifecycles(call)
    rows = [model for model in models if model.lifecycle in wanted]
    limit = _limit(call)
    after, before = _cursor(call, "after_id", rows), _cursor(call, "before_id", rows)
    if after is not None and before is not None:
        raise invalid("Only one of after_id and before_id can be specified", "REQ-MODELS-002")
    if before is not None:
        start = max(0, before - limit)
        page, more = rows[start:before], start > 0
    else:
        start = 0 if after is None else after + 1
        page, more = rows[start : start + limit], start + limit < len(rows)
    return {
        "data": [model.describe() for model in page],
        "has_more": more,
        "first_id": page[0].id if page else None,
        "last_id": page[-1].id if page else None,
    }


def _wanted_lifecycles(call: Call) -> tuple[str, ...]:
    values = [*call.parameters("lifecycle"), *call.parameters("lifecycle[]")]
    names = tuple(name for value in values for name in value.split(","))
    unknown = [name for name in names if name not in _LIFECYCLES]
    if unknown:
        raise invalid(f"lifecycle: Input should be one of {', '.join(_LIFECYCLES)}", "REQ-MODELS-002")
    return names or ("active", "deprecated")


def _limit(call: Call) -> int:
    values = call.parameters("limit")
    if not values:
        return _DEFAULT_LIMIT
    text = values[-1]
    if not (text.isascii() and text.isdigit() and len(text) <= len(str(_MOST)) and 1 <= int(text) <= _MOST):
        raise invalid(f"limit: Input should be an integer from 1 to {_MOST}", "REQ-MODELS-002")
    return int(text)


def _cursor(call: Call, name: str, rows: Sequence[Model]) -> int | None:
    values = call.parameters(name)
    if not values:
        return None
    for position, model in enumerate(rows):
        if model.id == values[-1]:
            return position
    raise invalid(f"{name}: no model with id '{values[-1]}'", "REQ-MODELS-002")


def _supported(value: bool) -> dict[str, Json]:
    return {"supported": value}
