"""The command `serve`: the reference endpoint on loopback, with deliberate faults where asked."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.reference.faults import faults_named, with_faults
from conformance.reference.pipeline import Settings, Steps
from conformance.reference.server import serve as serve_reference


def serve(port: int, api_key: str, faults: Sequence[str], tell: Callable[[str], object]) -> None:
    """Serves until interrupted. `port` 0 takes any free one. Raises HarnessError for an unknown fault."""
    serve_reference(
        port,
        settings=Settings(keys=(api_key,)),
        steps=with_faults(Steps(), faults_named(faults)),
        announce=lambda url: tell(f"reference endpoint at {url}, key {api_key}; interrupt to stop"),
    )
