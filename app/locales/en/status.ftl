# The state of a workspace's plan and subscription: the title and lead of the membership page, and the notices that
# are on every page until the problem is solved. $plan is a plan's name, $provider the payment provider's.

# Title of the membership page.
status-title = { $workspace } is on { $plan }.
# Title while a payment is overdue and the paid plan is suspended. $plan is the plan that applies meanwhile.
status-title-suspended = { $workspace } is limited to the { $plan } plan.

# The plan that applies without payment, in place of a plan's name within a sentence, if an operator granted it:
# “then this workspace moves to Team (granted until 30 Jun 2027)”.
status-fallback-granted = { $plan } (granted)
status-fallback-granted-until = { $plan } (granted until { $date })

# In place of the provider's name, if no provider is set up.
status-payment-provider = The payment provider

status-only-admins = Only owners, admins and people with the Billing role in { $workspace } can change the plan. You’re a member.

## The lead: sentences that follow one another

# An active plan.
status-next-payment = The next payment of <b>{ $amount }</b> is on <b>{ $date }</b>.
status-next-invoice = The next invoice, for <b>{ $amount }</b>, will be sent on <b>{ $date }</b>.
status-renews-free = { $plan } renews on <b>{ $date }</b>. No payment is due then.
status-renews = { $plan } renews on <b>{ $date }</b>. See { $provider } for the amount.
status-active = { $plan } is active.
status-ends-later = { $plan } ends on { $date }.
# The payment's date has passed, and the provider hasn't reported whether it succeeded.
status-payment-unconfirmed = A payment of <b>{ $amount }</b> was due on <b>{ $date }</b>. { $provider } hasn’t confirmed it yet.
status-payment-unconfirmed-unknown = A payment was due on <b>{ $date }</b>. { $provider } hasn’t confirmed it yet.
# Collection of payments is paused at the provider.
status-collection-paused = Payments are paused at { $provider }. You won’t be charged until they resume.
status-collection-paused-until = Payments are paused at { $provider }. You won’t be charged until { $date }.
# The workspace changed to $plan and keeps its earlier plan until the payment arrives.
status-starts-when-paid = { $plan } starts when the payment arrives.
# An operator granted $granted, which is higher than the plan $paid that the workspace pays for.
status-granted-above-paid = { $granted } has been granted to this workspace. You pay for { $paid }.
status-granted-above-paid-until = { $granted } has been granted to this workspace until { $date }. You pay for { $paid }.

# Open invoices that aren't overdue.
status-open-invoice = An invoice for <b>{ $amount }</b> is open.
status-open-invoice-due = An invoice for <b>{ $amount }</b> is due by <b>{ $date }</b>.

# The plan is canceled for the end of its period. $fallback is the plan after that.
status-ending = { $plan } stays active until <b>{ $date }</b>, then this workspace moves to { $fallback }. Nothing is deleted.
# A change of plan or billing cycle is scheduled.
status-changing = { $plan } stays active until <b>{ $date }</b>, then this workspace moves to { $next }.
status-changing-to-monthly = { $plan } switches to monthly billing on <b>{ $date }</b>.
status-changing-to-yearly = { $plan } switches to yearly billing on <b>{ $date }</b>.
# Follow the sentences above. $price is “$9.00 a month”.
status-next-price = { $plan } costs { $price }.
status-next-price-of-cycle = It then costs { $price }.
status-first-invoice = The first invoice after the change is for { $amount }.

# A trial.
status-trial-free = The trial runs until <b>{ $date }</b>. No payment is due then.
status-trial-invoice = The trial runs until <b>{ $date }</b>, then an invoice for <b>{ $amount }</b> is sent. Cancel before then and you won’t get one.
# $price is “$29.00 a month”.
status-trial-price = The trial runs until <b>{ $date }</b>, then you pay <b>{ $price }</b>. Cancel before then and you won’t be charged.
status-trial-amount = The trial runs until <b>{ $date }</b>, then <b>{ $amount }</b> is due. Cancel before then and you won’t be charged.
status-trial = The trial runs until <b>{ $date }</b>, then { $provider } charges the first payment. Cancel before then and you won’t be charged.

# A payment is overdue.
status-overdue = A payment of <b>{ $amount }</b> is overdue.
status-overdue-unknown = A payment is overdue.
status-overdue-for = A payment of <b>{ $amount }</b> for { $plan } is overdue.
status-overdue-for-unknown = A payment for { $plan } is overdue.
# Follow the sentences above.
status-overdue-grace = { $plan } stays active until <b>{ $date }</b>. Nothing is deleted.
status-overdue-suspended = { $plan } resumes as soon as it’s paid. Nothing is deleted.
status-overdue-granted = Until it’s paid, this workspace is on { $fallback }. Nothing is deleted.

# The first payment of a new subscription.
status-incomplete = The first payment for { $plan } isn’t complete. { $plan } starts as soon as it’s paid.
status-never-paid = The first payment for { $plan } was never completed. You weren’t charged.

status-paused = { $plan } is paused at { $provider }.
status-ended = { $plan } ended on <b>{ $date }</b>. Nothing was deleted.
status-ended-unpaid = { $plan } ended on <b>{ $date }</b> because the payment due on { $due } wasn’t received. Nothing was deleted.

