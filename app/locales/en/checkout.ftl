# /checkout, where an order is reviewed before payment, and the page to which the payment provider returns. $plan is the
# plan ordered, $current the plan before, $provider is "Stripe" or "Polar", $cycle is "monthly" or "yearly".
# These texts are about money. Each says what is charged, by whom and when: keep that exact.

checkout-title = Review
checkout-title-plan = Review: { $plan }
checkout-title-change = Review: { $current } to { $plan }
checkout-title-cycle = { $cycle ->
    [yearly] Review: { $plan }, billed yearly
   *[other] Review: { $plan }, billed monthly
}
checkout-back = <plans>Plans</plans> / Review
checkout-head-change = From { $current } to { $plan }.
checkout-head-cycle = { $cycle ->
    [yearly] { $plan }, billed yearly.
   *[other] { $plan }, billed monthly.
}

# The sentences below the title: which limits change, then when the change takes effect.
checkout-limits-same = All limits stay the same.
checkout-limits-up = { $up ->
    [one] { $up } limit increases, none decrease.
   *[other] { $up } limits increase, none decrease.
}
checkout-limits-down = { $down ->
    [one] { $down } limit decreases.
   *[other] { $down } limits decrease.
}
checkout-limits-up-and-down = { $up ->
    [one] { $up } limit increases
   *[other] { $up } limits increase
}, { $down ->
    [one] { $down } decreases.
   *[other] { $down } decrease.
}
# $days is "14 days", $price "$29.00 a month".
checkout-start-trial = { $days } free, then { $price } from { $day }. Cancel before then and you won’t be charged.
checkout-start-paused = { $current } is paused at { $provider }. { $plan } starts when the subscription resumes there.
checkout-start-after-trial = The change takes effect on { $day }, when the trial of { $current } ends.
checkout-start-later = The change takes effect on { $day }.
checkout-start-keeps = The change takes effect on { $day }. Until then, you keep { $current }.
checkout-start-paid = { $plan } starts as soon as { $provider } receives your payment.
# Only the provider decides when the change takes effect.
checkout-start-unknown = The change takes effect when you confirm it at { $provider }, or at the start of the next billing period. { $provider } shows you which.
checkout-start-confirmed = The change takes effect as soon as you confirm it at { $provider }.
checkout-start-confirmed-ends-trial = The change takes effect as soon as you confirm it at { $provider }. Your trial then ends.

# A notice: the operator gave the workspace a plan that is at least as large as the one ordered.
checkout-granted = { $plan } has been granted to this workspace
checkout-granted-until = { $plan } has been granted to this workspace until { $day }
checkout-granted-body = Its limits apply until the grant ends, whichever plan you pay for. After that, the limits of { $plan } apply.
checkout-exceeded = You’re over { $limits ->
    [one] { $limits } limit of { $plan }
   *[other] { $limits } limits of { $plan }
}
checkout-exceeded-body = Nothing is deleted. What you have stays, but you can’t add more until you’re below the limit again.

checkout-changes = What changes
# Beside the table of limits.
checkout-changes-note = { $workspace } today ({ $day }) and after the change.
checkout-changes-region = What changes from { $current } to { $plan }
checkout-changes-table = All limits on { $current } and on { $plan }
# Heads of the table's columns.
checkout-limit = Limit
checkout-use = You use
# Heads of groups of lines in the table, with their number.
checkout-group-up = Increases: { $limits }
checkout-group-down = Decreases: { $limits }
checkout-group-same = Unchanged: { $limits }
# For screen readers: in place of a dash, and before a figure above the new limit.
checkout-not-counted = not counted
checkout-over = over the limit:

