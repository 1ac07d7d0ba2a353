invoices-title = Rechnungen
invoices-lead = Was { $workspace } bisher in Rechnung gestellt wurde.
invoices-history = Rechnungsverlauf
invoices-note = { $provider ->
    [none] Neueste zuerst.
   *[other] Von { $provider }, neueste zuerst.
}
invoices-csv = Als CSV herunterladen
invoices-newest = Neueste Rechnungen
invoices-newer = Neuere Rechnungen
invoices-older = Ältere Rechnungen
invoices-pages = Seiten der Rechnungen
invoices-none-here = Auf dieser Seite sind keine Rechnungen.
invoices-none = Noch keine Rechnungen.
invoices-none-note = Ihre erste Rechnung erscheint nach der ersten Zahlung.
invoices-unavailable = { $provider } ist nicht erreichbar
invoices-unavailable-body = Ihre Rechnungen sind dort gespeichert und davon nicht betroffen.
invoices-rejected = { $provider } hat Ihre Rechnungen nicht übermittelt
invoices-throttled = Zu viele Anfragen
invoices-throttled-body = Ihre Rechnungen sind bei { $provider } gespeichert. Versuchen Sie es in einer Minute erneut.
invoices-try-again = Erneut versuchen
invoices-admins-only = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können Rechnungen sehen. Sie sind Mitglied.
invoices-portal = Karte und Adresse bei { $provider }
invoices-portal-with-invoices = Rechnungen, Karte und Adresse bei { $provider }

invoices-table = Rechnungen für { $workspace }
invoices-date-and-number = Datum und Nummer
invoices-status = Status
invoices-amount = Betrag
invoices-open = Öffnen

invoices-state-refunded = erstattet
invoices-state-paid = bezahlt
invoices-state-open = offen
invoices-state-void = storniert
invoices-state-uncollectible = uneinbringlich
invoices-refunded-amount = { $amount } erstattet
invoices-discount = nach { $amount } Rabatt
invoices-tax = inkl. { $amount } Steuern

invoices-pay = Bezahlen
invoices-invoice = Rechnung
invoices-pdf = PDF
