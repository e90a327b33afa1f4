"""Faults with the form of a reply that need code."""

from __future__ import annotations

import json

from conformance.reference.answer import dump
from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, blocks_of_type, in_message_of
from conformance.reference.prompt import Prompt


@fault(in_message_of)
def output_properties_reordered(message: Data, prompt: Prompt) -> None:
    """Writes the properties of an output format in alphabetical order."""
    for block in blocks_of_type(message, "text") if prompt.output_schema is not None else ():
        try:
            block["text"] = dump(dict(sorted(json.loads(block["text"]).items())))
        except ValueError:
            continue
