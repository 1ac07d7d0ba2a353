"""One installation key for all tenants: their records, metering by the product's own ids, portal links and checkout."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from conftest import COUNTER, Server

from dues import AsyncDues, Dues, DuesError, DuesId

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


def test_entitlements_are_asked_for_again_for_the_price_of_a_304(dues: Dues, monkeypatch: pytest.MonkeyPatch) -> None:
    statuses = []
    request = httpx.Client.request

    def counted(*args: object, **kwargs: object) -> httpx.Response:
        response = request(*args, **kwargs)
        statuses.append(response.status_code)
        return response

    dues.tenants.put("cached-too", {"name": "Cached"})
    monkeypatch.setattr(httpx.Client, "request", counted)
    tenant = dues.tenant("cached-too")
    first = tenant.entitlements()
    assert first["features"][COUNTER]["used"] == 0
    assert dues.tenant("cached-too").entitlements() == first
    assert tenant.entitlements(max_age=60) == first
    tenant.consume(COUNTER)
    assert tenant.entitlements()["features"][COUNTER]["used"] == 1
    assert statuses == [200, 304, 200, 200]


def test_a_portal_link_its_end_and_a_checkout(server: Server, dues: Dues) -> None:
    dues.tenants.put("paying-too", {"name": "Paying"})
    tenant = dues.tenant("paying-too")
    link = tenant.portal_link(
        {"user": {"externalId": "user_1"}, "role": "admin", "returnUrl": "https://yourapp.com/billing"}
    )
    assert link["url"].startswith(server.demo["url"])
    tenant.end_portal_sessions("user_1")
    url = tenant.checkout("pro", success_url="https://yourapp.com/paid", cancel_url="https://yourapp.com")
    assert url.startswith("http")
