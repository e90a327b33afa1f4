"""Rules for content blocks: their role, image data, documents, citations, signatures, cache breakpoints."""

from __future__ import annotations

import re
from collections.abc import Iterator

from conformance.model import Json
from conformance.reference.images import decode_base64, media_type_of, size_of
from conformance.reference.prompt import Block, Prompt, dicts

_MOST_IMAGES, _MOST_IMAGES_SMALL_WINDOW, _SMALL_WINDOW = 600, 100, 200_000
_MOST_PIXELS, _MOST_PIXELS_OF_MANY, _MANY = 8000, 2000, 20
_MOST_IMAGE_BYTES = 10 * 1024 * 1024
_MOST_BREAKPOINTS = 4
_FILE = re.compile(r"file_[A-Za-z0-9]+(?:_\d+)?")


def calls_are_the_assistants(prompt: Prompt) -> str | None:
    """REQ-IN-013: tool_use occurs only in assistant messages."""
    return _misplaced(prompt, ("tool_use", "server_tool_use"), "assistant")


def results_are_the_users(prompt: Prompt) -> str | None:
    """REQ-IN-014: tool_result occurs only in user messages."""
    return _misplaced(prompt, ("tool_result",), "user")


def thinking_is_the_assistants(prompt: Prompt) -> str | None:
    """REQ-IN-015: thinking occurs only in assistant messages."""
    return _misplaced(prompt, ("thinking", "redacted_thinking"), "assistant")


def image_data_is_base64(prompt: Prompt) -> str | None:
    """REQ-IN-006: image data is base64."""
    for path, source in _sources(prompt, "image"):
        if decode_base64(str(source.get("data"))) is None:
            return f"{path}.image.source.base64.data: Invalid base64 data"
    return None


def image_data_is_an_image(prompt: Prompt) -> str | None:
    """REQ-IN-006: image data decodes to an image. A recording shows that its type may differ from the declared one."""
    for path, source in _sources(prompt, "image"):
        raw = decode_base64(str(source.get("data")))
        if raw is not None and media_type_of(raw) is None:
            return f"{path}.image.source.base64.data: Could not process image"
    return None


def files_have_ids(prompt: Prompt) -> str | None:
    """REQ-IN-003: a file id has the form of a file id. Those of uploaded files are replaced by what they say before."""
    for path, block in every_block(prompt):
        source = block.get("source")
        if (
            isinstance(source, dict)
            and source.get("type") == "file"
            and not _FILE.fullmatch(str(source.get("file_id")))
        ):
            return f"{path}.source.file.file_id: File not found"
    return None


def images_are_within_limits(prompt: Prompt) -> str | None:
    """REQ-IN-005: the number of images, and the bytes and pixels of each."""
    images = [block for _, block in every_block(prompt) if block.get("type") == "image"]
    most = _MOST_IMAGES if prompt.model.max_input_tokens > _SMALL_WINDOW else _MOST_IMAGES_SMALL_WINDOW
    if len(images) > most:
        return f"messages: too many images: {len(images)} > {most} maximum"
    side = _MOST_PIXELS_OF_MANY if len(images) > _MANY else _MOST_PIXELS
    for path, source in _sources(prompt, "image"):
        data = str(source.get("data"))
        if len(data) > _MOST_IMAGE_BYTES:
            return f"{path}.image.source.base64: image exceeds the maximum size of {_MOST_IMAGE_BYTES} bytes"
        size = size_of(decode_base64(data[:64]) or b"")
        if size is not None and max(size) > side:
            return (
                f"{path}.image.source.base64.data: At least one of the image dimensions exceed max allowed size:"
                f" {side} pixels"
            )
    return None


def model_sees_images(prompt: Prompt) -> str | None:
    """REQ-CAP-016: a model without vision refuses images and PDF files."""
    if prompt.model.vision:
        return None
    for path, block in every_block(prompt):
        source = block.get("source")
        pdf = block.get("type") == "document" and isinstance(source, dict) and source.get("type") == "base64"
        if pdf or block.get("type") == "image":
            return f"{path}: this model does not support {block.get('type')} input"
    return None


def pdf_data_is_a_pdf(prompt: Prompt) -> str | None:
    """REQ-IN-008 and REQ-IN-007: base64 document data decodes to a PDF file."""
    for path, source in _sources(prompt, "document"):
        raw = decode_base64(str(source.get("data")))
        if raw is None or not raw.lstrip().startswith(b"%PDF-"):
            return f"{path}.document.source.base64.data: The PDF specified was not valid."
    return None


