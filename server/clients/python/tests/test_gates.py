"""The middlewares, in the frameworks themselves, and verification of webhooks."""

import asyncio
import base64
import json
from collections.abc import Iterator
from datetime import datetime, timezone
from typing import Any

import django
import pytest
from conftest import COUNTER, GAUGE, Server, free_port
from django.conf import settings
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from fastapi import Depends, FastAPI, Request, Response
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from dues import AsyncDues, Dues, DuesError, DuesUnavailableError
from dues.django import gate as django_gate
from dues.fastapi import gate, install
from dues.webhooks import WebhookVerificationError, verify_webhook

settings.configure()
django.setup()

REFUSAL = {
    "error": "Usage limit exceeded",
    "code": "limit_reached",
    "message": "Room limit reached (2)",
    "allowed": False,
    "upgrade": {"plan": "pro", "limit": 10},
}


@pytest.fixture
def dues(server: Server) -> Iterator[Dues]:
    with Dues(server.url, server.key("free")) as dues:
        dues.set_usage(GAUGE, 1)
        yield dues


def product(dues: Dues | AsyncDues) -> TestClient:
    app = FastAPI()
    install(app)

    @app.get("/rooms", dependencies=[Depends(gate(dues, GAUGE))])
    def rooms() -> str:
        return "made"

    @app.get("/tea", dependencies=[Depends(gate(dues, "tea"))])
    def tea() -> str:
        return "made"

    def amount(request: Request) -> int:
        return int(request.query_params["amount"])

    @app.get("/events/{status}", dependencies=[Depends(gate(dues, COUNTER, amount=amount, meter="track"))])
    def events(status: int) -> Response:
        return Response(status_code=status)

    return TestClient(app)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_fastapi_gives_a_gauge_back_when_the_handler_fails(kind: str, server: Server, dues: Dues) -> None:
    metering = dues if kind == "sync" else AsyncDues(server.url, server.key("free"))
    app = FastAPI()
    install(app)

    @app.get("/rooms/{status}", dependencies=[Depends(gate(metering, GAUGE))])
    def rooms(status: int) -> Response:
        if status == 0:
            raise ValueError("planned")
        return Response(status_code=status)

    @app.get("/events", dependencies=[Depends(gate(metering, COUNTER))])
    def events() -> Response:
        return Response(status_code=500)

    @app.get("/both", dependencies=[Depends(gate(metering, GAUGE)), Depends(gate(metering, "tea"))])
    def both() -> None:
        return None

    used = dues.check(COUNTER)["used"]
    with TestClient(app, raise_server_exceptions=False) as client:
        for status in (404, 503, 0):
            client.get(f"/rooms/{status}")
            assert dues.check(GAUGE)["used"] == 1, status
        assert client.get("/both").status_code == 500
        assert dues.check(GAUGE)["used"] == 1
        assert client.get("/rooms/201").status_code == 201
        for _ in range(2):
            client.get("/events")
    assert dues.check(GAUGE)["used"] == 2
    # A counter can't be given back.
    assert dues.check(COUNTER)["used"] == used + 2


def test_django_gives_a_gauge_back_when_the_view_fails(server: Server, dues: Dues) -> None:
    def fail(request: Any, status: int) -> HttpResponse:
        if status == 0:
            raise ValueError("planned")
        return HttpResponse(status=status)

    async def fail_async(request: Any, status: int) -> HttpResponse:
        return fail(request, status)

    request = RequestFactory().get("/")
    views = [
        django_gate(dues, GAUGE)(fail),
        lambda *args: asyncio.run(django_gate(AsyncDues(server.url, server.key("free")), GAUGE)(fail_async)(*args)),
    ]
    for view in views:
        for status in (404, 503):
            assert view(request, status).status_code == status
            assert dues.check(GAUGE)["used"] == 1
        with pytest.raises(ValueError, match="planned"):
            view(request, 0)
        assert dues.check(GAUGE)["used"] == 1
    assert views[0](request, 201).status_code == 201
    assert dues.check(GAUGE)["used"] == 2


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_fastapi_consumes_tracks_and_refuses(kind: str, server: Server, dues: Dues) -> None:
    used = dues.check(COUNTER)["used"]
    metering = dues if kind == "sync" else AsyncDues(server.url, server.key("free"))
    with product(metering) as client:
        assert client.get("/rooms").json() == "made"
        refused = client.get("/rooms")
        assert (refused.status_code, refused.json()) == (402, REFUSAL)
        assert refused.headers["content-type"] == "application/json"
        with pytest.raises(DuesError):
            client.get("/tea")
        assert client.get("/events/200?amount=3").status_code == 200
        assert client.get("/events/500?amount=4").status_code == 500
    metering._tracker.flush()
    assert dues.check(COUNTER)["used"] == used + 3


