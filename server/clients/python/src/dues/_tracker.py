"""Buffers usage events and sends them in batches from a thread.

An event leaves the buffer when Dues has it, or when it was handed to `on_lost`. Its id is made when it is tracked, so
an event that is sent again counts once.
"""

from __future__ import annotations

import atexit
import json
import logging
import os
import sys
import threading
import time
import uuid
import weakref
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from ._errors import DuesError, DuesUnavailableError
from ._transport import UNEXPECTED, backoff

_log = logging.getLogger("dues")

#: Below the API's limit of 1 MiB.
_MAX_BATCH_BYTES = 900_000
_MAX_BATCH = 1_000
_MAX_AMOUNT = 2**53 - 1

Event = dict[str, Any]


@dataclass(frozen=True)
class LostEvents:
    """Events that will not be counted unless they are sent again, and why."""

    events: list[Event]
    #: `buffer_full`, `closed`, `dues_unavailable` at the end of the process, or the API's code.
    code: str
    message: str


@dataclass(frozen=True)
class TrackSettings:
    #: The `source` of events. An id counts once for each source.
    source: str = "/dues-client"
    #: How many events may wait, before new ones are handed to `on_lost`.
    max_buffered: int = 100_000
    #: How long an event waits for others, in seconds.
    flush_interval: float = 1.0
    #: How many events a request carries, at most 1,000.
    batch_size: int = _MAX_BATCH
    #: How long `close` and the end of the process wait for Dues, in seconds.
    close_timeout: float = 10.0
    #: Whether to send what waits when the interpreter ends.
    flush_on_exit: bool = True
    #: Gets the events that can't be counted. Logs them when None.
    on_lost: Callable[[LostEvents], None] | None = None


#: Sends a batch within seconds (the client's time-out when None) and returns what was rejected.
Send = Callable[[list[Event], "float | None"], list[dict[str, Any]]]


