"""How many examples of a property are run: 10, the same ones in every run; 2,000 random ones under `tox -e fuzz`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings

VARIABLE = "MESSAGES_EXAMPLES"
"""Names the number of examples of `tox -e fuzz`, which are random. tests/conftest.py reads it for other properties."""

SHRINK = "HOSTILE_SHRINK"
"""Set to have a failing example made smaller, which can take minutes; without it the first one is shown."""

EXAMPLES = 10


def thorough() -> bool:
    """Whether many random examples were asked for."""
    return VARIABLE in os.environ


def examples(share: float = 1.0) -> Callable[[Any], Any]:
    """The settings of a property. `share` of the usual number of examples, where an example is dear."""
    given = os.environ.get(VARIABLE)
    return settings(
        max_examples=max(1, int((int(given) if given else EXAMPLES) * share)),
        derandomize=not given,
        database=None,
        deadline=None,
        print_blob=True,
        phases=[Phase.explicit, Phase.generate, *([Phase.shrink] if SHRINK in os.environ else [])],
        report_multiple_bugs=False,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
    )
