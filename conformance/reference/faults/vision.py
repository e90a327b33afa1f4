"""Faults with images.

Belongs here: image blocks of user messages. Does not belong here: images inside tool results (see `tools`).
"""

from __future__ import annotations

import re
from typing import ClassVar

from conformance.reference.answer import Call, Refusal
from conformance.reference.faults.base import AcceptingFault, BlockDropped, BlockRefused, Data, LaxFault, MessageFault
from conformance.reference.prompt import Prompt

_OTHERS = {"red": "green", "green": "blue", "blue": "yellow", "yellow": "red"}


class ImageRefused(BlockRefused):
    """Refuses images."""

    block = "image"


class _ImageTypeRefused(BlockRefused):
    """Refuses images of one media type."""

    block = "image"
    media_type: ClassVar[str]

    def refuses(self, block: Data) -> bool:
        return bool(block["source"].get("media_type") == self.media_type)


class ImageJpegRefused(_ImageTypeRefused):
    """Refuses JPEG images."""

    media_type = "image/jpeg"


class ImageGifRefused(_ImageTypeRefused):
    """Refuses GIF images."""

    media_type = "image/gif"


class ImageWebpRefused(_ImageTypeRefused):
    """Refuses WebP images."""

    media_type = "image/webp"


class ImageUrlRefused(BlockRefused):
    """Refuses images by URL."""

    block = "image"

    def refuses(self, block: Data) -> bool:
        return bool(block["source"]["type"] == "url")


class ImageDropped(BlockDropped):
    """Answers without having looked at images."""

    block = "image"


class ImageUrlDropped(BlockDropped):
    """Answers without having fetched images that are given by URL."""

    block = "image"

    def drops(self, block: Data) -> bool:
        return bool(block["source"]["type"] == "url")


class ImageGarbled(MessageFault):
    """Mixes up the colours of images."""

    def edit(self, message: Data, prompt: Prompt) -> None:
        for block in message["content"]:
            if block["type"] == "text" and block["text"].startswith("The image is"):
                block["text"] = re.sub(r"\w+", lambda match: _OTHERS.get(match.group(), match.group()), block["text"])


class ImageFileUnchecked(AcceptingFault):
    """Takes images from files that do not exist."""

    sentence = "no such file"

    def accepts(self, refusal: Refusal, call: Call) -> bool:
        return re.search(self.sentence, refusal.message) is not None


class ImageDataUnchecked(LaxFault):
    """Takes any data for an image."""

    without = ("REQ-IN-006",)


class ImageFormatUnchecked(AcceptingFault):
    """Takes any base64 data for an image."""

    sentence = "could not process image"


class ImageSizeUnchecked(LaxFault):
    """Takes images of any size."""

    without = ("REQ-IN-005",)
