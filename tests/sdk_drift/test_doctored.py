"""Copies of the official SDK, doctored in both directions: the drift alarm notices each change, and names nothing else.

Each copy has many changes at once, each at a place of its own, because comparing a whole SDK takes seconds.
"""

from __future__ import annotations

import importlib.util
import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.command import spawned

pytestmark = pytest.mark.slow

RAISES = "        Raises:\n          AvailableToolsLimitExceededError:\n"
OTHER = "        Raises:\n          "


@dataclass(frozen=True)
class Change:
    """One edit of a file of the SDK, named by a pattern, and the ids of the differences that it has to cause."""

    file: str
    before: str
    after: str
    causes: tuple[str, ...] = ()


MORE = (
    Change(
        "types/usage.py",
        "    speed: Optional",
        "    moon: Optional[int] = None\n\n    speed: Optional",
        ("sdk-field Usage/moon",),
    ),
    Change(
        "types/stop_reason.py",
        '"end_turn",',
        '"end_turn", "tired",',
        ("sdk-value Message/stop_reason=tired", "sdk-value Delta/stop_reason=tired"),
    ),
    Change(
        "types/raw_message_stream_event.py",
        "        RawContentBlockStopEvent,\n",
        "        RawContentBlockStopEvent,\n        RawHeartbeatEvent,\n",
        ("sdk-member RawMessageStreamEvent=heartbeat",),
    ),
    Change(
        "types/raw_message_stream_event.py",
        "RawMessageStreamEvent: TypeAlias",
        "from .._models import BaseModel\n\nclass RawHeartbeatEvent(BaseModel):\n    type: Literal['heartbeat']\n\n"
        "RawMessageStreamEvent: TypeAlias",
    ),
    Change("types/raw_message_stream_event.py", "import Annotated,", "import Literal, Annotated,"),
    Change(
        "types/model_param.py",
        '"claude-sonnet-5",',
        '"claude-sonnet-5", "claude-moon-1",',
        ("sdk-value Model=claude-moon-1",),
    ),
    Change(
        "_data/deprecated_models.py",
        '    "claude-opus-4-5":',
        '    "claude-opus-5": "May 1st, 2027",\n    "claude-opus-4-5":',
        ("sdk-note deprecated/claude-opus-5=May 1st, 2027",),
    ),
    Change(
        "types/message.py",
        "The format and length of IDs may change over time.",
        "An id is a number.",
        ("sdk-note docs/Message/id",),
    ),
    Change(
        "resources/messages/messages.py",
        '"anthropic-workspace-id": workspace_id',
        '"anthropic-workspace-id": workspace_id, "anthropic-moon": "full"',
        ("sdk-note headers/createMessage=anthropic-moon", "sdk-note headers/countTokens=anthropic-moon"),
    ),
    Change(
        "resources/messages/messages.py",
        RAISES,
        RAISES + "\n          MoonPhaseError:\n",
        ("sdk-member ErrorDetails=moon_phase",),
    ),
    Change("resources/organization/api_keys.py", OTHER, OTHER + "TideError:\n\n          "),
    Change(
        "types/*/error_details.py",
        "        BetaBundleOnCallErrorDetails,\n",
        "        BetaBundleOnCallErrorDetails,\n        TideErrorDetails,\n",
    ),
    Change(
        "types/*/error_details.py",
        "ErrorDetails: TypeAlias",
        "from typing import Literal\nfrom ..._models import BaseModel\n\n"
        "class TideErrorDetails(BaseModel):\n    error_code: Literal['tide']\n    height: int\n\n"
        "ErrorDetails: TypeAlias",
    ),
)
"""The SDK has more than the document. A cause of a path that the document lacks, `tide`, decides nothing."""

LESS = (
    Change(
        "types/message.py",
        '    stop_sequence: Optional[str] = None\n    """Which custom stop sequence was generated, if any.',
        '    """Which custom stop sequence was generated, if any.',
        ("document-field Message/stop_sequence", "sdk-note docs/Message/stop_sequence"),
    ),
    Change(
        "types/stop_reason.py",
        '"pause_turn", ',
        "",
        ("document-value Message/stop_reason=pause_turn", "document-value Delta/stop_reason=pause_turn"),
    ),
    Change(
        "types/raw_message_stream_event.py",
        "        RawContentBlockStopEvent,\n",
        "",
        ("document-member RawMessageStreamEvent=content_block_stop",),
    ),
    Change("types/model_param.py", '"claude-sonnet-5",', "", ("document-value Model=claude-sonnet-5",)),
    Change(
        "_data/deprecated_models.py",
        '    "claude-opus-4-5": "January 22nd, 2027",\n',
        "",
        ("document-note deprecated/claude-opus-4-5=January 22nd, 2027",),
    ),
    Change(
        "types/usage.py",
        '    """The number of input tokens read from the cache."""\n',
        "",
        ("sdk-note docs/Usage/cache_read_input_tokens",),
    ),
    Change(
        "resources/models.py",
        '"anthropic-workspace-id"',
        '"Anthropic Workspace"',
        (
            "document-note headers/getModel=anthropic-workspace-id",
            "document-note headers/listModels=anthropic-workspace-id",
        ),
    ),
    Change(
        "resources/files.py",
        "    def download(",
        "    def fetch(",
        ("document-root getFileContent", "document-note headers/getFileContent=anthropic-workspace-id"),
    ),
    Change(
        "types/*/error_details.py",
        "        ImageDimensionsTooLargeErrorDetails,\n",
        "",
        ("document-field ErrorDetails/max_side_length_pixels", "document-field ErrorDetails/paths"),
    ),
)
"""The SDK has less than the document. The cause that is gone from the union is still in the lists of the methods."""


def doctored(folder: Path, changes: Sequence[Change]) -> Path:
    """A copy of the installed SDK with these changes."""
    spec = importlib.util.find_spec("anthropic")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    copy = folder / "anthropic"
    shutil.copytree(spec.submodule_search_locations[0], copy, ignore=shutil.ignore_patterns("__pycache__"))
    for change in changes:
        (path,) = copy.glob(change.file)
        text = path.read_text(encoding="utf-8")
        assert change.before in text, change
        path.write_text(text.replace(change.before, change.after), encoding="utf-8")
    return folder


def drift(folder: Path, *, code: int) -> dict[str, Any]:
    done = spawned("drift", "--json", cwd=folder, environment={"PYTHONPATH": str(folder)})
    assert done.returncode == code, done.text
    listed: dict[str, Any] = json.loads(done.stdout)
    return listed


@pytest.mark.parametrize("changes", [MORE, LESS], ids=["more", "less"])
def test_each_change_is_noticed_and_nothing_else(changes: Sequence[Change], tmp_path: Path) -> None:
    listed = drift(doctored(tmp_path, changes), code=1)
    found = {each["id"] for each in listed["unexplained"]}
    assert found == {cause for change in changes for cause in change.causes}
    assert ("tide" in listed["others"]) is (changes is MORE)
