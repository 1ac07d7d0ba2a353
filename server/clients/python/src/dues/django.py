"""Gates for Django: `@gate(dues, "ai_tokens", tenant=…)` on a view. Async views take an `AsyncDues`."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, JsonResponse

from ._async_client import AsyncDues
from ._client import Dues
from ._gate import Gate, Meter, Refusal
from ._transport import OnUnavailable

View = Callable[..., Any]


def gate(
    dues: Dues | AsyncDues,
    feature: str,
    *,
    tenant: Callable[[HttpRequest], Any] | None = None,
    amount: int | Callable[[HttpRequest], Any] = 1,
    meter: Meter = "consume",
    on_unavailable: OnUnavailable | None = None,
) -> Callable[[View], View]:
    """Gates a view by a feature, and meters it. Answers the documented 402."""
    checks = Gate(feature, tenant, amount, meter, on_unavailable)

    def decorate(view: View) -> View:
        if inspect.iscoroutinefunction(view):
            if not isinstance(dues, AsyncDues):
                raise TypeError("An async view takes an AsyncDues.")

            @functools.wraps(view)
            async def gated_async(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
                passage = await checks.enter_async(dues, request)
                if passage.refusal:
                    return _answer(passage.refusal)
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
            passage = checks.enter(dues, request)
            if passage.refusal:
                return _answer(passage.refusal)
            try:
                response = view(request, *args, **kwargs)
            except Exception:
                passage.finish(500)
                raise
            passage.finish(response.status_code)
            return response

        return gated

    return decorate


def _answer(refusal: Refusal) -> JsonResponse:
    return JsonResponse(refusal.body, status=refusal.status, headers=refusal.headers)
