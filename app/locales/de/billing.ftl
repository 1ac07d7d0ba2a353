billing-title = Abrechnung
billing-only-admins = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können Zahlungsdaten sehen. Sie sind Mitglied.

billing-plan = { $plan }, { $price }.
billing-plan-next = { $plan }, { $price }. Nächste Zahlung: { $amount } am { $date }.
billing-plan-renews = { $plan }, { $price }. Verlängert sich am { $date }.
billing-plan-ends = { $plan }, { $price }. Endet am { $date }, danach wird nichts mehr berechnet.
billing-plan-unpaid = { $plan }. Es wird nichts berechnet.
billing-price-elsewhere = { $cycle ->
    [monthly] monatlich über { $provider } abgerechnet
    [yearly] jährlich über { $provider } abgerechnet
   *[other] über { $provider } abgerechnet
}
billing-price-every-elsewhere = { $every } über { $provider } abgerechnet
billing-change-plan = Tarif ändern
billing-activity-synced = Abgleich mit { $provider }: zuletzt am { $date }
billing-activity = { $provider ->
    [none] Abgleichprotokoll
   *[other] Abgleich mit { $provider }
}

billing-payment = Zahlungsdaten
billing-payment-note = Bei { $provider } gespeichert. Dort können Sie sie ändern.
billing-never-paid = Bisher wurde nichts bezahlt. Zahlungsmittel und Rechnungen erscheinen hier nach der ersten Zahlung.
billing-details-table = Zahlungs- und Rechnungsangaben von { $workspace }
billing-detail = Angabe
billing-value = Bei { $provider }
billing-change = Ändern
billing-change-at = Bei { $provider } ändern
billing-method = Zahlungsmittel
billing-email = E-Mail für Rechnungen
billing-address = Rechnungsadresse
billing-tax-ids = Steuer-IDs
billing-nothing = Keine Angabe
billing-brand-amex = American Express
billing-brand-diners = Diners Club
billing-method-ending = { $method }, endet auf { $last4 }
billing-expires = Gültig bis { $month }/{ $year }
billing-tax-id = { $value } ({ $kind })

billing-unavailable = { $provider } ist nicht erreichbar. Ihre Angaben sind dort gespeichert und davon nicht betroffen.
billing-rejected = { $provider } hat die Angaben nicht übermittelt: { $reason }
billing-throttled = Zu viele Anfragen an { $provider }. Versuchen Sie es in einer Minute erneut.

billing-next = Nächste Rechnung
billing-next-date = Am { $date }
billing-next-table = Posten der nächsten Rechnung
billing-next-item = Posten
billing-next-amount = Betrag
billing-next-line = Sonstiger Posten
billing-next-discounts = Rabatte
billing-next-others = Steuern und Guthaben
billing-next-due = Summe
billing-next-more = { $provider } nennt nur die ersten Posten. Die Summe enthält alle.
billing-next-note = Schätzung von { $provider }. Sie ändert sich mit Tarif und Nutzung.
billing-next-none = Es ist keine weitere Rechnung geplant.
billing-next-not-previewed = { $provider } bietet keine Vorschau auf Rechnungen.

billing-invoices = Rechnungen und Belege
billing-all-invoices = Alle Rechnungen

billing-history = Tarifverlauf
billing-history-note = Jede Änderung des Abonnements, neueste zuerst.
billing-history-none = Noch keine Änderungen.
billing-history-newest = Neueste Änderungen
billing-history-older = Ältere Änderungen
billing-history-pages = Seiten des Tarifverlaufs
billing-history-table = Änderungen des Abonnements von { $workspace }, neueste zuerst
billing-history-time = Zeit
billing-history-change = Änderung
