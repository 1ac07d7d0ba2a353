imports-nav = Import
imports-title = Import
imports-head = Zahlende Kunden importieren.
imports-lead = Kunden, die bereits bei einem Anbieter zahlen, werden zu Mandanten mit ihrem Tarif. Beim Anbieter wird nichts geändert. Jeder Import beginnt als Vorschau: Gespeichert wird erst, wenn Sie Kunden übernehmen.
imports-guide = Die Anleitung erklärt jeden Schritt: <docs>Import</docs>.
imports-back = Alle Importe
imports-prompt = Noch hat kein Mandant ein Abonnement. Wenn Sie Kunden haben, die bereits bei Stripe oder Polar zahlen, <import>importieren Sie sie</import>.

imports-find = Kunden suchen
imports-find-note = Liest alle Kunden und Abonnements Ihres Kontos beim Anbieter.
imports-provider = Anbieter
imports-provider-hint = Der Anbieter, bei dem diese Kunden zahlen.
imports-from = Externe ID
imports-from-hint = Die ID, unter der Ihr Produkt den Kunden führt. Sie wird zur externen ID des Mandanten.
imports-from-metadata = Ein Schlüssel in den Metadaten des Kunden
imports-from-email = Die E-Mail-Adresse des Kunden
imports-from-customer = Die Kunden-ID des Anbieters
imports-key = Metadatenschlüssel
imports-key-hint = Nur für eine ID in den Metadaten, zum Beispiel org_id.
imports-find-submit = Kunden suchen

imports-upload = CSV hochladen
imports-upload-note = Für Kunden, deren externe ID nicht beim Anbieter hinterlegt ist.
imports-csv = CSV-Datei
imports-csv-hint = UTF-8, mit den Spalten external_id, name, email und stripe_customer_id (bei Polar: polar_customer_id). Höchstens { $rows } Zeilen und { $size }.
imports-pasted = Oder CSV einfügen
imports-upload-submit = CSV prüfen

imports-wrong-provider = Wählen Sie einen Anbieter aus der Liste.
imports-wrong-from = Wählen Sie, woher die externe ID stammt.
imports-wrong-key = Geben Sie den Metadatenschlüssel ein. Er darf höchstens 100 Zeichen haben.
imports-wrong-csv = Wählen Sie eine CSV-Datei in UTF-8, oder fügen Sie ihren Text ein.
imports-csv-too-large = Die CSV-Datei ist zu groß. Teilen Sie sie in Dateien mit höchstens { $rows } Zeilen und { $size } auf.
imports-csv-empty = Die CSV-Datei hat keine Zeilen unter der Kopfzeile.
imports-csv-header = Die Kopfzeile muss die Spalten external_id und stripe_customer_id (bei Polar: polar_customer_id) je einmal enthalten.
imports-csv-fields = Zeile { $line } der CSV-Datei hat mehr oder weniger Felder als die Kopfzeile.
imports-csv-no-customer = In Zeile { $line } der CSV-Datei fehlt die Kunden-ID.
imports-csv-long-field = Zeile { $line } der CSV-Datei enthält ein zu langes Feld.
imports-csv-quote = Zeile { $line } der CSV-Datei enthält ein falsch gesetztes Anführungszeichen. Setzen Sie das Feld in Anführungszeichen, und verdoppeln Sie das Zeichen.
imports-wrong-rows = Wählen Sie mindestens einen und höchstens { $max } Kunden aus.

imports-list = Importe
imports-list-note = Neueste zuerst.
imports-list-none = Noch keine Importe.
imports-list-table = Importe, neueste zuerst
imports-column-started = Begonnen
imports-column-source = Quelle
imports-column-state = Status
imports-column-read = Gelesen
imports-column-adopted = Übernommen
imports-by = von { $person }
imports-by-command-line = über die Befehlszeile
imports-by-operator = von einem Betreiber
imports-source-csv = CSV
imports-source-metadata = Externe ID: Metadatenschlüssel { $key }
imports-source-email = Externe ID: E-Mail-Adresse
imports-source-customer = Externe ID: Kunden-ID

imports-state-reading = liest Kunden
imports-state-planning = prüft Abonnements
imports-state-writing = übernimmt Kunden
imports-state-preview = Vorschau
imports-state-done = abgeschlossen
imports-state-failed = fehlgeschlagen
imports-state-canceled = abgebrochen

imports-reading = { $read ->
    [one] Bisher { $read } Kunde gelesen.
   *[other] Bisher { $read } Kunden gelesen.
}
imports-planning = { $checked } von { $read } Kunden geprüft.
imports-writing = { $written ->
    [one] Bisher { $written } Kunde übernommen.
   *[other] Bisher { $written } Kunden übernommen.
}
imports-preview = { $customers ->
    [0] Keine Kunden zu übernehmen.
    [one] { $customers } Kunde kann übernommen werden.
   *[other] { $customers } Kunden können übernommen werden.
}
imports-done = { $customers ->
    [0] Keine Kunden übernommen.
    [one] { $customers } Kunde übernommen.
   *[other] { $customers } Kunden übernommen.
}
imports-failed = Der Import ist fehlgeschlagen.
imports-canceled = Der Import wurde abgebrochen.
imports-lead-running = Der Import läuft auf dem Server weiter, wenn Sie diese Seite schließen. Die Seite lädt alle { $seconds } Sekunden neu.
imports-lead-preview = Dies ist eine Vorschau. Gespeichert wird erst, wenn Sie Kunden übernehmen, und bei { $provider } wird nie etwas geändert.
imports-lead-done = Die Mandanten sind mit ihren Kunden bei { $provider } verknüpft. Dort wurde nichts geändert.
imports-lead-failed = Bisher übernommene Kunden bleiben übernommen. Sie können den Import neu starten: Er überspringt sie.
imports-lead-canceled = Bisher übernommene Kunden bleiben übernommen.
imports-error-failed = Grund
imports-error-waiting = Wartet auf den nächsten Versuch
imports-started = Begonnen am { $date }, { $by }. Letzte Änderung: { $changed }.
imports-cancel = Import abbrechen
imports-download = Bericht herunterladen (JSON)

