"""The client that blocks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, cast

from . import _calls as calls
from . import types
from ._base import Base, BlockingHttp
from ._calls import Call, Check, CheckOf, TenantRef
from ._errors import DuesError, DuesUnavailableError
from ._transport import OnUnavailable, consumed, unavailable


class TenantClient:
    """The calls for one tenant."""

    def __init__(self, dues: Dues, tenant: TenantRef | None) -> None:
        self._dues = dues
        self._tenant = tenant

    def check(
        self,
        feature: str,
        amount: int = 1,
        *,
        on_unavailable: OnUnavailable | None = None,
        timeout: float | None = None,
    ) -> Check:
        """Whether the tenant may use `amount` more of a feature. Changes nothing."""
        return self._or_unavailable(on_unavailable, calls.check(feature, amount).within(timeout))

    def consume(
        self,
        feature: str,
        amount: int = 1,
        *,
        idempotency_key: str | None = None,
        on_unavailable: OnUnavailable | None = None,
        timeout: float | None = None,
    ) -> Check:
        """Takes `amount` of a feature, in one step with the check. Raises UsageLimitError when it is not allowed."""
        call = calls.consume(feature, amount).within(timeout, idempotency_key)
        return consumed(self._or_unavailable(on_unavailable, call))

    def consume_several(
        self, features: Mapping[str, int], *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> dict[str, Check]:
        """Takes amounts of several features, all or nothing."""
        answer = self._send(calls.consume_several(features).within(timeout, idempotency_key))
        return cast("dict[str, Check]", answer["features"])

    def release(
        self, feature: str, amount: int = 1, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> Check:
        """Gives back `amount` of a gauge; it never falls below zero."""
        return cast(Check, self._send(calls.release(feature, amount).within(timeout, idempotency_key)))

    def set_usage(
        self, feature: str, value: int, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> Check:
        """Sets a gauge to what is in use. Raises UsageLimitError when it is above the limit."""
        return cast(Check, self._send(calls.set_usage(feature, value).within(timeout, idempotency_key)))

    def track(self, feature: str, amount: int = 1, *, id: str | None = None, at: datetime | None = None) -> str:
        """Counts usage that has happened, whatever the limit. Returns the event's id at once.

        It is sent with others. Events that can't be counted are handed to `on_lost`.
        """
        return self._dues._track(self._tenant, feature, amount, id, at)

    def send_events(
        self, events: Iterable[types.CloudEvent], *, timeout: float | None = None
    ) -> types.EventsResponse:
        """Records up to 1,000 CloudEvents of your own making, whatever the limit, and waits for the answer.

        An event counts once for each tenant, `source` and `id`. With an installation key, the `subject` of an event
        names its tenant; one without is of this tenant. Rejected events are in the answer, and raise nothing.
        """
        try:
            return cast(types.EventsResponse, self._send(calls.events(events).within(timeout)))
        except DuesError as error:
            return calls.none_accepted(error)

    def entitlements(self, *, max_age: float = 0.0, timeout: float | None = None) -> types.EntitlementsResponse:
        """Returns the plan, and every feature with its limit and usage. Sends the `ETag` of the last answer."""
        cache, name = self._dues._cache, str(calls.tenant_headers(self._tenant))
        if fresh := cache.fresh(name, max_age):
            return fresh
        kept = cache.find(name)
        call = calls.entitlements(kept[0] if kept else None).of(self._tenant).within(timeout)
        return cache.take(name, kept, self._dues._http.send(call))

    def checkout(
        self,
        plan: str,
        *,
        billing_cycle: str | None = None,
        success_url: str | None = None,
        cancel_url: str | None = None,
        idempotency_key: str | None = None,
        timeout: float | None = None,
    ) -> str:
        """Starts a checkout, or the change of a live subscription. Returns where to send the browser."""
        call = calls.checkout(plan, billing_cycle, success_url, cancel_url).within(timeout, idempotency_key)
        return cast(str, self._send(call)["url"])

    def billing_portal(self, *, timeout: float | None = None) -> str:
        """Returns the address of the payment provider's page for card, invoices and cancellation."""
        return cast(str, self._send(calls.billing_portal().within(timeout))["url"])

    def cancel(self, *, timeout: float | None = None) -> types.Status:
        """Cancels the subscription at the end of the paid period. The plan stays until then. Safe to repeat."""
        return cast(types.Status, self._send(calls.cancel().within(timeout))["data"])

    def resume(self, *, timeout: float | None = None) -> types.Status:
        """Undoes `cancel` while the paid period lasts. Safe to repeat."""
        return cast(types.Status, self._send(calls.resume().within(timeout))["data"])

    def sync(self, *, timeout: float | None = None) -> types.SyncResponse:
        """Fetches the subscription from the payment provider, as after a lost webhook of it. Safe to repeat."""
        return cast(types.SyncResponse, self._send(calls.sync().within(timeout)))

    def portal_link(
        self, link: types.PortalLinkRequest, *, idempotency_key: str | None = None, timeout: float | None = None
    ) -> types.PortalLinkResponse:
        """Creates a link that opens Dues' pages of this tenant for a user of the product. It works once."""
        call = calls.portal_link(cast("dict[str, Any]", link)).within(timeout, idempotency_key)
        return cast(types.PortalLinkResponse, self._send(call))

    def end_portal_sessions(self, user: str, *, timeout: float | None = None) -> None:
        """Ends the portal sessions of a user of the product, and the links that they have not opened."""
        self._send(calls.end_portal_sessions(user).within(timeout))

    def _send(self, call: Call) -> Any:
        return self._dues._answer(call.of(self._tenant))

    def _or_unavailable(self, on_unavailable: OnUnavailable | None, call: Call) -> Check:
        try:
            return cast(Check, self._send(call))
        except DuesUnavailableError as error:
            return unavailable(on_unavailable or self._dues._settings.on_unavailable, error)


