# Plans that are sold by the seat: their prices, the seats that a workspace pays for, and /membership/seats, where their
# number is changed. $seats, $used, $included, $min and $max are numbers of seats, $price is an amount such as “$12.00”,
# $plan a plan's name, $day a date, $provider “Stripe” or “Polar”, $cycle is "monthly" or "yearly".

## Prices, on plan cards, in tables and in the order summary

# A plan without a price of its own: each seat is paid for.
seats-price = { $cycle ->
    [yearly] <b>{ $price }</b> per seat per year
   *[other] <b>{ $price }</b> per seat per month
}
# Below the price of a plan, which includes some seats or none.
seats-beyond = { $cycle ->
    [yearly] { $included ->
        [one] { $included } seat included, then { $price } per seat per year
       *[other] { $included } seats included, then { $price } per seat per year
    }
   *[other] { $included ->
        [one] { $included } seat included, then { $price } per seat per month
       *[other] { $included } seats included, then { $price } per seat per month
    }
}
seats-beside = { $cycle ->
    [yearly] plus { $price } per seat per year
   *[other] plus { $price } per seat per month
}
# What the workspace would pay for the seats that it needs now.
seats-sum = { $cycle ->
    [yearly] { $seats ->
        [one] { $price } a year for { $seats } seat
       *[other] { $price } a year for { $seats } seats
    }
   *[other] { $seats ->
        [one] { $price } a month for { $seats } seat
       *[other] { $price } a month for { $seats } seats
    }
}
# In the tables of plans, whose rows say the period. $each is the price of a further seat.
seats-cell = { $price } a seat
seats-cell-beyond = { $price }, then { $each } a seat
# In place of a limit: the numbers of seats that are sold.
seats-limit = { $min } to { $max }
seats-limit-from = From { $min }
# Lines of the order summary, and the notes in small print below them. $seats is a number of further seats.
seats-line-all = { $seats ->
    [one] { $plan }, { $seats } seat
   *[other] { $plan }, { $seats } seats
}
seats-line-included = { $included ->
    [one] { $included } seat included
   *[other] { $included } seats included
}
seats-line-further = { $seats ->
    [one] { $seats } further seat
   *[other] { $seats } further seats
}
seats-each = { $cycle ->
    [yearly] { $price } per seat per year
   *[other] { $price } per seat per month
}
# The button beside the number of seats in an order: it shows the price again.
seats-update = Update price

# A change of plan that is confirmed here, because the provider's portal changes no subscription with seats.
seats-direct-start = The change takes effect as soon as you confirm it.
seats-direct-start-ends-trial = The change takes effect as soon as you confirm it. Your trial then ends.
seats-direct-next = When you confirm, { $provider } charges the amount due today to your saved payment method, and { $plan } is active. If the payment is declined, nothing changes.
# For customers who pay by invoice.
seats-direct-next-invoice = When you confirm, { $provider } sends an invoice for the amount due today, and { $plan } is active.
seats-direct-next-scheduled = When you confirm, the change is scheduled. Nothing is charged today. The change takes effect automatically on { $day }.
# The subscription is paused at the provider.
seats-direct-next-paused = When you confirm, the change is made at { $provider }. { $plan } is active once the subscription resumes there.
seats-direct-confirm = Confirm change
seats-direct-note = You won’t be charged until you confirm. { $provider } stores your payment details; { -app-name } never sees them.
# A plan that is sold with fewer seats than the workspace has or uses.
seats-too-few = { $plan } has too few seats for this workspace.
seats-too-few-means = { $max ->
    [one] It’s sold with at most { $max } seat. Choose another plan, or reduce your seats to { $max } first.
   *[other] It’s sold with at most { $max } seats. Choose another plan, or reduce your seats to { $max } first.
}

## The membership page

# A fact: the label, then the number of seats in large figures, then one of the footnotes.
seats-title = Seats
seats-in-use = { $used } in use
seats-in-use-each = { $cycle ->
    [yearly] { $used } in use, { $price } per seat per year
   *[other] { $used } in use, { $price } per seat per month
}
seats-in-use-beyond = { $cycle ->
    [yearly] { $used } in use, { $included } included, then { $price } per seat per year
   *[other] { $used } in use, { $included } included, then { $price } per seat per month
}
# The link to the page, and its title.
seats-change = Change seats
# A notice about fewer seats from the next period on, and the button that takes them back. $seats is today's number in the
# last two.
seats-pending = { $seats ->
    [one] { $seats } seat from { $day }
   *[other] { $seats } seats from { $day }
}
seats-pending-means = { $seats ->
    [one] Until then, you have { $seats } seat.
   *[other] Until then, you have { $seats } seats.
}
seats-keep = { $seats ->
    [one] Keep { $seats } seat
   *[other] Keep { $seats } seats
}

## The page that changes the number

