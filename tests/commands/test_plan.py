"""The plan, and budgets, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from support.command import command as run


def plan(*arguments: str, cwd: Path) -> dict[str, Any]:
    done = run("plan", *arguments, "--json", cwd=cwd)
    assert done.returncode == 0, done.stderr
    loaded: list[dict[str, Any]] = json.loads(done.stdout)
    return loaded[0]


NOWHERE = ("--url", "http://127.0.0.1:9", "--model", "m")


def test_a_plan_sends_nothing_and_adds_up(tmp_path: Path) -> None:
    found = plan(*NOWHERE, "--price-input", "3", "--price-output", "15", cwd=tmp_path)
    control = 1  # asks at the end, after requests that are refused, whether the endpoint is still alive
    assert found["requests"] == sum(scenario["requests"] for scenario in found["scenarios"]) + control
    assert found["requests"] == found["served"]["requests"] + found["refused"]["requests"]
    parts = [found[name]["output_tokens"] for name in ("served", "refused", "repeated", "on_demand")]
    assert found["most"]["output_tokens"] == sum(parts)
    money = found["most"]["input_tokens"] * 3 + found["most"]["output_tokens"] * 15
    assert abs(found["most"]["cost"] - money / 1_000_000) < 1e-9
    assert list(tmp_path.iterdir()) == []


def test_a_plan_says_how_much_is_repeated_at_most_and_what_each_area_costs(tmp_path: Path) -> None:
    found = plan(*NOWHERE, "--price-input", "3", "--price-output", "15", cwd=tmp_path)
    assert found["repeats"] == found["repeated"]["requests"] <= 60
    areas = found["areas"]
    assert sum(area["requests"] for area in areas) == sum(scenario["requests"] for scenario in found["scenarios"])
    control = plan(*NOWHERE, "--case", "messages-content-string", cwd=tmp_path)["scenarios"][0]
    for kind in ("input_tokens", "output_tokens"):
        assert sum(area[kind] for area in areas) == found["served"][kind] - control[kind]
    assert all(area["cost"] is not None for area in areas)
    assert plan(*NOWHERE, "--repeat", "1", cwd=tmp_path)["repeats"] == 0


def test_a_selection_makes_the_plan_smaller(tmp_path: Path) -> None:
    whole, part = plan(cwd=tmp_path), plan("--area", "models", cwd=tmp_path)
    assert 0 < part["requests"] < whole["requests"]
    assert part["results"] < whole["results"]


def test_the_plan_for_people_names_every_part_and_the_rules(tmp_path: Path) -> None:
    least = plan(*NOWHERE, cwd=tmp_path)["least"]["input_tokens"]
    told = run("plan", *NOWHERE, "--max-requests", "1000", "--max-tokens", str(least), cwd=tmp_path).stdout
    rows = ("served", "refused", "repeated", "on demand", "most")
    for words in (*rows, "nothing was sent", "one token for 3 characters", " without repeats, and at most 60 repeats"):
        assert words in told
    assert "cost is unknown without --price-input and --price-output" in told
    assert f"the run may stop early: it can take more than {least:,} tokens (--max-tokens)" in told


def test_a_plan_and_a_run_against_the_reference_send_the_same_number_of_requests(tmp_path: Path) -> None:
    planned = plan("--area", "models", "--area", "counting", cwd=tmp_path)["requests"]
    done = run("run", "--area", "models", "--area", "counting", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))["requests"] == planned


def test_a_budget_that_cannot_suffice_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    prices = ("--price-input", "3", "--price-output", "15")
    for limit in (("--max-requests", "20"), ("--max-tokens", "500"), ("--max-cost", "0.001", *prices)):
        done = run("run", *NOWHERE, *limit, "--out", "out", cwd=tmp_path)
        told = done.stdout + done.stderr
        assert done.returncode == 2, told
        assert "nothing was sent: the plan takes at least" in told
        assert f"({limit[0]})" in told
        assert "Traceback" not in told
        assert not (tmp_path / "out").exists()


def test_money_needs_prices(tmp_path: Path) -> None:
    for command in ("run", "plan"):
        done = run(command, *NOWHERE, "--max-cost", "1", cwd=tmp_path)
        assert done.returncode == 4, done.stdout + done.stderr
        assert "--max-cost needs both prices" in done.stdout + done.stderr
    assert run("plan", "--price-input", "cheap", cwd=tmp_path).returncode == 4


def test_results_tell_the_cost_where_prices_are_known_even_if_it_is_nothing(tmp_path: Path) -> None:
    for price, expected in (("1000000", True), ("0", False)):
        out = f"out-{price}"
        done = run(
            "run", "--case", "response-has-id", "--price-input", price, "--price-output", "0", "--out", out,
            cwd=tmp_path,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout
        loaded = json.loads((tmp_path / out / "results.json").read_text(encoding="utf-8"))
        assert loaded["cost"] == (loaded["tokens"]["input"] if expected else 0)


def test_prices_and_limits_come_from_the_targets_file(tmp_path: Path) -> None:
    (tmp_path / "targets.toml").write_text(
        '[targets.naga]\nurl = "http://127.0.0.1:9"\nmodel = "m"\nprice-input = 0\nprice-output = 2.5\nmax-cost = 9\n',
        encoding="utf-8",
    )
    found = plan("--target", "naga", cwd=tmp_path)
    assert found["prices"] == {"input": 0.0, "output": 2.5}
    assert found["limits"]["cost"] == 9.0
    assert found["target"] == "naga"


def test_a_run_that_ends_in_time_exits_2_and_its_journal_tells_the_same(serve: Any, tmp_path: Path) -> None:
    """The endpoint breaks down once for every request, so that retries use up the budget."""
    asked: set[bytes] = set()

    def once(call: Any, number: int) -> Any:
        known = call.body in asked
        asked.add(call.body)
        return None if known or number == 1 else (502, b"", {"retry-after-ms": "1"})

    url = serve(once).url
    arguments = ("--url", url, "--model", "reference-1", "--area", "models", "--area", "counting", "--out", "out")
    most = plan(*arguments, cwd=tmp_path)["requests"] + 4
    done = run(
        "run", *arguments, "--max-requests", str(most), cwd=tmp_path, environment={"ANTHROPIC_API_KEY": "reference-key"}
    )
    told = done.stdout + done.stderr
    assert done.returncode == 2, told
    assert f"the budget does not allow another request: at most {most} requests (--max-requests)" in told
    loaded = json.loads((tmp_path / "out" / "results.json").read_text(encoding="utf-8"))
    assert loaded["requests"] == most
    assert loaded["complete"] is False
    assert {"pass", "not-run"} <= {case["outcome"] for case in loaded["cases"]}
    again = json.loads(run("judge", "out/journal.ndjson", "--json", cwd=tmp_path).stdout)
    told_again = {(case["id"], case["mode"]): case["outcome"] for case in again["cases"]}
    assert told_again == {(case["id"], case["mode"]): case["outcome"] for case in loaded["cases"]}
