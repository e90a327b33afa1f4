"""What an HTTP status means, as one table.

A status is about one thing: what the request says, who sends it, or the moment in which it arrives. The sets below the
table are columns of it, the functions at the end its classes; no other module lists or compares statuses.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, TypeGuard


class About(Enum):
    """What a status is about."""

    REQUEST = auto()  # what the request says
    CREDENTIALS = auto()
    PERMISSION = auto()
    CREDIT = auto()
    PATH = auto()
    STATE = auto()  # the state of a resource
    MOMENT = auto()  # load and time
    SERVER = auto()  # a breakdown of the endpoint
    BETWEEN = auto()  # a proxy in front of the endpoint, which answers in its own form


@dataclass(frozen=True)
class Status:
    """One status. `error_type` is the type that the API documents for it (REQ-ERR-005 to -014), or None.

    `retried`: a client sends the request again (500 only once). `slows`: all senders send less. `declines`: an endpoint
    can decline a capability with it. `unprovoked`: no request provokes it by what it says; with other breakdowns some
    endpoints answer what they should refuse. `early`: known before an answer starts (REQ-ERR-018).
    `no_model`: endpoints and gateways answer with it where they do not know the model.
    """

    code: int
    about: About
    error_type: str | None = None
    retried: bool = False
    slows: bool = False
    declines: bool = False
    unprovoked: bool = False
    early: bool = False
    no_model: bool = False


_ROWS: Final = (
    Status(400, About.REQUEST, "invalid_request_error", declines=True, early=True, no_model=True),
    Status(401, About.CREDENTIALS, "authentication_error", early=True),
    Status(402, About.CREDIT, "billing_error", early=True),
    Status(403, About.PERMISSION, "permission_error", declines=True, early=True, no_model=True),
    Status(404, About.PATH, "not_found_error", declines=True, early=True, no_model=True),
    Status(405, About.PATH),
    Status(408, About.MOMENT, retried=True, unprovoked=True),
    Status(409, About.STATE, "conflict_error", retried=True),
    Status(413, About.REQUEST, "request_too_large", declines=True),
    Status(422, About.REQUEST, declines=True, no_model=True),
    Status(429, About.MOMENT, "rate_limit_error", retried=True, slows=True, unprovoked=True),
    Status(500, About.SERVER, "api_error", retried=True),
    Status(501, About.SERVER, declines=True),
    Status(502, About.BETWEEN, retried=True),
    Status(503, About.BETWEEN, retried=True, slows=True, no_model=True),
    Status(504, About.MOMENT, "timeout_error", retried=True),
    *(Status(code, About.BETWEEN) for code in range(520, 528)),  # content delivery networks
    Status(529, About.MOMENT, "overloaded_error", retried=True, slows=True, unprovoked=True),
)

STATUSES: Final[Mapping[int, Status]] = {row.code: row for row in _ROWS}
"""Every status with its own meaning; others mean what their class says (RFC 9110, section 15)."""


def _codes(column: Callable[[Status], bool]) -> frozenset[int]:
    return frozenset(row.code for row in _ROWS if column(row))


def _types(column: Callable[[Status], bool]) -> frozenset[str]:
    return frozenset(row.error_type for row in _ROWS if row.error_type is not None and column(row))


REFUSING: Final = _codes(lambda row: row.about is About.REQUEST)
"""Statuses that refuse the request for what it says."""

DECLINING: Final = _codes(lambda row: row.declines)
"""Statuses by which an endpoint cleanly declines a capability."""

KEY_REFUSED: Final = _codes(lambda row: row.about in (About.CREDENTIALS, About.PERMISSION))
"""Statuses that refuse the key."""

ACCOUNT_ENDED: Final = _codes(lambda row: row.about in (About.CREDENTIALS, About.CREDIT))
"""Statuses that, in the middle of a run, say that the key or the credit has ended."""

CREDIT_ENDED: Final = _codes(lambda row: row.about is About.CREDIT)
"""Statuses that say that the account has no credit."""

NO_MODEL: Final = _codes(lambda row: row.no_model)
"""Statuses with which endpoints and gateways say that they do not know the model."""

NO_SUCH_PATH: Final = _codes(lambda row: row.about is About.PATH)
"""Statuses of a path that is not served."""

NOT_FOUND: Final = NO_SUCH_PATH & NO_MODEL
"""Statuses of a path that is not served, or of a model in one that is."""

NOT_SERVED: Final = NO_SUCH_PATH | _codes(lambda row: row.about is About.SERVER and row.declines)
"""Statuses of a path that is not served, or whose method is not implemented."""

RETRIED: Final = _codes(lambda row: row.retried)
"""Statuses after which a request is sent again."""

RETRIED_BREAKDOWN: Final = _codes(lambda row: row.retried and row.about is About.SERVER)
"""Statuses of a breakdown that a client tries again, and that is judged when it remains."""

SLOW_DOWN: Final = _codes(lambda row: row.slows)
"""Statuses by which an endpoint asks all senders to send less."""

PUSHED_BACK: Final = _codes(lambda row: row.retried and row.about in (About.MOMENT, About.BETWEEN))
"""Statuses that describe the moment and not the request, when they remain after all attempts."""

UNPROVOKED: Final = _codes(lambda row: row.unprovoked)
"""Statuses that an invalid request does not provoke."""

DOCUMENTED_RETRIES: Final = _codes(lambda row: row.retried and row.about is not About.BETWEEN)
"""Statuses of retried answers that come from the endpoint itself, so that their envelope can be judged."""

NOT_THE_ENDPOINT: Final = _codes(lambda row: row.about is About.BETWEEN)
"""Statuses that proxies, balancers and content delivery networks send in their own form. The API sends none of them;
the case that sent the request judges whether it was answered with one."""

EARLY_TYPES: Final = _types(lambda row: row.early)
"""Error types that are known before the answer starts; they belong to a 4xx status (REQ-ERR-018)."""

OTHER_REASON_TYPES: Final = _types(
    lambda row: row.about in (About.CREDENTIALS, About.PERMISSION, About.CREDIT, About.MOMENT)
)
"""Error types about the account or the moment, whatever the status (REQ-ERR-005 to REQ-ERR-013)."""


WITHOUT_BODY: Final = frozenset({204, 304})
"""Statuses whose response ends with its headers (RFC 9110, sections 15.3.5 and 15.4.5)."""


def exists(status: int) -> bool:
    """True for a status of HTTP: 100 to 599 (RFC 9110, section 15)."""
    return 100 <= status <= 599


def class_of(status: int) -> str:
    """The name of a status's class, such as `4xx`."""
    return f"{status // 100}xx"


def is_success(status: int | None) -> TypeGuard[int]:
    """True for 2xx."""
    return status is not None and 200 <= status < 300


def is_redirect(status: int | None) -> TypeGuard[int]:
    """True for 3xx."""
    return status is not None and 300 <= status < 400


def is_client_error(status: int | None) -> TypeGuard[int]:
    """True for 4xx."""
    return status is not None and 400 <= status < 500


def is_server_error(status: int | None) -> TypeGuard[int]:
    """True for 5xx and for what is above: clients read it as 5xx (RFC 9110, section 15)."""
    return status is not None and status >= 500


def is_error(status: int | None) -> TypeGuard[int]:
    """True for a status of 400 or more."""
    return is_client_error(status) or is_server_error(status)
