"""The personas: the reference endpoint as the documents of a vendor describe it, quirk by quirk."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from conformance.reference.faults import Fault, faults_named
from conformance.reference.models import Model, named_model
from conformance.standard.ledger import load_ledger
from conformance.standard.models import capabilities_of, load_models
from conformance.standard.paths import spec_folder
from conformance.standard.vendors import load_vendor

_THINKING: Mapping[str, str] = {
    "manual-thinking": "enabled",
    "adaptive-thinking": "adaptive",
    "no-thinking": "disabled",
    "between-tools-thinking": "between_tools",
}
_EFFORTS: Mapping[str, frozenset[str]] = {
    "effort": frozenset({"low", "medium", "high", "xhigh", "max"}),
    "highest-effort": frozenset({"xhigh"}),
    "max-effort": frozenset({"max"}),
}


def persona_of(vendor: str) -> tuple[Fault, ...]:
    """The faults that together imitate the documents of a vendor; none for one that documents the API as it is.

    Raises UsageError with the nearest id for an unknown vendor.
    """
    return faults_named(load_vendor(vendor).persona)


def models_of(vendor: str) -> tuple[Model, ...]:
    """The models that the documents of a vendor name, which refuse what models of these names are known to refuse.

    Raises UsageError with the nearest id for an unknown vendor.
    """
    specs = spec_folder()
    known = load_models(specs, load_ledger(specs / "clauses"))
    return tuple(_imitated(name, capabilities_of(name, None, known)) for name in load_vendor(vendor).models)


def _imitated(name: str, known: Mapping[str, bool]) -> Model:
    model = named_model(name)
    lacking = {capability for capability, there in known.items() if not there}
    return replace(
        model,
        prefill="prefill" not in lacking,
        sampling="defaults" if "sampling" in lacking else "free",
        forced_tool_choice="forced-tool-choice" not in lacking,
        system_in_messages="mid-conversation-system" not in lacking,
        vision="vision" not in lacking,
        thinking=model.thinking - {kind for capability, kind in _THINKING.items() if capability in lacking},
        efforts=model.efforts.difference(*(_EFFORTS[capability] for capability in lacking & set(_EFFORTS))),
        one_sampling_parameter=known.get("one-sampling-parameter", False),
        disabled_up_to_high=known.get("thinking-for-high-effort", False),
    )
