# The operator’s desk, for the people who run the installation: navigation, list of tenants, operations, enterprise
# requests. What its own people call “workspace” is a “tenant” here.

# Accessible name of the navigation.
desk-nav-tenants = Tenants
# The page of failed jobs, waiting events and missing objects.
desk-nav-work = Operations
desk-nav-requests = Requests
desk-nav-revenue = Revenue
desk-nav-keys = Keys
desk-nav-webhooks = Webhooks
# The search field, on every page, and its page of results.
desk-nav-search = Find a tenant or person
desk-nav-find = Find

# Heads of columns in several tables.
desk-column-tenant = Tenant
desk-column-plan = Plan
desk-column-status = Status
# The payment provider.
desk-column-provider = Provider
desk-column-since = Since
# Only for screen readers, directly after a button’s label: what the button is about. “Retry now: Compare all
# subscriptions”.
desk-button-object = : { $object }
# In place of a tenant’s name, for jobs and events that belong to none.
desk-no-tenant = no tenant

# The list of tenants.
desk-tenants = Tenants
# The page’s heading.
desk-tenants-count = { $tenants ->
    [one] { $tenants } tenant.
   *[other] { $tenants } tenants.
}
# These three follow one another under the heading.
desk-tenants-past-due = { $count ->
    [0] No payments are past due.
    [one] { $count } payment is past due.
   *[other] { $count } payments are past due.
}
desk-tenants-failing-jobs = { $count ->
    [0] No failed jobs.
    [one] { $count } failed job.
   *[other] { $count } failed jobs.
}
desk-tenants-new-requests = { $count ->
    [0] No new requests.
    [one] { $count } new request.
   *[other] { $count } new requests.
}
desk-tenants-note = Newest first. A limit is close once usage reaches the catalog’s warning threshold.
# Filters of the list, and headings of the filtered list.
desk-tenants-all = All
desk-tenants-filter-past-due = Payment past due
desk-tenants-filter-near = Close to a limit
desk-tenants-filter-corrected = Corrected in the last 7 days
desk-tenants-on-plan = On { $plan }
desk-tenants-search = Search
# Label of the filter’s list of choices.
desk-tenants-show = Show
desk-tenants-submit = Search
desk-tenants-search-note = Search by part of the name, or by a full tenant ID, external ID, owner email, provider customer ID or provider subscription ID.
# Accessible name of the links to other pages of the list.
desk-tenants-pages = Pages of tenants
desk-tenants-newest = Newest tenants
desk-tenants-older = Older tenants
desk-tenants-none = No tenants yet.
desk-tenants-none-found = No matching tenants.
desk-tenants-table = Tenants, newest first
desk-tenants-limits = Limits
desk-tenants-members = Members
desk-tenants-created = Created
# Under a plan’s name: the operator granted the plan, it isn’t paid for.
desk-tenants-granted = granted
desk-tenants-limits-none = none close
desk-tenants-limits-near = { $limits } close
desk-tenants-limits-reached = { $limits } reached

# A tenant’s subscription status, and the detail under it.
desk-status-active = active
desk-status-past-due = past due
desk-status-canceled = canceled
desk-status-grace-ended = grace period ended { $day }
desk-status-grace-until = grace period until { $day }
desk-status-incomplete = first payment not completed
desk-status-since = since { $day }
desk-status-trial = on trial
desk-status-ends = ends { $day }
desk-status-granted-until = granted until { $day }

# State of a checkout.
desk-checkout-open = open
desk-checkout-paid = paid
desk-checkout-expired = expired
desk-checkout-superseded = replaced by a newer one

# A provider’s API key belongs to another account than before. The server’s own words about the two accounts follow the
# heading.
desk-account-changed = { $provider } sync is paused: the key belongs to another account
# Each says what is wrong with the key and what to do. $found and $stored are accounts, such as “acct_1 (test mode)”.
desk-account-other = The key for { $provider } opens the account { $found }, but this installation’s customers are in { $stored }. Set the right key, or accept the new account with <code>server { $command } adopt { $id }</code>.
desk-account-unproven = The key for { $provider } opens the account { $found }, which knows none of the paying customers. Set the right key, or accept the account with <code>server { $command } adopt { $id }</code>.
# $reason is the provider's sentence.
desk-account-refused = { $provider } doesn’t say which account the key opens: { $reason } Set a key that can read its own account.
desk-account-changed-meaning = Nothing is written in the meantime. Webhooks and jobs are queued, and resume when the key belongs to the right account.

