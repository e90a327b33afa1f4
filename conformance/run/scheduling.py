"""How pytest-xdist hands out cases: a worker takes a whole target.

Belongs here: the scheduler. Does not belong here: anything that a run without pytest-xdist needs.
"""

from __future__ import annotations

from xdist.scheduler import LoadScopeScheduling


class TargetScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Groups the items of one target, so that one worker sends all of its requests; node ids stay as they are.

    Items that are no cases form a group each, as with `--dist load`.
    """

    def _split_scope(self, nodeid: str) -> str:
        """The group of a node id such as `choice.yaml::tools-any-forces-a-call[reference-json]`."""
        file, _, rest = nodeid.partition("::")
        if file.endswith(".yaml") and rest.endswith("]"):
            return rest[rest.rindex("[") + 1 : -1].rpartition("-")[0]
        return nodeid
