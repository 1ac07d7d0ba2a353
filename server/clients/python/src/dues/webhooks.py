"""Verifies messages that Dues sends, with the Standard Webhooks library: `pip install dues[webhooks]`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypedDict, cast

from standardwebhooks import Webhook, WebhookVerificationError

__all__ = ["WebhookMessage", "WebhookVerificationError", "verify_webhook"]


class WebhookMessage(TypedDict):
    """`data` has `tenantId`, and in messages of the installation `externalId` and `revision`, which gives the order."""

    type: str
    timestamp: str
    data: dict[str, Any]


def verify_webhook(body: bytes | str, headers: Mapping[str, str], secrets: str | Sequence[str]) -> WebhookMessage:
    """Returns the message. Raises WebhookVerificationError when no secret made the signature, or it is too old.

    `body` is the body as it arrived, before it is parsed. Several secrets are tried while one is rotated.
    """
    signed = {name.lower(): value for name, value in headers.items()}
    failure = WebhookVerificationError("No secret is given.")
    for webhook in [Webhook(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]:
        try:
            return cast(WebhookMessage, webhook.verify(body, signed))
        except WebhookVerificationError as error:
            failure = error
        except ValueError as error:
            # The library's, for a body that is no UTF-8 and for a signature header in another form.
            failure = WebhookVerificationError(f"The message is malformed: {error}")
    raise failure
