"""What stands between the client and Dues: proxies that answer themselves, redirect, refuse sizes, or send too much."""

import asyncio
import gzip
import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from dues import AsyncDues, Dues, DuesError, DuesUnavailableError, LostEvents

FEATURE = "ai_tokens"
Fault = Callable[["Handler", bytes], None]


class Handler(BaseHTTPRequestHandler):
    """Dues as it answers when nothing is wrong."""

    protocol_version = "HTTP/1.1"
    server: "StandIn"
    log_message: Callable[..., None] = lambda *_: None

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        with self.server.lock:
            self.server.requests.append((self.command, self.path, self.headers["idempotency-key"], body))
            fault = self.server.faults.pop(0) if self.server.faults else Handler.as_dues
        try:
            fault(self, body)
        except OSError:
            self.close_connection = True

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def send(self, status: int, body: Any, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"content-type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def as_dues(self, body: bytes) -> None:
        """Counts events by their id, and allows everything else."""
        if self.path != "/api/v1/usage/events":
            return self.send(200, {"isValid": True, "failureReason": None, "used": 1, "limit": None})
        duplicates = 0
        events = json.loads(body)
        with self.server.lock:
            for event in events:
                duplicates += event["id"] in self.server.counted
                self.server.counted.add(event["id"])
        return self.send(200, {"accepted": len(events) - duplicates, "duplicates": duplicates, "rejected": []})


class StandIn(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 200

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.lock = threading.Lock()
        self.faults: list[Fault] = []
        self.requests: list[tuple[str, str, str, bytes]] = []
        self.counted: set[str] = set()
        self.url = f"http://127.0.0.1:{self.server_port}"


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with StandIn() as stand_in:
        threading.Thread(target=stand_in.serve_forever, args=(0.01,), daemon=True).start()
        yield stand_in
        stand_in.shutdown()


@pytest.fixture
def lost() -> list[LostEvents]:
    return []


@pytest.fixture
def client(stand_in: StandIn, lost: list[LostEvents]) -> Callable[..., Dues]:
    def client(**options: Any) -> Dues:
        return Dues(stand_in.url, "dues_a_b", flush_interval=60.0, on_lost=lost.append, **options)

    return client


def codes(lost: list[LostEvents]) -> list[tuple[str, int]]:
    return [(one.code, len(one.events)) for one in lost]


def page(status: int) -> Fault:
    return lambda handler, _: handler.send(status, b"<h1>Welcome</h1>", content_type="text/html")


def refusal(status: int, code: str) -> Fault:
    return lambda handler, _: handler.send(status, {"error": "", "code": code, "message": ""})


def broken_gzip(handler: Handler, _: bytes) -> None:
    handler.send(200, b"no gzip", content_encoding="gzip")


@pytest.mark.parametrize("kind", ["sync", "async"])
@pytest.mark.parametrize(
    "fault",
    [
        page(200),
        lambda handler, _: handler.send(200, b'{"isValid": tr'),
        lambda handler, _: handler.send(200, b""),
        lambda handler, _: handler.send(200, b"[" * 100_000),
        broken_gzip,
        page(502),
        page(521),
    ],
    ids=["page", "cut-off", "empty", "deep", "gzip", "502", "521"],
)
def test_an_answer_that_is_not_dues_own_means_that_dues_is_away(stand_in: StandIn, kind: str, fault: Fault) -> None:
    def check(**options: Any) -> Any:
        if kind == "sync":
            return Dues(stand_in.url, "dues_a_b", **options).check(FEATURE)
        return asyncio.run(AsyncDues(stand_in.url, "dues_a_b", **options).check(FEATURE))

    stand_in.faults = [fault]
    assert check()["isValid"]
    stand_in.faults = [fault, fault]
    with pytest.raises(DuesUnavailableError):
        check(retries=1)
    stand_in.faults = [fault, fault]
    assert check(retries=1, on_unavailable="allow")["unavailable"]


def test_an_answer_that_is_compressed_is_read(stand_in: StandIn, client: Callable[..., Dues]) -> None:
    body = gzip.compress(b'{"isValid": true, "used": 7}')
    stand_in.faults = [lambda handler, _: handler.send(200, body, content_encoding="gzip")]
    assert client().check(FEATURE)["used"] == 7


def test_a_redirect_is_not_followed_and_its_target_is_named(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    def redirect(handler: Handler, _: bytes) -> None:
        handler.send(301, b"", location="https://dues.example.com/")

    stand_in.faults = [redirect, redirect]
    with pytest.raises(DuesError, match=r"https://dues\.example\.com/") as failure:
        client(on_unavailable="allow").consume(FEATURE)
    assert (failure.value.status, failure.value.code) == (301, "unexpected_answer")
    dues = client()
    dues.track(FEATURE)
    with pytest.raises(DuesUnavailableError):
        dues.flush()
    assert (dues.buffered, lost) == (1, [])
    dues.close()
    assert len(stand_in.counted) == 1


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_an_answer_is_not_read_beyond_its_size_and_time(stand_in: StandIn, kind: str) -> None:
    sent = 0

    def huge(handler: Handler, _: bytes) -> None:
        nonlocal sent
        handler.send_response(200)
        handler.send_header("content-length", str(1 << 30))
        handler.end_headers()
        for _ in range(1 << 10):
            handler.wfile.write(b" " * (1 << 20))
            sent += 1 << 20

    def trickle(handler: Handler, _: bytes) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "1000")
        handler.end_headers()
        for _ in range(1_000):
            handler.wfile.write(b" ")
            time.sleep(0.02)

    def check(**options: Any) -> Any:
        if kind == "sync":
            return Dues(stand_in.url, "dues_a_b", retries=0, **options).check(FEATURE)
        return asyncio.run(AsyncDues(stand_in.url, "dues_a_b", retries=0, **options).check(FEATURE))

    stand_in.faults = [huge]
    with pytest.raises(DuesUnavailableError, match="larger than"):
        check(attempt_timeout=10.0)
    assert sent < 256 << 20
    stand_in.faults = [trickle]
    start = time.monotonic()
    with pytest.raises(DuesUnavailableError):
        check(attempt_timeout=0.2)
    assert time.monotonic() - start < 5


def test_events_whose_answer_is_not_dues_own_stay_in_the_buffer_and_count_once(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    def counted_without_answer(handler: Handler, body: bytes) -> None:
        handler.server.counted |= {event["id"] for event in json.loads(body)}
        page(502)(handler, body)

    def outcome(**fields: Any) -> Fault:
        return lambda handler, _: handler.send(200, fields)

    stray = [{"index": 99, "code": "x", "message": ""}]
    dues = client(retries=0)
    for fault in (
        page(200),
        page(404),
        page(403),
        broken_gzip,
        outcome(),
        outcome(accepted=1, duplicates=0, rejected=[]),
        outcome(accepted=1, duplicates=0, rejected=stray),
        counted_without_answer,
    ):
        dues.track(FEATURE)
        dues.track(FEATURE)
        stand_in.faults = [fault]
        with pytest.raises(DuesUnavailableError):
            dues.flush()
    assert dues.buffered == 16
    dues.close()
    assert (len(stand_in.counted), lost) == (16, [])


def test_close_hands_over_what_is_answered_by_a_page(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    stand_in.faults = [page(200)] * 10_000
    dues = client()
    dues.track(FEATURE)
    dues.close(0.3)
    assert codes(lost) == [("dues_unavailable", 1)]


def test_a_proxy_that_lets_no_large_request_pass_gets_smaller_ones(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    def narrow(handler: Handler, body: bytes) -> None:
        page(413)(handler, body) if len(body) > 20_000 else handler.as_dues(body)

    stand_in.faults = [narrow] * 1_000
    dues = client()
    for _ in range(1_000):
        dues.track(FEATURE)
    dues.close()
    assert (len(stand_in.counted), lost) == (1_000, [])


def test_an_event_that_dues_cant_read_takes_no_others_with_it(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    dues = client()
    with pytest.raises(ValueError):
        dues.tenant("\ud800").track(FEATURE)

    def unreadable(handler: Handler, body: bytes) -> None:
        refusal(400, "invalid_json")(handler, body) if b"poison" in body else handler.as_dues(body)

    stand_in.faults = [unreadable] * 1_000
    for nth in range(200):
        dues.track(FEATURE, id="poison" if nth == 77 else None)
    dues.close()
    assert (len(stand_in.counted), codes(lost)) == (199, [("invalid_json", 1)])


def test_a_body_that_dues_got_only_in_part_is_sent_again(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    stand_in.faults = [refusal(400, "unreadable_body")]
    dues = client()
    dues.track(FEATURE)
    dues.close()
    assert (len(stand_in.counted), lost) == (1, [])


def test_a_tenant_whose_deletion_succeeded_without_an_answer_is_deleted(
    stand_in: StandIn, client: Callable[..., Dues]
) -> None:
    gone = refusal(404, "tenant_not_found")
    stand_in.faults = [page(502), gone]
    client().tenants.delete("org_42", purge=True)
    stand_in.faults = [gone]
    with pytest.raises(DuesError):
        client().tenants.delete("org_42", purge=True)


def test_a_repeat_has_the_callers_key_whatever_the_call(stand_in: StandIn, client: Callable[..., Dues]) -> None:
    dues = client()
    key = "order-7"
    link: Any = {"user": {"externalId": "user_1"}, "role": "admin", "returnUrl": "https://app.example.com"}
    several = lambda handler, _: handler.send(200, {"features": {}})  # noqa: E731
    url = lambda handler, _: handler.send(200, {"url": "https://pay.example"})  # noqa: E731
    calls: list[tuple[Callable[[], Any], list[Fault]]] = [
        (lambda: dues.consume(FEATURE, idempotency_key=key), []),
        (lambda: dues.release(FEATURE, idempotency_key=key), []),
        (lambda: dues.set_usage(FEATURE, 1, idempotency_key=key), []),
        (lambda: dues.consume_several({FEATURE: 1}, idempotency_key=key), [several]),
        (lambda: dues.checkout("pro", idempotency_key=key), [url]),
        (lambda: dues.portal_link(link, idempotency_key=key), []),
    ]
    for call, answers in calls:
        stand_in.faults = [page(503), *answers]
        call()
    assert [sent[2] for sent in stand_in.requests] == [key] * 12


def test_a_clock_that_is_set_does_not_matter(
    stand_in: StandIn, client: Callable[..., Dues], monkeypatch: pytest.MonkeyPatch
) -> None:
    dues = client()
    stand_in.faults = [lambda handler, _: handler.send(200, {"features": {}}, etag='"1"')]
    dues.entitlements()
    now = time.time()
    for shift in (-3_600, 3_600):
        monkeypatch.setattr(time, "time", lambda shift=shift: now + shift)
        dues.entitlements(max_age=60)
    assert len(stand_in.requests) == 1
    dues.track(FEATURE)
    dues.close()
    assert len(stand_in.counted) == 1


def test_many_events_are_counted_once_and_those_that_find_no_room_are_handed_over(
    stand_in: StandIn,
) -> None:
    handed_over = 0

    def hand_over(lost: LostEvents) -> None:
        nonlocal handed_over
        handed_over += len(lost.events)

    all_tracked = threading.Event()

    def busy(handler: Handler, body: bytes) -> None:
        all_tracked.wait(60.0)
        page(502)(handler, body)

    dues = Dues(
        stand_in.url,
        "dues_a_b",
        max_buffered=20_000,
        flush_interval=60.0,
        timeout=90.0,
        attempt_timeout=60.0,
        on_lost=hand_over,
    )
    stand_in.faults = [busy]
    for _ in range(100_000):
        dues.track(FEATURE)
    all_tracked.set()
    dues.close(60.0)
    assert dues.buffered == 0
    assert handed_over > 0
    assert len(stand_in.counted) + handed_over == 100_000
    assert all(len(body) <= 1 << 20 for *_, body in stand_in.requests)


def test_threads_that_track_and_flush_at_once_send_each_event_once(
    stand_in: StandIn, client: Callable[..., Dues], lost: list[LostEvents]
) -> None:
    dues = client(batch_size=10)

    def work(nth: int) -> None:
        for step in range(20):
            dues.track(FEATURE, id=f"{nth}-{step}")
            dues.consume(FEATURE)
            if step % 3 == 0:
                dues.flush()

    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    dues.close()
    sent = [event for _, path, _, body in stand_in.requests if path.endswith("/events") for event in json.loads(body)]
    assert (len(sent), len(stand_in.counted), lost) == (400, 400, [])


def test_threads_that_ask_for_entitlements_at_once_keep_the_cache_bounded(
    stand_in: StandIn, client: Callable[..., Dues], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dues._base._MAX_CACHED", 2)
    stand_in.faults = [lambda handler, _: handler.send(200, {"features": {}}, etag='"1"')] * 400
    dues = client()
    failures: list[Exception] = []

    def work(nth: int) -> None:
        try:
            for step in range(20):
                dues.tenant(f"org_{(nth + step) % 5}").entitlements()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(nth,)) for nth in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert len(dues._cache._kept) <= 2


def test_loops_of_several_threads_share_a_client(stand_in: StandIn) -> None:
    dues = AsyncDues(stand_in.url, "dues_a_b")
    failures: list[Exception] = []

    def work() -> None:
        async def use() -> None:
            for _ in range(20):
                await dues.check(FEATURE)

        try:
            asyncio.run(use())
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_an_address_or_a_key_that_is_none_is_refused_at_once() -> None:
    for wrong in ("", "dues.example.com", "ftp://dues.example.com", "https://"):
        with pytest.raises(ValueError):
            Dues(wrong, "dues_a_b")
    for wrong in ("", "dues_a_b\n", "dués"):
        with pytest.raises(ValueError):
            Dues("https://dues.example.com", wrong)


def test_a_call_imports_nothing(stand_in: StandIn) -> None:
    """A fork during an import in the tracker's thread would leave its lock held in the child for good."""
    code = """
import sys
from dues import Dues
dues = Dues(sys.argv[1], "dues_a_b", flush_interval=60.0)
known = set(sys.modules)
dues.track("ai_tokens")
dues.flush()
print(sorted(set(sys.modules) - known))
"""
    done = subprocess.run([sys.executable, "-c", code, stand_in.url], capture_output=True, text=True, timeout=30)
    assert (done.stdout, done.stderr) == ("[]\n", "")
