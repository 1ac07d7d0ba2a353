"""How calls are sent: settings, retries, and what an answer means. The clients do the sending."""

from __future__ import annotations

import json
import random
import time
import uuid
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any, Literal

import httpx

from ._calls import Call, Check
from ._errors import DuesError, DuesUnavailableError, UsageLimitError

OnUnavailable = Literal["allow", "refuse", "throw"]

_BACKOFF_FIRST_SECS = 0.1
_BACKOFF_MAX_SECS = 5.0
#: Far above the largest answer: 100 tenants with all their metadata.
_MAX_ANSWER_BYTES = 32 * 1024 * 1024
#: The code of an answer that something between the client and Dues gave.
UNEXPECTED = "unexpected_answer"
_MESSAGE = "Whether the limit allows it can't be checked now. Try again in a moment."


@dataclass(frozen=True)
class Settings:
    url: str
    key: str
    on_unavailable: OnUnavailable = "throw"
    timeout: float = 10.0
    attempt_timeout: float = 3.0
    retries: int = 3


def backoff(attempt: int) -> float:
    """The wait before the next attempt: exponential, with jitter above half of it."""
    most: float = min(_BACKOFF_FIRST_SECS * 2 ** min(attempt, 10), _BACKOFF_MAX_SECS)
    return most / 2 + random.random() * most / 2


class Attempts:
    """One call: its request, and when it is sent again."""

    def __init__(self, settings: Settings, call: Call) -> None:
        self._retries = settings.retries
        self._deadline = time.monotonic() + (call.timeout or settings.timeout)
        self._attempt_timeout = call.attempt_timeout or settings.attempt_timeout
        self._attempt = 0
        self.key = call.idempotency_key or (str(uuid.uuid4()) if call.needs_key else None)
        headers = {**call.headers, "authorization": f"Bearer {settings.key}"}
        if self.key is not None:
            headers["idempotency-key"] = self.key
        if call.body is not None:
            headers.setdefault("content-type", "application/json")
        self.method = call.method
        self._tenant = call.tenant
        self.url = settings.url.rstrip("/") + call.path
        self._rest = {"params": call.params or None, "headers": headers, "content": _encoded(call.body)}

    def request(self) -> dict[str, Any]:
        """Arguments for the next attempt."""
        left = max(0.001, min(self._attempt_timeout, self._deadline - time.monotonic()))
        self._attempt_deadline = time.monotonic() + left
        return {**self._rest, "timeout": left}

    def check_time(self) -> None:
        """Raises when the attempt takes too long. httpx limits each wait, and not their sum."""
        if time.monotonic() > self._attempt_deadline:
            raise httpx.ReadTimeout("Dues did not answer in time.")

    def outcome(self, response: httpx.Response) -> httpx.Response | DuesError:
        """A success or a 304, or the error that another answer is."""
        failure = failure_of(response)
        if failure is None:
            return response
        if self._attempt > 0 and self.method == "DELETE" and failure.code == "tenant_not_found":
            # The attempt before has deleted it, and its answer was lost.
            return httpx.Response(204)
        return failure

    def wait(self, failure: DuesError | httpx.HTTPError) -> float:
        """Returns the seconds to wait before the next attempt. Raises when there is none."""
        if isinstance(failure, DuesError):
            failure.tenant = self._tenant
            if not _is_worth_retrying(failure):
                raise failure
        asked = failure.retry_after_secs if isinstance(failure, DuesError) else None
        wait = max(backoff(self._attempt), asked + backoff(0) if asked else 0.0)
        self._attempt += 1
        if self._attempt <= self._retries and time.monotonic() + wait < self._deadline:
            return wait
        # A call that waits for another with the same key did get an answer.
        if isinstance(failure, DuesError) and not _is_unavailable(failure):
            raise failure
        message = f"Dues can't be reached ({self._attempt} attempts): {failure or type(failure).__name__}"
        answer = failure if isinstance(failure, DuesError) else None
        raise DuesUnavailableError(message, answer, self.key) from failure