class Tenants:
    """The tenants of an installation."""

    def __init__(self, dues: Dues) -> None:
        self._dues = dues

    def put(
        self,
        external_id: str,
        tenant: types.PutTenantRequest,
        *,
        timeout: float | None = None,
    ) -> types.Tenant:
        """Creates the tenant with the product's own id, or updates it. Safe to repeat."""
        call = calls.put_tenant(external_id, cast("dict[str, Any]", tenant))
        return cast(types.Tenant, self._dues._answer(call.within(timeout)))

    def get(self, ref: TenantRef, *, timeout: float | None = None) -> types.Tenant:
        return cast(types.Tenant, self._dues._answer(calls.get_tenant(ref).within(timeout)))

    def list(
        self,
        *,
        query: str | None = None,
        plan: str | None = None,
        status: str | None = None,
        customer_id: str | None = None,
        limit: int | None = None,
        timeout: float | None = None,
    ) -> Iterator[types.ListedTenant]:
        """Lists the tenants, newest first. Fetches a page when the iteration reaches it."""
        filters = {"query": query, "plan": plan, "status": status, "customerId": customer_id, "limit": limit}
        cursor = None
        while True:
            page = self._dues._answer(calls.list_tenants({**filters, "cursor": cursor}).within(timeout))
            yield from page["items"]
            cursor = page["nextCursor"]
            if cursor is None:
                return

    def patch(
        self,
        ref: TenantRef,
        change: types.ChangeTenantRequest,
        *,
        timeout: float | None = None,
    ) -> types.Tenant:
        """Changes the given fields. `metadata` is merged; None removes a key."""
        call = calls.patch_tenant(ref, cast("dict[str, Any]", change))
        return cast(types.Tenant, self._dues._answer(call.within(timeout)))

    def delete(self, ref: TenantRef, *, purge: bool = False, timeout: float | None = None) -> None:
        """Deletes the tenant. For 30 days it can be restored; with `purge`, it is erased at once."""
        self._dues._answer(calls.delete_tenant(ref, purge).within(timeout))

    def restore(
        self, ref: TenantRef, *, owner: str | None = None, timeout: float | None = None
    ) -> types.Tenant:
        """Restores a deleted tenant. ``owner`` is the address of an account, for a workspace without an owner."""
        call = calls.restore_tenant(ref, owner)
        return cast(types.Tenant, self._dues._answer(call.within(timeout)))

    def create_api_key(
        self, ref: TenantRef, key: types.CreateApiKeyRequest, *, timeout: float | None = None
    ) -> types.CreatedApiKey:
        """Creates a key of the tenant. Only this answer contains it."""
        call = calls.create_api_key(ref, cast("dict[str, Any]", key))
        return cast(types.CreatedApiKey, self._dues._answer(call.within(timeout)))

    def override(
        self, ref: TenantRef, override: types.SetOverrideRequest, *, timeout: float | None = None
    ) -> types.TenantOverrides:
        """Grants a plan or limits, until a date or without an end."""
        call = calls.override(ref, cast("dict[str, Any]", override))
        return cast(types.TenantOverrides, self._dues._answer(call.within(timeout)))


class Dues(Base, TenantClient):
    """One object for the whole process: it holds the buffer of events and the cache of entitlements.

    Safe for concurrent use by threads. In a `with` statement it is closed at the end.
    """

    def _open(self) -> None:
        TenantClient.__init__(self, self, None)
        self._http = BlockingHttp(self._settings)
        #: The tenants of the installation.
        self.tenants = Tenants(self)

    def tenant(self, ref: TenantRef) -> TenantClient:
        """The calls for the tenant with the product's own id, or with Dues' as `DuesId("…")`."""
        return TenantClient(self, ref)

    def checks(self, of: Iterable[CheckOf], *, timeout: float | None = None) -> list[types.CheckResult]:
        """Checks of many tenants at once, up to 1,000, answered in order."""
        return cast("list[types.CheckResult]", self._answer(calls.checks(of).within(timeout))["results"])

    def flush(self, timeout: float | None = None) -> None:
        """Sends the tracked events now. Raises when Dues can't be reached; the events then still wait."""
        self._tracker.flush(timeout)

    def close(self, timeout: float | None = None) -> None:
        """Sends the tracked events, and hands those that can't be sent in time to `on_lost`."""
        self._tracker.close(timeout)
        self._events.close()
        self._http.close()

    def __enter__(self) -> Dues:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _answer(self, call: Call) -> Any:
        response = self._http.send(call)
        return None if response.status_code == 204 else response.json()
