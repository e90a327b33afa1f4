"""What the headers of a call agree on: the API version and the opt-ins."""

from __future__ import annotations

from conformance.base.versions import API_VERSIONS
from conformance.reference.answer import Call, Terms
from conformance.reference.errors import invalid

_RETIRED = """prompt-caching-2024-07-31 pdfs-2024-09-25 token-counting-2024-11-01 token-efficient-tools-2025-02-19
    extended-cache-ttl-2025-04-11 cache-diagnosis-2026-04-07 message-batches-2024-09-24"""
RETIRED_BETAS = frozenset(_RETIRED.split())
"""Opt-ins that are accepted and change nothing (REQ-HTTP-018)."""

_CURRENT = """computer-use-2024-10-22 computer-use-2025-01-24 computer-use-2025-11-24 output-128k-2025-02-19
    mcp-client-2025-04-04 mcp-client-2025-11-20 mcp-client-2026-09-15 dev-full-thinking-2025-05-14
    interleaved-thinking-2025-05-14 code-execution-2025-05-22 code-execution-2025-08-25 context-1m-2025-08-07
    context-management-2025-06-27 model-context-window-exceeded-2025-08-26 fast-mode-2026-02-01 output-300k-2026-03-24
    user-profiles-2026-03-24 user-profiles-2026-08-18 user-profiles-2026-09-04 user-profiles-billing-2026-10-01
    advisor-tool-2026-03-01 managed-agents-2026-04-01 thinking-token-count-2026-05-13
    server-side-fallback-2026-06-01 server-side-fallback-2026-07-01 fallback-credit-2026-06-01
    fallback-credit-2026-07-01 agent-memory-2026-07-22 mid-conversation-tool-changes-2026-07-01 compact-2026-01-12
    compact-2026-09-04 structured-outputs-2025-11-13 structured-outputs-2025-12-15 task-budgets-2026-03-13
    thinking-display-updates-2026-08-18 mid-conversation-output-config-2026-07-01
    thinking-binding-controls-2026-08-01 mid-conversation-system-clear-at-2026-08-21 inline-tools-2026-09-15
    message-threads-2026-08-12 files-api-2025-04-14 skills-2025-10-02 per-turn-control-2026-07-01
    redact-thinking-2026-02-12 effort-2025-11-24 advanced-tool-use-2025-11-20 claude-code-20250219 oauth-2025-04-20
    fine-grained-tool-streaming-2025-05-14 tools-2024-04-04 web-fetch-2025-09-10 web-search-2025-03-05
    search-results-2025-06-09 context-editing-2025-06-27 tool-examples-2025-10-29 tool-search-tool-2025-10-19"""
CURRENT_BETAS = frozenset(_CURRENT.split())
"""Opt-ins that clients of the Messages API send today. Only a few change what this endpoint does."""

BETA_FIELDS: dict[str, frozenset[str]] = {
    "context_management": frozenset({"context-management-2025-06-27", "compact-2026-01-12"}),
    "mcp_servers": frozenset({"mcp-client-2025-04-04", "mcp-client-2025-11-20", "mcp-client-2026-09-15"}),
    "fallbacks": frozenset({"server-side-fallback-2026-06-01", "server-side-fallback-2026-07-01"}),
    "fallback_credit_token": frozenset({"fallback-credit-2026-06-01", "fallback-credit-2026-07-01"}),
    "compaction": frozenset({"compact-2026-09-04"}),
    "thread": frozenset({"message-threads-2026-08-12"}),
    "billing_policy": frozenset({"user-profiles-billing-2026-10-01"}),
    "output_format": frozenset({"structured-outputs-2025-11-13"}),
}
"""Body fields that exist only with one of these opt-ins (REQ-BODY-030)."""


def negotiate(call: Call) -> Terms:
    """The terms of a call. Refuses a missing or unknown version, and an unknown opt-in, with 400.

    Sources: REQ-HTTP-012 to REQ-HTTP-018. Opt-ins are separated by commas, with or without a space.
    """
    version = call.header("anthropic-version")
    if version is None:
        raise invalid("anthropic-version: header is required", "REQ-HTTP-012")
    if version not in API_VERSIONS:
        raise invalid(f'anthropic-version: "{version}" is not a valid version', "REQ-HTTP-015")
    betas = frozenset(filter(None, (name.strip() for name in (call.header("anthropic-beta") or "").split(","))))
    unknown = sorted(betas - CURRENT_BETAS - RETIRED_BETAS)
    if unknown:
        names = ", ".join(f"`{name}`" for name in unknown)
        raise invalid(f"Unexpected value(s) {names} for the `anthropic-beta` header.", "REQ-HTTP-017")
    return Terms(version, betas)
