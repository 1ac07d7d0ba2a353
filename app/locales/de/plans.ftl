plans-yours = Ihr Tarif
plans-price-monthly = <b>{ $price }</b> pro Monat
plans-price-yearly = <b>{ $price }</b> pro Jahr
plans-on-request = Auf Anfrage
plans-by-agreement = Preis nach Vereinbarung
plans-not-monthly = Nicht monatlich buchbar
plans-not-yearly = Nicht jährlich buchbar
plans-not-in = Nicht in { $currency } erhältlich
plans-you-pay = Sie zahlen { $price }
plans-since = Seit { $date }

plans-same-as-today = Preis wie heute
plans-less-than-today = { $amount } weniger als heute
plans-more-than-today = { $amount } mehr als heute
plans-same-as = Preis wie { $plan }
plans-less-than = { $amount } weniger als { $plan }
plans-more-than = { $amount } mehr als { $plan }

plans-trial = { $days } kostenlos

plans-to = auf
plans-goes-up = Steigt:
plans-unchanged = Bleibt gleich:
plans-goes-down = Sinkt:
plans-per-minute = pro Minute
plans-per-day = pro Tag
plans-per-month = pro Monat
plans-not-included = nicht enthalten
plans-custom = individuell

plans-limits-unchanged = { $all ->
    [one] Das Limit bleibt gleich.
   *[other] Alle { $all } Limits bleiben gleich.
}
plans-limits-up = { $up ->
    [one] { $up } von { $all } Limits steigt, keines sinkt.
   *[other] { $up } von { $all } Limits steigen, keines sinkt.
}
plans-limits-down = { $down ->
    [one] { $down } von { $all } Limits sinkt.
   *[other] { $down } von { $all } Limits sinken.
}
plans-limits-up-and-down = { $up ->
    [one] { $down ->
        [one] { $up } von { $all } Limits steigt, { $down } sinkt.
       *[other] { $up } von { $all } Limits steigt, { $down } sinken.
    }
   *[other] { $down ->
        [one] { $up } von { $all } Limits steigen, { $down } sinkt.
       *[other] { $up } von { $all } Limits steigen, { $down } sinken.
    }
}
plans-exceeded = Ihre Nutzung läge über { $limits } davon. Gelöscht würde nichts.
plans-limits-below = Alle Limits finden Sie in der Tabelle unten.

plans-payment-due = Zahlung fällig
plans-paused = Bei { $provider } pausiert
plans-collection-paused = Zahlungen ausgesetzt
plans-ends = Endet am { $date }
plans-until = Bis { $date }
plans-first-payment = Erste Zahlung am { $date }
plans-renews = Verlängert sich am { $date }
plans-from = Ab { $date }
plans-granted = Freigeschaltet
plans-granted-until = Freigeschaltet bis { $date }

plans-review = { $plan } ansehen
plans-review-monthly = Monatliche Abrechnung ansehen
plans-review-yearly = Jährliche Abrechnung ansehen
plans-request = { $plan } anfragen
plans-cancel = { $plan } kündigen

plans-yearly = Jährlich
plans-yearly-free = { $months ->
    [one] Jährlich, { $months } Monat kostenlos
   *[other] Jährlich, { $months } Monate kostenlos
}

plans-table-caption = { $plans ->
    [one] Preis und Limits des Tarifs
   *[other] Preise und Limits aller { $plans } Tarife
}
plans-table-label = { $plans ->
    [one] Tarif im Detail
   *[other] Vergleich aller { $plans } Tarife
}
plans-table-scroll = Scrollen Sie zur Seite, um alle Tarife zu sehen.
plans-legend = Hellere Werte sind niedriger als bei { $plan }. Ein Strich bedeutet „nicht enthalten“.
plans-legend-custom = Dieser Arbeitsbereich hat individuelle Limits. Die Tabelle zeigt, was in jedem Tarif gelten würde.
plans-column-yours = Ihr Tarif
plans-column-review = Ansehen
plans-column-request = Anfragen
plans-row-monthly = Preis pro Monat
plans-row-yearly = Preis pro Jahr
