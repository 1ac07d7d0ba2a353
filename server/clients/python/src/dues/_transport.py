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
        self.url = settings.url.rstrip("/") + call.path
        self._rest = {"params": call.params or None, "headers": headers, "content": _encoded(call.body)}

    def request(self) -> dict[str, Any]:
        """Arguments for the next attempt."""
        left = max(0.001, min(self._attempt_timeout, self._deadline - time.monotonic()))
        return {**self._rest, "timeout": left}

    def wait(self, failure: DuesError | httpx.HTTPError) -> float:
        """Returns the seconds to wait before the next attempt. Raises when there is none."""
        if isinstance(failure, DuesError) and not _is_worth_retrying(failure):
            raise failure
        asked = failure.retry_after_secs if isinstance(failure, DuesError) else None
        wait = max(backoff(self._attempt), asked + backoff(0) if asked else 0.0)
        self._attempt += 1
        if self._attempt <= self._retries and time.monotonic() + wait < self._deadline:
            return wait
        # A call that waits for another with the same key did get an answer.
        if isinstance(failure, DuesError) and failure.status < 500 and failure.status != 429:
            raise failure
        message = f"Dues can't be reached ({self._attempt} attempts): {failure or type(failure).__name__}"
        answer = failure if isinstance(failure, DuesError) else None
        raise DuesUnavailableError(message, answer, self.key) from failure


def _encoded(body: Any) -> bytes | None:
    return None if body is None else json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def _is_worth_retrying(failure: DuesError) -> bool:
    # A proxy's 502 has no code of Dues. Dues' own 502 is a refusal of the payment provider, which is final.
    if failure.status == 502:
        return failure.code == UNEXPECTED
    if failure.status == 409:
        return failure.code == "idempotency_in_progress"
    return failure.status in (408, 429, 500, 503, 504)


def failure_of(response: httpx.Response) -> DuesError | None:
    """Returns the error of a response; None for a success and a 304."""
    if response.is_success or response.status_code == 304:
        return None
    status = response.status_code
    try:
        body = response.json()
        is_dues = isinstance(body["code"], str) and isinstance(body["message"], str)
    except (ValueError, KeyError, TypeError):
        is_dues = False
    if not is_dues:
        message = f"The answer had the status {status} and was not Dues' own. Check the address and what is between."
        body = {"error": "Unexpected answer", "code": UNEXPECTED, "message": message}
    retry_after = _read_retry_after(response.headers.get("retry-after", ""))
    kind = UsageLimitError if status == 402 else DuesError
    return kind(status, body, response.headers.get("x-request-id"), retry_after)


def _read_retry_after(value: str) -> float | None:
    """Reads `Retry-After` in seconds. Dues writes seconds; a proxy may write a date."""
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
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
