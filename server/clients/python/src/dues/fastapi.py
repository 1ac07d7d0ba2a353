"""Gates for FastAPI: `install(app)` once, then `Depends(gate(dues, "ai_tokens", tenant=…))` on each route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from ._async_client import AsyncDues
from ._client import Dues
from ._gate import Gate, Meter, Passage, Refusal
from ._transport import OnUnavailable

_PASSAGES = "dues.passages"
_Message = MutableMapping[str, Any]


class RefusedByGate(HTTPException):
    """Answered with the documented 402 where `install` was called."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.status, refusal.body, refusal.headers)
        self.refusal = refusal


def install(app: FastAPI) -> None:
    """Answers refusals in the documented shape, and counts or gives back usage when the status is known."""

    async def answer(_: Request, error: Exception) -> JSONResponse:
        assert isinstance(error, RefusedByGate)
        return JSONResponse(error.refusal.body, error.refusal.status, error.refusal.headers)

    app.add_exception_handler(RefusedByGate, answer)
    app.add_middleware(_Meter)


def gate(
    dues: Dues | AsyncDues,
    feature: str,
    *,
    tenant: Callable[[Request], Any] | None = None,
    amount: int | Callable[[Request], Any] = 1,
    meter: Meter = "consume",
    on_unavailable: OnUnavailable | None = None,
) -> Callable[[Request], Awaitable[None]]:
    """A dependency that gates a route by a feature, and meters it."""
    checks = Gate(feature, tenant, amount, meter, on_unavailable)

    async def dependency(request: Request) -> None:
        passages: list[tuple[Passage, bool]] | None = request.scope.get(_PASSAGES)
        if passages is None:
            raise RuntimeError("Call dues.fastapi.install(app): it answers refusals, and counts.")
        if isinstance(dues, AsyncDues):
            passage = await checks.enter_async(dues, request)
        else:
            passage = await run_in_threadpool(checks.enter, dues, request)
        if passage.refusal:
            raise RefusedByGate(passage.refusal)
        passages.append((passage, isinstance(dues, AsyncDues)))

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
