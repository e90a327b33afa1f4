"""The clients as a list and one by one: for people, and for scripts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap

from conformance.model import Json, Mode
from conformance.standard.clients import FIRST_BYTE, SILENCE, KnownClient, Need

WIDTH = 100


def entries(clients: Sequence[KnownClient]) -> list[dict[str, Json]]:
    """The clients as JSON values."""
    return [
        {
            "id": client.id,
            "title": client.title,
            "version": client.version,
            "date": client.date,
            "packages": list(client.packages),
            "source": client.source,
            "user_agent": client.user_agent,
            "modes": [mode.value for mode in client.modes],
            "sends": dict(client.sends),
            "needs": [_entry(need) for need in client.needs],
            "limits": dict(client.limits),
            "notes": list(client.notes),
        }
        for client in clients
    ]


def text(clients: Sequence[KnownClient]) -> str:
    """The list for people: name, version, and how many needs break or degrade the client."""
    lines = [f"{client.id:<18} {client.title:<30} {_counts(client)}   {client.version}" for client in clients]
    return "\n".join([*lines, "", f"{len(lines)} clients; explain one with `messages-conformance explain ID`"]) + "\n"


def explain(client: KnownClient) -> str:
    """What a client is, what it sends and what it needs, as text."""
    return "\n".join(_explained(client)) + "\n"


def _explained(client: KnownClient) -> Iterator[str]:
    yield f"{client.id}   {client.title}   {client.version}   observed {client.date}"
    yield from _paragraph("installs as", ", ".join(client.packages))
    yield from _paragraph("known from", client.source)
    yield from _paragraph("asks", _MODES[client.modes] if client.modes in _MODES else ", ".join(client.modes))
    yield from ("", "sends")
    for topic, value in client.sends.items():
        for number, line in enumerate([value] if isinstance(value, str) else value):
            yield from _paragraph("" if number else topic, line)
    for impact, heading in (("breaks", "breaks where the endpoint does not serve it"), ("degrades", "degrades")):
        needs = [need for need in client.needs if need.impact == impact]
        if needs:
            yield from ("", heading)
        for need in needs:
            yield from _need(need)
    if client.limits:
        yield from ("", "hangs up after")
    for kind, seconds in client.limits.items():
        yield from _paragraph(_LIMITS[kind], f"{seconds} seconds")
    if client.notes:
        yield from ("", "notes")
        for note in client.notes:
            yield from wrap(note, WIDTH, initial_indent="  - ", subsequent_indent="    ")


_LIMITS = {FIRST_BYTE: "no first byte", SILENCE: "silence"}
_MODES = {
    (Mode.STREAM,): "with stream true",
    (Mode.JSON,): "without a stream",
    (Mode.JSON, Mode.STREAM): "with and without a stream",
}


def _need(need: Need) -> Iterator[str]:
    yield from wrap(f"it {need.mechanism.does}", WIDTH, initial_indent="  - ", subsequent_indent="    ")
    yield from _below("symptom", need.symptom)
    if need.workaround:
        yield from _below("workaround", need.workaround)
    yield from _below("decided by", ", ".join(map(str, need.mechanism.cases)))


def _below(label: str, sentence: str) -> Iterator[str]:
    yield from _wrapped(f"    {label:<12}", sentence)


def _paragraph(label: str, sentence: str) -> Iterator[str]:
    yield from _wrapped(f"  {label:<14}", sentence)


def _wrapped(start: str, sentence: str) -> Iterator[str]:
    yield from wrap(
        sentence,
        WIDTH,
        initial_indent=start,
        subsequent_indent=" " * len(start),
        break_on_hyphens=False,
        break_long_words=False,
    )


def _entry(need: Need) -> dict[str, Json]:
    return {
        "id": need.mechanism.id,
        "does": need.mechanism.does,
        "impact": need.impact,
        "cases": [str(case) for case in need.mechanism.cases],
        "symptom": need.symptom,
        "workaround": need.workaround,
    }


def _counts(client: KnownClient) -> str:
    breaking = sum(need.impact == "breaks" for need in client.needs)
    return f"{breaking:>2} break, {len(client.needs) - breaking:>2} degrade"
