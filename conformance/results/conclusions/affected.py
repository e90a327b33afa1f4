"""Which clients a defect affects: those with a need that its cases decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from conformance.model import Harm
from conformance.results.model import AffectedClient, ClientResult, DefectResult

_HARMS: Final = list(Harm)
_IMPACTS: Final = {"breaks": Harm.BREAKS, "degrades": Harm.DEGRADES}


def affected(
    keys: Collection[str], clients: Sequence[ClientResult], most_used: Sequence[str] = ()
) -> tuple[AffectedClient, ...]:
    """The clients with a need that is not served because of results among `keys` (`case/mode`), worst first.

    Each client once, with what its user sees first. Of clients that are affected alike, the `most_used` come first.
    """
    found = [hit for client in clients if (hit := _hit(client, frozenset(keys))) is not None]
    order = {name: position for position, name in enumerate(most_used)}
    return tuple(sorted(found, key=lambda each: (each.impact != "breaks", order.get(each.id, len(order)), each.title)))


def harm_of_demand(clients: Sequence[AffectedClient]) -> Harm:
    """The harm of declining what the tier needs: what it does to clients, and the worst where none of them is known."""
    return min((_IMPACTS[client.impact] for client in clients), key=_HARMS.index, default=Harm.BREAKS)


def harm_of(harm: Harm, clients: Sequence[AffectedClient]) -> Harm:
    """The harm of a defect: that of its rule, or what it does to a client where that is worse."""
    return min([harm, *(_IMPACTS[client.impact] for client in clients)], key=_HARMS.index)


def most_harmful_first(defects: Sequence[DefectResult]) -> tuple[DefectResult, ...]:
    """The defects that gate by what they do to clients: by harm, then by the number of clients that they break. Those
    that do not gate follow as they are.
    """
    gating = [defect for defect in defects if defect.gates]
    rest = [defect for defect in defects if not defect.gates]
    return (*sorted(gating, key=lambda each: (_HARMS.index(each.harm), -_broken(each))), *rest)


def _broken(defect: DefectResult) -> int:
    return sum(client.impact == "breaks" for client in defect.affects)


def _hit(client: ClientResult, keys: frozenset[str]) -> AffectedClient | None:
    needs = [need for need in client.needs if need.state == "violated" and keys.intersection(need.cases)]
    if not needs:
        return None
    worst = min(needs, key=lambda need: need.impact != "breaks")
    return AffectedClient(client.id, client.title, worst.impact, worst.symptom, worst.workaround)
