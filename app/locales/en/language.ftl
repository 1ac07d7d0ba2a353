# The language itself, and how it writes dates and amounts.

language-name = English
language-direction = ltr

# Abbreviated months. Spaces within dates and amounts are no-break spaces (U+00A0).
format-month-name = { $month ->
    [1] Jan
    [2] Feb
    [3] Mar
    [4] Apr
    [5] May
    [6] Jun
    [7] Jul
    [8] Aug
    [9] Sep
    [10] Oct
    [11] Nov
   *[12] Dec
}
format-day = { $day } { $month } { $year }
format-day-of-year = { $day } { $month }
format-month = { $month } { $year }
format-minute = { $date }, { $time }

# $sign is "−" or nothing; $amount has the language's separators.
format-dollars = { $sign }${ $amount }
format-euros = { $sign }€{ $amount }
format-money = { $sign }{ $currency } { $amount }
