pricing-title = Preise
pricing-back = <membership>Mitgliedschaft</membership> / Preise
pricing-sign-in = Anmelden
pricing-head = Wählen Sie einen Tarif.
pricing-lead = Was jeder Tarif kostet und enthält. Preise in { $currency }, zzgl. Steuern.
pricing-plans = { $plans ->
    [one] { $plans } Tarif
   *[other] { $plans } Tarife
}
pricing-year-note = Ein Jahr kostet so viel wie { $months ->
    [one] { $months } Monat.
   *[other] { $months } Monate.
}
pricing-limits = Alle Limits
pricing-billing-cycle = Abrechnungszeitraum
pricing-currency = Währung
pricing-monthly = Monatlich

pricing-trial = { $days ->
    [one] { $days } Tag kostenlos testen
   *[other] { $days } Tage kostenlos testen
}
pricing-price = { $cycle ->
    [yearly] <b>{ $price }</b> pro Jahr
   *[other] <b>{ $price }</b> pro Monat
}
pricing-custom = Auf Anfrage
pricing-custom-note = Preis nach Vereinbarung
pricing-not-sold = { $cycle ->
    [yearly] In { $currency } nicht jährlich buchbar
   *[other] In { $currency } nicht monatlich buchbar
}
pricing-choose = { $plan } wählen
pricing-ask = { $plan } anfragen

pricing-dash = Ein Strich bedeutet „nicht enthalten“.
pricing-table = Preise und Limits aller { $plans } Tarife
pricing-table-region = Vergleich aller { $plans } Tarife
pricing-price-row = { $cycle ->
    [yearly] Preis pro Jahr
   *[other] Preis pro Monat
}