# Objects that a provider had before and can’t find now.
desk-missing-none = No objects are missing at the providers.
desk-missing-table = Objects missing at the providers, oldest first
desk-missing-object = Object
# Before the object’s ID.
desk-missing-customer = Customer
desk-missing-subscription = Subscription
desk-missing-checkout = Checkout

# Background jobs that failed and are retried.
desk-jobs-none = No failed jobs.
desk-jobs-table = Failed jobs, oldest first
desk-jobs-job = Job and error
# Head of a column: “once”, “3 times”.
desk-jobs-tried = Attempts
desk-jobs-next = Next attempt
desk-jobs-retry = Retry now
desk-jobs-since = Since { $date }
# Only for screen readers, after “Retry now: ”.
desk-jobs-job-since = { $job }, since { $date }

# The page of failed jobs, waiting events and missing objects.
desk-work = Operations
# The page’s heading.
desk-work-idle = No failed jobs, no waiting events.
desk-work-failing = { $jobs ->
    [0] No failed jobs.
    [one] { $jobs } failed job.
   *[other] { $jobs } failed jobs.
}
desk-work-lead = Failed jobs are retried with increasing delays. Events are processed in the order they arrive.
# Label and footnote of three figures.
desk-work-failing-label = Failed
desk-work-failing-footnote = will be retried
desk-work-waiting-label = Waiting
desk-work-waiting-footnote = events received, not yet processed
desk-work-jobs-label = Jobs
desk-work-jobs-footnote = in total, including scheduled jobs
# Sections with their notes, and the links to other pages of their lists.
desk-work-jobs = Failed jobs
desk-work-jobs-note = Oldest first.
desk-work-jobs-pages = Pages of jobs
desk-work-jobs-oldest = Oldest jobs
desk-work-jobs-newer = Newer jobs
desk-work-events = Waiting events
desk-work-events-note = From payment providers, oldest first.
desk-work-events-pages = Pages of events
desk-work-events-oldest = Oldest events
desk-work-events-newer = Newer events
desk-work-events-none = All received events are processed.
desk-work-events-table = Waiting events, oldest first
desk-work-event = Event
desk-work-received = Received
desk-work-missing = Missing at the provider
desk-work-missing-note = The provider had these before and can’t find them now. No plan has been ended as a result. Oldest first.
desk-work-missing-pages = Pages of missing objects
desk-work-missing-oldest = Oldest missing objects
desk-work-missing-newer = Newer missing objects
desk-work-unmanaged = Unmanaged subscriptions
desk-work-unmanaged-note = Subscriptions that { -app-name } doesn’t manage, newest first. See the tenant’s page for details.
desk-work-unmanaged-none = All subscriptions belong to a plan.
desk-work-unmanaged-table = Unmanaged subscriptions, newest first
desk-work-unmanaged-subscription = Subscription and reason
desk-work-unmanaged-more = Only the newest 50 are shown.
desk-work-prices = Prices without a plan
# “Price map” is a file of the installation that assigns the provider’s prices to plans.
desk-work-prices-note = Paid in the last 30 days. To make a price count as a plan, copy its line into the plan’s table in the catalog, or add the price to the price map.
desk-work-prices-none = All paid prices belong to a plan.
desk-work-prices-table = Prices without a plan, newest first
desk-work-price = Price
desk-work-price-payers = Subscriptions
desk-work-price-line = Catalog line
desk-work-first-seen = First seen
desk-work-last-seen = Last seen

