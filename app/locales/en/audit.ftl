# The audit log in the settings: who did what in a workspace.

audit-title = Audit log
audit-lead = Who did what in { $workspace }: people, keys, secrets and the plan. Entries can’t be changed or deleted.
# For members, who can’t see the log.
audit-admins-only = Only owners and admins of { $workspace } can view the audit log. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}
audit-entries = Entries
# Below the heading "Entries". The link to the CSV file follows.
audit-entries-note = Newest first. Times are in UTC.
audit-csv = Download as CSV
audit-none = No entries yet.
audit-none-found = No entries match this filter.
audit-newest = Newest entries
audit-older = Older entries
# What screen readers call the links to other pages of the log.
audit-pages = Pages of the audit log
# What screen readers call the table.
audit-table = Audit log of { $workspace }, newest first
audit-column-time = Time
audit-column-actor = Actor
audit-column-action = Action
# Before the actor on narrow screens: "By ada@example.com".
audit-by = By

## The filter

audit-filter = Filter entries
audit-filter-action = Action
audit-filter-all = All actions
# The first and the last day.
audit-filter-from = From
audit-filter-to = To
audit-filter-apply = Filter
audit-filter-bad-day = Enter a date such as 2026-01-31

## Kinds of actions in the filter’s list

audit-kind-member-invited = People invited
audit-kind-invitation-withdrawn = Invitations withdrawn
audit-kind-member-joined = People joined
audit-kind-member-role-changed = Roles changed
audit-kind-member-removed = People removed
audit-kind-member-left = People left
audit-kind-mail-preferences-changed = Email notifications changed
audit-kind-api-key-created = API keys created
audit-kind-api-key-revoked = API keys revoked
audit-kind-api-key-taken-over = API keys taken over
audit-kind-installation-key-created = Installation keys created
audit-kind-installation-key-revoked = Installation keys revoked
audit-kind-secret-set = Secrets added or replaced
audit-kind-secret-deleted = Secrets deleted
audit-kind-secret-used = Secrets used
audit-kind-secrets-resealed = Secrets re-encrypted
audit-kind-endpoint-created = Webhook endpoints added
audit-kind-endpoint-changed = Webhook endpoints changed
audit-kind-endpoint-deleted = Webhook endpoints deleted
audit-kind-endpoint-secret-rotated = Webhook secrets rotated
audit-kind-cancel-requested = Plan canceled
audit-kind-resume-requested = Cancellation withdrawn
audit-kind-seats-requested = Seats changed
audit-kind-change-requested = Plan switched
audit-kind-checkout-started = Checkouts started
# The payment provider’s portal.
audit-kind-portal-opened = Billing portal opened
# Links into the portal of this app, for users of the operator’s product.
audit-kind-portal-link-created = Portal links created
audit-kind-portal-session-started = Portal sessions started
audit-kind-portal-sessions-ended = Portal sessions ended
audit-kind-subscription-changed = Subscription changed
audit-kind-plan-granted = Plans granted
audit-kind-overrides-changed = Granted plan or custom limits changed
audit-kind-own-limit-set = Alerts or cap of a limit changed
audit-kind-usage-corrected = Usage corrected
audit-kind-sync-requested = Syncs requested by an operator
audit-kind-job-rescheduled = Jobs retried by an operator
audit-kind-note-added = Notes added by an operator
audit-kind-note-deleted = Notes deleted by an operator
audit-kind-mail-sample-sent = Sample emails sent by an operator
audit-kind-product-created = Products created
audit-kind-customer-checkout-started = Customer checkouts created
audit-kind-customer-subscription-ended = Customer subscriptions canceled
audit-kind-customer-linked = Existing customer linked
audit-kind-tenant-created = Workspace created
audit-kind-tenant-changed = Workspace changed
audit-kind-tenant-deleted = Workspace deleted
audit-kind-tenant-restored = Workspace restored
audit-kind-tenant-erased = Workspace erased

