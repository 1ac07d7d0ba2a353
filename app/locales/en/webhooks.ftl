# Webhook endpoints: the settings pages of a workspace, and the operator's pages about endpoints of the installation.
# An endpoint is the URL of a server that receives messages about events.

webhooks-title = Webhooks
webhooks-lead = { -app-name } notifies your servers when { $workspace }’s plan changes, and when usage nears a limit, reaches it or is no longer close to it.
webhooks-lead-installation = { -app-name } notifies your product’s servers about changes in every workspace: plans, payments, limits and the workspaces themselves.
# Replaces the list for members.
webhooks-only-admins = Only owners and admins of { $workspace } can view or change its endpoints. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}

# The list.
webhooks-list = Endpoints
webhooks-list-note = Messages are signed as specified by Standard Webhooks. Any 2xx response confirms delivery. Otherwise, { -app-name } retries for more than a day, with increasing delays.
# Captions of the tables, for screen readers.
webhooks-caption = Webhook endpoints of { $workspace }
webhooks-caption-installation = Webhook endpoints of this installation
webhooks-none = No endpoints yet.
webhooks-none-hint = Add the URL of a server that accepts POST requests.
webhooks-column-url = URL
webhooks-column-events = Events
webhooks-column-status = Status
webhooks-column-created = Created
# In the column "Events".
webhooks-events-all = All

# The form.
webhooks-new = Add an endpoint
webhooks-add = Add endpoint
webhooks-url = Endpoint URL
webhooks-url-hint = A URL on your server, such as https://example.com/webhooks.
webhooks-url-wrong = Enter a public https URL without a user name or #, with port 80, 443, or 1024 or higher
webhooks-events = Events (select none to receive all)
webhooks-events-wrong = Choose events from the list, or none to receive all of them
webhooks-description = Description
webhooks-description-hint = What the endpoint is for. Shown only here.
webhooks-description-wrong = Enter at most 200 characters, on one line
# Replaces the form.
webhooks-no-secrets = You can’t add endpoints because SECRETS_KEY isn’t set. The operator of this installation can set it.
webhooks-full = A workspace can have up to { $max } endpoints. Delete one to add another.
webhooks-full-installation = An installation can have up to { $max } endpoints. Delete one to add another.

# What an event means, beside its name in the form.
webhooks-event-tenant-created = A workspace was created
webhooks-event-tenant-updated = A workspace’s name, address, metadata or external ID changed
webhooks-event-tenant-deleted = A workspace was deleted
webhooks-event-checkout-completed = A checkout was paid, or a trial started
webhooks-event-trial-ending = A trial ends soon, followed by the first payment
webhooks-event-invoice-paid = A payment was received
webhooks-event-invoice-payment-failed = A payment failed
webhooks-event-subscription-updated = A subscription’s plan, status, billing cycle or dates changed
webhooks-event-limit-warning = Usage is close to a limit
webhooks-event-limit-reached = Usage reached a limit
webhooks-event-limit-cleared = Usage is no longer close to a limit

# An endpoint's status.
webhooks-enabled = Enabled
webhooks-disabled = Disabled
webhooks-failing = Failing since { $day }
# Beside the status on the endpoint's page. $events are names such as "limit.reached", separated by commas.
webhooks-receives = Events: { $events }
webhooks-receives-all = Events: all

# An endpoint's page.
webhooks-back = All webhooks
webhooks-deliveries = Deliveries
webhooks-deliveries-note = Kept for 30 days. A message keeps its ID when it’s resent.
webhooks-settings = URL and events
webhooks-save = Save
webhooks-secret = Signing secret
webhooks-secret-note = { -app-name } stores the secret encrypted and can’t show it again. After you rotate it, messages are signed with both the old and the new secret for 24 hours.
webhooks-former-secret = Messages are also signed with the previous secret until { $time }.
webhooks-rotate = Rotate secret
webhooks-end = Disable or delete
webhooks-end-note = A disabled endpoint receives no messages until you enable it again. Deleting an endpoint also deletes its deliveries.
webhooks-ping = Send ping
webhooks-enable = Enable
webhooks-disable = Disable
webhooks-delete = Delete endpoint

# The notice with a new signing secret.
webhooks-fresh-title = Copy the signing secret now: you won’t see it again
webhooks-fresh-label = New signing secret
webhooks-fresh-note = Your server uses it to verify messages. If you lose it, rotate the secret.
webhooks-fresh-done = I’ve copied it