checkout-next = What happens next
# The first of two paragraphs: what the provider's page does.
checkout-next-scheduled = { $provider } shows the change again and asks you to confirm it. Then you return here. The change takes effect automatically on { $day }.
checkout-next-scheduled-plan = { $provider } shows the change again and asks you to confirm it. Then you return here. { $current } stays active until { $day }, then { $plan } starts automatically.
checkout-next-lifts = The change also undoes the cancellation of { $current }.
checkout-next-undo = You can undo the change on the membership page until then.
checkout-next-trial = { $provider } asks for a card and charges nothing today. Once you confirm, you return here and { $plan } is active.
checkout-next-pay = { $provider } asks for a card and shows the amount again. Once you’ve paid, you return here and { $plan } is active.
checkout-next-unknown = { $provider } shows the change and when it takes effect, and asks you to confirm it. Then you return here.
checkout-next-paused = { $provider } shows the change and asks you to confirm it. Then you return here. { $current } is paused at { $provider }: { $plan } becomes active when the subscription resumes.
checkout-next-confirm = { $provider } shows the amount again and asks you to confirm it. Then you return here.
checkout-next-confirm-plan = { $provider } shows the amount again and asks you to confirm it. Then you return here, and { $plan } is active.
# The second of two paragraphs: what can be changed later.
checkout-later-trial = If email is set up, a reminder is sent 3 days before the first payment. If you cancel on the membership page before { $day }, { $plan } stays active until then and you won’t be charged.
checkout-later-renews = The change undoes the cancellation: { $plan } renews until you cancel again.
checkout-later-again = You can change your plan again on the membership page at any time.
checkout-later-back = You can change back on the membership page at any time. A smaller plan or a shorter billing cycle takes effect at the end of the period you’ve paid for.
checkout-later-cancel = You can cancel on the membership page at any time. { $plan } then stays active until the end of the period you’ve paid for.

# Pages without an order.
checkout-ordered = { $workspace } has already ordered { $plan }.
checkout-ordered-unpaid = Its first payment isn’t complete. You can’t order another plan until this order is paid or expires.
checkout-ordered-nothing = There’s nothing else to confirm.
checkout-unchanged = { $workspace } is already on { $plan }.
checkout-unchanged-nothing = There’s nothing to confirm and nothing to pay.
# $price is "$29.00 a month".
checkout-costs = It costs { $price }.
# $price is "$290.00 a year".
checkout-review-other = Review { $plan }, { $price }

checkout-summary = Order summary
# Links that choose the billing cycle; the one not chosen has its price.
checkout-cycle = { $cycle ->
    [yearly] Yearly
   *[other] Monthly
}
checkout-cycle-priced = { $cycle ->
    [yearly] Yearly, { $price }
   *[other] Monthly, { $price }
}
checkout-billing-cycle = Billing cycle
checkout-stay = Stay on { $current }
# The lines of the summary have a label, a note in small print and an amount.
checkout-line-trial = { $plan }, { $days }
checkout-line-until = { $current }, until { $day }
checkout-line-period = { $cycle ->
    [yearly] { $plan }, 1 year
   *[other] { $plan }, 1 month
}
checkout-line-from = From { $day }
checkout-line-afterwards = Afterwards
# The sum of all discounts of an invoice.
checkout-line-discounts = Discounts
checkout-line-each = { $cycle ->
    [yearly] Then every year
   *[other] Then every month
}
checkout-due-today = Due today
# In place of an amount: nothing is charged in the trial; the period is paid; a payment is due; the subscription is paused.
checkout-amount-free = Free
checkout-amount-paid = Paid
checkout-amount-due = Payment due
checkout-amount-paused = Paused
checkout-note-tax = before tax
checkout-note-card = a card is required
checkout-note-estimate = before tax, estimated by { $provider }
checkout-note-until-canceled = until you cancel
checkout-note-until-canceled-tax = until you cancel, before tax
checkout-note-amount-there = { $provider } shows the amount
checkout-note-amount-before-confirming = { $provider } shows the exact amount before you confirm
checkout-note-no-amount = not available right now; { $provider } shows the amount before you confirm
# $currency is a code such as "EUR", $price "$29.00 a month".
checkout-note-currency = this workspace pays in { $currency }; the list price is { $price }
# The workspace pays another amount: for several seats, or with a discount.
checkout-note-list-price = list price for a quantity of 1, before discounts

# The button that leads to the provider, and the note below.
checkout-start = Start the trial at { $provider }
checkout-start-note = You won’t be charged today. { $provider } handles your card details; { -app-name } never sees them.
checkout-pay = Pay at { $provider }
checkout-pay-note = You won’t be charged until you confirm at { $provider }. { $provider } handles your card details; { -app-name } never sees them.
# A field above the button, its hint, and the message for a code that can't be redeemed.
checkout-promotion = Promotion code
checkout-promotion-hint = You can also enter it at { $provider }.
checkout-promotion-wrong = This code can’t be redeemed. Check the spelling, or leave the field empty.
# Below the button: what the provider's page adds to the amount and asks for.
checkout-tax-added = VAT or sales tax is added at { $provider }.
checkout-tax-id = You can enter a tax ID at { $provider }.
checkout-address = { $provider } asks for your billing address.
checkout-confirm = Confirm at { $provider }
checkout-confirm-note = You won’t be charged until you confirm at { $provider }. { $provider } stores your payment details; { -app-name } never sees them.
# In place of the button.
checkout-other-currency = This workspace pays in { $currency } at { $provider }, but this plan is sold here in { $sold }, so you can’t change to it here. Choose another plan, or contact the operator of this installation.
checkout-scheduled = A change to { $plan } is scheduled for { $day }, and { $provider } allows no other change until then. To choose another plan, undo that change above first.
checkout-collection-paused = { $provider } collects no payments for this workspace at the moment, so a plan that starts at once can’t be ordered. Change the plan once payments resume.

