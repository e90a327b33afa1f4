"""The Files API of the reference endpoint: files are uploaded, read by id, described and deleted (REQ-OTHER-004)."""

from __future__ import annotations

import base64
import re
import threading
from collections import OrderedDict
from dataclasses import dataclass

from conformance.model import Json
from conformance.reference.answer import Call
from conformance.reference.errors import invalid, refusal

_BOUNDARY = re.compile(r'^multipart/form-data\s*;.*?\bboundary="?([^";,]{1,70})"?', re.IGNORECASE)
_NAMED = re.compile(r'^content-disposition:\s*form-data\b.*?\bname="file"', re.IGNORECASE | re.MULTILINE)
_FILENAME = re.compile(r'\bfilename="([^"]{0,200})"', re.IGNORECASE)
_KIND = re.compile(r"^content-type:\s*([\w.+-]+/[\w.+-]+)", re.IGNORECASE | re.MULTILINE)
_MOST_FILES = 100
_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class File:
    """One uploaded file."""

    id: str
    name: str
    kind: str
    data: bytes
    created_at: str

    def describe(self) -> dict[str, Json]:
        """The metadata of the file."""
        return {
            "type": "file",
            "id": self.id,
            "filename": self.name,
            "mime_type": self.kind,
            "size_bytes": len(self.data),
            "created_at": self.created_at,
            "downloadable": False,
        }

    def source(self) -> dict[str, Json]:
        """The source that says in a request what the file says."""
        if self.kind == "text/plain":
            return {"type": "text", "media_type": self.kind, "data": self.data.decode("utf-8", "replace")}
        return {"type": "base64", "media_type": self.kind, "data": base64.b64encode(self.data).decode("ascii")}


class Files:
    """Keeps the latest files, and knows which were deleted."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File | None] = OrderedDict()
        self._lock = threading.Lock()

    def add(self, file: File) -> None:
        """Keeps a file; where there are too many, the oldest is forgotten."""
        with self._lock:
            self._files[file.id] = file
            while len(self._files) > _MOST_FILES:
                self._files.popitem(last=False)

    def find(self, file_id: str) -> File:
        """A file. Refuses an unknown or a deleted one with 404."""
        file = self._files.get(file_id)
        if file is None:
            raise refusal(404, f"File not found: {file_id}", "REQ-OTHER-004")
        return file

    def delete(self, file_id: str) -> dict[str, Json]:
        """Deletes a file; what says so. Refuses an unknown one with 404."""
        with self._lock:
            self._files[self.find(file_id).id] = None
        return {"id": file_id, "type": "file_deleted"}

    def inlined(self, value: Json) -> Json:
        """A body with what the files say in place of their ids. Refuses a deleted one; an id of no file stays."""
        if isinstance(value, list):
            return [self.inlined(item) for item in value]
        if not isinstance(value, dict):
            return value
        file_id = value.get("file_id")
        if value.get("type") == "file" and isinstance(file_id, str) and file_id in self._files:
            return self.find(file_id).source()
        return {key: self.inlined(item) for key, item in value.items()}


def uploaded(call: Call, file_id: str, created_at: str) -> File:
    """The file of a multipart form. Refuses anything else with 400, and a file of more than a megabyte with 413."""
    boundary = _BOUNDARY.match(call.header("content-type") or "")
    parts = call.body.split(b"--" + boundary.group(1).encode("latin-1")) if boundary is not None else []
    for part in parts[1:-1]:
        head, _, data = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        headers = head.decode("utf-8", "replace")
        if _NAMED.search(headers):
            if len(data) > _LARGEST:
                raise refusal(413, "Request exceeds the maximum size", "REQ-HTTP-027")
            name, kind = _FILENAME.search(headers), _KIND.search(headers)
            return File(
                file_id,
                name.group(1) if name is not None else "file",
                kind.group(1) if kind is not None else "application/octet-stream",
                data.removesuffix(b"\r\n"),
                created_at,
            )
    raise invalid("file: Field required", "REQ-OTHER-004")