@pytest.mark.parametrize("meter", ["consume", "track", "none"])
def test_fastapi_does_not_gate_without_install(dues: Dues, meter: Any) -> None:
    app = FastAPI()

    @app.get("/", dependencies=[Depends(gate(dues, COUNTER, meter=meter))])
    def index() -> None:
        return None

    with pytest.raises(RuntimeError, match="install"):
        TestClient(app).get("/")


def test_django_consumes_tracks_and_refuses(dues: Dues) -> None:
    used = dues.check(COUNTER)["used"]

    @django_gate(dues, GAUGE)
    def rooms(request: Any) -> HttpResponse:
        return HttpResponse("made")

    @django_gate(dues, COUNTER, meter="track", amount=2)
    def events(request: Any, status: int) -> HttpResponse:
        return HttpResponse(status=status)

    request = RequestFactory().get("/")
    assert rooms(request).content == b"made"
    refused = rooms(request)
    assert (refused.status_code, json.loads(refused.content)) == (402, REFUSAL)
    assert refused["content-type"] == "application/json"
    assert [events(request, status=status).status_code for status in (200, 404)] == [200, 404]
    dues.flush()
    assert dues.check(COUNTER)["used"] == used + 2


def test_django_gates_async_views(server: Server, dues: Dues) -> None:
    dues.set_usage(GAUGE, 2)

    @django_gate(AsyncDues(server.url, server.key("free")), GAUGE, meter="track")
    async def rooms(request: Any) -> HttpResponse:
        return HttpResponse("made")

    refused = asyncio.run(rooms(AsyncRequestFactory().get("/")))
    assert (refused.status_code, json.loads(refused.content)) == (402, REFUSAL)
    with pytest.raises(TypeError):
        django_gate(dues, GAUGE)(rooms)


def test_when_dues_cant_be_reached_a_gate_refuses_with_503_or_lets_pass() -> None:
    away = Dues(f"http://127.0.0.1:{free_port()}", "dues_a_b", retries=0)
    request = RequestFactory().get("/")

    def ask(**options: Any) -> HttpResponse:
        return django_gate(away, GAUGE, **options)(lambda _: HttpResponse("made"))(request)

    for meter in ("consume", "none", "track"):
        refused = ask(meter=meter, on_unavailable="refuse")
        assert (refused.status_code, refused["retry-after"]) == (503, "1")
        assert json.loads(refused.content)["code"] == "dues_unavailable"
        with pytest.raises(DuesUnavailableError):
            ask(meter=meter)
    assert ask(on_unavailable="allow").content == b"made"


def test_a_webhook_is_verified_with_any_of_the_secrets() -> None:
    secret, other = (f"whsec_{base64.b64encode(word * 8).decode()}" for word in (b"one", b"two"))
    body = '{"type":"limit.reached","timestamp":"2026-01-14T21:40:00.000Z","data":{"tenantId":"t","revision":3}}'
    now = datetime.now(timezone.utc)
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", now, body),
    }
    assert verify_webhook(body, headers, secret)["data"]["revision"] == 3
    assert verify_webhook(body.encode(), headers, [other, secret])["type"] == "limit.reached"
    for wrong in ((body + " ", headers, secret), (body, headers, other), (body, {}, secret), (body, headers, [])):
        with pytest.raises(WebhookVerificationError):
            verify_webhook(*wrong)
    # What anyone can send must not end in another error.
    for signature in ("v1", "v1,a,b", "v1,é", ",", "v2,x"):
        with pytest.raises(WebhookVerificationError):
            verify_webhook(body, {**headers, "Webhook-Signature": signature}, secret)
    with pytest.raises(WebhookVerificationError):
        verify_webhook(b"\xff" + body.encode(), headers, secret)
    for skew in (-600, 600):
        stamped = {**headers, "Webhook-Timestamp": str(int(now.timestamp()) + skew)}
        with pytest.raises(WebhookVerificationError):
            verify_webhook(body, stamped, secret)
