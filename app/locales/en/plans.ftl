# Plan cards and the comparison of plans. $plan is a plan's name.

## A plan's card

# Beside the plan's name.
plans-yours = Your plan
plans-price-monthly = <b>{ $price }</b> a month
plans-price-yearly = <b>{ $price }</b> a year
# A plan that is priced by agreement: in place of its price, and below it.
plans-on-request = On request
plans-by-agreement = Priced by agreement
# Below the dash of a plan that has no price for this cycle.
plans-not-monthly = Not available monthly
plans-not-yearly = Not available yearly
# $currency is a code such as "EUR".
plans-not-in = Not available in { $currency }
# Below the price of your plan.
plans-you-pay = You pay { $price }
plans-since = Since { $date }

# Below the price of another plan: the difference from what the workspace pays today, or from a plan's price.
plans-same-as-today = Same as today
plans-less-than-today = { $amount } less than today
plans-more-than-today = { $amount } more than today
plans-same-as = Same as { $plan }
plans-less-than = { $amount } less than { $plan }
plans-more-than = { $amount } more than { $plan }

# $days is “14 days”.
plans-trial = { $days } free

# Between a limit on your plan and on the card's plan: “100 to 500”.
plans-to = to
# Before a limit's name, for screen readers: “Goes up: Storage 5 GB to 25 GB”.
plans-goes-up = Goes up:
plans-unchanged = Unchanged:
plans-goes-down = Goes down:
# After a limit's name, for screen readers: “API requests per minute”.
plans-per-minute = per minute
plans-per-day = per day
plans-per-month = per month
# In place of a limit, for screen readers.
plans-not-included = not included
# Beside a limit that an operator set for this workspace.
plans-custom = custom

# How many limits change, from your plan to the card's.
plans-limits-unchanged = { $all ->
    [one] The limit stays the same.
   *[other] All { $all } limits stay the same.
}
plans-limits-up = { $up ->
    [one] { $up } of { $all } limits goes up, none go down.
   *[other] { $up } of { $all } limits go up, none go down.
}
plans-limits-down = { $down ->
    [one] { $down } of { $all } limits goes down.
   *[other] { $down } of { $all } limits go down.
}
plans-limits-up-and-down = { $up ->
    [one] { $down ->
        [one] { $up } of { $all } limits goes up, { $down } goes down.
       *[other] { $up } of { $all } limits goes up, { $down } go down.
    }
   *[other] { $down ->
        [one] { $up } of { $all } limits go up, { $down } goes down.
       *[other] { $up } of { $all } limits go up, { $down } go down.
    }
}
# Follows the sentences above.
plans-exceeded = You’d be over { $limits } of them. Nothing would be deleted.
# On your plan's card.
plans-limits-below = All limits are in the table below.

# What happens next with the plan that the workspace pays for, in place of a button.
plans-payment-due = Payment due
plans-paused = Paused at { $provider }
plans-collection-paused = Payments paused
plans-ends = Ends { $date }
plans-until = Until { $date }
plans-first-payment = First payment { $date }
plans-renews = Renews { $date }
# A plan that a change is scheduled to.
plans-from = From { $date }
# A plan that an operator granted.
plans-granted = Granted
plans-granted-until = Granted until { $date }

# Buttons. “Review” leads to the page that shows the price and every change before the order.
plans-review = Review { $plan }
plans-review-monthly = Review monthly billing
plans-review-yearly = Review yearly billing
plans-request = Request { $plan }
plans-cancel = Cancel { $plan }

## The choice between monthly and yearly prices

plans-yearly = Yearly
plans-yearly-free = { $months ->
    [one] Yearly, { $months } month free
   *[other] Yearly, { $months } months free
}

## The table of all plans

# For screen readers: the table's caption, and the name of the region that scrolls.
plans-table-caption = { $plans ->
    [one] Price and limits of the plan
   *[other] Prices and limits of all { $plans } plans
}
plans-table-label = { $plans ->
    [one] Details of the plan
   *[other] Comparison of all { $plans } plans
}
# Above the table where a phone shows a part of it.
plans-table-scroll = Scroll sideways to see all plans.
plans-legend = Lighter figures are lower than on { $plan }. A dash means it’s not included.
plans-legend-custom = This workspace has custom limits: the table shows what would apply on each plan.
# Below a plan's name, in the head of its column. For screen readers,
# the last two are followed by the plan's name.
plans-column-yours = your plan
plans-column-review = Review
plans-column-request = Request
plans-row-monthly = Price per month
plans-row-yearly = Price per year
