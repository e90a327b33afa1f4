"""`list vendors`, `explain VENDOR` and `serve --persona VENDOR`."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from conformance.base.errors import UsageError
from conformance.cli import command
from conformance.commands import explain
from conformance.commands.serve import serve
from conformance.reference.personas import models_of
from conformance.standard.vendors import load_vendor, vendor_ids


def output(*arguments: str) -> str:
    done = CliRunner().invoke(command, arguments)
    assert done.exit_code == 0, done.output
    return done.output


def test_the_list_names_every_vendor_and_how_many_of_its_claims_are_contradicted() -> None:
    lines = output("list", "vendors").splitlines()
    assert [line.split()[0] for line in lines[:-2]] == list(vendor_ids())
    contradicted = sum(bool(claim.contradicted_by) for claim in load_vendor("yuhuan").claims)
    assert any(line.startswith("yuhuan") and f"{contradicted} contradicted" in line for line in lines)


def test_the_list_for_scripts_holds_claims_with_their_sources() -> None:
    listed = {each["id"]: each for each in json.loads(output("list", "vendors", "--json"))}
    assert set(listed) == set(vendor_ids())
    yuhuan = listed["yuhuan"]
    assert yuhuan["documented_base_url"] == f"{yuhuan['base_url']}/v1"
    (claim,) = [each for each in yuhuan["claims"] if each["id"] == "base-url"]
    assert claim["cases"] == ["yuhuan-printed-base-url"]
    assert claim["contradicted_by"] == ["path"]
    assert claim["url"].startswith("https://")


def test_a_vendor_is_explained_with_its_claims_and_how_to_imitate_it() -> None:
    shown = " ".join(output("explain", "yuhuan").split())
    for part in (
        "$YUNXIN_API_KEY, sent as bearer",
        "thinking-printed: The printed request with a budget of 10000 and a max_tokens of 1024 gets a reply.",
        "decided by yuhuan-printed-thinking contradicts thinking",
        "token-counting: No page names POST /v1/messages/count_tokens.",
        "serve --persona yuhuan",
    ):
        assert part in shown, part


def test_a_mistyped_vendor_is_suggested() -> None:
    with pytest.raises(UsageError, match="Did you mean 'yuhuan'"):
        explain.text("yuhan")
    with pytest.raises(UsageError, match=r"Unknown vendor 'nagaa'\. Did you mean 'naga'"):
        serve("127.0.0.1", 0, None, (), (), "nagaa", print)


def test_a_persona_serves_the_models_of_its_documents_with_what_they_are_known_to_refuse() -> None:
    models = {model.id: model for model in models_of("anthropic")}
    assert set(models) == set(load_vendor("anthropic").models)
    assert [models[name].prefill for name in ("claude-opus-4-8", "claude-sonnet-4-5")] == [False, True]
    assert models["claude-opus-4-8"].sampling == "defaults"
    assert "adaptive" not in models["claude-sonnet-4-5"].thinking