class Tracker:
    def __init__(self, send: Send, settings: TrackSettings) -> None:
        self._send = send
        self._settings = settings
        self._batch_most = max(1, min(settings.batch_size, _MAX_BATCH))
        self._reset()
        _trackers.add(self)

    def _reset(self) -> None:
        self._waiting: deque[tuple[Event, int]] = deque()
        self._tracked = 0
        self._settled = 0
        self._is_closed = False
        self._failures = 0
        self._thread: threading.Thread | None = None
        self._changed = threading.Condition()
        self._sending = threading.Lock()

    def after_fork(self) -> None:
        """Empties the buffer in the child: the parent sends the events from before the fork."""
        self._reset()

    @property
    def size(self) -> int:
        return len(self._waiting)

    def track(
        self, feature: str, subject: str | None, amount: int = 1, id: str | None = None, time: datetime | None = None
    ) -> str:
        """Takes an event and returns its id at once. Raises ValueError for an invalid amount."""
        if not isinstance(amount, int) or not 1 <= amount <= _MAX_AMOUNT:
            raise ValueError(f"amount must be a whole number, 1 to {_MAX_AMOUNT}.")
        at = (time or datetime.now(timezone.utc)).astimezone(timezone.utc).isoformat()
        event: Event = {"specversion": "1.0", "id": id or str(uuid.uuid4()), "source": self._settings.source}
        event.update(type=feature, time=at, data={"amount": amount})
        if subject is not None:
            event["subject"] = subject
        size = len(json.dumps(event, ensure_ascii=False).encode())
        refusal = None
        with self._changed:
            if self._is_closed:
                refusal = ("closed", "The client is closed.")
            elif len(self._waiting) >= self._settings.max_buffered:
                refusal = ("buffer_full", f"{len(self._waiting)} events wait for Dues already.")
            else:
                self._waiting.append((event, size))
                self._tracked += 1
                if self._thread is None:
                    _at_end_of_child()
                    self._thread = threading.Thread(target=self._run, name="dues-tracker", daemon=True)
                    self._thread.start()
                # The first event starts the interval, a full batch ends it.
                if len(self._waiting) in (1, self._batch_most):
                    self._changed.notify_all()
        if refusal:
            self._lose([event], *refusal)
        return str(event["id"])

    def flush(self, timeout: float | None = None) -> None:
        """Sends what waits now. Raises DuesUnavailableError when Dues can't be reached: the events then still wait."""
        goal = self._tracked
        while self._settled < goal:
            self._send_batch(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends what waits; what can't be sent in time is handed to `on_lost`. Later events are handed to it, too."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        deadline = time.monotonic() + (self._settings.close_timeout if timeout is None else timeout)
        attempt = 0
        try:
            while self._waiting and (left := deadline - time.monotonic()) > 0:
                try:
                    self._send_batch(left)
                    attempt = 0
                except Exception:
                    time.sleep(min(backoff(attempt), max(0.0, deadline - time.monotonic())))
                    attempt += 1
        finally:
            # Also when Ctrl-C ends the wait.
            with self._changed:
                lost = [event for event, _ in self._waiting]
                self._waiting.clear()
                self._settled = self._tracked
            if lost:
                self._lose(lost, "dues_unavailable", "Dues could not be reached before the client ended.")

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._waiting and not self._is_closed:
                    self._changed.wait()
                if self._is_closed:
                    return
                deadline = time.monotonic() + self._settings.flush_interval
                if self._failures:
                    deadline += backoff(self._failures)
                while not self._is_closed and (left := deadline - time.monotonic()) > 0:
                    if len(self._waiting) >= self._batch_most and not self._failures:
                        break
                    self._changed.wait(left)
            try:
                self._send_batch(None)
            except DuesUnavailableError as error:
                _log.warning("failed to send usage events: %s", error, extra={"waiting": len(self._waiting)})
            except Exception:
                self._failures += 1
                _log.exception("failed to send usage events")

    def _send_batch(self, timeout: float | None) -> None:
        """Sends one batch. Concurrent calls wait, so that no event is sent twice at once."""
        if not self._sending.acquire(timeout=-1 if timeout is None else max(0.0, timeout)):
            raise DuesUnavailableError("Another batch is still being sent.", None, None)
        try:
            batch = self._next_batch()
            while batch:
                try:
                    rejected = self._send(batch, timeout)
                except DuesUnavailableError:
                    self._failures += 1
                    raise
                except DuesError as error:
                    if (error.status == 413 or (error.status == 400 and error.code != UNEXPECTED)) and len(batch) > 1:
                        # One event that Dues can't read must not take the others with it.
                        batch = batch[: (len(batch) + 1) // 2]
                        continue
                    if error.code == UNEXPECTED and error.status != 413:
                        # Not Dues' own answer: it says nothing about the events.
                        self._failures += 1
                        raise DuesUnavailableError(str(error), error, None) from error
                    # Sent again, the same would be refused again: a wrong key, or a key without the scope.
                    flaw = {"code": error.code, "message": error.message}
                    rejected = [{"index": index, **flaw} for index in range(len(batch))]
                self._failures = 0
                with self._changed:
                    # `close` may have handed the events to `on_lost` meanwhile.
                    for _ in range(min(len(batch), len(self._waiting))):
                        self._waiting.popleft()
                    self._settled += len(batch)
                self._report(batch, rejected)
                return
        finally:
            self._sending.release()

    def _next_batch(self) -> list[Event]:
        batch: list[Event] = []
        total = 0
        with self._changed:
            for event, size in self._waiting:
                total += size + 1
                if len(batch) == self._batch_most or (batch and total > _MAX_BATCH_BYTES):
                    break
                batch.append(event)
        return batch

    def _report(self, batch: list[Event], rejected: list[dict[str, Any]]) -> None:
        by_code: dict[str, LostEvents] = {}
        for flaw in rejected:
            lost = by_code.setdefault(flaw["code"], LostEvents([], flaw["code"], flaw["message"]))
            lost.events.append(batch[flaw["index"]])
        for lost in by_code.values():
            self._lose(lost.events, lost.code, lost.message)

    def _lose(self, events: list[Event], code: str, message: str) -> None:
        lost = LostEvents(events, code, message)
        if self._settings.on_lost is not None:
            try:
                self._settings.on_lost(lost)
                return
            except Exception:
                _log.exception("on_lost failed")
        _log.error("usage events not counted (%s): %s: %s", code, message, json.dumps(events))

    def at_exit(self) -> None:
        if self._settings.flush_on_exit or self._waiting:
            self.close(None if self._settings.flush_on_exit else 0.0)


def rejected_of(answer: Any, size: int) -> list[dict[str, Any]]:
    """What Dues rejected of a batch. Raises when the answer does not account for each event of it."""
    try:
        rejected: list[dict[str, Any]] = answer["rejected"]
        is_complete = answer["accepted"] + answer["duplicates"] + len(rejected) == size
        if is_complete and all(0 <= flaw["index"] < size and flaw["code"] and "message" in flaw for flaw in rejected):
            return rejected
    except (KeyError, TypeError):
        pass
    raise DuesUnavailableError("The answer does not account for each event.", None, None)


_trackers: weakref.WeakSet[Tracker] = weakref.WeakSet()


def _at_exit() -> None:
    for tracker in list(_trackers):
        tracker.at_exit()


def _at_end_of_child() -> None:
    """A process of `multiprocessing` ends without `atexit`, by finalizers that the child itself has made."""
    global _finalized_in
    multiprocessing = sys.modules.get("multiprocessing")
    if multiprocessing is None or multiprocessing.parent_process() is None or _finalized_in == os.getpid():
        return
    from multiprocessing.util import Finalize

    _finalized_in = os.getpid()
    Finalize(None, _at_exit, exitpriority=0)


def _after_fork() -> None:
    for tracker in list(_trackers):
        tracker.after_fork()


#: The process of `multiprocessing` whose end sends what waits.
_finalized_in: int | None = None
atexit.register(_at_exit)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
