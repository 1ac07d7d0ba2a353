"""Errors of the client. Each has a `code`: the API's, or one of the client's own for what was not answered."""

from __future__ import annotations

from typing import Any


class DuesError(Exception):
    """The API answered with an error. Its text has the message, the code, and the tenant and request where known."""

    def __init__(
        self,
        status: int,
        body: dict[str, Any],
        request_id: str | None = None,
        retry_after_secs: float | None = None,
    ) -> None:
        super().__init__(body["message"])
        self.status = status
        self.body = body
        #: The stable code, as `validation_error`.
        self.code: str = body["code"]
        self.message: str = body["message"]
        #: What is wrong with each field, on a validation error.
        self.fields: dict[str, str] = body.get("fields", {})
        #: The `x-request-id` of the answer, which stands in the server's log.
        self.request_id = request_id
        self.retry_after_secs = retry_after_secs
        #: The tenant of the call, as `external:org_42`, or Dues' id. None with the key of one workspace.
        self.tenant: str | None = None

    def __str__(self) -> str:
        details = [self.code]
        if self.tenant is not None:
            details.append(f"tenant {self.tenant}")
        if self.request_id is not None:
            details.append(f"request {self.request_id}")
        return f"{self.message} ({', '.join(details)})"


class UsageLimitError(DuesError):
    """The limit does not allow it: a 402. With `on_unavailable="refuse"` also a 503, code `dues_unavailable`."""

    allowed = False

    @property
    def upgrade(self) -> dict[str, Any] | None:
        """The cheapest listed plan that would have allowed it: `plan` and `limit`."""
        upgrade: dict[str, Any] | None = self.body.get("upgrade")
        return upgrade


class DuesUnavailableError(Exception):
    """Dues could not be reached, or did not serve the request, each time it was tried.

    A change may have been made: repeat it with the same idempotency key.
    """

    code = "dues_unavailable"

    def __init__(self, message: str, answer: DuesError | None, idempotency_key: str | None) -> None:
        super().__init__(message)
        #: The last answer, if there was one.
        self.answer = answer
        #: The key under which the call can be repeated.
        self.idempotency_key = idempotency_key