# The notice on the page of a disabled endpoint.
webhooks-disabled-title = Endpoint disabled
webhooks-disabled-by-admin = An admin disabled this endpoint on { $time }. It receives no messages.
webhooks-disabled-by-operator = An operator or an installation key disabled this endpoint on { $time }. It receives no messages.
webhooks-disabled-gone = The server responded with status 410 (Gone) on { $time }. The endpoint receives no more messages.
webhooks-disabled-failing = Disabled on { $time } after several days of failed deliveries.
# After a person disabled the endpoint.
webhooks-disabled-given-up = Pending messages won’t be sent. You can resend them once the endpoint is enabled again.

# The confirmation before an endpoint is deleted.
webhooks-delete-question = Delete this endpoint?
webhooks-delete-effect = It receives no more messages, and its delivery log is deleted. You can’t undo this.
webhooks-delete-confirm = Delete endpoint
webhooks-delete-cancel = Cancel

# The confirmation before the signing secret is rotated.
webhooks-rotate-question = Rotate the signing secret?
webhooks-rotate-effect = You’ll see the new secret only once. For 24 hours, messages are also signed with the old one, so you have time to update your server.
webhooks-rotate-confirm = Rotate secret
webhooks-rotate-cancel = Cancel

# The deliveries of an endpoint.
webhooks-no-deliveries = Nothing sent yet.
webhooks-no-deliveries-hint = Send a ping to check that your server accepts messages.
webhooks-older = Older deliveries
# Caption of the table, for screen readers.
webhooks-deliveries-caption = Deliveries to { $url }
webhooks-column-event = Event and ID
webhooks-column-time = Time (UTC)
webhooks-column-response = Last response
# A button in the table. Screen readers read the event and the ID after it.
webhooks-resend = Resend
webhooks-pending = Pending
webhooks-delivered = Delivered
webhooks-failed = Failed
webhooks-not-attempted = No attempt yet
webhooks-attempts = { $attempts ->
    [one] { $attempts } attempt
   *[other] { $attempts } attempts
}
webhooks-attempts-next = { $attempts ->
    [one] { $attempts } attempt. Next: { $time }
   *[other] { $attempts } attempts. Next: { $time }
}

# Notices after an action.
webhooks-changed-title = Endpoint updated
webhooks-changed = The changes apply to events from now on.
webhooks-enabled-title = Endpoint enabled
webhooks-enabled-answer = It receives events from now on.
webhooks-deleted-title = Endpoint deleted
webhooks-deleted = It receives no more messages.
webhooks-pinged-title = Sending ping
webhooks-pinged = Refresh this page in a moment to see the result at the top of the delivery log.
webhooks-ping-delivered-title = Ping delivered
webhooks-ping-delivered = It’s at the top of the delivery log.
webhooks-ping-failed-title = Ping not delivered
webhooks-ping-failed = You’ll find the reason at the top of the delivery log.
webhooks-resending-title = Resending message
webhooks-resending = It keeps its ID. Refresh this page in a moment to see the result.
webhooks-resent-title = Message resent
webhooks-resent = You’ll find the result in the delivery log.
webhooks-not-found-title = Not found
webhooks-not-found = This endpoint or message doesn’t belong to this workspace. Nothing was changed.
webhooks-not-found-installation = This endpoint or message doesn’t belong to this installation. Nothing was changed.
webhooks-conflict-title = Nothing was sent
webhooks-conflict = The endpoint is disabled, or earlier pings are pending. Enable it, or wait a moment.
webhooks-throttled-title = Too many attempts
webhooks-throttled = Nothing was sent or changed. Wait a moment, then try again.
webhooks-busy-title = Too many requests right now
webhooks-busy = Nothing was changed. Try again in a few seconds.
webhooks-not-added-title = Endpoint not added
webhooks-too-many = { $workspace } has { $max } endpoints, which is the maximum. Delete one to add another.
webhooks-too-many-installation = This installation has { $max } endpoints, which is the maximum. Delete one to add another.
webhooks-secrets-not-configured-title = Secrets can’t be stored
webhooks-secrets-not-configured = SECRETS_KEY isn’t set. The operator of this installation can set it.
webhooks-admin-required-title = Owner or admin required
webhooks-admin-required = Only owners and admins of { $workspace } can change its endpoints.
webhooks-operator-required-title = Operator required
webhooks-operator-required = Only an operator can change the endpoints of this installation.
webhooks-internal-title = Something went wrong on our side
webhooks-internal = Nothing was changed. Try again in a minute.
