date-today = heute
date-tomorrow = morgen
date-yesterday = gestern
date-in-days = in { $days } Tagen
date-days-ago = vor { $days } Tagen

count-days = { $days ->
    [one] { $days } Tag
   *[other] { $days } Tage
}
count-minutes = { $minutes ->
    [one] { $minutes } Minute
   *[other] { $minutes } Minuten
}
count-seconds = { $seconds } Sekunden

price-a-month = { $price } pro Monat
price-a-year = { $price } pro Jahr
price-every = { $price } { $every }
interval-each = { $unit ->
    [day] jeden Tag
    [week] jede Woche
    [month] jeden Monat
    [year] jedes Jahr
   *[other] je { $unit }
}
interval-every = { $unit ->
    [day] alle { $count } Tage
    [week] alle { $count } Wochen
    [month] alle { $count } Monate
    [year] alle { $count } Jahre
   *[other] alle { $count } × { $unit }
}

figure-with-unit = { $figure } { $unit }
figure-million = { $figure } Mio.
figure-under = unter { $amount }

limit-not-included = Nicht enthalten
limit-none = Unbegrenzt
limit-yes = Ja
limit-none-within = unbegrenzt

since-this-minute = in dieser Minute
since-today = heute
since-day = seit { $day }
since-now = jetzt

mail-not-delivered-yet = wurde nicht zugestellt: { $reason }. Nächster Versuch: { $next }.
mail-not-delivered = wurde nicht zugestellt: { $reason }. Es folgt kein weiterer Versuch.

limits-all-fine = Alle Limits sind eingehalten.
limits-near = { $near ->
    [one] { $near } Limit ist fast erreicht.
   *[other] { $near } Limits sind fast erreicht.
}
limits-reached = { $reached ->
    [one] { $reached } Limit ist erreicht.
   *[other] { $reached } Limits sind erreicht.
}
limits-reached-and-near = { $reached ->
    [one] { $reached } Limit ist erreicht, { $near } fast.
   *[other] { $reached } Limits sind erreicht, { $near } fast.
}