## Actors that are not people of the workspace

audit-actor-api-key = API key “{ $name }”
# A user of the operator’s product. $issuer is the URL of the service that signs them in.
audit-actor-token-user = { $user } at { $issuer }
audit-actor-token-user-unknown = A user of the product
audit-actor-portal-user = Portal user “{ $user }”
audit-actor-installation-key = Installation key “{ $name }”
audit-actor-provider = Payment provider
audit-actor-operator = { -app-name } operator
audit-actor-system = { -app-name }
audit-actor-former-member = Former member

## Entries. The actor is in the column before. A missing detail is “?”.

audit-member-invited = { $role ->
    [owner] Invited { $member } as an owner
    [admin] Invited { $member } as an admin
    [billing] Invited { $member } with the Billing role
    [member] Invited { $member } as a member
   *[other] Invited { $member }
}
audit-invitation-withdrawn = Withdrew the invitation for { $member }
audit-member-joined = { $role ->
    [owner] Joined as an owner
    [admin] Joined as an admin
    [billing] Joined with the Billing role
    [member] Joined as a member
   *[other] Joined
}
# Someone else added them.
audit-member-added = { $role ->
    [owner] Added { $member } as an owner
    [admin] Added { $member } as an admin
    [billing] Added { $member } with the Billing role
    [member] Added { $member } as a member
   *[other] Added { $member }
}
audit-member-role-changed = Changed { $member } from { $before ->
    [owner] owner
    [admin] admin
    [billing] billing
    [member] member
   *[other] { $before }
} to { $role ->
    [owner] owner
    [admin] admin
    [billing] billing
    [member] member
   *[other] { $role }
}
audit-member-removed = Removed { $member }
audit-member-left = Left the workspace
# Emails that the actor gets about the workspace. $mails are the names below: "usage limits, payments".
audit-mails-turned-on = Turned on emails: { $mails }
audit-mails-turned-off = Turned off emails: { $mails }
# The actor opened the link at the end of such an email.
audit-mails-turned-off-by-link = Turned off emails with the link in an email: { $mails }
audit-mail = { $mail ->
    [usage_limits] usage limits
    [payments] payments
    [monthly_report] monthly report
   *[other] { $mail }
}

# $scopes are names of the API, such as "read, billing".
audit-api-key-created = Created API key “{ $name }” with scopes: { $scopes }
audit-api-key-revoked = Revoked API key “{ $name }”
audit-api-key-taken-over = Took over API key “{ $name }” from { $member }
audit-installation-key-created = Created installation key “{ $name }” with scopes: { $scopes }
audit-installation-key-revoked = Revoked installation key “{ $name }”

# $address is an IP address.
audit-secret-added = Added secret { $secret }
audit-secret-added-from = Added secret { $secret } from { $address }
audit-secret-replaced = Replaced the value of secret { $secret }
audit-secret-replaced-from = Replaced the value of secret { $secret } from { $address }
audit-secret-deleted = Deleted secret { $secret }
audit-secret-deleted-from = Deleted secret { $secret } from { $address }
# $purpose is the same as $purpose-text, as a key.
audit-secret-used = { $purpose ->
    [list-products] Used secret { $secret } to list products
    [create-a-product] Used secret { $secret } to create a product
    [create-a-checkout] Used secret { $secret } to create a checkout
    [list-customers] Used secret { $secret } to list customers
    [look-at-a-customer] Used secret { $secret } to look up a customer
    [list-subscriptions] Used secret { $secret } to list subscriptions
    [end-a-subscription] Used secret { $secret } to cancel a subscription
   *[other] Used secret { $secret }: { $purpose-text }
}
audit-secrets-resealed = Re-encrypted the workspace’s secrets with a new key

