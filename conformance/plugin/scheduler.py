"""How pytest-xdist hands out cases: a worker takes a whole target."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import cache
from typing import Any

from xdist.scheduler import LoadScopeScheduling

from conformance.standard.paths import catalogue_folder

_CASE = re.compile(r".*\[(?P<target>.+)-(?:json|stream)\]")


def target_of_node(nodeid: str) -> str | None:
    """The target in a node id such as `choice.yaml::tools-any-forces-a-call[reference-json]`, None for other tests."""
    file, _, rest = nodeid.partition("::")
    name = file.rpartition("/")[2]
    found = _CASE.fullmatch(rest) if name.endswith(".messages.yaml") or name in _shipped() else None
    return found["target"] if found is not None else None


@cache
def _shipped() -> Collection[str]:
    return frozenset(path.name for path in catalogue_folder().rglob("*.yaml"))


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Groups the items of one target, so that one worker sends all of its requests; node ids stay as they are.

    Other items form a group each, as with `--dist load`.
    """

    def _split_scope(self, nodeid: str) -> str:
        return target_of_node(nodeid) or nodeid


class CaseScheduling:
    """The scheduler that would have been used anyway, replaced as soon as a worker has collected cases.

    The controller collects nothing, so it cannot know earlier. A project without cases keeps its own scheduler.
    """

    def __init__(self, plain: Any, config: Any, log: Any) -> None:
        self._chosen = plain
        self._config = config
        self._log = log
        self._collections: dict[Any, Sequence[str]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chosen, name)

    def add_node_collection(self, node: Any, collection: Sequence[str]) -> None:
        """Takes the node ids that a worker has collected."""
        if not isinstance(self._chosen, TargetScheduling) and any(map(target_of_node, collection)):
            plain, self._chosen = self._chosen, TargetScheduling(self._config, self._log)
            for known in plain.nodes:
                self._chosen.add_node(known)
            for known, collected in self._collections.items():
                self._chosen.add_node_collection(known, collected)
        self._collections[node] = collection
        self._chosen.add_node_collection(node, collection)
