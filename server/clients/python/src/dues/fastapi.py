"""Gates for FastAPI: `install(app)` once, then `Depends(gate(dues, "ai_tokens", tenant=…))` on each route."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse, Response
from starlette.concurrency import run_in_threadpool

from ._async_client import AsyncDues
from ._calls import Check
from ._client import Dues
from ._errors import UsageLimitError
from ._gate import Gate, Meter, Passage, Refusal, resolved, settled
from ._transport import OnUnavailable

__all__ = ["Meter", "Refusal", "gate", "install"]

_PASSAGES = "dues.passages"
_Message = MutableMapping[str, Any]


def install(app: FastAPI, *, on_refused: Callable[[Refusal, Request], Any] | None = None) -> None:
    """Answers each `UsageLimitError`, of gates and of handlers, and counts or gives back usage by the status.

    The answer is the documented one, or the response that `on_refused` returns, which may be a coroutine function.
    Its `refusal.status` is 402, or 503 when Dues can't be reached and `on_unavailable` is `refuse`.
    """

    async def answer(request: Request, error: Exception) -> Response:
        assert isinstance(error, UsageLimitError)
        refusal = Refusal(error)
        if on_refused is None:
            return JSONResponse(refusal.body, refusal.status, refusal.headers)
        if inspect.iscoroutinefunction(on_refused):
            response = await on_refused(refusal, request)
        else:
            response = await settled(await run_in_threadpool(on_refused, refusal, request))
        assert isinstance(response, Response), "on_refused returns a response."
        return response

    app.add_exception_handler(UsageLimitError, answer)
    app.add_middleware(_Meter)


def gate(
    dues: Dues | AsyncDues,
    feature: str,
    *,
    tenant: Callable[[Request], Any] | None = None,
    amount: int | Callable[[Request], Any] = 1,
    meter: Meter = "consume",
    on_unavailable: OnUnavailable | None = None,
) -> Callable[[Request], Awaitable[Check]]:
    """A dependency that gates a route by a feature, and meters it. Raises UsageLimitError when it is refused.

    Its value is the answer that allowed the request, which has `unavailable` when `on_unavailable` decided. `tenant`
    and `amount` are called in the thread pool; coroutine functions are awaited in the event loop.
    """
    checks = Gate(feature, meter, on_unavailable)

    async def dependency(request: Request) -> Check:
        passages: list[tuple[Passage, bool]] | None = request.scope.get(_PASSAGES)
        if passages is None:
            raise RuntimeError("Call dues.fastapi.install(app): it answers refusals, and counts.")
        used = await resolved(amount, request, run_in_threadpool)
        ref = await resolved(tenant, request, run_in_threadpool)
        if isinstance(dues, AsyncDues):
            passage = await checks.enter_async(dues, ref, used)
        else:
            passage = await run_in_threadpool(checks.enter, dues, ref, used)
        if passage.refusal:
            raise passage.refusal.error
        passages.append((passage, isinstance(dues, AsyncDues)))
        assert passage.check is not None
        return passage.check

    return dependency


class _Meter:
    """Counts when the status of the response is known."""

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: Any, send: Callable[[_Message], Awaitable[None]]) -> None:
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        passages: list[tuple[Passage, bool]] = []
        scope[_PASSAGES] = passages

        async def finish(status: int) -> None:
            while passages:
                passage, is_async = passages.pop()
                if is_async or status < 400:
                    await passage.finish_async(status)
                else:
                    await run_in_threadpool(passage.finish, status)

        async def count(message: _Message) -> None:
            if message["type"] == "http.response.start":
                await finish(message["status"])
            await send(message)

        try:
            return await self._app(scope, receive, count)
        except Exception:
            await finish(500)
            raise
