"""One workspace's key: checks, metering, errors, and the choice when Dues can't be reached."""

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest
from conftest import COUNTER, GAUGE, Proxy, Server, free_port, until

from dues import AsyncDues, Dues, DuesError, DuesUnavailableError, UsageLimitError
from dues._transport import failure_of


@pytest.fixture
def dues(server: Server) -> Iterator[Dues]:
    with Dues(server.url, server.key("free")) as dues:
        yield dues


def test_a_gauge_is_consumed_to_its_limit_and_released(dues: Dues) -> None:
    dues.set_usage(GAUGE, 0)
    assert [dues.consume(GAUGE)["used"], dues.consume(GAUGE)["used"]] == [1, 2]
    assert dues.check(GAUGE)["failureReason"] == "limit_reached"
    with pytest.raises(UsageLimitError) as refused:
        dues.consume(GAUGE)
    assert refused.value.code == "limit_reached"
    assert refused.value.upgrade == {"plan": "pro", "limit": 10}
    assert sorted(refused.value.body) == ["allowed", "code", "error", "message", "upgrade"]
    assert refused.value.request_id
    assert dues.release(GAUGE, 2)["used"] == 0


def test_an_error_has_the_apis_code_and_fields(server: Server, dues: Dues) -> None:
    with pytest.raises(DuesError) as unknown:
        dues.check("tea")
    assert (unknown.value.code, unknown.value.status) == ("unknown_feature", 404)
    with pytest.raises(DuesError) as invalid:
        dues.check(COUNTER, 0)
    assert "whole number" in invalid.value.fields["amount"]
    with pytest.raises(DuesError) as stranger:
        Dues(server.url, "dues_none_none").check(COUNTER)
    assert stranger.value.code == "unauthenticated"
    assert str(unknown.value) == f"{unknown.value.message} (unknown_feature, request {unknown.value.request_id})"


def test_the_async_client_does_the_same(server: Server) -> None:
    async def use() -> None:
        async with AsyncDues(server.url, server.key("free")) as dues:
            used = (await dues.check(COUNTER))["used"]
            dues.track(COUNTER, 2)
            await dues.flush()
            assert (await dues.consume(COUNTER))["used"] == used + 3
            await dues.set_usage(GAUGE, 2)
            with pytest.raises(UsageLimitError):
                await dues.consume(GAUGE)
            await dues.release(GAUGE, 2)

    asyncio.run(use())


def test_a_consume_whose_answer_is_lost_counts_once(server: Server, dues: Dues, proxy: Proxy) -> None:
    used = dues.check(COUNTER)["used"]
    proxy.mode = "cut"
    found: list[int] = []
    client = Dues(proxy.url, server.key("free"))
    call = threading.Thread(target=lambda: found.append(client.consume(COUNTER, 3)["used"]))
    call.start()
    until(lambda: proxy.cuts > 0)
    proxy.mode = "pass"
    call.join()
    assert found == [used + 3]
    assert dues.check(COUNTER)["used"] == used + 3


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_a_slow_call_is_given_up_and_repeated_with_its_key(kind: str, server: Server, dues: Dues, proxy: Proxy) -> None:
    used = dues.check(COUNTER)["used"]

    def consume(**options: object) -> dict:
        if kind == "sync":
            return Dues(proxy.url, server.key("free")).consume(COUNTER, 5, **options)
        return asyncio.run(AsyncDues(proxy.url, server.key("free")).consume(COUNTER, 5, **options))

    proxy.mode = "hold"
    start = time.monotonic()
    with pytest.raises(DuesUnavailableError) as failure:
        consume(timeout=0.3)
    assert time.monotonic() - start < 2
    proxy.mode = "pass"
    assert consume(idempotency_key=failure.value.idempotency_key)["used"] == used + 5
    assert dues.check(COUNTER)["used"] == used + 5


def test_when_dues_cant_be_reached_the_callers_choice_holds() -> None:
    away = {"url": f"http://127.0.0.1:{free_port()}", "key": "dues_a_b", "retries": 1}
    with pytest.raises(DuesUnavailableError):
        Dues(**away).check(COUNTER)
    allowed = Dues(**away, on_unavailable="allow").consume(COUNTER)
    assert (allowed["isValid"], allowed["unavailable"]) == (True, True)
    refusing = Dues(**away, on_unavailable="refuse")
    assert refusing.check(COUNTER)["failureReason"] == "dues_unavailable"
    with pytest.raises(UsageLimitError) as refused:
        refusing.consume(COUNTER)
    assert (refused.value.status, refused.value.code) == (503, "dues_unavailable")
    with pytest.raises(DuesUnavailableError):
        refusing.consume(COUNTER, on_unavailable="throw")
    allowed = asyncio.run(AsyncDues(**away).check(COUNTER, on_unavailable="allow"))
    assert allowed["unavailable"]


def test_retry_after_is_honoured_and_a_final_answer_is_not_asked_for_again() -> None:
    answers = [(503, "overloaded"), (200, None), (502, "provider_rejected")]
    seen: list[tuple[float, str]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            status, code = answers[len(seen)]
            seen.append((time.monotonic(), self.headers["idempotency-key"]))
            self.rfile.read(int(self.headers["content-length"]))
            body = (
                b'{"error":"","message":"","code":"%s"}' % code.encode() if code else b'{"url":"https://pay.example"}'
            )
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if status == 503:
                self.send_header("retry-after", "1")
            self.end_headers()
            self.wfile.write(body)

        log_message: Callable[..., None] = lambda *_: None

    with HTTPServer(("127.0.0.1", 0), Handler) as stand_in:
        threading.Thread(target=stand_in.serve_forever, daemon=True).start()
        dues = Dues(f"http://127.0.0.1:{stand_in.server_port}", "dues_a_b")
        assert dues.checkout("pro") == "https://pay.example"
        assert seen[1][0] - seen[0][0] >= 1
        assert seen[0][1] == seen[1][1]
        with pytest.raises(DuesError) as refused:
            dues.checkout("pro")
        assert refused.value.code == "provider_rejected"
        stand_in.shutdown()
    assert len(seen) == 3


def test_retry_after_may_be_a_date() -> None:
    for value, expected in (("3", 3.0), (formatdate(time.time() + 60, usegmt=True), 60.0), ("soon", None), ("", None)):
        failure = failure_of(httpx.Response(503, headers={"retry-after": value}))
        assert failure is not None and failure.code == "unexpected_answer"
        assert failure.retry_after_secs == (expected and pytest.approx(expected, abs=2))
