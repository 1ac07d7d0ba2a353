"""The middlewares, in the frameworks themselves, and verification of webhooks."""

import asyncio
import base64
import json
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timezone
from typing import Annotated, Any

import django
import pytest
from conftest import COUNTER, GAUGE, Server, free_port
from django.conf import settings
from django.http import HttpResponse
from django.test import AsyncRequestFactory, RequestFactory
from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import HTMLResponse
from fastapi.testclient import TestClient
from standardwebhooks import Webhook

from dues import AsyncDues, Check, Dues, DuesError, DuesUnavailableError, UsageLimitError
from dues.django import gate as django_gate
from dues.fastapi import Refusal, gate, install
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


def away(kind: str = "sync", **options: Any) -> Any:
    return {"sync": Dues, "async": AsyncDues}[kind](f"http://127.0.0.1:{free_port()}", "dues_a_b", retries=0, **options)


def gated_rooms(app: FastAPI, dues: Dues) -> TestClient:
    """An app with a gate that says no, one without Dues, and a handler that consumes."""

    @app.get("/rooms", dependencies=[Depends(gate(dues, GAUGE))])
    def rooms() -> None:
        raise AssertionError("gated")

    @app.get("/none", dependencies=[Depends(gate(dues, GAUGE, meter="none"))])
    def none() -> None:
        raise AssertionError("gated")

    @app.get("/away", dependencies=[Depends(gate(away(), GAUGE, on_unavailable="refuse"))])
    def unavailable() -> None:
        raise AssertionError("gated")

    @app.get("/consume")
    def consume() -> None:
        dues.consume(GAUGE)

    return TestClient(app)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_fastapi_answers_refusals_by_a_page_of_the_product(kind: str, dues: Dues) -> None:
    def page(refusal: Refusal, request: Request) -> Response:
        if refusal.status == 503:
            return HTMLResponse("away", 503, refusal.headers)
        upgrade = refusal.body["upgrade"]
        return HTMLResponse(f"{request.url.path} {upgrade and upgrade['plan']}", 402)

    async def page_async(refusal: Refusal, request: Request) -> Response:
        return page(refusal, request)

    dues.set_usage(GAUGE, 2)
    app = FastAPI()
    install(app, on_refused=page if kind == "sync" else page_async)
    with gated_rooms(app, dues) as client:
        for path, text in (("/rooms", "/rooms pro"), ("/none", "/none None"), ("/consume", "/consume pro")):
            refused = client.get(path)
            assert (refused.status_code, refused.text) == (402, text)
        refused = client.get("/away")
        assert (refused.status_code, refused.text, refused.headers["retry-after"]) == (503, "away", "1")


def test_fastapi_passes_refusals_to_a_handler_of_the_product(dues: Dues) -> None:
    dues.set_usage(GAUGE, 2)
    app = FastAPI()
    install(app)

    @app.exception_handler(UsageLimitError)
    def page(request: Request, error: UsageLimitError) -> Response:
        return HTMLResponse(f"{request.url.path} {error.status} {error.code}", error.status)

    with gated_rooms(app, dues) as client:
        assert client.get("/rooms").text == "/rooms 402 limit_reached"
        assert client.get("/none").text == "/none 402 limit_reached"
        assert client.get("/away").text == "/away 503 dues_unavailable"


def test_fastapi_answers_a_consume_of_a_handler_with_the_documented_402(dues: Dues) -> None:
    dues.set_usage(GAUGE, 2)
    app = FastAPI()
    install(app)
    with gated_rooms(app, dues) as client:
        refused = client.get("/consume")
        assert (refused.status_code, refused.json()) == (402, REFUSAL)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_fastapi_awaits_tenant_and_amount_and_blocks_no_loop(kind: str, server: Server) -> None:
    threads: list[int] = []
    options: dict[str, Any] = {"url": server.url, "key": server.demo["installation_key"]}
    installation = Dues(**options)
    installation.tenants.put("asked", {"name": "Asked"})
    used = installation.tenant("asked").check(COUNTER)["used"]
    metering = installation if kind == "sync" else AsyncDues(**options)

    async def words(request: Request) -> int:
        threads.append(threading.get_ident())
        return len((await request.json())["text"].split())

    def look_up(request: Request) -> str:
        threads.append(threading.get_ident())
        return "asked"

    async def org(request: Request) -> str:
        return "asked"

    app = FastAPI()
    install(app)

    @app.post("/ask", dependencies=[Depends(gate(metering, COUNTER, amount=words, tenant=look_up))])
    async def ask(question: dict[str, str]) -> dict[str, str]:
        return question

    @app.post("/lambda", dependencies=[Depends(gate(metering, COUNTER, amount=lambda one: words(one), tenant=org))])
    async def by_lambda() -> None:
        return None

    with TestClient(app) as client:
        assert client.post("/ask", json={"text": "one two three"}).json() == {"text": "one two three"}
        assert client.post("/lambda", json={"text": "four five"}).status_code == 200
    in_loop, in_pool, also_in_loop = threads
    assert in_loop == also_in_loop
    assert in_pool != in_loop
    assert installation.tenant("asked").check(COUNTER)["used"] == used + 5


