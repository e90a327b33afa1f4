"""The command `serve`: the reference endpoint, with deliberate faults where asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.models import MODELS, named_model
from conformance.reference.personas import models_of, persona_of
from conformance.reference.pipeline import Settings, Steps
from conformance.reference.server import serve as serve_reference
from conformance.standard.vendors import load_vendor

ENDPOINT = "reference endpoint"


def serve(
    host: str,
    port: int,
    api_key: str | None,
    models: Sequence[str],
    faults: Sequence[str],
    persona: str | None,
    tell: Callable[[str], object],
) -> None:
    """Serves until interrupted. `port` 0 takes any free one; `models` are names that are served beside the own ones.

    Without `api_key` every key is accepted. `persona` is the id of a vendor whose documents are imitated; its models
    are served as well.

    Raises UsageError for an unknown fault or vendor.
    """
    imitating = persona_of(persona) if persona is not None else ()
    imitated = models_of(persona) if persona is not None else ()
    served = (*map(named_model, dict.fromkeys(models)), *imitated, *MODELS)
    serve_reference(
        port,
        host=host,
        settings=Settings(keys=(api_key,) if api_key else (), models=served),
        steps=with_faults(Steps(), (*imitating, *faults_named(faults))),
        announce=lambda url: tell(f"{_called(persona)} at {url}, {_accepted(api_key)}; interrupt to stop"),
    )


def _called(persona: str | None) -> str:
    return f"reference endpoint, as the documents of {load_vendor(persona).title} have it," if persona else ENDPOINT


def _accepted(api_key: str | None) -> str:
    return f"key {api_key}" if api_key else "which accepts any key"
