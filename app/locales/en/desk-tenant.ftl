# The operator’s page about a tenant.

# The page’s heading.
desk-tenant-title = { $tenant } is on { $plan }.
# Why the tenant has this plan. One or more of these sentences follow one another under the heading.
desk-tenant-paid = { $plan } is paid through { $provider }.
desk-tenant-trial = { $plan } is on trial through { $provider }.
desk-tenant-suspended = A payment for { $plan } through { $provider } is past due. The grace period ended on { $day }, so limits are reduced until it’s paid.
desk-tenant-grace = A payment for { $plan } through { $provider } is past due. The plan stays active during the grace period.
desk-tenant-grace-until = A payment for { $plan } through { $provider } is past due. The plan stays active until { $day }.
desk-tenant-incomplete = The first payment for { $plan } through { $provider } isn’t complete, so the plan isn’t active.
desk-tenant-never-paid = The first payment for { $plan } through { $provider } was never made.
desk-tenant-paused = { $plan } is paused at { $provider }, so it isn’t active.
desk-tenant-ended = { $plan } at { $provider } ended on { $day }.
desk-tenant-granted = { $plan } is granted.
desk-tenant-granted-until = { $plan } is granted until { $day }.
desk-tenant-granted-but-paid = { $plan } is granted, but a higher plan is paid for.
desk-tenant-granted-until-but-paid = { $plan } is granted until { $day }, but a higher plan is paid for.
desk-tenant-no-plan = No plan is paid for or granted.
desk-tenant-custom-limits = { $limits ->
    [one] { $limits } custom limit.
   *[other] { $limits } custom limits.
}

# The tenant’s IDs.
desk-tenant-id = Tenant ID
desk-tenant-created = Created
desk-tenant-status = Status
# Label of the customer’s ID at a payment provider.
desk-tenant-customer = { $provider } customer
# The reason that the customer gave for canceling.
desk-tenant-cancellation = Reason for canceling
desk-tenant-never-synced = not synced yet
desk-tenant-last-synced = last synced { $date }
desk-tenant-sync = Sync with providers

# Sections, their notes, and what an empty section says.
desk-tenant-overrides = Overrides
desk-tenant-overrides-note = In addition to what is paid for. Recorded in the tenant’s audit log.
desk-tenant-subscriptions = Subscriptions
desk-tenant-subscriptions-note = As last reported by the providers, newest first.
desk-tenant-subscriptions-none = No subscriptions yet.
desk-tenant-unmanaged = Unmanaged subscriptions
desk-tenant-unmanaged-note = { -app-name } doesn’t manage these. Map the price to a plan, or resolve it at the provider.
desk-tenant-usage = Usage
desk-tenant-metering = Metering
desk-tenant-metering-note = Create an API key for counting usage, or correct a counter.
desk-tenant-members = Members
desk-tenant-alerts = Alerts
desk-tenant-alerts-none = No limit alerts yet.
desk-tenant-checkouts = Checkouts
desk-tenant-checkouts-none = No checkouts yet.
# Under Alerts and Checkouts.
desk-tenant-latest = The 20 newest.
desk-tenant-failing = Failed jobs
desk-tenant-failing-note = Retried with increasing delays.
desk-tenant-missing = Missing at the provider
desk-tenant-missing-note = The provider had these before and can’t find them now. No plan has been ended as a result.
desk-tenant-events = Received events
desk-tenant-events-note = The 20 newest events about this tenant.
desk-tenant-events-none = No events received yet.
desk-tenant-corrections = Corrections
desk-tenant-corrections-note = Where stored data differed from the provider’s.
desk-tenant-corrections-none = No corrections. Stored data has always matched the provider’s.

# Plans and limits that the operator set for the tenant.
desk-tenant-overrides-none = No overrides. The paid plan applies.
desk-tenant-overrides-table = Overrides for this tenant
desk-tenant-override = Override
desk-tenant-override-value = Value
desk-tenant-override-until = Until
desk-tenant-override-remove = Remove
# A row of the table, beside the names of limits.
desk-tenant-override-plan = { $plan } plan
desk-tenant-override-granted = granted
desk-tenant-override-at-most = at most { $limit } on every plan
desk-tenant-override-on-plan = { $limit } on { $plan } and on any plan with a lower limit
desk-tenant-override-ended = ended { $day }
desk-tenant-override-until-day = until { $day }
desk-tenant-override-until-removed = until removed

# Forms that grant a plan and set a limit.
desk-tenant-grant = Grant a plan
desk-tenant-grant-plan = Plan
desk-tenant-grant-plan-hint = Applies unless a higher plan is paid for.
desk-tenant-grant-submit = Grant plan
desk-tenant-limit = Set a limit
desk-tenant-limit-feature = Limit
desk-tenant-limit-feature-hint = Applies to the current plan. On another plan, the higher of the two limits applies.
# Choices of limits.
desk-tenant-limit-feature-size = { $feature } (size)
desk-tenant-limit-feature-dollars = { $feature } (dollars)
desk-tenant-limit-value = Value
# The form reads figures as the language writes them, and the word “unlimited” in every language.
desk-tenant-limit-value-hint = A whole number; dollars such as $2,500 or 2500.50; a size such as 10 GB (1 GB is 1,024 MB); or “unlimited”.
desk-tenant-limit-at-most = Maximum
desk-tenant-limit-at-most-hint = No plan gives more than this.
desk-tenant-limit-submit = Set limit
desk-tenant-until = Until
desk-tenant-until-hint = Inclusive. Leave empty for no end date.
# The first choice of a list.
desk-tenant-choose = Choose one