# Requests for the Enterprise plan.
# The document’s title.
desk-requests-title = Requests
desk-requests = Enterprise requests
desk-requests-lead = Newest first. Only operators see the state and the note.
desk-requests-none = No requests yet. They come from the plans page and from the API.
desk-requests-none-found = No requests with this state.
# Accessible name of the links that filter by state.
desk-requests-filter = Filter by state
desk-requests-all = All
desk-requests-new = New
desk-requests-talking = In discussion
desk-requests-won = Won
desk-requests-lost = Lost
# Accessible name of the links to other pages of the list, its heading, and the links.
desk-requests-pages = Pages of requests
desk-requests-more = More
desk-requests-newest = Newest requests
desk-requests-older = Older requests
desk-requests-not-saved = Request not saved
desk-requests-not-saved-reason = A note can have up to { $max } characters, and the state must be one from the list. Nothing was changed.
desk-requests-your-note = Your note: “{ $note }”
desk-requests-contact = Contact
desk-requests-email = Email
desk-requests-use-cases = Use cases
desk-requests-scale = Expected scale
# Accessible name of the form.
desk-requests-form = Request from { $company }
desk-requests-state = State
desk-requests-note = Note
desk-requests-changed = Last changed { $date }.
desk-requests-note-hint = The requester doesn’t see this note.
desk-requests-save = Save
desk-requests-id = ID: { $id }
# What a request is for.

# Notices after an action: heading and explanation.
desk-answer-synced = Synced with the providers
desk-answer-synced-meaning = This page shows their current data. Any differences are listed under Corrections.
# A plan or a limit was granted, set or removed.
desk-answer-settled = Overrides updated
desk-answer-settled-meaning = Changes take effect within a second on every node and are recorded in the tenant’s audit log.
desk-answer-key-created = API key created
desk-answer-key-created-meaning = It’s shown below only once. Add it to the product that counts usage for this tenant.
desk-answer-corrected = Counter corrected
desk-answer-corrected-meaning = The correction is recorded in the ledger, and its reason in the audit log.
desk-answer-not-corrected = Counter not corrected
desk-answer-below-zero = The correction exceeds what was counted in this period. Enter a smaller amount.
desk-answer-form-reused = This form was already sent with other values. Reload the page and try again.
desk-answer-key-not-created = API key not created
desk-answer-too-many-keys = The tenant already has the maximum number of keys. Revoke one first.
desk-answer-unknown-correction = The counter may not be corrected yet
desk-answer-unknown-correction-meaning = The database didn’t respond in time. Check the audit log before you try again.
desk-answer-retried = Job is being retried
desk-answer-retried-meaning = If it’s still listed here in a moment, it failed again.
desk-answer-request-saved = Request saved
desk-answer-request-saved-meaning = State and note are updated.
desk-answer-overtaken = Another operator changed this request
desk-answer-overtaken-meaning = Your change wasn’t saved. The request shows the other operator’s version. To keep your note, copy it now: it’s shown only once.
desk-answer-gone = No longer listed
desk-answer-gone-meaning = It was completed in the meantime or is being processed now.
desk-answer-tenant-not-found = Tenant not found
desk-answer-nothing-changed = Nothing was changed.
desk-answer-unavailable = The provider isn’t responding
desk-answer-unavailable-meaning = Nothing was changed. Try again in a minute.
desk-answer-account-changed = The provider’s key belongs to another account
desk-answer-account-changed-meaning = Nothing was changed. Operations shows which account it is.
desk-answer-missing = Data is missing at the provider
desk-answer-missing-meaning = No plan has been ended as a result. See “Missing at the provider” for details.
desk-answer-rejected = The provider rejected the request
desk-answer-rejected-meaning = Nothing was changed. The reason is in the log.
desk-answer-not-configured = No payment provider is set up
desk-answer-not-configured-meaning = Set PAYMENT_PROVIDER and the provider’s keys.
desk-answer-conflict = Another change is in progress
desk-answer-conflict-meaning = Check the current state in a moment.
desk-answer-throttled = Too many requests
desk-answer-throttled-meaning = The provider wasn’t contacted. Try again in a minute.
desk-answer-internal = Something went wrong on our side
desk-answer-internal-meaning = Check this page to see whether anything was changed.
