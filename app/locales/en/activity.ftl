# Settings → Billing → Sync: what happened between a workspace and its payment provider. Operators' pages share the names of
# jobs and statuses.

activity-title = Billing activity
activity-only-admins = Only owners, admins and people with the Billing role in { $workspace } can see billing activity. You’re a member.

# The lead.
activity-no-provider = No payment provider is set up, so there’s no billing activity.
activity-never-synced = Nothing to sync with { $provider } yet: this workspace has never paid.
activity-last-synced = Last synced with { $provider } on { $date }.
# Follows the sentence above. $interval is “every hour”.
activity-interval = { -app-name } syncs { $interval } and processes events from { $provider } as they arrive.
activity-every-hours = { $hours ->
    [one] every hour
   *[other] every { $hours } hours
}
activity-every-minutes = { $minutes ->
    [one] every minute
   *[other] every { $minutes } minutes
}
activity-every-seconds = { $seconds ->
    [one] every second
   *[other] every { $seconds } seconds
}
# A button.
activity-sync = Sync with { $provider } now

## Jobs that failed

activity-failing = Failed jobs
activity-failing-note = Retried with increasing delays.
activity-failing-none = No failed jobs.
activity-failing-caption = Failed jobs
activity-job = Job and error
activity-tried = Attempts
activity-next-try = Next attempt
activity-retry = Retry
activity-retry-now = Retry now
# How often a job was tried.
activity-tried-times = { $attempts ->
    [one] once
   *[other] { $attempts } times
}
# When a job is tried next, beside a date in other rows.
activity-next-try-none = none
activity-next-try-now = now

# What a job does.
activity-job-event = Process an event from { $provider }
activity-job-sync = Sync the subscription with { $provider }
activity-job-missed-events = Fetch missed events from { $provider }
activity-job-duplicate = Cancel and refund a duplicate subscription at { $provider }
activity-job-sync-all = Sync all subscriptions
activity-job-import = Import customers from { $provider }
activity-job-checkout = Close an earlier checkout
activity-job-period = Apply a scheduled change
activity-job-limits = Check usage against limits
activity-job-invitation = Email an invitation
activity-job-alert = Email admins about a limit
activity-job-endpoint = Email admins about a disabled webhook endpoint
activity-job-dunning = Email a notice about a payment
activity-job-report = Email a monthly report
activity-job-enterprise = Email an enterprise request
activity-job-secret = Email admins about a changed secret
activity-job-verification = Email a link to confirm an address
activity-job-address = Email a link to change an address
activity-job-address-notice = Email a notice about a changed address
activity-job-account-notice = Email a notice about an account
activity-job-password = Email a link to reset a password
activity-job-sample = Email a sample to an operator
activity-job-unknown = Job from a newer version

## Events received

activity-received = Received events
activity-received-note = The 20 newest events about this workspace.
activity-received-none = { $provider ->
    [none] No events yet.
   *[other] { $provider } hasn’t sent any events yet.
}
activity-received-caption = Received events
activity-event = Event
activity-event-received = Received
activity-event-state = Status
activity-event-waiting = Waiting
activity-event-handled = Processed
# $at is a time or a date.
activity-event-handled-at = Processed { $at }
activity-event-ignored = Ignored

## Corrections of stored data

activity-corrected = Corrections
activity-corrected-note = Stored data that didn’t match the payment provider.
activity-corrected-none = No corrections. Stored data has always matched the payment provider.
activity-corrected-caption = Corrections
activity-subscription = Subscription
activity-before = Before
activity-after = After
activity-before-unknown = unknown
activity-found = Found
activity-found-reconciliation = by a scheduled sync
activity-found-sync = by a manual sync
activity-found-events = in the event list

# A subscription before or after a correction: “Pro, active, until 1 Feb 2026, then Starter”.
activity-terms = { $plan }, { $status }
activity-terms-until = { $plan }, { $status }, until { $date }
activity-terms-until-then = { $plan }, { $status }, until { $date }, then { $next }
activity-terms-ends = { $plan }, { $status }, ends { $date }
activity-terms-ends-then = { $plan }, { $status }, ends { $date }, then { $next }

# A subscription's status at the provider.
activity-status-active = active
activity-status-trialing = on trial
activity-status-overdue = payment overdue
activity-status-incomplete = first payment incomplete
activity-status-never-paid = never paid
activity-status-ended = ended
activity-status-paused = paused

## Notices about the last action: head and text

activity-synced = { $provider ->
    [none] Refreshed
   *[other] Synced with { $provider }
}
activity-synced-text = The data is up to date. Any differences are listed under Corrections.
activity-retried = Retrying now
activity-retried-text = If the job is still listed in a moment, it failed again.
activity-job-gone = That job is no longer waiting
activity-job-gone-text = It has already run, or is running now.
activity-unavailable = { $provider ->
    [none] We couldn’t reach the payment provider
   *[other] { $provider } isn’t responding
}
activity-unavailable-text = Nothing was changed. Try again in a minute.
activity-account-changed = { $provider ->
    [none] The payment provider can’t be used right now
   *[other] { $provider } can’t be used right now
}
activity-account-changed-text = Nothing was changed. The operator of this installation needs to set the right key.
activity-unknown-workspace = { $provider ->
    [none] The payment provider doesn’t recognize this workspace
   *[other] { $provider } doesn’t recognize this workspace
}
activity-unknown-workspace-text = Nothing was changed. Contact the operator of this installation.
activity-rejected = { $provider ->
    [none] The payment provider rejected the request
   *[other] { $provider } rejected the request
}
activity-rejected-text = Nothing was changed. If it happens again, contact the operator of this installation.
activity-conflict = The subscription is changing right now
activity-conflict-text = Check again in a moment.
activity-not-configured = No payment provider is set up
activity-not-configured-text = The operator of this installation can set one up with PAYMENT_PROVIDER.
activity-admin-required = You can’t do this with your role
activity-admin-required-text = Ask an owner, an admin or someone with the Billing role in { $workspace } to do this.
activity-throttled = Too many requests
activity-throttled-text = { $provider ->
    [none] We didn’t contact the payment provider. Try again in a minute.
   *[other] { $provider } wasn’t contacted. Try again in a minute.
}
activity-internal = Something went wrong on our side
activity-internal-text = Nothing was changed. Try again in a minute.
