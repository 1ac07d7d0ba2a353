# A tenant’s timeline on the operator’s desk: what happened, newest first.

# The page’s heading.
desk-timeline-title = { $tenant }: timeline
desk-timeline = Timeline
desk-timeline-note = Newest first, in UTC. From the audit log, the provider’s events, alerts, emails about payments, and corrections.
# Link to the tenant’s page, and from there to the timeline.
desk-timeline-back = Back to the tenant
desk-timeline-open = Timeline of everything that happened
# Accessible name of the links that filter by kind.
desk-timeline-filter = Filter by kind
desk-timeline-all = All
# Kinds of entries.
desk-timeline-plan = Plan
desk-timeline-events = Provider events
desk-timeline-notices = Alerts and emails
desk-timeline-overrides = Operator actions
desk-timeline-members = Members
# API keys, secrets, webhook endpoints, portal sessions.
desk-timeline-access = Keys and access
desk-timeline-workspace = Workspace
desk-timeline-other = Other
# Accessible name of the links to other pages of the list.
desk-timeline-pages = Pages of the timeline
desk-timeline-newest = Newest entries
desk-timeline-older = Older entries
desk-timeline-none = No entries.
desk-timeline-table = Timeline of { $tenant }, newest first
desk-timeline-time = Time
desk-timeline-kind = Kind
desk-timeline-event = What happened
# Under an entry: who caused it.
desk-timeline-by-system = { -app-name }
# $event is the provider’s name of the kind, such as invoice.paid.
desk-timeline-received = Received { $event } ({ $id })
desk-timeline-corrected = Corrected subscription { $subscription } to match { $provider }
# Alerts: $used and $limit are amounts.
desk-timeline-limit-near = Approaching limit: { $feature }, { $used } of { $limit }
desk-timeline-limit-reached = Limit reached: { $feature }, { $used } of { $limit }
desk-timeline-limit-cleared = Back below limit: { $feature }, { $used } of { $limit }
# Mails to the people who can change the tenant’s plan. $subscription is the provider’s ID.
desk-timeline-payment-failed = Email sent: a payment for { $subscription } failed
desk-timeline-grace-ends = Email sent: the grace period of { $subscription } ends soon
desk-timeline-plan-suspended = Email sent: the plan of { $subscription } is suspended
desk-timeline-recovered = Email sent: the overdue payment for { $subscription } arrived
desk-timeline-trial-ends = Email sent: the trial of { $subscription } ends soon
