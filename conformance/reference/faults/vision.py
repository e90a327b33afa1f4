"""Faults with images that need code."""

from __future__ import annotations

import re
from dataclasses import replace

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_message, in_steps
from conformance.reference.pipeline import Steps
from conformance.reference.rules import blocks

_OTHERS = {"red": "green", "green": "blue", "blue": "yellow", "yellow": "red"}


@fault(in_message)
def image_garbled(message: Data) -> None:
    """Confuses the colours of images."""
    for block in message["content"]:
        if block["type"] == "text" and block["text"].startswith("The image is"):
            block["text"] = re.sub(r"\w+", lambda match: _OTHERS.get(match.group(), match.group()), block["text"])


@fault(in_steps)
def image_format_unchecked(steps: Steps) -> Steps:
    """Accepts any base64 data as an image."""
    return replace(steps, rules=tuple(rule for rule in steps.rules if rule[1] is not blocks.image_data_is_an_image))
