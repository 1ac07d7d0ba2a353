chart-title = { $feature }, { $from } bis { $to }
chart-hour = { $day }, { $time } Uhr
chart-each-hour = Neu pro Stunde
chart-each-day = Neu pro Tag
chart-each-month = Neu pro Monat
chart-limit = Limit { $limit }
chart-warning = Warnung { $amount }
chart-reset = Zähler zurückgesetzt
chart-reached-about = ca. { $at }

chart-key-limit = Limit im Tarif { $plan }
chart-key-custom-limit = Individuelles Limit
chart-key-warning-percent = Warnung ab { $share } %
chart-key-warning-amount = Warnung ab { $amount }
chart-key-running-total = Laufende Summe
chart-key-in-use = In Nutzung
chart-key-pace-today = Trend seit Mitternacht (UTC)
chart-key-pace-days = { $days ->
    [one] Trend des letzten Tages
   *[other] Trend der letzten { $days } Tage
}
