"""Which clients a defect affects: those with a need that its cases decide."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from conformance.model import Harm
from conformance.results.model import AffectedClient, ClientResult

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


def harm_of(harm: Harm, clients: Sequence[AffectedClient]) -> Harm:
    """The harm of a defect: that of its rule, or what it does to a client where that is worse."""
    return min([harm, *(_IMPACTS[client.impact] for client in clients)], key=_HARMS.index)


def _hit(client: ClientResult, keys: frozenset[str]) -> AffectedClient | None:
    needs = [need for need in client.needs if need.state == "violated" and keys.intersection(need.cases)]
    if not needs:
        return None
    worst = min(needs, key=lambda need: need.impact != "breaks")
    return AffectedClient(client.id, client.title, worst.impact, worst.symptom, worst.workaround)
