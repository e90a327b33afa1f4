"""The rules for a request that no schema can express, one small function each.

A rule takes a prompt and returns the message of the refusal, or None. The refusal is always a 400
`invalid_request_error`. Shape and types are in the OpenAPI document, which is
applied before; a rule never repeats it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from conformance.reference.errors import invalid
from conformance.reference.prompt import Prompt
from conformance.reference.rules import blocks, messages, parameters, tools

Rule = Callable[[Prompt], str | None]

TABLE: tuple[tuple[str, Rule], ...] = (
    ("REQ-MSG-006", messages.system_is_not_first),
    ("REQ-MSG-010", messages.model_knows_system_role),
    ("REQ-MSG-008", messages.system_is_not_inside_tool_loop),
    ("REQ-MSG-007", messages.system_follows_user),
    ("REQ-MSG-012", messages.content_is_not_empty),
    ("REQ-MSG-014", messages.text_is_not_blank),
    ("REQ-MSG-017", messages.model_continues_prefill),
    ("REQ-MSG-015", messages.prefill_ends_in_text),
    ("REQ-MSG-023", messages.call_ids_are_unique),
    ("REQ-MSG-020", messages.results_come_first),
    ("REQ-MSG-021", messages.results_have_calls),
    ("REQ-MSG-019", messages.calls_have_results),
    ("REQ-MSG-024", messages.only_results_for_unfinished_server_tool),
    ("REQ-IN-013", blocks.calls_are_the_assistants),
    ("REQ-IN-014", blocks.results_are_the_users),
    ("REQ-IN-015", blocks.thinking_is_the_assistants),
    ("REQ-IN-003", blocks.files_have_ids),
    ("REQ-IN-006", blocks.image_data_is_base64),
    ("REQ-IN-006", blocks.image_data_is_an_image),
    ("REQ-IN-005", blocks.images_are_within_limits),
    ("REQ-CAP-016", blocks.model_sees_images),
    ("REQ-IN-008", blocks.pdf_data_is_a_pdf),
    ("REQ-IN-010", blocks.citations_are_all_or_none),
    ("REQ-IN-011", blocks.search_results_are_not_mixed),
    ("REQ-IN-012", blocks.no_citations_with_format),
    ("REQ-IN-016", blocks.thinking_is_unaltered),
    ("REQ-IN-018", blocks.at_most_four_breakpoints),
    ("REQ-IN-019", blocks.longer_breakpoints_first),
    ("REQ-TOOL-002", tools.names_are_plain),
    ("REQ-TOOL-003", tools.names_are_unique),
    ("REQ-TOOL-010", tools.choice_needs_tools),
    ("REQ-TOOL-009", tools.chosen_tool_exists),
    ("REQ-CAP-009", tools.model_can_be_forced),
    ("REQ-TOOL-017", tools.no_force_with_manual_thinking),
    ("REQ-TOOL-014", tools.strict_schemas_are_within_limits),
    ("REQ-TOOL-015", tools.examples_match_schema),
    ("REQ-TOOL-016", tools.not_all_deferred),
    ("REQ-TOOL-026", tools.deferred_is_not_cached),
    ("REQ-TOOL-027", tools.references_are_declared),
    ("REQ-TOOL-020", tools.one_domain_list),
    ("REQ-BODY-004", parameters.max_tokens_within_model),
    ("REQ-BODY-007", parameters.no_output_means_no_output),
    ("REQ-BODY-011", parameters.stop_sequences_are_visible),
    ("REQ-BODY-016", parameters.model_takes_sampling),
    ("REQ-BODY-035", parameters.one_sampling_parameter),
    ("REQ-BODY-023", parameters.task_budget_is_large),
    ("REQ-THINK-001", parameters.thinking_budget_fits),
    ("REQ-CAP-004", parameters.model_takes_thinking),
    ("REQ-THINK-009", parameters.model_takes_effort),
    ("REQ-THINK-016", parameters.effort_fits_disabled_thinking),
    ("REQ-THINK-011", parameters.schema_is_supported),
    ("REQ-THINK-013", parameters.no_format_with_prefill),
    ("REQ-STOP-007", parameters.prompt_fits_window),
)
"""Every rule with the clause that it follows from, in the order in which they are applied."""


def apply_rules(prompt: Prompt, table: Sequence[tuple[str, Rule]] = TABLE) -> None:
    """Refuses the prompt with 400 on the first rule that it breaks."""
    for clause, rule in table:
        problem = rule(prompt)
        if problem is not None:
            raise invalid(problem, clause)
