"""Gates for Django: `@gate(dues, "ai_tokens", tenant=…)` on a view. Async views take an `AsyncDues`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, JsonResponse

from ._async_client import AsyncDues
from ._client import Dues
from ._gate import Gate, Meter, Refusal, resolved, settled
from ._transport import OnUnavailable

__all__ = ["Meter", "Refusal", "gate"]

View = Callable[..., Any]


def gate(
    dues: Dues | AsyncDues,
    feature: str,
    *,
    tenant: Callable[[HttpRequest], Any] | None = None,
    amount: int | Callable[[HttpRequest], Any] = 1,
    meter: Meter = "consume",
    on_unavailable: OnUnavailable | None = None,
    on_refused: Callable[[Refusal, HttpRequest], Any] | None = None,
) -> Callable[[View], View]:
    """Gates a view by a feature, and meters it.

    A refusal is answered with the documented 402, or with the response that `on_refused` returns. The view finds the
    answer that allowed the request as `request.dues_check`. `tenant`, `amount` and `on_refused` may be coroutine
    functions; with an async view, others run in Django's thread for blocking code.
    """
    checks = Gate(feature, meter, on_unavailable)

    def decorate(view: View) -> View:
        if inspect.iscoroutinefunction(view):
            if not isinstance(dues, AsyncDues):
                raise TypeError("An async view takes an AsyncDues.")

            @functools.wraps(view)
            async def gated_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                used = await resolved(amount, request, _in_thread)
                passage = await checks.enter_async(dues, await resolved(tenant, request, _in_thread), used)
                if passage.refusal:
                    answer = functools.partial(on_refused or _answer, passage.refusal)
                    return await resolved(answer, request, _in_thread)
                request.dues_check = passage.check
                try:
                    response = await view(request, *args, **kwargs)
                except Exception:
                    await passage.finish_async(500)
                    raise
                await passage.finish_async(response.status_code)
                return response

            return gated_async
        if not isinstance(dues, Dues):
            raise TypeError("A view that is not async takes a Dues.")

        @functools.wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            used = _resolved(amount, request)
            passage = checks.enter(dues, _resolved(tenant, request), used)
            if passage.refusal:
                return _resolved(functools.partial(on_refused or _answer, passage.refusal), request)
            request.dues_check = passage.check
            try:
                response = view(request, *args, **kwargs)
            except Exception:
                passage.finish(500)
                raise
            passage.finish(response.status_code)
            return response

        return gated

    return decorate


async def _in_thread(function: Callable[[Any], Any], request: Any) -> Any:
    return await sync_to_async(function)(request)


def _resolved(value: Any, request: Any) -> Any:
    result = value(request) if callable(value) else value
    return async_to_sync(settled)(result) if inspect.isawaitable(result) else result


def _answer(refusal: Refusal, _: HttpRequest) -> JsonResponse:
    return JsonResponse(refusal.body, status=refusal.status, headers=refusal.headers)
