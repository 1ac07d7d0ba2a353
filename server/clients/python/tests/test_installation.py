"""One installation key for all tenants: their records, metering by the product's own ids, portal links and checkout."""

import asyncio
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from conftest import COUNTER, Server, free_port

from dues import AsyncDues, Dues, DuesError, DuesId, DuesUnavailableError
from dues.types import CloudEvent

#: An external id that must be encoded in a path and in a header.
ORG = "org/43 é:%"


@pytest.fixture
def dues(server: Server) -> Iterator[Dues]:
    with Dues(server.url, server.demo["installation_key"]) as dues:
        yield dues


def code(failure: pytest.ExceptionInfo[DuesError]) -> str:
    return failure.value.code


def test_a_tenant_is_made_read_changed_deleted_and_restored(server: Server, dues: Dues) -> None:
    made = dues.tenants.put(ORG, {"name": "Orchid", "metadata": {"region": "eu"}})
    assert made["externalId"] == ORG
    assert dues.tenants.put(ORG, {"name": "Orchid"})["id"] == made["id"]
    assert dues.tenants.get(DuesId(made["id"]))["entitlements"]["plan"] == "free"
    changed = dues.tenants.patch(ORG, {"email": "ops@orchid.test", "metadata": {"region": None, "trial": "1"}})
    assert (changed["email"], changed["metadata"]) == ("ops@orchid.test", {"trial": "1"})
    assert dues.tenants.override(ORG, {"plan": "pro"})["plan"] == "pro"
    key = dues.tenants.create_api_key(ORG, {"name": "Back end", "scopes": ["usage"]})["key"]
    assert Dues(server.url, key).consume("websocket_rooms")["limit"] == 10
    dues.tenants.delete(ORG)
    with pytest.raises(DuesError) as gone:
        dues.tenants.get(ORG)
    assert code(gone) == "tenant_not_found"
    with pytest.raises(DuesError) as deleted:
        dues.tenants.put(ORG, {"name": "Orchid"})
    assert code(deleted) == "tenant_deleted"
    assert dues.tenants.restore(ORG)["id"] == made["id"]
    dues.tenants.put("lost", {"name": "Lost"})
    dues.tenants.delete("lost", purge=True)
    assert dues.tenants.put("lost", {"name": "Again"})["name"] == "Again"


def test_tenants_are_listed_across_pages(server: Server, dues: Dues) -> None:
    expected = [f"paged-{nth}" for nth in (4, 3, 2, 1, 0)]
    for external_id in reversed(expected):
        dues.tenants.put(external_id, {"name": "Paged"})
    assert [tenant["externalId"] for tenant in dues.tenants.list(query="Paged", limit=2)] == expected

    async def listed() -> list[str | None]:
        async with AsyncDues(server.url, server.demo["installation_key"]) as dues:
            return [tenant["externalId"] async for tenant in dues.tenants.list(query="Paged", limit=2)]

    assert asyncio.run(listed()) == expected


def test_one_key_meters_all_tenants_by_their_external_ids(dues: Dues) -> None:
    for external_id in ("tenant:y", "d", "e"):
        dues.tenants.put(external_id, {"name": "Metered"})
    own = DuesId(dues.tenants.get("e")["id"])
    dues.tenant("tenant:y").track(COUNTER, 2)
    dues.tenant("d").track(COUNTER, 3)
    dues.tenant(own).track(COUNTER, 4)
    dues.flush()
    assert dues.tenant("d").consume(COUNTER, 10)["used"] == 13
    results = dues.checks({"tenant": tenant, "feature": COUNTER} for tenant in ("tenant:y", "d", own, "unknown"))
    assert [result.get("used", result.get("code")) for result in results] == [2, 13, 4, "tenant_not_found"]
    for client, expected in ((dues, "tenant_required"), (dues.tenant("unknown"), "tenant_not_found")):
        with pytest.raises(DuesError) as refused:
            client.check(COUNTER)
        assert code(refused) == expected


def test_the_text_of_an_error_names_its_code_tenant_and_request(dues: Dues) -> None:
    own = DuesId("01890000-0000-7000-8000-000000000000")
    for call, tenant in (
        (lambda: dues.tenants.get("gone é"), "external:gone é"),
        (lambda: dues.tenants.restore(own), own),
        (lambda: dues.tenant("gone/é").check(COUNTER), "external:gone/é"),
        (lambda: dues.tenant(own).consume(COUNTER), own),
    ):
        with pytest.raises(DuesError) as failure:
            call()
        error = failure.value
        assert error.tenant == tenant
        assert error.request_id
        assert str(error) == f"{error.message} (tenant_not_found, tenant {tenant}, request {error.request_id})"


