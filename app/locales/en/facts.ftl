# The facts below the title of the membership page: each has a label, a large figure and a footnote in lower case.

# Price.
facts-price = Price
facts-no-card = no card required
facts-price-of-plan = for the plan; other subscriptions are listed below
facts-by-agreement = By agreement
facts-not-billed-here = not billed through this page
facts-granted-here = granted to this workspace
facts-monthly = a month, before tax
facts-yearly = a year, before tax
# $every is “every 3 months”.
facts-every = { $every }, before tax
facts-next-invoice = Next invoice
facts-next-invoice-on = on { $date }, according to { $provider }
# How many units of a plan without seats are paid for, if that isn’t one.
facts-quantity = Quantity
facts-quantity-of = units of { $plan }
# In place of the price, if only the provider knows it, and its footnote.
facts-price-at = At { $provider }
facts-price-at-note = see its page for the amount

# Status.
facts-status = Status
facts-active = Active
facts-canceled = Canceled
facts-trial = Trial
facts-overdue = Payment overdue
facts-paused = Paused
facts-incomplete = First payment incomplete
facts-since = since { $date }
facts-until = until { $date }
facts-no-end = no end date
facts-no-limit-in-time = for as long as you like
facts-at = at { $provider }
facts-nothing-paid = nothing paid yet
facts-no-charges = no further charges
facts-no-charges-for-plan = no further charges for the plan

# Labels of the next date.
facts-renews = Renews
facts-ends = Ends
facts-ended = Ended
facts-first-payment = First payment
facts-first-invoice = First invoice
facts-payment = Payment
facts-changes = Changes
facts-active-until = Active until
facts-suspended = Suspended
facts-period-ends = Period ends
facts-collection = Payments
facts-ordered = Ordered
facts-granted = Granted
# Their footnotes.
facts-on = on { $date }
facts-changes-to = to { $plan }
facts-unconfirmed = not confirmed by { $provider } yet
facts-ended-plan = { $plan } until then
facts-ended-unpaid = { $plan }, payment not received
facts-ordered-incomplete = first payment not complete
facts-ordered-never-paid = never paid, so it never started

# Payment method.
facts-payment-method = Payment method
facts-kept-by = stored by { $provider }, not by { -app-name }
facts-card = Card
facts-sepa-debit = SEPA Direct Debit
facts-us-bank-account = US bank account

# The discounts of a subscription. $off is "20% off" or "$5.00 off", $name a promotion code or the name of a coupon.
facts-discount-percent = { $percent }% off
facts-discount-amount = { $amount } off
facts-discount = { $off } with { $name }
facts-discount-until = { $off } with { $name } until { $date }
facts-discount-unnamed-until = { $off } until { $date }
