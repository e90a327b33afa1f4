"""Faults with documents that need code."""

from __future__ import annotations

from conformance.reference.faults.fault import fault
from conformance.reference.faults.seams import Data, in_messages_request
from conformance.reference.images import decode_base64
from conformance.reference.pdf import pages_of
from conformance.reference.prompt import dicts


@fault(in_messages_request)
def pdf_first_page_only(body: Data) -> None:
    """Reads only the first page of PDF documents."""
    for message in body["messages"]:
        for block in dicts(message["content"]):
            if block.get("type") == "document" and block["source"]["type"] == "base64":
                pages = pages_of(decode_base64(block["source"]["data"]) or b"")
                block["source"] = {"type": "text", "media_type": "text/plain", "data": pages[0] if pages else ""}