audit-endpoint-created = Added webhook endpoint { $url }
audit-endpoint-changed = Changed webhook endpoint { $url }
audit-endpoint-moved = Changed webhook endpoint { $before } to { $url }
audit-endpoint-enabled = Enabled webhook endpoint { $url }
audit-endpoint-disabled = Disabled webhook endpoint { $url }
audit-endpoint-events-changed = Changed the events of webhook endpoint { $url }
audit-endpoint-description-changed = Changed the description of webhook endpoint { $url }
audit-endpoint-deleted = Deleted webhook endpoint { $url }
audit-endpoint-secret-rotated = Rotated the secret of webhook endpoint { $url }

audit-cancel-requested = Canceled { $plan }, effective at the end of the billing period
audit-cancel-requested-why = Canceled { $plan }, effective at the end of the billing period. Reason: { $reason }
audit-resume-requested = Withdrew the cancellation of { $plan }
# $from and $seats are numbers of seats.
audit-seats-requested = Changed the number of seats on { $plan } from { $from } to { $seats }
# The plan of an existing subscription was changed without the provider’s portal.
audit-change-requested = { $cycle ->
    [monthly] Switched to { $plan }, billed monthly
    [yearly] Switched to { $plan }, billed yearly
   *[other] Switched to { $plan }
}
# $provider is the payment provider.
audit-checkout-started = { $cycle ->
    [monthly] Started a checkout for { $plan }, billed monthly, in { $provider }
    [yearly] Started a checkout for { $plan }, billed yearly, in { $provider }
   *[other] Started a checkout for { $plan } in { $provider }
}
# $checkout is the message above, $code a coupon or a promotion code: “SPRING”.
audit-checkout-started-with-discount = { $checkout }. Discount: { $code }
# The plan of an existing subscription is changed in the provider’s portal.
audit-plan-change-started = { $cycle ->
    [monthly] Opened the { $provider } billing portal to switch to { $plan }, billed monthly
    [yearly] Opened the { $provider } billing portal to switch to { $plan }, billed yearly
   *[other] Opened the { $provider } billing portal to switch to { $plan }
}
audit-portal-opened = Opened the { $provider } billing portal
audit-portal-opened-to-cancel = Opened the { $provider } billing portal to cancel
audit-portal-opened-to-update-card = Opened the { $provider } billing portal to update the card
audit-portal-link-created = { $role ->
    [owner] Created a portal link for user “{ $user }” as an owner
    [admin] Created a portal link for user “{ $user }” as an admin
    [billing] Created a portal link for user “{ $user }” with the Billing role
    [member] Created a portal link for user “{ $user }” as a member
   *[other] Created a portal link for user “{ $user }”
}
audit-portal-session-started = Opened their portal link
audit-portal-sessions-ended = Ended the portal sessions of user “{ $user }”

# $subscription and $before are subscriptions in words, such as "Pro, monthly, active".
audit-subscription-new = New subscription: { $subscription }
audit-subscription-changed = Subscription: { $subscription }. Previously: { $before }
# A subscription in words. $cycle and $status are the messages below.
audit-subscription = { $plan }, { $cycle }, { $status }
# $subscription is one of the messages around this one.
audit-subscription-seats = { $seats ->
    [one] { $subscription }, { $seats } seat
   *[other] { $subscription }, { $seats } seats
}
audit-subscription-ending = { $plan }, { $cycle }, { $status }, cancels at period end
audit-subscription-switching = { $plan }, { $cycle }, { $status }, switches to { $next } later
audit-subscription-ending-switching = { $plan }, { $cycle }, { $status }, cancels at period end, then switches to { $next }
audit-cycle = { $cycle ->
    [monthly] monthly
    [yearly] yearly
   *[other] { $cycle }
}
audit-status = { $status ->
    [active] active
    [trialing] on trial
    [past_due] past due
    [unpaid] unpaid
    [incomplete] waiting for first payment
    [incomplete_expired] never paid
    [canceled] canceled
    [paused] paused
   *[other] { $status }
}

