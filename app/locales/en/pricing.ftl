# /pricing, which needs no account, and words that it shares with the membership page and the order review. $cycle is
# "monthly" or "yearly".

pricing-title = Pricing
pricing-back = <membership>Membership</membership> / Pricing
pricing-sign-in = Sign in
pricing-head = Choose a plan.
# $currency is a code such as "USD".
pricing-lead = What each plan costs and includes. Prices are in { $currency }, before tax.
pricing-plans = { $plans ->
    [one] { $plans } plan
   *[other] { $plans } plans
}
# $months is what a year costs, in monthly prices.
pricing-year-note = A year costs the same as { $months ->
    [one] { $months } month.
   *[other] { $months } months.
}
pricing-limits = All limits
# Labels of the choices above the plans.
pricing-billing-cycle = Billing cycle
pricing-currency = Currency
# The yearly choice beside it may say how many months are free.
pricing-monthly = Monthly

# On a plan's card.
pricing-trial = { $days }-day free trial
pricing-price = { $cycle ->
    [yearly] <b>{ $price }</b> a year
   *[other] <b>{ $price }</b> a month
}
pricing-custom = On request
pricing-custom-note = Priced by agreement
pricing-not-sold = { $cycle ->
    [yearly] Not available yearly in { $currency }
   *[other] Not available monthly in { $currency }
}
pricing-choose = Choose { $plan }
pricing-ask = Request { $plan }

# The table of all plans.
pricing-dash = A dash means it’s not included.
pricing-table = Prices and limits of all { $plans } plans
pricing-table-region = Comparison of all { $plans } plans
pricing-price-row = { $cycle ->
    [yearly] Price per year
   *[other] Price per month
}
