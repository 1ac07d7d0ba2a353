# Settings → Billing: plan, payment method, next invoice, invoices, and changes to the plan. $provider is “Stripe” or
# “Polar”.

billing-title = Billing
billing-only-admins = Only owners, admins and people with the Billing role in { $workspace } can see payment details. You’re a member.

# The lead. $price is “$29.00 a month”, or the message billing-price-elsewhere.
billing-plan = { $plan }, { $price }.
billing-plan-next = { $plan }, { $price }. Next payment: { $amount } on { $date }.
billing-plan-renews = { $plan }, { $price }. Renews on { $date }.
billing-plan-ends = { $plan }, { $price }. Ends on { $date }, and nothing is charged after that.
billing-plan-unpaid = { $plan }. Nothing is charged.
billing-price-elsewhere = { $cycle ->
    [monthly] billed monthly by { $provider }
    [yearly] billed yearly by { $provider }
   *[other] billed by { $provider }
}
# In its place, for another interval. $every is “every 3 months”.
billing-price-every-elsewhere = billed { $every } by { $provider }
# Links.
billing-change-plan = Change plan
billing-activity-synced = { $provider } sync: last on { $date }
billing-activity = { $provider ->
    [none] Sync log
   *[other] { $provider } sync
}

## Payment method and details on invoices

billing-payment = Payment details
billing-payment-note = Stored at { $provider }. You can change them there.
billing-never-paid = Nothing has been paid yet. Your payment method and invoices appear here after the first payment.
billing-details-table = Payment and billing details of { $workspace }
# The heads of the table’s columns.
billing-detail = Detail
billing-value = At { $provider }
billing-change = Change
# A button; screen readers read the detail after it.
billing-change-at = Change at { $provider }
billing-method = Payment method
billing-email = Billing email
billing-address = Billing address
billing-tax-ids = Tax IDs
# In place of a detail that the provider doesn’t have.
billing-nothing = None
# $method is a card’s brand or another kind of payment: “Visa ending in 4242”.
billing-brand-amex = American Express
billing-brand-diners = Diners Club
billing-method-ending = { $method } ending in { $last4 }
billing-expires = Expires { $month }/{ $year }
# $kind is “EU VAT”.
billing-tax-id = { $value } ({ $kind })

# In place of what the provider doesn’t answer.
billing-unavailable = We couldn’t reach { $provider }. Your billing details are stored there and aren’t affected.
billing-rejected = { $provider } didn’t return this: { $reason }
billing-throttled = Too many requests to { $provider }. Try again in a minute.

## The next invoice

billing-next = Next invoice
billing-next-date = On { $date }
billing-next-table = Lines of the next invoice
billing-next-item = Item
billing-next-amount = Amount
# A line for which the provider has no text.
billing-next-line = Charge
billing-next-discounts = Discounts
billing-next-others = Taxes and balance
billing-next-due = Total
billing-next-more = { $provider } lists only the first lines. The total includes all of them.
billing-next-note = { $provider }’s estimate. It changes with your plan and usage.
billing-next-none = No further invoices are scheduled.
billing-next-not-previewed = { $provider } doesn’t preview invoices.

## Invoices and receipts

billing-invoices = Invoices and receipts
billing-all-invoices = All invoices

## Changes to the plan

billing-history = Plan history
billing-history-note = Every change to the subscription, newest first.
billing-history-none = No changes yet.
billing-history-newest = Newest changes
billing-history-older = Older changes
# What screen readers call the links to other pages, and the table.
billing-history-pages = Pages of the plan history
billing-history-table = Changes to the subscription of { $workspace }, newest first
billing-history-time = Time
billing-history-change = Change
