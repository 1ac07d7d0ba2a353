"""What the middlewares share: gate a request by a feature, and meter it."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from ._async_client import AsyncDues, AsyncTenantClient
from ._calls import Check, TenantRef
from ._client import Dues, TenantClient
from ._errors import DuesError, DuesUnavailableError, UsageLimitError
from ._transport import OnUnavailable

_log = logging.getLogger("dues")
#: How long a failed request may wait until its usage is given back.
_GIVE_BACK_SECS = 3.0
Meter = Literal["consume", "track", "none"]


@dataclass(frozen=True)
class Refusal:
    """The answer to a request that the limit does not allow: 402, or 503 when Dues can't be reached."""

    error: UsageLimitError

    @property
    def status(self) -> int:
        return self.error.status

    @property
    def body(self) -> dict[str, Any]:
        """The documented body: `code`, `message`, `upgrade` and others."""
        return self.error.body

    @property
    def headers(self) -> dict[str, str]:
        return {"retry-after": "1"} if self.status == 503 else {}


@dataclass(frozen=True)
class Passage:
    """A request that was decided about. `finish` is called with its status, or with 500 when the handler raised."""

    refusal: Refusal | None = None
    #: The answer that allowed the request. `unavailable` is set when `on_unavailable` decided, not Dues.
    check: Check | None = None
    #: Counts what was allowed.
    count: Callable[[], Any] | None = None
    #: Gives back what was consumed; with an `AsyncDues` a coroutine function.
    give_back: Callable[[], Any] | None = None

    def action(self, status: int) -> Callable[[], Any] | None:
        return self.count if status < 400 else self.give_back

    def finish(self, status: int) -> None:
        if action := self.action(status):
            action()

    async def finish_async(self, status: int) -> None:
        if action := self.action(status):
            await settled(action())


@dataclass
class Gate:
    """
    `meter`: `consume` takes usage before the handler, exact under concurrency; if the handler fails, by an exception or
    a status of 400 or above, a gauge is given back, and a counter stays counted. `track` checks before the handler, and
    counts after it unless it failed. `none` only checks, and names no plan to upgrade to.
    """

    feature: str
    meter: Meter = "consume"
    on_unavailable: OnUnavailable | None = None
    #: False as soon as Dues has said so. Other features can't be given back.
    is_gauge: bool = field(default=True, init=False)

    def enter(self, dues: Dues, tenant: TenantRef | None, amount: int) -> Passage:
        """Allows or refuses a request. Raises every error that is no refusal."""
        scope = dues if tenant is None else dues.tenant(tenant)
        try:
            if self.meter != "consume":
                check = scope.check(self.feature, amount, on_unavailable=self.on_unavailable)
                if passage := self._after_check(check, lambda: self._track(scope, amount)):
                    return passage
            # After a check that says no, this gets the documented refusal, or takes what has become free since.
            taken = scope.consume(self.feature, amount, on_unavailable=self.on_unavailable)
        except UsageLimitError as error:
            return Passage(Refusal(error))

        def give_back() -> None:
            if self.is_gauge:
                try:
                    scope.release(self.feature, amount, timeout=_GIVE_BACK_SECS)
                except (DuesError, DuesUnavailableError) as error:
                    self._not_given_back(amount, error)

        return self._taken(taken, give_back)

    async def enter_async(self, dues: AsyncDues, tenant: TenantRef | None, amount: int) -> Passage:
        """As `enter`."""
        scope = dues if tenant is None else dues.tenant(tenant)
        try:
            if self.meter != "consume":
                check = await scope.check(self.feature, amount, on_unavailable=self.on_unavailable)
                if passage := self._after_check(check, lambda: self._track(scope, amount)):
                    return passage
            taken = await scope.consume(self.feature, amount, on_unavailable=self.on_unavailable)
        except UsageLimitError as error:
            return Passage(Refusal(error))

        async def give_back() -> None:
            if self.is_gauge:
                try:
                    await scope.release(self.feature, amount, timeout=_GIVE_BACK_SECS)
                except (DuesError, DuesUnavailableError) as error:
                    self._not_given_back(amount, error)

        return self._taken(taken, give_back)

    @staticmethod
    def _taken(taken: Check, give_back: Callable[[], Any]) -> Passage:
        # What was allowed without Dues was perhaps not counted.
        return Passage(check=taken, give_back=None if taken.get("unavailable") else give_back)

    def _track(self, scope: TenantClient | AsyncTenantClient, amount: int) -> None:
        try:
            scope.track(self.feature, amount)
        except ValueError:
            # An amount that is no whole number gets here when a check was allowed without Dues.
            _log.exception("failed to count usage of %s", self.feature)

    def _not_given_back(self, amount: int, error: DuesError | DuesUnavailableError) -> None:
        if error.code == "not_a_gauge":
            self.is_gauge = False
        else:
            _log.error("failed to give back %s of %s after a request that failed: %s", amount, self.feature, error)

    def _after_check(self, check: Check, count: Callable[[], Any]) -> Passage | None:
        if check["isValid"]:
            return Passage(check=check, count=count if self.meter == "track" else None)
        if self.meter == "none" or check.get("unavailable"):
            return Passage(_refusal(self.feature, check))
        return None


async def resolved(value: Any, request: Any, in_thread: Callable[[Any, Any], Awaitable[Any]]) -> Any:
    """A value, or what a function of the request returns. Only coroutine functions run in the event loop."""
    if not callable(value):
        return value
    if inspect.iscoroutinefunction(value):
        return await value(request)
    return await settled(await in_thread(value, request))


async def settled(value: Any) -> Any:
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
    return Refusal(UsageLimitError(503 if is_away else 402, body, None, 1.0 if is_away else None))