audit-plan-granted = Granted plan { $plan }
audit-plan-regranted = Changed the granted plan from { $before } to { $plan }
audit-plan-grant-ended = Removed the granted plan { $plan }
# $limits are names of limits: "Projects, LLM spend a month".
audit-limits-set = { $count ->
    [one] Set a custom limit: { $limits }
   *[other] Set { $count } custom limits: { $limits }
}
audit-limits-removed = { $count ->
    [one] Removed a custom limit: { $limits }
   *[other] Removed { $count } custom limits: { $limits }
}
audit-overrides-changed = Changed the granted plan or custom limits
# What an admin set for a limit of their own workspace. $feature is “Projects”, $thresholds “50%, 800”.
audit-cap-set = Capped { $feature } at { $cap }
audit-cap-removed = Removed the cap on { $feature }
audit-thresholds-set = Set alerts for { $feature } at { $thresholds }
audit-thresholds-removed = Reset the alerts for { $feature }
# $feature is the name of a limit, $reason is what the operator wrote.
audit-usage-reduced = Reduced usage of { $feature } by { $amount }: { $reason }
audit-usage-increased = Increased usage of { $feature } by { $amount }: { $reason }
audit-sync-requested = Requested a sync of { $workspace } with the payment provider
# $job is the name of a kind of job.
audit-job-rescheduled = { $job ->
    [follow_hints] Retried fetching a change from the payment provider
    [follow_listed] Retried fetching a change from the payment provider
    [catch_up] Retried reading events from the payment provider
    [walk_subscriptions] Retried comparing subscriptions with the payment provider
    [reconcile] Retried comparing subscriptions with the payment provider
    [settle_doubled] Retried canceling and refunding a duplicate subscription
    [expire_checkout] Retried closing an outdated checkout
    [turn_period] Retried the change at the end of a billing period
    [look_at_limits] Retried checking limits
    [tell_admins] Retried an alert to the admins
    [mail_alert] Retried an alert to an admin
    [mail_invitation] Retried an invitation email
    [mail_enterprise_request] Retried the email about an enterprise request
    [mail_dunning] Retried the email about a payment
    [mail_monthly_report] Retried the monthly report
    [mail_endpoint_disabled] Retried the email about a disabled webhook endpoint
    [notify_secret_changed] Retried the emails about a changed secret
    [mail_secret_changed] Retried the email about a changed secret
   *[other] Retried a job: { $job }
}

# $kind is the name of the email, such as "payment_failed".
audit-mail-sample-sent = Sent a sample of the email “{ $kind }”

# White-label billing, in the workspace’s own account at the payment provider.
audit-product-created = Created product “{ $name }” in { $provider }
# $price is the price’s ID at the provider.
audit-customer-checkout-started = Created a customer checkout for price { $price } in { $provider }
# $subscription is the subscription’s ID at the provider.
audit-customer-subscription-ended = Canceled customer subscription { $subscription } in { $provider }, effective at the end of the billing period
audit-customer-subscription-ended-immediately = Canceled customer subscription { $subscription } in { $provider } immediately

# $customer is the provider’s ID of the customer: “cus_123”.
audit-customer-linked = Linked the workspace to customer { $customer } at { $provider }
audit-tenant-created = Created the workspace
# $fields are the messages below: "name, metadata".
audit-tenant-changed = Changed workspace details: { $fields }
audit-field = { $field ->
    [name] name
    [email] email address
    [metadata] metadata
    [externalId] external ID
   *[other] { $field }
}
audit-tenant-deleted = Deleted the workspace
audit-tenant-restored = Restored the workspace
audit-tenant-erased = Erased the workspace’s names and secrets

# Operators’ notes. They are in the log of the installation, which names the tenant by its ID.
audit-note-added = Added a note about tenant { $tenant }
audit-note-deleted = Deleted a note about tenant { $tenant }
