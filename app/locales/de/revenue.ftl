revenue-title = Umsatz
revenue-monthly = { $amount } pro Monat.
revenue-active-count = { $subscriptions ->
    [0] Keine aktiven Abonnements.
    [one] { $subscriptions } aktives Abonnement.
   *[other] { $subscriptions } aktive Abonnements.
}
revenue-basis = MRR zu Listenpreisen in { $currency }, ohne Steuern und Rabatte.
revenue-none = Noch keine Abonnements.
revenue-by-plan = Nach Tarif
revenue-by-plan-note = Aus den aktuellen Daten jedes Abonnements.
revenue-explained = So wird der MRR berechnet

revenue-table = Umsatz nach Tarif
revenue-table-caption = Abonnements und ihr monatlicher Umsatz
revenue-plan = Tarif
revenue-price = Preis
revenue-active = Aktiv
revenue-active-monthly = Aktiv, pro Monat
revenue-past-due = Überfällig
revenue-past-due-monthly = Überfällig, pro Monat
revenue-trial = Testphase
revenue-trial-monthly = Testphase, pro Monat
revenue-paid-monthly = monatlich
revenue-paid-yearly = jährlich
revenue-custom-price = Individuell
revenue-own-price = Wie abgerechnet
revenue-total = Gesamt

revenue-list-prices = Es gelten die aktuellen Listenpreise des Katalogs in { $currency }, auch bei Mandanten, die zu einem anderen Preis gebucht haben. Was tatsächlich abgerechnet wurde, mit Steuern, Rabatten und anderen Währungen, zeigen nur die Rechnungen des Anbieters.
revenue-yearly-share = Ein jährlich bezahlter Tarif zählt pro Monat mit einem Zwölftel seines Preises, je Zeile auf den Cent gerundet.
revenue-other-intervals = Ein Abonnement mit einem anderen Abrechnungszeitraum, zum Beispiel alle 3 Monate, zählt mit seinem eigenen Preis, umgerechnet auf einen Monat. Ein Jahr hat 12 Monate, 52 Wochen und 365 Tage.
revenue-other-currencies = Ein Abonnement in einer Währung, in der der Tarif keinen Listenpreis hat, zählt mit seinem eigenen Preis in dieser Währung.
revenue-seats = Ein Abonnement eines Tarifs mit Plätzen zählt mit seinem eigenen Preis, einschließlich aller Plätze.
revenue-excluded = Nicht im MRR enthalten: überfällige und freigeschaltete Tarife sowie Testphasen. Überfällige Tarife und Testphasen haben eigene Spalten.
revenue-unpriced = { $subscriptions ->
    [one] { $subscriptions } Abonnement hat einen individuellen Preis. Es wird gezählt, ist aber in keinem Betrag enthalten.
   *[other] { $subscriptions } Abonnements haben einen individuellen Preis. Sie werden gezählt, sind aber in keinem Betrag enthalten.
}

revenue-trend = Nach Monat
revenue-trend-note = Die letzten 12 Monate in UTC, jede Währung getrennt.
revenue-trend-csv = CSV herunterladen
revenue-trend-since = MRR, Upgrades und Downgrades werden seit { $month } aufgezeichnet. Beginn, Ende und Testphasen davor stammen aus den gespeicherten Abonnements, zum Preis bei der Buchung.
revenue-trend-not-recorded = Noch kein Monat aufgezeichnet. Die Aufzeichnung beginnt innerhalb einer Stunde nach dem ersten Abonnement.
revenue-trend-chart = MRR in { $currency } nach Monat, { $from } bis { $to }
revenue-trend-highest = Höchster Wert: { $amount }
revenue-trend-table = Umsatz in { $currency } nach Monat
revenue-trend-month = Monat
revenue-trend-recurring = MRR
revenue-trend-new = Neu
revenue-trend-churned = Beendet
revenue-trend-upgraded = Upgrades
revenue-trend-downgraded = Downgrades
revenue-trend-trials = Begonnene Testphasen
revenue-trend-converted = Bezahlt nach Testphase
revenue-trend-active = { $subscriptions } aktiv
revenue-trend-unknown = nicht bekannt
revenue-trend-explained = Der MRR eines Monats ist der am Monatsende, im laufenden Monat der aktuelle. Überfällige und pausierte Abonnements zählen nicht zum MRR, aber erst mit ihrem Ende als beendet.
