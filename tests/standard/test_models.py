"""What models accept and refuse: the families of specs/models.yaml, joined with the list of models."""

import pytest

from conformance.standard.models import ENTRY, NO_MODELS, capabilities_of


@pytest.mark.parametrize(
    ("model", "has", "lacks"),
    [
        ("claude-haiku-4-5-20251001", {"prefill", "manual-thinking"}, {"adaptive-thinking", "effort"}),
        ("claude-sonnet-4-6", {"sampling", "adaptive-thinking"}, {"prefill"}),
        ("claude-opus-4-8", {"adaptive-thinking"}, {"prefill", "sampling", "manual-thinking"}),
        ("claude-opus-5", {"forced-tool-choice"}, {"prefill"}),
        ("claude-opus-5-5", set(), {"prefill", "forced-tool-choice", "no-thinking"}),
        ("claude-fable-5-1", set(), {"forced-tool-choice", "no-thinking"}),
        ("claude-mythos-preview", {"manual-thinking"}, {"prefill", "no-thinking"}),
    ],
)
def test_a_family_says_what_its_models_have_and_lack(library, model, has, lacks):
    known = capabilities_of(model, None, library.models)
    assert {name for name in has if known.get(name) is not True} == set()
    assert {name for name in lacks if known.get(name) is not False} == set()


def test_nothing_is_known_of_other_models(library):
    assert capabilities_of("some-model", None, library.models) == {}


def test_the_entry_of_a_model_tells_and_one_no_is_enough(library):
    entry = {
        "capabilities": {"image_input": {"supported": False}, "thinking": {"types": {"enabled": {"supported": True}}}}
    }
    assert capabilities_of("some-model", entry, NO_MODELS) == {"vision": False, "manual-thinking": True}
    assert capabilities_of("claude-opus-5", entry, library.models)["manual-thinking"] is False
    assert capabilities_of("claude-opus-5", entry, library.models)["vision"] is False


@pytest.mark.parametrize("entry", [None, [], "x", {"capabilities": []}, {"capabilities": {"image_input": "yes"}}])
def test_an_entry_of_any_shape_is_read(entry):
    assert capabilities_of("m", entry, NO_MODELS) == {}


def test_every_capability_has_a_name_that_cases_and_capabilities_know(library):
    families = library.models.families
    used = {*library.models.refusals, *ENTRY, *(name for one in families for name in one.accepts | one.refuses)}
    assert used - set(library.capabilities) == set()
    assert [one.name for one in families if one.accepts & one.refuses] == []
    assert {name for one in families for name in one.refuses} <= set(library.models.refusals)


def test_only_certain_clauses_decide(library):
    certain = {name for name, refusal in library.models.refusals.items() if refusal.certain}
    assert {"prefill", "sampling", "manual-thinking", "adaptive-thinking"} <= certain
    assert certain.isdisjoint({"forced-tool-choice", "no-thinking", "mid-conversation-system", "vision"})
