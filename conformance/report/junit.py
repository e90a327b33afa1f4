"""junit.xml: the results for CI systems that read JUnit reports.

A failure is a deviation that gates, nothing else, so that a job that counts failures agrees with the exit code.
"""

from __future__ import annotations

from xml.etree import ElementTree

from conformance.report import verdict
from conformance.report import words as wording
from conformance.report.block import block
from conformance.report.escape import one_line, printable
from conformance.results.model import CaseResult, EntryResult, Results


def render(results: Results) -> str:
    """The document: one suite, one test case per case and mode.

    Known deviations are skipped with their reason, stale entries of the baseline are failures of their own.
    Other deviations that do not gate are passing test cases with the failure block as output; results without a verdict
    are skipped. A run that could not decide, or in which we failed, has an additional test case `run` with an error.
    """
    error = results.exit_code > 1
    total = results.summary.total
    stale = results.baseline.stale if results.baseline is not None else ()
    counts = {
        "tests": str(total.total + error + len(stale)),
        "failures": str(total.gating + len(stale)),
        "errors": str(int(error)),
    }
    name = f"messages-conformance {one_line(results.target.name)}"
    time = f"{results.duration_s:.3f}"
    root = ElementTree.Element("testsuites", {"name": "messages-conformance", **counts, "time": time})
    skipped = {"skipped": str(sum(_skipped(case) for case in results.cases))}
    timestamp = results.started.removesuffix("Z")
    suite = ElementTree.SubElement(
        root, "testsuite", {"name": name, **counts, **skipped, "time": time, "timestamp": one_line(timestamp)}
    )
    _properties(suite, _suite_properties(results))
    for case in results.cases:
        _testcase(suite, case)
    for entry in stale:
        _stale(suite, entry)
    if error:
        _run_error(suite, results)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite_properties(results: Results) -> dict[str, str]:
    target, total = results.target, results.summary.total
    numbers = {
        f"{axis}.{name}": str(getattr(part.total, name))
        for axis, part in results.summary.by_axis.items()
        for name in ("total", "decided", "passed")
    }
    return {
        "target": target.name,
        "url": target.url,
        "path": target.path,
        "model": target.model,
        "api_version": target.api_version,
        "suite": results.suite.version,
        "edition": results.suite.edition or "",
        "complete": str(results.complete).lower(),
        "verdict": verdict.word(results),
        "exit_code": str(results.exit_code),
        "gate": results.gate.policy,
        "requests": str(results.requests),
        "cases": str(results.summary.cases),
        "decided": str(total.decided),
        "passed": str(total.passed),
        "known": str(total.known),
        **{f"tier.{tier.id}": tier.status for tier in results.tiers},
        **{f"client.{client.id}": client.readiness for client in results.clients},
        **numbers,
    }


def _testcase(suite: ElementTree.Element, case: CaseResult) -> None:
    element = ElementTree.SubElement(
        suite,
        "testcase",
        {
            "classname": f"messages-conformance.{one_line(case.area)}",
            "name": f"{one_line(case.id)}[{case.mode}]",
            "time": f"{case.duration:.3f}",
        },
    )
    _properties(
        element, {"outcome": case.outcome, "level": case.level, "axis": case.part, "clauses": ", ".join(case.clauses)}
    )
    if case.gates:
        failure = ElementTree.SubElement(
            element,
            "failure",
            {"type": case.outcome.value, "message": one_line(f"{case.title}: {wording.actual(case)}")},
        )
        failure.text = printable(block(case))
    elif case.known is not None:
        message = one_line(f"known deviation: {wording.accepted(case)}")
        ElementTree.SubElement(element, "skipped", {"type": "known", "message": message})
        ElementTree.SubElement(element, "system-out").text = printable(block(case))
    elif case.deviates:
        ElementTree.SubElement(element, "system-out").text = printable(block(case))
    elif _skipped(case):
        reason = case.reason or wording.OUTCOMES[case.outcome]
        ElementTree.SubElement(element, "skipped", {"type": case.outcome.value, "message": one_line(reason)})


def _skipped(case: CaseResult) -> bool:
    return case.known is not None or (not case.decided and not case.gates)


def _stale(suite: ElementTree.Element, entry: EntryResult) -> None:
    name = f"{entry.case}[{entry.mode}]" if entry.mode is not None else entry.case
    attributes = {"classname": "messages-conformance.baseline", "name": one_line(name)}
    element = ElementTree.SubElement(suite, "testcase", attributes)
    message = one_line(wording.entry_line(entry))
    ElementTree.SubElement(
        element, "failure", {"type": one_line(f"baseline-{entry.state}"), "message": message}
    ).text = message


def _run_error(suite: ElementTree.Element, results: Results) -> None:
    element = ElementTree.SubElement(suite, "testcase", {"classname": "messages-conformance", "name": "run"})
    reason = one_line("; ".join(results.gate.reasons) or verdict.EXITS[results.exit_code])
    ElementTree.SubElement(element, "error", {"type": "could-not-decide", "message": reason})


def _properties(parent: ElementTree.Element, values: dict[str, str]) -> None:
    element = ElementTree.SubElement(parent, "properties")
    for name, value in values.items():
        ElementTree.SubElement(element, "property", {"name": name, "value": one_line(value)})
