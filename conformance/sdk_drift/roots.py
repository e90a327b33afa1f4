"""The roots of the comparison: operations and responses, by their names in the SDK and in the document.

The comparison reaches everything below a root on its own.
"""

from __future__ import annotations

from dataclasses import dataclass

from conformance.sdk_drift.structure import Half, Scope


@dataclass(frozen=True)
class Root:
    """A type of the SDK and its counterpart in the document.

    `names` are tried in order, because releases use different names; `of` is the type of the entries of a page;
    `causes` marks the union of all error causes, of which only some concern the paths of the document.
    `target` is a component, or an operation such as `post /v1/messages`.
    """

    names: tuple[str, ...]
    target: str
    direction: Half
    scopes: tuple[Scope, ...] = (Scope.GA,)
    of: str | None = None
    causes: bool = False


_GA, _BETA = (Scope.GA,), (Scope.BETA,)
_BOTH = (Scope.GA, Scope.BETA)
_REQUEST, _ANSWER = Half.REQUEST, Half.ANSWER

ROOTS: tuple[Root, ...] = (
    Root(("types.message_create_params.MessageCreateParams",), "post /v1/messages", _REQUEST),
    Root(("types.beta.message_create_params.MessageCreateParams",), "post /v1/messages", _REQUEST, _BETA),
    Root(("types.message_count_tokens_params.MessageCountTokensParams",), "post /v1/messages/count_tokens", _REQUEST),
    Root(
        ("types.beta.message_count_tokens_params.MessageCountTokensParams",),
        "post /v1/messages/count_tokens",
        _REQUEST,
        _BETA,
    ),
    Root(("types.model_list_params.ModelListParams",), "get /v1/models", _REQUEST),
    Root(("types.beta.model_list_params.ModelListParams",), "get /v1/models", _REQUEST, _BETA),
    Root(("types.message.Message",), "Message", _ANSWER),
    Root(("types.beta.beta_message.BetaMessage",), "Message", _ANSWER, _BETA),
    Root(("types.raw_message_stream_event.RawMessageStreamEvent",), "RawMessageStreamEvent", _ANSWER),
    Root(
        ("types.beta.beta_raw_message_stream_event.BetaRawMessageStreamEvent",), "RawMessageStreamEvent", _ANSWER, _BETA
    ),
    Root(("types.message_tokens_count.MessageTokensCount",), "MessageTokensCount", _ANSWER),
    Root(("types.beta.beta_message_tokens_count.BetaMessageTokensCount",), "MessageTokensCount", _ANSWER, _BETA),
    Root(("pagination.SyncPage",), "ModelsPage", _ANSWER, of="types.model_info.ModelInfo"),
    Root(("pagination.SyncPage",), "ModelsPage", _ANSWER, _BETA, of="types.beta.beta_model_info.BetaModelInfo"),
    Root(("types.shared.error_response.ErrorResponse",), "ErrorResponse", _ANSWER, _BOTH),
    Root(("types.shared.error_details.ErrorDetails",), "ErrorDetails", _ANSWER, _BOTH, causes=True),
    Root(("types.shared.error_type.ErrorType",), "ErrorType", _ANSWER, _BOTH),
    Root(("types.messages.batch_create_params.BatchCreateParams",), "post /v1/messages/batches", _REQUEST),
    Root(("types.messages.batch_list_params.BatchListParams",), "get /v1/messages/batches", _REQUEST),
    Root(("types.messages.message_batch.MessageBatch",), "MessageBatch", _ANSWER),
    Root(("types.messages.deleted_message_batch.DeletedMessageBatch",), "DeletedMessageBatch", _ANSWER),
    Root(
        ("types.messages.message_batch_individual_response.MessageBatchIndividualResponse",),
        "MessageBatchIndividualResponse",
        _ANSWER,
    ),
    Root(("types.file_list_params.FileListParams",), "get /v1/files", _REQUEST),
    Root(("types.file_metadata.FileMetadata",), "FileMetadata", _ANSWER),
    Root(("types.deleted_file.DeletedFile",), "DeletedFile", _ANSWER),
)
"""All roots. A type that a release lacks is a difference of its own."""