def _encoded(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


class Body:
    """Collects the body of an answer, within its time and the size of Dues' largest."""

    def __init__(self, attempts: Attempts, response: httpx.Response) -> None:
        self._attempts = attempts
        self._response = response
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, part: bytes) -> None:
        self._attempts.check_time()
        self._parts.append(part)
        self._size += len(part)
        if self._size > _MAX_ANSWER_BYTES:
            raise _unexpected(self._response, f"is larger than {_MAX_ANSWER_BYTES} bytes")

    def whole(self) -> httpx.Response:
        coded = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(name, value) for name, value in self._response.headers.multi_items() if name.lower() not in coded]
        return httpx.Response(self._response.status_code, headers=headers, content=b"".join(self._parts))


def _is_worth_retrying(failure: DuesError) -> bool:
    return _is_unavailable(failure) or failure.code == "idempotency_in_progress"


def _is_unavailable(failure: DuesError) -> bool:
    """Whether Dues could not serve the request, as opposed to an answer about it."""
    status = failure.status
    if failure.code == UNEXPECTED:
        # A page with the status of a success, or an error of a proxy. Others, as a redirect or a 404, mean a wrong
        # address.
        return 200 <= status < 300 or status >= 500 or status in (408, 429)
    # The request did not arrive whole. Dues' own 502 is the payment provider's refusal, which stays.
    return failure.code == "unreadable_body" or status in (429, 500, 503, 504)


def failure_of(response: httpx.Response) -> DuesError | None:
    """The error that a response is; None for a success and a 304."""
    status = response.status_code
    if status in (204, 304):
        return None
    try:
        body = response.json()
    except (ValueError, RecursionError):
        body = None
    if response.is_success:
        return None if isinstance(body, (dict, list)) else _unexpected(response, "is not Dues' own")
    if not isinstance(body, dict) or not all(isinstance(body.get(name), str) for name in ("code", "message")):
        return _unexpected(response, "is not Dues' own")
    return _error(response, body)


def _unexpected(response: httpx.Response, flaw: str) -> DuesError:
    """The error of an answer that Dues did not give."""
    if response.has_redirect_location:
        target = response.headers["location"]
        message = f"The address redirects to {target}. Set url to where Dues itself answers."
    else:
        message = f"The answer, of status {response.status_code}, {flaw}. Check the address and what is between."
    return _error(response, {"error": "Unexpected answer", "code": UNEXPECTED, "message": message})


def _error(response: httpx.Response, body: dict[str, Any]) -> DuesError:
    retry_after = _read_retry_after(response.headers.get("retry-after", ""))
    is_refusal = response.status_code == 402 and body["code"] != UNEXPECTED
    kind = UsageLimitError if is_refusal else DuesError
    return kind(response.status_code, body, response.headers.get("x-request-id"), retry_after)


def _read_retry_after(value: str) -> float | None:
    """Reads `Retry-After` in seconds. Dues writes seconds; a proxy may write a date."""
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def unavailable(choice: OnUnavailable, error: DuesUnavailableError) -> Check:
    """Returns the check that replaces Dues' answer by the setting `on_unavailable`. Raises for `throw`."""
    if choice == "throw":
        raise error
    return {
        "isValid": choice == "allow",
        "failureReason": None if choice == "allow" else "dues_unavailable",  # type: ignore[typeddict-item]
        "hasWarning": False,
        "warningMessage": None,
        "used": 0,
        "limit": None,
        "percentUsed": 0.0,
        "unavailable": True,
    }


def consumed(check: Check) -> Check:
    """Returns the check of a consume. Raises when it was refused because Dues can't be reached."""
    if check["isValid"]:
        return check
    body = {"error": "Usage can't be checked", "code": "dues_unavailable", "message": _MESSAGE}
    raise UsageLimitError(503, {**body, "allowed": False, "upgrade": None}, None, 1.0)