# Without a subscription.
status-granted = { $plan } has been granted to this workspace.
status-granted-until = { $plan } has been granted to this workspace until <b>{ $date }</b>.
# Follow the sentences above.
status-granted-free = You aren’t charged for it.
status-granted-custom = The price is set by agreement.
status-free = { $plan } costs nothing and doesn’t require a card.
status-no-provider = This installation has no payment provider, so you can compare plans but not buy one.

## Notices about limits

# Heads. $feature is a feature's name in the singular: “Auth provider”.
status-limit-reached = { $feature } limit reached ({ $limit })
status-limits-reached = { $limits ->
    [one] { $limits } limit reached
   *[other] { $limits } limits reached
}
# A line for each limit: “Auth providers: 2 of 2 used.” The link leads to the feature's page.
status-limit-soft = <usage>{ $feature }</usage>: { $used } of { $limit } used. You can go over this limit, with a warning.
status-limit-resets = <usage>{ $feature }</usage>: { $used } of { $limit } used. You can’t use more until { $date }.
status-limit-hard = <usage>{ $feature }</usage>: { $used } of { $limit } used. You can’t use more until you free some up.

## Notices about payments

# Heads: a card was declined, or an invoice wasn't paid in time. The amount and the date may be unknown.
status-declined-on = The payment of { $amount } on { $date } was declined
status-declined = The payment of { $amount } was declined
status-declined-unknown-on = The payment on { $date } was declined
status-declined-unknown = The payment was declined
status-invoice-overdue-since = The payment of { $amount } was due on { $date }
status-invoice-overdue = The payment of { $amount } is overdue
status-invoice-overdue-unknown-since = The payment was due on { $date }
status-invoice-overdue-unknown = The payment is overdue

# Texts below the heads. $fallback is the plan that applies without payment.
status-due = { $plan } stays active until <b>{ $date }</b>. After that, the limits of { $fallback } apply until the payment succeeds. Nothing is deleted.
status-due-beside-grant = The payment is for { $plan }. Until it’s paid, the limits of { $fallback } apply. Nothing is deleted.

# The plan is suspended. $plan in the heads is the plan that applies meanwhile, below them the suspended one.
status-suspended-since = Limited to the { $plan } plan since { $date }
status-suspended = Limited to the { $plan } plan
status-suspended-amount = { $amount } is still unpaid. { $plan } resumes as soon as it’s paid.
status-suspended-unknown = The payment is still due. { $plan } resumes as soon as it’s paid.

# The first payment isn't complete: head, text and button.
status-first-payment = The first payment for { $plan } isn’t complete
status-first-payment-waiting = { $provider } is waiting for the payment. { $plan } starts as soon as it’s paid.
status-first-payment-finish = Complete payment at { $provider }

# Buttons and links in the notices.
status-update-card = Update the card at { $provider }
status-pay-invoice = Pay the open invoice
status-pay-invoice-now = Pay the open invoice now
# In place of the button, for members.
status-admins-can-fix = An owner, an admin or someone with the Billing role in { $workspace } can fix this.

## Notices about a scheduled end or change

# Heads.
status-ends = { $plan } ends on { $date }
status-changes = { $plan } changes to { $next } on { $date }
status-changes-to-monthly = { $plan } switches to monthly billing on { $date }
status-changes-to-yearly = { $plan } switches to yearly billing on { $date }
# Texts below the heads.
status-then-fallback = This workspace then moves to { $fallback }.
status-active-until-then = { $plan } stays active until then.
# Follows the sentences above. $plan is the plan after the change.
status-exceeds = { $limits ->
    [one] You’re over { $limits } limit of { $plan }. What you have stays, but you can’t add more.
   *[other] You’re over { $limits } limits of { $plan }. What you have stays, but you can’t add more.
}
# In a notice about a due payment.
status-canceled-too = { $plan } is canceled and ends on { $date }.
status-change-waits = The change to { $plan } is scheduled for { $date }.
# The button that withdraws it, and the text in its place for members.
status-keep = Keep { $plan }
status-admins-can-keep = An owner, an admin or someone with the Billing role in { $workspace } can undo this.

## Subscriptions at the provider that aren't managed here

status-also-at = Also at { $provider }
status-also-included = Billed with the plan:
# An item that isn't a plan. $name is a product's name, with its quantity if that isn't 1; $price is “$50.00 a month”.
status-item-priced = { $name }, { $price }
status-item-quantity = { $quantity } × { $name }
# Why a subscription isn't managed. Follows its description: “Support, $50.00 a month.”
status-unmanaged-no-plan = It doesn’t match any plan, so it has no effect on limits.
status-unmanaged-moved = Its price no longer matches any plan. The plan it had stays active until this is resolved.
status-unmanaged-status = { $provider } reports its status as “{ $status }”, which { -app-name } doesn’t recognize.
status-unmanaged-status-unknown = { $provider } reports a status that { -app-name } doesn’t recognize.
status-unmanaged-unreadable = { -app-name } can’t read { $provider }’s data about it.
status-unmanaged-several = It’s paid in addition to the current plan. The limits are those of the best plan.
status-unmanaged-since = First seen { $date }.
# In place of a description, where nothing of the subscription is readable.
status-unmanaged-unnamed = A subscription
status-unmanaged-elsewhere = { $count ->
    [one] { -app-name } doesn’t change or cancel it. Manage it at { $provider }.
   *[other] { -app-name } doesn’t change or cancel them. Manage them at { $provider }.
}
