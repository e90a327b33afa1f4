"""What findings have in common when they have one cause: the rules of `specs/defects.yaml`.

A rule looks at the features of a finding (`FEATURES`). The first rule that fits a finding names its defect; findings
with equal values of the features in `by` are one defect. Whether a defect is there is a conclusion of results.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from string import Formatter
from typing import Any, Final

from conformance.base.pointer import join
from conformance.model import Harm
from conformance.standard.source import SourceError, check_shape, load_yaml

FILE: Final = "defects.yaml"

FEATURES: Final = (
    "area",
    "argument",
    "breaks",
    "check",
    "clause",
    "direction",
    "kind",
    "missing-route",
    "need",
    "pointer",
    "route",
    "status",
)
"""What a rule may look at, each a text that may be empty; `specs/defects.yaml` says what each is."""

CLAIM: Final = "claim"
"""What a title may name besides the features in `by`: the title of the defect's first case."""

_TEXT: Final = {"type": "string", "minLength": 1}
_VALUES: Final = {
    "oneOf": [{"type": "string"}, {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"type": "string"}}]
}
_WHEN: Final = {"type": "object", "minProperties": 1, "additionalProperties": _VALUES}

SCHEMA: Final[dict[str, Any]] = {
    "type": "array",
    "minItems": 1,
    "items": {
        "type": "object",
        "required": ["id", "title", "harm"],
        "additionalProperties": False,
        "properties": {
            "id": {"type": "string", "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$"},
            "title": {**_TEXT, "maxLength": 90},
            "harm": {"enum": list(Harm)},
            "when": {"oneOf": [_WHEN, {"type": "array", "minItems": 2, "items": _WHEN}]},
            "by": {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(FEATURES)}},
            "hides": {"type": "boolean"},
        },
    },
}


@dataclass(frozen=True)
class DefectRule:
    """One kind of cause. `when` are alternatives, each of which maps features to patterns; `by` separates its defects.

    `title` is a format string over the features in `by` and `claim`, the title of the first case. `hides`: an exchange
    with this defect cannot show what else was asked of it.
    """

    id: str
    title: str
    harm: Harm
    when: tuple[Mapping[str, tuple[str, ...]], ...] = ()
    by: tuple[str, ...] = ()
    hides: bool = False

    def fits(self, features: Mapping[str, str]) -> bool:
        """Whether a finding with these features has this cause."""
        return not self.when or any(
            all(any(fnmatchcase(features[name], pattern) for pattern in patterns) for name, patterns in each.items())
            for each in self.when
        )


def load_defect_rules(folder: Path) -> tuple[DefectRule, ...]:
    """The rules in their order, the last of which fits everything.

    Raises SourceError with file, line and key for an invalid one.
    """
    path = folder / FILE
    data = load_yaml(path)
    check_shape(data, SCHEMA, path)
    seen: set[str] = set()
    for index, item in enumerate(data):
        used = {name for each in _alternatives(item) for name in each}
        if strange := sorted(used - set(FEATURES)):
            raise SourceError(f"Unknown feature {strange[0]!r}", path=path, pointer=join("", index, "when"))
        named = {name for _, name, _, _ in Formatter().parse(item["title"]) if name is not None}
        if strange := sorted(named - {*item.get("by", ()), CLAIM}):
            problem = f"The title names {strange[0]!r}, which is not in `by`"
            raise SourceError(problem, path=path, pointer=join("", index, "title"))
        if item["id"] in seen:
            raise SourceError(f"Duplicate id {item['id']!r}", path=path, pointer=join("", index, "id"))
        seen.add(item["id"])
    if "when" in data[-1]:
        raise SourceError(
            "The last rule has to fit every finding: remove `when`", path=path, pointer=join("", len(data) - 1)
        )
    return tuple(_rule(item) for item in data)


def rule_for(features: Mapping[str, str], rules: Sequence[DefectRule]) -> DefectRule:
    """The first rule that fits."""
    return next(rule for rule in rules if rule.fits(features))


def _alternatives(item: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    when = item.get("when", [])
    return when if isinstance(when, list) else [when]


def _rule(item: Mapping[str, Any]) -> DefectRule:
    when = tuple(
        {name: (found,) if isinstance(found, str) else tuple(found) for name, found in each.items()}
        for each in _alternatives(item)
    )
    return DefectRule(
        item["id"], item["title"], Harm(item["harm"]), when, tuple(item.get("by", ())), hides=item.get("hides", False)
    )
