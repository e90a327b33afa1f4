"""Which clients talk to an endpoint, recognised by the headers of their requests."""

from __future__ import annotations

from typing import Final

from conformance.base.patterns import occurs_in
from conformance.base.values import shortened
from conformance.model import Caller
from conformance.protocol.exchange import SentRequest
from conformance.standard.clients import Clients

CALLERS: Final = 100
"""Clients that are counted; requests of further ones are not."""

_LONGEST = 120
_NAMELESS: Final = "A client without a name"


class Callers:
    """Takes requests and counts them by client."""

    def __init__(self, clients: Clients) -> None:
        self._patterns = [
            (client.user_agent, client.title) for client in clients.clients if client.user_agent is not None
        ]
        self._found: dict[tuple[str, str], Caller] = {}

    def take(self, request: SentRequest) -> Caller | None:
        """Counts a request; returns its client if that was not met before."""
        client, agent = self.name_of(request), shortened(_agent_of(request).partition(" (")[0], 60)
        known = self._found.get((client, agent))
        if known is None and len(self._found) >= CALLERS:
            return None
        now = Caller(client, agent, known.requests + 1 if known is not None else 1)
        self._found[client, agent] = now
        return now if known is None else None

    @property
    def all(self) -> tuple[Caller, ...]:
        """Every client, in the order in which it was met first."""
        return tuple(self._found.values())

    def name_of(self, request: SentRequest) -> str:
        """The name of the client: by its `user-agent`, a known one or the first word of it."""
        agent = _agent_of(request)
        known = next((title for pattern, title in self._patterns if occurs_in(pattern, agent)), None)
        return known or shortened(agent.partition("/")[0].strip(), 40) or _NAMELESS


def _agent_of(request: SentRequest) -> str:
    return (request.header("user-agent") or "")[:_LONGEST].strip()
