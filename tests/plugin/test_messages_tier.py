"""`--messages-tier`: only the cases of a tier and of the tiers it includes."""

from __future__ import annotations


def test_a_tier_selects_its_cases_and_those_of_the_tiers_it_includes(project) -> None:
    def selected(*options: str) -> set[str]:
        done = project.catalogue("--collect-only", "-q", "--messages-area=tools", "--messages-area=transport", *options)
        return {line.rpartition("::")[2].partition("[")[0] for line in done.outlines if "::" in line}

    core, agent = selected("--messages-tier=core"), selected("--messages-tier=agent")
    assert "transport-message-created" in core
    assert "tools-read" not in core
    assert core < agent < selected("--messages-tier=full")
    assert "tools-read" in agent
    assert "transport-sibling-endpoints" not in agent
    both = selected("--messages-tier=agent", "--messages-level=should")
    assert both < agent
    assert "tools-loop-with-real-call" in both


def test_an_unknown_tier_ends_with_exit_code_4(project) -> None:
    done = project.catalogue("--messages-tier=must")
    assert done.ret == 4
    assert "core, agent, full" in done.stderr.str() + done.stdout.str()
    assert project.wrote_nothing