# Pages for a plan that can't be ordered.
checkout-free = { $plan } needs no checkout.
checkout-free-body = It’s free. To leave a paid plan, cancel it on the membership page.
checkout-free-action = Go to membership
checkout-custom = { $plan } is priced by agreement.
checkout-custom-body = Tell us what you need and we’ll reply by email. Its limits are in the table of all plans.
checkout-custom-action = Request { $plan }
checkout-not-sold = { $cycle ->
    [yearly] { $plan } isn’t available yearly.
   *[other] { $plan } isn’t available monthly.
}
checkout-not-sold-body = { $other ->
    [yearly] It’s billed yearly.
   *[other] It’s billed monthly.
}
checkout-not-sold-action = { $other ->
    [yearly] Review yearly billing
   *[other] Review monthly billing
}
# $currency is a code such as "EUR". The second sentence is for a workspace that pays in it, the third for one that can
# still choose.
checkout-not-sold-in = { $plan } isn’t available in { $currency }.
checkout-not-sold-in-body = Your workspace keeps the currency of its first subscription. Choose another plan.
checkout-not-sold-in-choice = Choose another plan or another currency.
checkout-unknown = This plan doesn’t exist.
checkout-unknown-body = It may have been renamed, or the link may be incomplete. Nothing was ordered.
checkout-all-plans = See all plans
checkout-no-provider = No payment provider is set up.
checkout-no-provider-body = You can compare plans on this installation, but not buy one. Its operator can set up a provider with PAYMENT_PROVIDER.
checkout-back-to-membership = Back to membership

# The page after a payment. The titles are the names of browser tabs.
checkout-paid-title = Paid
checkout-paid-title-scheduled = Change scheduled
checkout-paid-title-trial = Trial started
checkout-paid-title-membership = Membership
checkout-paid-lead = Your new limits apply now.
checkout-paid-stamp = Paid, confirmed by { $provider }
checkout-paid-stamp-trial = Nothing charged, confirmed by { $provider }
checkout-paid-membership = View your membership
checkout-paid-usage = View your usage
checkout-paid-billing = View billing
# Followed by links to the invoice.
checkout-paid-receipt = Invoice { $number }: { $amount }
checkout-paid-refresh = Refresh
checkout-paid-go = Go to membership
checkout-processing-title = Processing
checkout-processing = { $provider } is processing your payment.
checkout-processing-lead = { $plan } starts as soon as the payment arrives. This page refreshes automatically. You can close it; nothing is lost.
checkout-not-paid-title = Not paid
checkout-not-paid = You haven’t been charged.
checkout-not-paid-lead = You left { $provider } before paying for { $plan }. Your plan hasn’t changed.
checkout-not-paid-action = Review { $plan } again
checkout-waiting-title = Waiting
checkout-unavailable = We can’t reach { $provider }.
checkout-unavailable-lead = If you paid there, your payment isn’t lost. We keep checking until { $provider } responds. This page refreshes automatically.
checkout-throttled = We’ll check with { $provider } in a moment.
checkout-throttled-lead = We’ve checked often for { $workspace } in the last few minutes. If you paid, your payment isn’t lost. This page refreshes automatically.
checkout-no-order-title = No order
checkout-no-order = There’s no recent order.
checkout-no-order-lead = { $provider ->
    [none] { $workspace } hasn’t started a checkout recently. Nothing was charged.
   *[other] { $workspace } hasn’t started a checkout at { $provider } recently. Nothing was charged.
}

# The section that lists the limits of the plan that was paid. $free is the plan that costs nothing.
checkout-raised = Higher limits
checkout-raised-note = What { $plan } allows beyond { $free }.
# Between two limits: "10 to 50".
checkout-raised-to = to
checkout-raised-more = And { $limits } more.
checkout-raised-all = All limits