imports-fact-read = Kunden
imports-fact-read-footnote = aus der Quelle gelesen
imports-fact-adoptable = Zu übernehmen
imports-fact-adoptable-footnote = werden Mandanten
imports-fact-adopted = Übernommen
imports-fact-adopted-footnote = Mandanten angelegt oder verknüpft

imports-filter = Nach Ergebnis filtern
imports-filter-all = Alle
imports-outcome-adopt = Mit Tarif
imports-outcome-already = Bereits verknüpft
imports-outcome-no-subscription = Kein Abonnement
imports-outcome-unmapped-price = Preis ohne Tarif
imports-outcome-several = Mehrere Abonnements
imports-outcome-conflict = Konflikt
imports-outcome-no-external-id = Keine externe ID
imports-do-adopt = Wird Mandant mit diesem Tarif.
imports-do-already = Nichts zu tun.
imports-do-no-subscription = Wird Mandant ohne bezahlten Tarif.
imports-do-unmapped-price = Ordnen Sie den Preis einem Tarif zu und importieren Sie erneut, oder übernehmen Sie den Kunden ohne Tarif.
imports-do-several = Wird Mandant mit dem besten dieser Tarife. Prüfen Sie, ob der Kunde doppelt zahlt.
imports-do-conflict = Kann nicht übernommen werden. Berichtigen Sie die ID und importieren Sie erneut.
imports-do-no-external-id = Kann nicht übernommen werden. Ergänzen Sie die ID und importieren Sie erneut.

imports-rows = Kunden
imports-rows-note = In der Reihenfolge der Quelle.
imports-rows-none = Keine Kunden mit diesem Ergebnis.
imports-rows-none-yet = Noch keine Kunden geprüft.
imports-rows-table = Kunden und ihre Ergebnisse
imports-column-customer = Kunde
imports-column-outcome = Ergebnis
imports-column-price = Preis
imports-unnamed = Ohne Namen
imports-seats = { $seats ->
    [one] { $seats } Platz
   *[other] { $seats } Plätze
}
imports-period-end = Zeitraum endet am { $day }
imports-tenant = Mandant öffnen
imports-rows-pages = Seiten der Kundenliste
imports-rows-first = Erste Kunden
imports-rows-next = Weitere Kunden

imports-adopt-all = { $customers ->
    [one] { $customers } Kunden übernehmen
   *[other] Alle { $customers } Kunden übernehmen
}
imports-adopt-listed = { $customers ->
    [one] Diesen Kunden übernehmen
   *[other] Diese { $customers } Kunden übernehmen
}
imports-adopt-selected = Ausgewählte Kunden übernehmen
imports-adopt-explained = Jeder Kunde wird ein Mandant mit seiner externen ID, seinem Namen und seiner E-Mail-Adresse, oder er wird mit dem Mandanten verknüpft, der diese ID bereits hat.
imports-adopt-too-many = Mehr als { $max } Kunden haben dieses Ergebnis. Übernehmen Sie alle Kunden, oder wählen Sie sie seitenweise aus.

imports-totals = Summen
imports-totals-note = Laufende Abonnements, vor Rabatten und Steuern. Ein Jahrespreis zählt pro Monat mit einem Zwölftel.
imports-totals-none = Keine laufenden Abonnements.
imports-totals-table = Summen nach Währung
imports-totals-currency = Währung
imports-totals-subscriptions = Abonnements
imports-totals-monthly = Pro Monat

imports-prices = Preise ohne Tarif
imports-prices-note = Um einen Preis zuzuordnen, fügen Sie seine Zeile im Katalog dem Tarif hinzu, starten Sie den Server neu, und importieren Sie erneut.
imports-prices-none = Alle Preise gehören zu einem Tarif.
imports-prices-table = Preise ohne Tarif, die mit den meisten Kunden zuerst
imports-prices-price = Preis
imports-prices-customers = Kunden
imports-prices-line = Katalogzeile
imports-prices-line-of = die Katalogzeile für { $price }

imports-answer-started = Import gestartet
imports-answer-started-meaning = Dies ist eine Vorschau: Gespeichert wird erst, wenn Sie Kunden übernehmen.
imports-answer-adopting = Übernahme gestartet
imports-answer-adopting-meaning = Sie läuft auf dem Server weiter, wenn Sie diese Seite schließen.
imports-answer-canceled = Import abgebrochen
imports-answer-canceled-meaning = Bisher übernommene Kunden bleiben übernommen.
imports-answer-not-found = Import nicht gefunden
imports-answer-not-found-meaning = Es wurde nichts geändert. Wählen Sie einen Import aus der Liste.
imports-answer-conflict = Zurzeit nicht möglich
imports-answer-conflict-meaning = Es wurde nichts geändert. Ein anderer Import von diesem Anbieter läuft, oder dieser Import ist bereits beendet.
