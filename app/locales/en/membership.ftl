# /membership and the pages under it, except checkout, invoices, pricing and the enterprise request. Arguments named
# $plan and $fallback are names of plans, $provider is "Stripe" or "Polar", $day is a date.

membership-title = Membership
membership-compare-plans = Compare plans
# A button that opens the provider's billing portal.
membership-portal = Card and invoices at { $provider }
membership-invoices = Invoices
# Beside the button that fetches the subscription again. $time is "21:40", or a date with the time.
membership-last-checked = Last checked { $time }
membership-back = Back to membership

membership-usage = Usage
# Beside a few meters. $limits is the number of all limits.
membership-usage-note = The { $shown } limits closest to being reached. <usage>All { $limits } limits</usage>

membership-nearby = Plans near yours
# How many of the plans shown are smaller and larger than the current one.
membership-nearby-below-and-above = { $below ->
    [one] { $below } plan below yours
   *[other] { $below } plans below yours
}, { $above } above.
membership-nearby-below = { $below ->
    [one] { $below } plan below yours.
   *[other] { $below } plans below yours.
}
membership-nearby-above = { $above ->
    [one] { $above } plan above yours.
   *[other] { $above } plans above yours.
}
membership-nearby-review = Review a plan to see what it costs and what changes. You won’t be charged until you confirm.
membership-all-plans = { $plans ->
    [one] { $plans } plan
   *[other] All { $plans } plans
}

# The section at the foot of the membership page that leads to the cancellation.
membership-cancel-section = Cancel plan
membership-cancel-section-active = If you cancel, { $plan } stays active until <b>{ $day }</b>. After that, this workspace is on { $fallback }.
membership-cancel-section-due = If you cancel, { $provider } won’t bill another period. The outstanding payment is still due.
membership-cancel-section-paused = If you cancel, { $provider } won’t bill another period. The subscription ends on <b>{ $day }</b>.
membership-cancel-section-kept = Nothing is deleted. If you’re over a limit, what you have stays, but you can’t add more.
membership-cancel-button = Cancel { $plan }

membership-cancel-title = Cancel { $plan }?
membership-cancel-trial = { $plan } stays active until <b>{ $day }</b>, when the trial ends. After that, this workspace is on { $fallback }. You won’t be charged.
membership-cancel-paid = { $plan } stays active until <b>{ $day }</b>, the end of the period you’ve paid for. After that, this workspace is on { $fallback }. You won’t be charged for another period.
# The provider takes no payments now, so the period isn't paid.
membership-cancel-paused = { $plan } stays active until <b>{ $day }</b>, the end of the current period. After that, this workspace is on { $fallback }. You won’t be charged for another period.
membership-cancel-due = { $provider } won’t bill another period. The outstanding payment is still due. Once it’s paid, { $plan } stays active until <b>{ $day }</b>. After that, this workspace is on { $fallback }.
membership-cancel-suspended = { $provider } won’t bill another period. The subscription ends on <b>{ $day }</b>.
membership-cancel-above = Nothing is deleted. You’re over { $limits ->
    [one] { $limits } limit of { $fallback }
   *[other] { $limits } limits of { $fallback }
}. What you have stays, but you can’t add more.
membership-cancel-fits = Nothing is deleted. Your current usage fits within { $fallback }.
membership-cancel-pending = This also cancels your scheduled change.
membership-cancel-undo = Until then, you can undo the cancellation on the membership page.
membership-cancel-keep = Keep { $plan }

# Notices about a second subscription that was bought beside the first.
membership-duplicate-found = Duplicate subscription to { $plan }
membership-duplicate-found-body = On { $day }, this workspace paid for { $plan } in addition to another subscription. We’re canceling the duplicate and refunding the payment. You don’t need to do anything.
membership-duplicate-canceled = Duplicate subscription canceled
membership-duplicate-canceled-body = On { $day }, { $plan } was ordered in addition to another subscription of this workspace. The duplicate is canceled. You haven’t been charged for it and won’t be.
membership-duplicate-refunded = { $amount } refunded
membership-duplicate-refunded-body = On { $day }, this workspace paid for { $plan } in addition to another subscription. The duplicate is canceled, and { $provider } refunded { $amount }. Your bank may take up to 10 days to show it.
membership-duplicate-refunded-some = Duplicate payment refunded
membership-duplicate-refunded-some-body = On { $day }, this workspace paid for { $plan } in addition to another subscription. The duplicate is canceled, and { $provider } refunded the payment. Your bank may take up to 10 days to show it.
membership-duplicate-flagged = Duplicate payment not refunded
# $reason is the provider's answer, without the final period.
membership-duplicate-flagged-body = On { $day }, this workspace paid for { $plan } in addition to another subscription. The duplicate is canceled, but { $provider } didn’t refund the payment: { $reason }. Contact the operator of this installation.
# Reasons in the message above, without a period. Providers' reasons are not translated.
membership-refund-too-old = The last payment was made more than a day before the other subscription began
membership-refund-no-payment = It lists no payment that can be refunded
membership-refund-failed = The refund failed there
membership-refund-unsupported = It doesn’t support refunds
membership-duplicate-flagged-body-without-reason = On { $day }, this workspace paid for { $plan } in addition to another subscription. The duplicate is canceled, but { $provider } didn’t refund the payment. Contact the operator of this installation.

# Shown in a frame of another product, before the payment provider's page, which can't be shown in a frame. $host is its
# domain.
membership-leave-title = Payment page
membership-leave-head = Continue at { $host }.
membership-leave-lead = The page opens in the full window. When you’re done, you return to where you were.
membership-leave-open = Open { $host }
membership-leave-note = Nothing has been charged yet

# The optional reason on the page that cancels. Operators see it, too.
membership-cancel-why = Why are you canceling? (optional)
membership-cancel-feedback = { $feedback ->
    [too_expensive] It’s too expensive
    [missing_features] We need features it doesn’t have
    [switched_service] We’re switching to another product
    [unused] We don’t use it enough
    [too_complex] It’s too complicated
    [low_quality] The quality isn’t good enough
    [customer_service] The support isn’t good enough
   *[other] Another reason
}
membership-cancel-comment = Anything else? (optional)
# $most is a number of characters.
membership-cancel-comment-hint = Up to { $most } characters. { $provider } and the people who run { -app-name } can read it.
