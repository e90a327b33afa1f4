"""The plan of a run as text, and the lines that a run prints when it is slowed down or resumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from conformance.report.escape import one_line
from conformance.report.words import plural, seconds


def text(plans: Sequence[Mapping[str, Any]]) -> str:
    """The plans of all selected targets, ending with a newline."""
    return "\n\n".join("\n".join(_lines(plan)) for plan in plans) + "\n"


def _lines(plan: Mapping[str, Any]) -> Iterator[str]:
    place = f" at {plan['url']}" if plan["url"] else ", the embedded reference endpoint"
    yield one_line(f"plan for {plan['target']}{place}: {plural(plan['cases'], 'case')}, nothing was sent")
    yield f"{'':<12}{'requests':>10}{'input':>12}{'output':>12}{'cost':>14}"
    for name, meaning in (
        ("served", "expected to be answered"),
        ("refused", "expected to be refused; tokens only where they are accepted"),
        (
            "repeated",
            f"at most, if the model does something else, or a valid request is refused: {plan['repeat']} attempts",
        ),
        ("on_demand", "at most: parts of a request that is refused as a whole, and what a small listed context allows"),
        ("most", "in total, without retries"),
    ):
        yield f"{_row(name.replace('_', ' '), plan[name])}  {meaning}"
    yield ""
    yield f"{plural(plan['requests'], 'request')} without repeats, and at most {plural(plan['repeats'], 'repeat')}"
    yield f"{'area':<14}{'requests':>8}{'input':>12}{'output':>12}{'cost':>14}"
    yield from (_row(each["area"], each) for each in plan["areas"])
    at_a_time = f"with {plan['concurrency']} at a time"
    yield f"{plural(len(plan['scenarios']), 'scenario')}, about {seconds(plan['seconds'])} {at_a_time}"
    if plan["refused_by"]:
        yield f"the run would not start: it takes more than {plan['refused_by']}"
    elif plan["may_stop_at"]:
        yield f"the run may stop early: it can take more than {plan['may_stop_at']}"
    if plan["most"]["cost"] is None:
        yield "cost is unknown without --price-input and --price-output (US dollars for a million tokens)"
    for rule in plan["rules"]:
        yield f"estimated  {rule}"


def _row(name: str, costs: Mapping[str, Any]) -> str:
    cost = "unknown" if costs["cost"] is None else f"USD {costs['cost']:.4f}"
    tokens = f"{costs['input_tokens']:>12,}{costs['output_tokens']:>12,}"
    return f"{name:<12}{costs['requests']:>10,}{tokens}{cost:>14}"


def without_key(target: str, variable: str) -> str:
    """The line for a run without a key."""
    return one_line(f"{target}: no key ({variable} is not set or empty), so cases about credentials do not apply")


def slowed(target: str, status: int, pause_s: float, done: int, left: int, seconds_left: float) -> str:
    """The line for a push-back of the endpoint."""
    said = (
        f"{target}: pushed back with status {status}; all requests wait {seconds(pause_s)}, then continue more slowly"
    )
    return one_line(f"{said}; {plural(done, 'request')} answered, {left} left, about {seconds(seconds_left)}")


def resumed(target: str, recorded: int, missing: int, torn: int | None) -> str:
    """The line for a resumed run."""
    dropped = f"; line {torn} of the journal was cut off in the middle and is dropped" if torn is not None else ""
    return one_line(
        f"{target}: continues a run, {plural(recorded, 'scenario')} recorded and {missing} to send{dropped}"
    )
