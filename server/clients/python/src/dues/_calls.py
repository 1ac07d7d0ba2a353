"""Builds the request of each method of the clients. Sends nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypedDict, Union, cast
from urllib.parse import quote, unquote

from ._errors import DuesError
from .types import CheckResponse, CloudEvent, EventsResponse


class DuesId(str):
    """Dues' own id of a tenant. A plain string is the product's."""


#: A tenant: the product's own id, or Dues' as `DuesId("…")`.
TenantRef = Union[str, DuesId]


class CheckOf(TypedDict, total=False):
    """One of the checks of many tenants."""

    tenant: TenantRef
    feature: str
    amount: int


class Check(CheckResponse, total=False):
    """The answer of `check` and `consume`. `unavailable` is set when `on_unavailable` decided, not Dues."""

    unavailable: bool


_TENANT = "/api/v1/tenants/"


@dataclass(frozen=True)
class Call:
    """One request, which is repeated until it has a final answer."""

    method: str
    path: str
    params: Mapping[str, Any] = field(default_factory=dict)
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    #: How long the call may take, with its retries, in seconds; the client's when None.
    timeout: float | None = None
    #: How long one attempt may wait for an answer.
    attempt_timeout: float | None = None
    idempotency_key: str | None = None
    #: Whether it needs an idempotency key, so that it can be repeated.
    needs_key: bool = False

    @property
    def tenant(self) -> str | None:
        """The name of the tenant that the path or a header names."""
        if self.path.startswith(_TENANT):
            return unquote(self.path[len(_TENANT) :].split("/")[0])
        if external_id := self.headers.get("x-tenant-external-id"):
            return f"external:{unquote(external_id)}"
        return self.headers.get("x-tenant-id")

    def of(self, tenant: TenantRef | None) -> Call:
        return replace(self, headers={**self.headers, **tenant_headers(tenant)})

    def within(self, timeout: float | None, idempotency_key: str | None = None) -> Call:
        return replace(self, timeout=timeout or self.timeout, idempotency_key=idempotency_key)


def tenant_headers(ref: TenantRef | None) -> dict[str, str]:
    if ref is None:
        return {}
    return {"x-tenant-id": ref} if isinstance(ref, DuesId) else {"x-tenant-external-id": quote(ref, safe="")}


def tenant_name(ref: TenantRef) -> str:
    """The name of a tenant in a path or a check."""
    return str(ref) if isinstance(ref, DuesId) else f"external:{ref}"


def tenant_subject(ref: TenantRef | None) -> str | None:
    """The name of a tenant as the subject of an event."""
    if ref is None:
        return None
    return f"tenant:{ref}" if isinstance(ref, DuesId) else f"external:{ref}"


def _feature(feature: str, what: str) -> str:
    return f"/api/v1/billing/features/{quote(feature, safe='')}/{what}"


def _tenant(ref: TenantRef, what: str = "") -> str:
    return f"{_TENANT}{quote(tenant_name(ref), safe='')}{what}"


def check(feature: str, amount: int) -> Call:
    return Call("GET", _feature(feature, "check"), params={"amount": amount})


def consume(feature: str, amount: int) -> Call:
    return Call("POST", _feature(feature, "consume"), body={"amount": amount}, needs_key=True)


def consume_several(features: Mapping[str, int]) -> Call:
    return Call("POST", "/api/v1/billing/consume", body={"features": dict(features)}, needs_key=True)


def release(feature: str, amount: int) -> Call:
    return Call("POST", _feature(feature, "release"), body={"amount": amount}, needs_key=True)


def set_usage(feature: str, value: int) -> Call:
    return Call("PUT", _feature(feature, "usage"), body={"value": value}, needs_key=True)


def entitlements(etag: str | None) -> Call:
    return Call("GET", "/api/v1/entitlements", headers={"if-none-match": etag} if etag else {})


def checks(of: Iterable[CheckOf]) -> Call:
    return Call(
        "POST", "/api/v1/checks", body={"checks": [{**one, "tenant": tenant_name(one["tenant"])} for one in of]}
    )


def events(batch: Iterable[Mapping[str, Any] | CloudEvent]) -> Call:
    headers = {"content-type": "application/cloudevents-batch+json"}
    return Call("POST", "/api/v1/usage/events", body=list(batch), headers=headers)


def none_accepted(error: DuesError) -> EventsResponse:
    """The answer when each event was rejected. Raises every other error."""
    if error.code != "invalid_events":
        raise error
    return cast(EventsResponse, error.body)


def checkout(
    plan: str, billing_cycle: str | None = None, success_url: str | None = None, cancel_url: str | None = None
) -> Call:
    order = {"plan": plan, "billingCycle": billing_cycle, "successUrl": success_url, "cancelUrl": cancel_url}
    body = {name: value for name, value in order.items() if value is not None}
    return _provider("/api/v1/billing/checkout", body)


def billing_portal() -> Call:
    return _provider("/api/v1/billing/portal", None)


def _provider(path: str, body: Any) -> Call:
    """A call that waits for the payment provider."""
    return Call("POST", path, body=body, timeout=45.0, attempt_timeout=20.0, needs_key=True)


def cancel() -> Call:
    return _provider("/api/v1/billing/cancel", None)


def resume() -> Call:
    return _provider("/api/v1/billing/resume", None)


def sync() -> Call:
    return _provider("/billing/subscription/sync", None)


def portal_link(link: Mapping[str, Any]) -> Call:
    return Call("POST", "/api/v1/portal-links", body=dict(link), needs_key=True)


def end_portal_sessions(user: str) -> Call:
    return Call("DELETE", "/api/v1/portal-sessions", params={"user": user})


def put_tenant(external_id: str, tenant: Mapping[str, Any]) -> Call:
    return Call("PUT", _tenant(external_id), body=dict(tenant))


def get_tenant(ref: TenantRef) -> Call:
    return Call("GET", _tenant(ref))


def list_tenants(query: Mapping[str, Any]) -> Call:
    params = {name: value for name, value in query.items() if value is not None}
    return Call("GET", "/api/v1/tenants", params=params)


def patch_tenant(ref: TenantRef, change: Mapping[str, Any]) -> Call:
    return Call("PATCH", _tenant(ref), body=dict(change))


def delete_tenant(ref: TenantRef, purge: bool) -> Call:
    return Call("DELETE", _tenant(ref), params={"purge": "true"} if purge else {})


def restore_tenant(ref: TenantRef, owner: str | None) -> Call:
    body = None if owner is None else {"owner": owner}
    return Call("POST", _tenant(ref, "/restore"), body=body, needs_key=True)


def create_api_key(ref: TenantRef, key: Mapping[str, Any]) -> Call:
    return Call("POST", _tenant(ref, "/api-keys"), body=dict(key), needs_key=True)


def override(ref: TenantRef, override: Mapping[str, Any]) -> Call:
    return Call("POST", _tenant(ref, "/override"), body=dict(override), needs_key=True)