def citations_are_all_or_none(prompt: Prompt) -> str | None:
    """REQ-IN-010: citations are enabled on all documents or none, and on all search results or none."""
    for kind in ("document", "search_result"):
        enabled = {_cites(block) for _, block in every_block(prompt) if block.get("type") == kind}
        if len(enabled) > 1:
            return f"messages: citations must be enabled on all {kind} blocks or none"
    return None


def search_results_are_not_mixed(prompt: Prompt) -> str | None:
    """REQ-IN-011: a tool_result with a search_result contains nothing else."""
    for message in prompt.messages:
        for path, block in message.numbered():
            kinds = {part.get("type") for part in dicts(block.get("content"))}
            if block.get("type") == "tool_result" and "search_result" in kinds and len(kinds) > 1:
                return f"{path}: `search_result` blocks cannot be mixed with other blocks in a `tool_result`"
    return None


def no_citations_with_format(prompt: Prompt) -> str | None:
    """REQ-IN-012: citations cannot be combined with output_config.format."""
    if prompt.output_schema is not None and any(_cites(block) for _, block in every_block(prompt)):
        return "output_config.format: cannot be used with citations"
    return None


def thinking_is_unaltered(prompt: Prompt) -> str | None:
    """REQ-IN-016 and REQ-THINK-006: thinking in the latest assistant message has its own signature."""
    latest = next((message for message in reversed(prompt.messages) if message.role == "assistant"), None)
    if latest is None:
        return None
    for path, block in latest.numbered():
        if block.get("type") != "thinking":
            continue
        if not prompt.signer.verifies(str(block.get("signature"))):
            return f"{path}: Invalid `signature` in `thinking` block"
    return None


def at_most_four_breakpoints(prompt: Prompt) -> str | None:
    """REQ-IN-018: at most four cache breakpoints, the automatic one included."""
    found = len(list(prompt.controls()))
    if found > _MOST_BREAKPOINTS:
        return f"A maximum of {_MOST_BREAKPOINTS} blocks with cache_control may be provided. Found {found}."
    return None


def longer_breakpoints_first(prompt: Prompt) -> str | None:
    """REQ-IN-019: 1h breakpoints precede 5m ones; an automatic one agrees with an explicit one on the last block."""
    short = False
    controls = list(prompt.controls())
    for path, control in controls:
        if not path:
            break
        if control.get("ttl") == "1h" and short:
            return (
                f"{path}.cache_control.ttl: a ttl='1h' cache_control block must not come after a ttl='5m'"
                " cache_control block"
            )
        short = short or control.get("ttl") != "1h"
    automatic = prompt.body.get("cache_control")
    last = prompt.messages[-1].blocks[-1:] if prompt.messages else ()
    explicit = last[0].get("cache_control") if last else None
    if not isinstance(automatic, dict) or not isinstance(explicit, dict):
        return None
    same = (automatic.get("ttl") or "5m") == (explicit.get("ttl") or "5m")
    return None if same else "cache_control.ttl: must equal the ttl of the last content block"


def every_block(prompt: Prompt) -> Iterator[tuple[str, Block]]:
    """All content blocks of the messages, including those inside tool results, each with its place."""
    for message in prompt.messages:
        for path, block in message.numbered():
            yield path, block
            if block.get("type") == "tool_result":
                for number, part in enumerate(dicts(block.get("content"))):
                    yield f"{path}.content.{number}", part


def _sources(prompt: Prompt, kind: str) -> Iterator[tuple[str, dict[str, Json]]]:
    for path, block in every_block(prompt):
        source = block.get("source")
        if block.get("type") == kind and isinstance(source, dict) and source.get("type") == "base64":
            yield path, source


def _misplaced(prompt: Prompt, kinds: tuple[str, ...], role: str) -> str | None:
    for message in prompt.messages:
        for path, block in message.numbered():
            if block.get("type") in kinds and message.role != role:
                return f"{path}: `{block.get('type')}` blocks can only be in {role} messages"
    return None


def _cites(block: Block) -> bool:
    citations = block.get("citations")
    return isinstance(citations, dict) and citations.get("enabled") is True
