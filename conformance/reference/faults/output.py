"""Faults with the form and the effort of an answer.

Belongs here: `output_config`, task budgets, sampling, speed, place, diagnostics. Does not belong here: thinking.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from conformance.reference.answer import Call, dump
from conformance.reference.faults.base import (
    AcceptingFault,
    BodyFault,
    Data,
    DeafFault,
    FieldFault,
    LaxFault,
    MessageFault,
    RefusingFault,
    blocks_of_type,
)
from conformance.reference.prompt import Prompt
from conformance.reference.rules.tools import subschemas


class TemperatureRefused(FieldFault):
    """Refuses temperature, even its default."""

    field = "temperature"


class TemperatureFixed(FieldFault):
    """Refuses every temperature but 1."""

    field = "temperature"

    def refuses(self, value: Any) -> bool:
        return value not in (None, 1)


class EffortRefused(FieldFault):
    """Refuses output_config.effort."""

    field = "output_config"

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and "effort" in value


class EffortXhighRefused(FieldFault):
    """Knows no effort above high."""

    field = "output_config"

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and value.get("effort") in ("xhigh", "max")


class TaskBudgetRefused(RefusingFault):
    """Refuses task budgets."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        given = "task_budget" in prompt.extras
        return "output_config.task_budget: Extra inputs are not permitted" if given else None


class TaskBudgetUnchecked(AcceptingFault):
    """Takes task budgets of any size."""

    sentence = r"task_budget\.total: must be at least"


class SpeedRefused(FieldFault):
    """Refuses speed."""

    field = "speed"


class SpeedUntold(BodyFault):
    """Does not tell the speed of an answer."""

    def edit(self, message: Data) -> None:
        message["usage"]["speed"] = None


class InferenceGeoRefused(FieldFault):
    """Refuses inference_geo."""

    field = "inference_geo"


class InferenceGeoUntold(BodyFault):
    """Does not tell where an answer was made."""

    def edit(self, message: Data) -> None:
        message["usage"]["inference_geo"] = None


class DiagnosticsRefused(FieldFault):
    """Refuses diagnostics."""

    field = "diagnostics"


class OutputFormatRefused(FieldFault):
    """Refuses output_config.format."""

    field = "output_config"

    def refuses(self, value: Any) -> bool:
        return isinstance(value, dict) and "format" in value


class OutputFormatDropped(DeafFault):
    """Answers in free text, whatever output_config.format says."""

    def edit(self, body: Data, prompt: Prompt) -> None:
        if isinstance(body.get("output_config"), dict):
            body["output_config"].pop("format", None)


class OutputFormatFenced(MessageFault):
    """Writes the JSON of an output format between code fences."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "text") if prompt.output_schema is not None else ():
            block["text"] = f"```json\n{block['text']}\n```"


class OutputPropertiesReordered(MessageFault):
    """Writes the properties of an output format in the order of the alphabet."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in blocks_of_type(message, "text") if prompt.output_schema is not None else ():
            try:
                block["text"] = dump(dict(sorted(json.loads(block["text"]).items())))
            except ValueError:
                continue


class OutputSchemaSubset(RefusingFault):
    """Refuses anyOf and references in an output format."""

    def problem(self, prompt: Prompt, call: Call) -> str | None:
        parts = subschemas(prompt.output_schema) if prompt.output_schema is not None else ()
        found = any("anyOf" in part or "$ref" in part for part in parts)
        return "output_config.format.schema: unsupported keyword" if found else None


class OutputSchemaUnchecked(LaxFault):
    """Takes any schema for an output format."""

    without = ("REQ-THINK-011",)


class OutputFormatWithPrefillAccepted(LaxFault):
    """Takes an output format together with a prefill."""

    without = ("REQ-THINK-013",)


class StrictToolsUnlimited(LaxFault):
    """Takes any number of strict tools."""

    without: ClassVar = ("REQ-TOOL-014",)
