"""What the middlewares share: gate a request by a feature, and meter it."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from ._async_client import AsyncDues
from ._calls import Check
from ._client import Dues
from ._errors import UsageLimitError
from ._transport import OnUnavailable

Meter = Literal["consume", "track", "none"]


@dataclass(frozen=True)
class Refusal:
    """The answer to a request that the limit does not allow."""

    status: int
    body: dict[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "1"} if self.status == 503 else {}


@dataclass(frozen=True)
class Passage:
    refusal: Refusal | None = None
    #: Counts what was allowed.
    count: Callable[[], Any] | None = None

    def finish(self, status: int) -> None:
        """To be called with the status of the answer."""
        if self.count is not None and status < 400:
            self.count()


@dataclass(frozen=True)
class Gate:
    """
    `feature`, `amount`: what is used; the amount may depend on the request.
    `tenant`: whose limit it is. None with the key of one workspace.
    `meter`: `consume` takes usage before the handler, exact under concurrency; `track` checks before the handler, and
    counts after it if its status is below 400; `none` only checks.
    """

    feature: str
    tenant: Callable[[Any], Any] | None = None
    amount: int | Callable[[Any], Any] = 1
    meter: Meter = "consume"
    on_unavailable: OnUnavailable | None = None

    def enter(self, dues: Dues, request: Any) -> Passage:
        """Allows or refuses a request. Raises every error that is no refusal."""
        amount = self.amount(request) if callable(self.amount) else self.amount
        scope = dues.tenant(self.tenant(request)) if self.tenant else dues
        try:
            if self.meter != "consume":
                check = scope.check(self.feature, amount, on_unavailable=self.on_unavailable)
                if passage := self._after_check(check, lambda: scope.track(self.feature, amount)):
                    return passage
            # After a check that says no, this gets the documented refusal, or takes what has become free since.
            scope.consume(self.feature, amount, on_unavailable=self.on_unavailable)
        except UsageLimitError as error:
            return Passage(Refusal(error.status, error.body))
        return Passage()

    async def enter_async(self, dues: AsyncDues, request: Any) -> Passage:
        """As `enter`. `tenant` and `amount` may be coroutine functions."""
        amount = await _settled(self.amount(request)) if callable(self.amount) else self.amount
        scope = dues.tenant(await _settled(self.tenant(request))) if self.tenant else dues
        try:
            if self.meter != "consume":
                check = await scope.check(self.feature, amount, on_unavailable=self.on_unavailable)
                if passage := self._after_check(check, lambda: scope.track(self.feature, amount)):
                    return passage
            await scope.consume(self.feature, amount, on_unavailable=self.on_unavailable)
        except UsageLimitError as error:
            return Passage(Refusal(error.status, error.body))
        return Passage()

    def _after_check(self, check: Check, count: Callable[[], Any]) -> Passage | None:
        if check["isValid"]:
            return Passage(count=count if self.meter == "track" else None)
        if self.meter == "none" or check.get("unavailable"):
            return Passage(_refusal(self.feature, check))
        return None


async def _settled(value: Any) -> Any:
    return await value if inspect.isawaitable(value) else value


def _refusal(feature: str, check: Check) -> Refusal:
    is_away = check.get("unavailable", False)
    code = str(check["failureReason"])
    messages = {
        "limit_reached": f"{feature} limit reached ({check['limit']})",
        "feature_not_included": f"The plan does not include {feature}.",
        "subscription_inactive": "A payment is overdue, and the plan is suspended until it is paid.",
        "dues_unavailable": "Whether the limit allows it can't be checked now. Try again in a moment.",
    }
    error = "Usage can't be checked" if is_away else "Usage limit exceeded"
    body = {"error": error, "code": code, "message": messages.get(code, code), "allowed": False, "upgrade": None}
    return Refusal(503 if is_away else 402, body)