def test_own_events_count_once_for_each_source_and_id(server: Server, dues: Dues) -> None:
    def event(source: str, id: str, type: str = COUNTER, **more: str) -> CloudEvent:
        event: CloudEvent = {"specversion": "1.0", "source": source, "id": id, "type": type, "data": {"amount": 3}}
        return {**event, **more}  # type: ignore[typeddict-item]

    for external_id in ("batch", "batch-too"):
        dues.tenants.put(external_id, {"name": "Batch"})
    tenant = dues.tenant("batch")
    outcome = tenant.send_events([event("/job", "1"), event("/job", "1"), event("/job", "2", "tea")])
    assert (outcome["accepted"], outcome["duplicates"]) == (1, 1)
    assert [(one["index"], one["code"]) for one in outcome["rejected"]] == [(2, "unknown_feature")]
    # Rejected as a whole, it is an answer, too.
    assert tenant.send_events([event("/job", "2", "tea")])["rejected"][0]["code"] == "unknown_feature"
    # Another source, another tenant; and another process that repeats the first.
    more = [event("/other", "1", subject="batch"), event("/job", "1", subject="batch-too")]
    assert dues.send_events(more)["accepted"] == 2

    async def again() -> int:
        async with AsyncDues(server.url, server.demo["installation_key"]) as dues:
            return (await dues.tenant("batch").send_events([event("/job", "1")]))["duplicates"]

    assert asyncio.run(again()) == 1
    # `track` with the same source and id is the same event.
    with Dues(server.url, server.demo["installation_key"], source="/job") as job:
        job.tenant("batch").track(COUNTER, 3, id="1")
        job.tenant("batch").track(COUNTER, 4, id="3")
        job.flush()
    assert [dues.tenant(one).check(COUNTER)["used"] for one in ("batch", "batch-too")] == [10, 3]
    for failing, expected in ((Dues(server.url, "dues_none_none"), DuesError), (away(), DuesUnavailableError)):
        with pytest.raises(expected):
            failing.send_events([event("/job", "1")])


def away() -> Dues:
    return Dues(f"http://127.0.0.1:{free_port()}", "dues_a_b", retries=0)


def test_a_subscription_is_canceled_resumed_and_synced(server: Server, dues: Dues) -> None:
    paying = DuesId(next(one["id"] for one in server.demo["tenants"] if one["plan"] == "pro"))
    tenant = dues.tenant(paying)
    canceled = tenant.cancel()
    assert (canceled["plan"], canceled["cancel_at_period_end"]) == ("pro", True)
    assert dues.tenants.get(paying)["subscription"]["cancelAtPeriodEnd"]
    assert not tenant.resume()["cancel_at_period_end"]
    assert tenant.sync()["subscription"]["plan"] == "pro"

    async def use() -> None:
        async with AsyncDues(server.url, server.demo["installation_key"]) as dues:
            tenant = dues.tenant(paying)
            assert (await tenant.cancel())["cancel_at_period_end"]
            assert not (await tenant.resume())["cancel_at_period_end"]
            assert (await tenant.sync())["success"]

    asyncio.run(use())
    dues.tenants.put("free-too", {"name": "Free"})
    with pytest.raises(DuesError) as none:
        dues.tenant("free-too").cancel()
    assert code(none) == "no_subscription"


def test_entitlements_are_asked_for_again_for_the_price_of_a_304(dues: Dues, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = []
    send = httpx.Client.send

    def counted(*args: Any, **kwargs: Any) -> httpx.Response:
        response = send(*args, **kwargs)
        statuses.append(response.status_code)
        return response

    dues.tenants.put("cached-too", {"name": "Cached"})
    monkeypatch.setattr(httpx.Client, "send", counted)
    tenant = dues.tenant("cached-too")
    first = tenant.entitlements()
    assert first["features"][COUNTER]["used"] == 0
    assert dues.tenant("cached-too").entitlements() == first
    assert tenant.entitlements(max_age=60) == first
    tenant.consume(COUNTER)
    assert tenant.entitlements()["features"][COUNTER]["used"] == 1
    assert statuses == [200, 304, 200, 200]


def test_a_portal_link_its_end_and_a_checkout(server: Server, dues: Dues) -> None:
    dues.tenants.put("paying-too", {"name": "Paying", "email": "ops@paying.test"})
    tenant = dues.tenant("paying-too")
    link = tenant.portal_link(
        {"user": {"externalId": "user_1"}, "role": "admin", "returnUrl": "https://yourapp.com/billing"}
    )
    assert link["url"].startswith(server.demo["url"])
    tenant.end_portal_sessions("user_1")
    url = tenant.checkout("pro", success_url="https://yourapp.com/paid", cancel_url="https://yourapp.com")
    assert url.startswith("http")