seats-head = { $seats ->
    [one] { $workspace } has { $seats } seat.
   *[other] { $workspace } has { $seats } seats.
}
# The sentences below it: how many are in use, then what they cost.
seats-lead = { $used ->
    [one] { $used } is in use.
   *[other] { $used } are in use.
}
seats-lead-each = { $cycle ->
    [yearly] A seat costs { $price } a year.
   *[other] A seat costs { $price } a month.
}
seats-lead-beyond = { $cycle ->
    [yearly] { $included ->
        [one] { $included } seat is included, and each further seat costs { $price } a year.
       *[other] { $included } seats are included, and each further seat costs { $price } a year.
    }
   *[other] { $included ->
        [one] { $included } seat is included, and each further seat costs { $price } a month.
       *[other] { $included } seats are included, and each further seat costs { $price } a month.
    }
}
# Beside the form.
seats-note = Additional seats are available right away. Fewer seats apply from the next billing period.
seats-field = Number of seats
seats-hint = { $min } to { $max } seats, and at least as many as are in use.
seats-hint-from = { $min ->
    [one] { $min } seat or more, and at least as many as are in use.
   *[other] { $min } seats or more, and at least as many as are in use.
}
seats-review = Review change
# Errors of the field, without a period.
seats-wrong-number = Enter a whole number of seats
seats-wrong-min = { $min ->
    [one] { $plan } has at least { $min } seat
   *[other] { $plan } has at least { $min } seats
}
seats-wrong-max = { $max ->
    [one] { $plan } has at most { $max } seat
   *[other] { $plan } has at most { $max } seats
}
seats-wrong-used = { $used ->
    [one] { $used } seat is in use: enter at least { $used }, or free it first
   *[other] { $used } seats are in use: enter at least { $used }, or free some first
}
seats-wrong-same = { $seats ->
    [one] This workspace already has { $seats } seat
   *[other] This workspace already has { $seats } seats
}
seats-wrong-scheduled = { $seats ->
    [one] { $seats } seat is scheduled already
   *[other] { $seats } seats are scheduled already
}

# The review of the change: lines with a note in small print and an amount.
seats-line-more = { $seats ->
    [one] { $seats } more seat
   *[other] { $seats } more seats
}
seats-line-until = { $seats ->
    [one] { $seats } seat, until { $day }
   *[other] { $seats } seats, until { $day }
}
seats-line-rest = for the rest of the current period
seats-line-before = { $seats ->
    [one] for { $seats } seat, before discounts and tax
   *[other] for { $seats } seats, before discounts and tax
}
# The buttons that confirm, and the note below.
seats-confirm-more = { $seats ->
    [one] Buy { $seats } seat
   *[other] Buy { $seats } seats
}
seats-confirm-fewer = { $seats ->
    [one] Change to { $seats } seat
   *[other] Change to { $seats } seats
}
seats-charge = { $provider } charges { $price } to your saved payment method when you confirm.
seats-charge-invoice = { $provider } sends an invoice for { $price } when you confirm.
seats-charge-unknown = { $provider } charges the difference to your saved payment method when you confirm.
seats-charge-unknown-invoice = { $provider } sends an invoice for the difference when you confirm.
seats-charge-nothing = You won’t be charged today.
# The note of an amount that the provider can't estimate now.
seats-no-amount = not available right now; { $provider } calculates the difference

# For members, who can't change the number: who can, and whom to ask, by the number of admins. The names are email
# addresses.
seats-only-admins = Only owners, admins and people with the Billing role in { $workspace } can change the number of seats. You’re a member.
seats-ask = To change the number of seats, ask an owner or admin of this workspace.
seats-ask-one = To change the number of seats, ask <bdi>{ $first }</bdi>.
seats-ask-two = To change the number of seats, ask <bdi>{ $first }</bdi> or <bdi>{ $second }</bdi>.
seats-ask-three = To change the number of seats, ask <bdi>{ $first }</bdi>, <bdi>{ $second }</bdi> or <bdi>{ $third }</bdi>.

# In place of the form.
seats-none = { $plan } isn’t sold by the seat.
seats-none-means = There’s no number of seats to change. To raise a limit, choose another plan.
# A notice, with the reason.
seats-refused = The number of seats can’t be changed now
seats-refused-means = Another change was made at the same time. Nothing was changed or charged. Check the current number, then try again.
seats-refused-first-payment = The first payment for { $plan } isn’t complete. Nothing was changed or charged.
seats-refused-payment = A payment is due. Once it’s paid, you can change the number of seats. Nothing was changed or charged.
seats-refused-paused = { $plan } is paused at { $provider }. Nothing was changed or charged.
# Fewer seats start with the next billing period.
seats-refused-ends = { $plan } is canceled, so there’s no next billing period that could start with fewer seats. Nothing was changed or charged.
# More seats; this provider can't add any while the plan is canceled.
seats-refused-canceled = { $plan } is canceled. To buy more seats, undo the cancellation first. Nothing was changed or charged.
seats-refused-change = A change of plan is scheduled. To change the number of seats, undo that change first. Nothing was changed or charged.

# Notices about the last change.
seats-changed = Seats changed
seats-changed-means = The new number applies now.
seats-scheduled = Fewer seats scheduled
seats-scheduled-means = The new number applies from the next billing period. Until then, you can undo the change.
seats-kept = Seats kept
seats-kept-means = The scheduled change is undone. You weren’t charged.

## Where all seats are taken

# Notices about the limit. The second is for members, who can't change the number.
seats-raise = You can buy more seats. <seats>Change seats</seats>
seats-raise-member = More seats can be bought.
# On the team page.
seats-paid-for = { $seats ->
    [one] This workspace pays for { $seats } seat.
   *[other] This workspace pays for { $seats } seats.
}
seats-full-means = To invite more people, remove a member or <seats>change the number of seats</seats>.

## The operator's page of a tenant

seats-at-desk = { $seats ->
    [one] { $seats } seat, { $used } in use
   *[other] { $seats } seats, { $used } in use
}
