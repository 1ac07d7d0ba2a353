# Figures, counts and dates that many pages share. They stand in tables, in sentences and beside names.

date-today = today
date-tomorrow = tomorrow
date-yesterday = yesterday
date-in-days = in { $days } days
date-days-ago = { $days } days ago

count-days = { $days ->
    [one] { $days } day
   *[other] { $days } days
}
count-minutes = { $minutes ->
    [one] { $minutes } minute
   *[other] { $minutes } minutes
}
count-seconds = { $seconds } seconds

# Prices with their period.
price-a-month = { $price } a month
price-a-year = { $price } a year
# $every is one of the next two messages: “$75.00 every 3 months”.
price-every = { $price } { $every }
# How often a subscription is paid. $unit is day, week, month or year.
interval-each = { $unit ->
    [day] every day
    [week] every week
    [month] every month
    [year] every year
   *[other] every { $unit }
}
interval-every = { $unit ->
    [day] every { $count } days
    [week] every { $count } weeks
    [month] every { $count } months
    [year] every { $count } years
   *[other] every { $count } × { $unit }
}

figure-with-unit = { $figure } { $unit }
figure-million = { $figure } M
# A small amount of money: less than one cent.
figure-under = under { $amount }

# A plan's limit in a table.
limit-not-included = Not included
limit-none = No limit
limit-yes = Yes
# Within a sentence: "45 of no limit".
limit-none-within = no limit

# When counting began.
since-this-minute = this minute
since-today = today
since-day = since { $day }
since-now = now

# Follows an email's name: "The email to ada@example.com wasn’t delivered: …".
mail-not-delivered-yet = wasn’t delivered: { $reason }. Next attempt: { $next }.
mail-not-delivered = wasn’t delivered: { $reason }. We won’t try again.

limits-all-fine = Usage is within all limits.
limits-near = { $near ->
    [one] { $near } limit almost reached.
   *[other] { $near } limits almost reached.
}
limits-reached = { $reached ->
    [one] { $reached } limit reached.
   *[other] { $reached } limits reached.
}
limits-reached-and-near = { $reached ->
    [one] { $reached } limit reached, { $near } almost reached.
   *[other] { $reached } limits reached, { $near } almost reached.
}
