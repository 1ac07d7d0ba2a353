"""Client of Dues: membership, usage and billing for a multi-tenant SaaS."""

from ._async_client import AsyncDues, AsyncTenantClient
from ._calls import Check, DuesId, TenantRef
from ._client import Dues, TenantClient
from ._errors import DuesError, DuesUnavailableError, UsageLimitError
from ._tracker import LostEvents
from ._transport import OnUnavailable

__all__ = [
    "AsyncDues",
    "AsyncTenantClient",
    "Check",
    "Dues",
    "DuesError",
    "DuesId",
    "DuesUnavailableError",
    "LostEvents",
    "OnUnavailable",
    "TenantClient",
    "TenantRef",
    "UsageLimitError",
]