# What is wrong with an input.
desk-tenant-wrong-plan = Choose a plan from the list
desk-tenant-wrong-until = Choose a date that isn’t in the past, or leave the field empty
desk-tenant-wrong-feature = Choose a limit from the list
desk-tenant-wrong-limit-flag = Enter 1 for on or 0 for off
desk-tenant-wrong-limit-size = Enter a size such as 10 GB or 512 MB that comes to whole bytes, or “unlimited”
desk-tenant-wrong-limit-dollars = Enter dollars such as $2,500 or 0.25 with up to 6 decimals, or “unlimited”
desk-tenant-wrong-limit-count = Enter a whole number, or “unlimited”
desk-tenant-wrong-key-name = Enter a name of 1 to 80 characters, on one line
desk-tenant-wrong-scopes = Choose at least one scope
desk-tenant-wrong-networks = Enter up to 20 networks such as 203.0.113.0/24, separated by commas, or leave the field empty
desk-tenant-wrong-counter = Choose a counter from the list
desk-tenant-wrong-amount = Enter a whole number with its sign, such as -5000, and not 0
desk-tenant-wrong-reason = Enter a reason of 1 to 500 characters, on one line

# The form that creates an API key for the tenant, and the key.
desk-tenant-key = Create an API key
desk-tenant-key-name = Name
desk-tenant-key-name-hint = The product that will use it.
desk-tenant-key-scopes = Scopes
desk-tenant-key-submit = Create key
desk-tenant-key-copy = Copy the key now: you won’t see it again
# Accessible name of the key.
desk-tenant-key-new = New key
desk-tenant-key-lost = { -app-name } stores a hash, not the key itself. If you lose it, create another.

# The form that corrects a counter.
desk-tenant-correct = Correct a counter
desk-tenant-correct-counter = Counter
desk-tenant-correct-counter-hint = For the current period.
# Choices of counters.
desk-tenant-correct-counter-bytes = { $feature } (bytes)
desk-tenant-correct-counter-micros = { $feature } (millionths of a dollar)
desk-tenant-correct-amount = Amount
desk-tenant-correct-amount-hint = A whole number with its sign: -5000 subtracts 5,000.
desk-tenant-correct-reason = Reason
desk-tenant-correct-reason-hint = Recorded in the tenant’s audit log.
desk-tenant-correct-submit = Correct counter

# The table of subscriptions.
desk-tenant-subscriptions-table = Subscriptions, newest first
desk-tenant-column-subscription = Subscription
desk-tenant-column-period = Period
desk-tenant-column-synced = Last synced
# A plan and how often it is paid.
desk-tenant-plan-monthly = { $plan }, monthly
desk-tenant-plan-yearly = { $plan }, yearly
# $every is “every 3 months”.
desk-tenant-plan-every = { $plan }, { $every }
desk-tenant-quantity = quantity { $quantity }
desk-tenant-period = { $start } – { $end }
# Under a period.
desk-tenant-subscription-ended = ended { $day }
desk-tenant-subscription-ends = ends { $day }
desk-tenant-subscription-ends-with-period = ends with this period
desk-tenant-next-payment = next payment { $amount } on { $day }
# Under a status.
desk-tenant-past-due-since = past due since { $day }
desk-tenant-collection-paused = payment collection paused
desk-tenant-collection-paused-until = payment collection paused until { $day }

# The table of members.
desk-tenant-members-table = Members by join date
desk-tenant-column-member = Member
desk-tenant-column-role = Role
desk-tenant-members-more = Showing the first { $shown } of { $members }.

# The table of alerts.
desk-tenant-alerts-table = Limit alerts, newest first
desk-tenant-column-date = Date
desk-tenant-column-limit = Limit
desk-tenant-column-alert = Alert
desk-tenant-column-usage = Usage
desk-tenant-alert-near = Approaching limit
desk-tenant-alert-reached = Limit reached
desk-tenant-alert-cleared = Back below limit
desk-tenant-used-of = { $used } of { $limit }

# The table of checkouts.
desk-tenant-checkouts-table = Checkouts, newest first
desk-tenant-column-started-by = Started by
desk-tenant-column-state = State
desk-tenant-by-former-member = a former member
desk-tenant-by-key = an API key
# A user of another product: their ID, and the issuer of their sign-in.
desk-tenant-by-token-user = { $user } at { $issuer }
desk-tenant-by-portal-user = portal user “{ $user }”
desk-tenant-by-installation-key = an installation key