@pytest.mark.parametrize("meter", ["consume", "track", "none"])
@pytest.mark.parametrize("kind", ["sync", "async"])
def test_fastapi_hands_the_handler_what_allowed_the_request(kind: str, meter: Any, server: Server, dues: Dues) -> None:
    app = FastAPI()
    install(app)
    metering = dues if kind == "sync" else AsyncDues(server.url, server.key("free"))
    without = away(kind, on_unavailable="allow", flush_on_exit=False, on_lost=lambda _: None)

    @app.get("/here")
    def here(check: Annotated[Check, Depends(gate(metering, COUNTER, meter=meter))]) -> list[Any]:
        return [check["isValid"], check.get("unavailable", False)]

    @app.get("/away")
    def unavailable(check: Annotated[Check, Depends(gate(without, COUNTER, meter=meter))]) -> list[Any]:
        return [check["isValid"], check.get("unavailable", False)]

    with TestClient(app) as client:
        assert client.get("/here").json() == [True, False]
        assert client.get("/away").json() == [True, True]


def django_answer(kind: str, metering: Any, feature: str, view: Callable[[Any], Any], **options: Any) -> Any:
    request = RequestFactory().get("/rooms")
    if kind == "sync":
        return django_gate(metering, feature, **options)(view)(request)

    async def view_async(request: Any) -> Any:
        return view(request)

    return asyncio.run(django_gate(metering, feature, **options)(view_async)(request))


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_django_answers_refusals_by_a_page_and_hands_over_what_allowed(kind: str, server: Server, dues: Dues) -> None:
    metering = dues if kind == "sync" else AsyncDues(server.url, server.key("free"))

    def page(refusal: Refusal, request: Any) -> HttpResponse:
        return HttpResponse(f"{request.path} {refusal.body['code']}", status=refusal.status)

    async def page_async(refusal: Refusal, request: Any) -> HttpResponse:
        return page(refusal, request)

    def view(request: Any) -> HttpResponse:
        return HttpResponse(str(request.dues_check.get("unavailable", False)))

    dues.set_usage(GAUGE, 2)
    for on_refused in (page, page_async):
        refused = django_answer(kind, metering, GAUGE, view, on_refused=on_refused)
        assert (refused.status_code, refused.content) == (402, b"/rooms limit_reached")
        refused = django_answer(
            kind, away(kind), GAUGE, view, on_refused=on_refused, on_unavailable="refuse"
        )
        assert (refused.status_code, refused.content) == (503, b"/rooms dues_unavailable")
    assert django_answer(kind, metering, COUNTER, view).content == b"False"
    assert django_answer(kind, away(kind), COUNTER, view, on_unavailable="allow").content == b"True"


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_django_awaits_tenant_and_amount(kind: str, server: Server) -> None:
    options: dict[str, Any] = {"url": server.url, "key": server.demo["installation_key"]}
    installation = Dues(**options)
    installation.tenants.put("asked-too", {"name": "Asked"})
    used = installation.tenant("asked-too").check(COUNTER)["used"]
    metering = installation if kind == "sync" else AsyncDues(**options)
    threads: list[int] = []

    async def amount(request: Any) -> int:
        await asyncio.sleep(0)
        return 2

    async def org(request: Any) -> str:
        return "asked-too"

    def look_up(request: Any) -> str:
        threads.append(threading.get_ident())
        return "asked-too"

    def view(request: Any) -> HttpResponse:
        threads.append(threading.get_ident())
        return HttpResponse()

    for tenant in (org, look_up):
        django_answer(kind, metering, COUNTER, view, tenant=tenant, amount=amount)
    assert installation.tenant("asked-too").check(COUNTER)["used"] == used + 4
    _, in_look_up, in_view = threads
    assert (in_look_up == in_view) == (kind == "sync")


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
