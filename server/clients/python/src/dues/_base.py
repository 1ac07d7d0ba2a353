"""What the sync and the async client share: settings, the buffer of events, and the cache of entitlements."""

from __future__ import annotations

import asyncio
import codecs
import os
import re
import time
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from typing import Any, cast

import httpx

from . import _calls as calls
from ._calls import Call, TenantRef
from ._errors import DuesError
from ._tracker import Event, LostEvents, Tracker, TrackSettings, rejected_of
from ._transport import Attempts, Body, OnUnavailable, Settings
from .types import EntitlementsResponse

#: Tenants whose entitlements are kept.
_MAX_CACHED = 10_000


#: An `ETag`, what it is of, and when Dues confirmed it.
Kept = tuple[str, EntitlementsResponse, float]


class EntitlementsCache:
    """Used by threads at once without a lock: each step is atomic, and no lock can be held during a fork."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, Kept] = OrderedDict()

    def fresh(self, name: str, max_age: float) -> EntitlementsResponse | None:
        kept = self._kept.get(name)
        return kept[1] if kept and time.monotonic() - kept[2] < max_age else None

    def find(self, name: str) -> Kept | None:
        return self._kept.get(name)

    def take(self, name: str, kept: Kept | None, response: httpx.Response) -> EntitlementsResponse:
        """Returns the entitlements of an answer, to a call with the `ETag` of `kept`, and keeps them."""
        if response.status_code == 304 and kept:
            entitlements = kept[1]
        else:
            entitlements = cast(EntitlementsResponse, response.json())
        if etag := response.headers.get("etag"):
            # Put again at the end, so that the first one is the one that was not asked for the longest time.
            self._kept.pop(name, None)
            self._kept[name] = (etag, entitlements, time.monotonic())
            while len(self._kept) > _MAX_CACHED:
                self._kept.popitem(last=False)
        return entitlements


class BlockingHttp:
    """A pool of connections, replaced after a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        # Here and not in the tracker's thread: httpx imports at this moment, and the first connection imports the codec
        # of host names. An import that a fork interrupts never ends in the child.
        codecs.lookup("idna")
        self._client = httpx.Client()
        self._process = os.getpid()

    def send(self, call: Call) -> httpx.Response:
        """Returns a success or a 304. Raises the other answers."""
        attempts = Attempts(self._settings, call)
        failure: DuesError | httpx.HTTPError
        while True:
            try:
                with self._pool().stream(attempts.method, attempts.url, **attempts.request()) as response:
                    body = Body(attempts, response)
                    for part in response.iter_bytes():
                        body.add(part)
                outcome = attempts.outcome(body.whole())
                if isinstance(outcome, httpx.Response):
                    return outcome
                failure = outcome
            except (DuesError, httpx.RequestError) as error:
                failure = error
            time.sleep(attempts.wait(failure))

    def close(self) -> None:
        if self._process == os.getpid():
            self._client.close()

    def _pool(self) -> httpx.Client:
        if self._process != os.getpid():
            self._client, self._process = httpx.Client(), os.getpid()
        return self._client


class AsyncHttp:
    """A pool of connections, replaced in another event loop."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._current: tuple[asyncio.AbstractEventLoop, httpx.AsyncClient] | None = None

    async def send(self, call: Call) -> httpx.Response:
        """Returns a success or a 304. Raises the other answers."""
        attempts = Attempts(self._settings, call)
        failure: DuesError | httpx.HTTPError
        while True:
            try:
                async with self._pool().stream(attempts.method, attempts.url, **attempts.request()) as response:
                    body = Body(attempts, response)
                    async for part in response.aiter_bytes():
                        body.add(part)
                outcome = attempts.outcome(body.whole())
                if isinstance(outcome, httpx.Response):
                    return outcome
                failure = outcome
            except (DuesError, httpx.RequestError) as error:
                failure = error
            await asyncio.sleep(attempts.wait(failure))

    async def close(self) -> None:
        current, self._current = self._current, None
        if current is not None and current[0] is asyncio.get_running_loop():
            await current[1].aclose()

    def _pool(self) -> httpx.AsyncClient:
        loop = asyncio.get_running_loop()
        current = self._current
        if current is None or current[0] is not loop:
            # One assignment, since another thread with a loop of its own may do the same.
            current = self._current = (loop, httpx.AsyncClient())
        return current[1]


class Base:
    """The parts that both clients share: settings, buffer of events, cache of entitlements."""

    def __init__(
        self,
        url: str,
        key: str,
        *,
        on_unavailable: OnUnavailable = "throw",
        timeout: float = 10.0,
        attempt_timeout: float = 3.0,
        retries: int = 3,
        source: str = "/dues-client",
        max_buffered: int = 100_000,
        flush_interval: float = 1.0,
        batch_size: int = 1_000,
        close_timeout: float = 10.0,
        flush_on_exit: bool = True,
        on_lost: Callable[[LostEvents], None] | None = None,
    ) -> None:
        """
        `url`: where Dues is, as `https://billing.example.com`.
        `key`: an installation key, or the key of one workspace.
        `on_unavailable`: what `check` and `consume` do when Dues can't be reached: `throw` a `DuesUnavailableError`,
        `allow`, where the usage may stay uncounted, or `refuse` as if the limit were reached.
        `timeout`, `attempt_timeout`, `retries`: how long a call may take with its retries, how long one attempt may
        wait, in seconds, and how often a call is repeated at most.
        `flush_interval`, `batch_size`, `max_buffered`: how long tracked events wait for others, how many a request
        carries, and how many may wait before new ones are handed to `on_lost`.
        `close_timeout`, `flush_on_exit`: how long `close` waits for Dues, and whether the interpreter's end closes.
        """
        if not url or not key:
            raise ValueError("url and key are required.")
        if not re.match("https?://[^/]", url, re.IGNORECASE):
            raise ValueError(f"url must begin with https:// or http://, not {url}")
        if not (key.isascii() and key.isprintable()):
            raise ValueError("key has a character that no key has, such as the end of a line.")
        self._settings = Settings(url, key, on_unavailable, timeout, attempt_timeout, retries)
        self._cache = EntitlementsCache()
        self._events = BlockingHttp(self._settings)
        self._tracker = Tracker(
            self._send_events,
            TrackSettings(source, max_buffered, flush_interval, batch_size, close_timeout, flush_on_exit, on_lost),
        )

        self._open()

    def _open(self) -> None:
        """Creates the parts that differ between the clients."""
        raise NotImplementedError

    def _send_events(self, batch: list[Event], timeout: float | None) -> list[dict[str, Any]]:
        try:
            answer = self._events.send(calls.events(batch).within(timeout)).json()
        except DuesError as error:
            answer = calls.none_accepted(error)
        return rejected_of(answer, len(batch))

    @property
    def buffered(self) -> int:
        """How many tracked events wait to be sent."""
        return self._tracker.size

    def _track(self, tenant: TenantRef | None, feature: str, amount: int, id: str | None, at: datetime | None) -> str:
        return self._tracker.track(feature, calls.tenant_subject(tenant), amount, id, at)
