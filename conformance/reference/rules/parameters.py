"""Rules for the other parameters: token limits, sampling, thinking, effort, output format."""

from __future__ import annotations

from conformance.model import Json
from conformance.reference.prompt import Prompt
from conformance.reference.rules.tools import subschemas
from conformance.reference.tokens import count_request

_SAMPLING = {"temperature": 1, "top_p": 1, "top_k": 0}
_LEAST_TASK_BUDGET = 20_000
_INTERLEAVED = "interleaved-thinking-2025-05-14"
_UNSUPPORTED_KEYWORDS = (
    "minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf", "minLength", "maxLength",
)  # fmt: skip


def max_tokens_within_model(prompt: Prompt) -> str | None:
    """REQ-BODY-004: max_tokens is not above the model's own maximum."""
    most = prompt.model.max_tokens
    if prompt.max_tokens is not None and prompt.max_tokens > most:
        most_of = f"{most}, which is the maximum allowed number of output tokens for {prompt.model.id}"
        return f"max_tokens: {prompt.max_tokens} > {most_of}"
    return None


def no_output_means_no_output(prompt: Prompt) -> str | None:
    """REQ-BODY-007: max_tokens 0 excludes stream, enabled thinking, an output format and a forced tool."""
    if prompt.max_tokens != 0 or prompt.counting:
        return None
    forced = prompt.choice in ("any", "tool")
    if prompt.body.get("stream") is True or prompt.thinking == "enabled" or prompt.output_schema is not None or forced:
        return "max_tokens: 0 cannot be used with stream, thinking, output_config.format or a forced tool_choice"
    return None


def stop_sequences_are_visible(prompt: Prompt) -> str | None:
    """REQ-BODY-011: no stop sequence is empty or only whitespace."""
    sequences = prompt.body.get("stop_sequences")
    for number, text in enumerate(sequences if isinstance(sequences, list) else []):
        if isinstance(text, str) and not text.strip():
            return f"stop_sequences.{number}: each stop sequence must contain non-whitespace"
    return None


def model_takes_sampling(prompt: Prompt) -> str | None:
    """REQ-BODY-016: some models take default sampling values only."""
    if prompt.model.sampling == "free":
        return None
    for name, default in _SAMPLING.items():
        if prompt.body.get(name, default) != default:
            return f"{name}: only the default value is supported on this model"
    return None


def one_sampling_parameter(prompt: Prompt) -> str | None:
    """REQ-BODY-035: some models take temperature or top_p, not both."""
    if prompt.model.one_sampling_parameter and {"temperature", "top_p"} <= set(prompt.body):
        return "`temperature` and `top_p` cannot both be specified for this model. Please use only one."
    return None


def effort_fits_disabled_thinking(prompt: Prompt) -> str | None:
    """REQ-THINK-016: some models refuse disabled thinking with an effort above high."""
    effort = prompt.object("output_config").get("effort")
    if prompt.thinking == "disabled" and prompt.model.disabled_up_to_high and effort in ("xhigh", "max"):
        return f"thinking.type: 'disabled' is not supported with effort '{effort}' on this model"
    return None


def task_budget_is_large(prompt: Prompt) -> str | None:
    """REQ-BODY-023: a task budget has a minimum."""
    budget = prompt.object("output_config").get("task_budget")
    total = budget.get("total") if isinstance(budget, dict) else None
    if budget is not None and not (isinstance(total, int) and total >= _LEAST_TASK_BUDGET):
        return f"output_config.task_budget.total: Input should be greater than or equal to {_LEAST_TASK_BUDGET}"
    return None


def thinking_budget_fits(prompt: Prompt) -> str | None:
    """REQ-THINK-001: budget_tokens is less than max_tokens."""
    budget = prompt.object("thinking").get("budget_tokens")
    if prompt.thinking != "enabled" or not isinstance(budget, int):
        return None
    interleaved = _INTERLEAVED in prompt.terms.betas and bool(prompt.tools)
    if prompt.max_tokens is not None and budget >= prompt.max_tokens and not interleaved and not prompt.counting:
        return "`max_tokens` must be greater than `thinking.budget_tokens`."
    return None


def model_takes_thinking(prompt: Prompt) -> str | None:
    """REQ-CAP-004 to REQ-CAP-006: the model supports this type of thinking."""
    kind = prompt.thinking
    if kind is not None and kind not in prompt.model.thinking:
        return f"thinking.type: '{kind}' is not supported on this model"
    return None


def model_takes_effort(prompt: Prompt) -> str | None:
    """REQ-THINK-009: the model supports this effort."""
    effort = prompt.object("output_config").get("effort")
    if effort is not None and effort not in prompt.model.efforts:
        return f"output_config.effort: '{effort}' is not supported on this model"
    return None


def schema_is_supported(prompt: Prompt) -> str | None:
    """REQ-THINK-011: the output schema keeps to the supported part of JSON Schema."""
    schema = prompt.output_schema
    if schema is None:
        return None
    if not prompt.model.structured_outputs:
        return "output_config.format: structured outputs are not supported on this model"
    for part in subschemas(schema):
        problem = _unsupported(part)
        if problem is not None:
            return f"output_config.format.schema: {problem}"
    return "output_config.format.schema: recursion is not supported" if _recursive(schema) else None


def no_format_with_prefill(prompt: Prompt) -> str | None:
    """REQ-THINK-013: structured output excludes a prefill."""
    if prompt.output_schema is not None and prompt.prefill is not None:
        return "output_config.format: cannot be used with assistant message prefill"
    return None


def prompt_fits_window(prompt: Prompt) -> str | None:
    """REQ-STOP-007: input beyond the context window is refused."""
    if prompt.counting:
        return None
    tokens, most = count_request(prompt.body), prompt.model.max_input_tokens
    return f"prompt is too long: {tokens} tokens > {most} maximum" if tokens > most else None


def _unsupported(part: dict[str, Json]) -> str | None:
    if part.get("type") == "object" and "properties" in part and part.get("additionalProperties") is not False:
        return "For 'object' type, 'additionalProperties' must be explicitly set to false"
    found = [name for name in _UNSUPPORTED_KEYWORDS if isinstance(part.get(name), int | float) and "type" in part]
    if found:
        return f"'{found[0]}' is not supported"
    least = part.get("minItems")
    if isinstance(least, int) and least > 1 and "type" in part:
        return "'minItems' greater than 1 is not supported"
    reference = part.get("$ref")
    if isinstance(reference, str) and not reference.startswith("#"):
        return "external '$ref' is not supported"
    members = part.get("enum")
    if isinstance(members, list) and any(isinstance(member, dict | list) for member in members):
        return "'enum' members must be plain values"
    return None


def _recursive(schema: Json) -> bool:
    """Whether a local definition refers to itself, directly or through other definitions."""
    if not isinstance(schema, dict):
        return False
    definitions = {**_object(schema.get("definitions")), **_object(schema.get("$defs"))}
    uses = {name: {_target(part) for part in subschemas(body)} for name, body in definitions.items()}
    if any(_target(part) == "#" for part in subschemas(schema)):
        return True
    for name in definitions:
        seen: set[str] = set()
        waiting = list(uses[name])
        while waiting:
            other = waiting.pop()
            if other not in seen:
                seen.add(other)
                waiting.extend(uses.get(other, ()))
        if name in seen:
            return True
    return False


def _target(part: dict[str, Json]) -> str:
    reference = part.get("$ref")
    return reference.rsplit("/", 1)[-1] if isinstance(reference, str) else ""


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}
