frame-skip = Zum Inhalt springen
frame-nav = Hauptnavigation
frame-membership = Mitgliedschaft
frame-usage = Nutzung
frame-settings = Einstellungen
frame-desk = Betreiberkonsole
frame-account = Ihr Konto
frame-sign-out = Abmelden

frame-menu-account = Konto:
frame-menu-workspace = Arbeitsbereich und Konto:
frame-menu-role = { $role ->
    [owner] Inhaber von { $workspace }
    [admin] Admin von { $workspace }
    [billing] Abrechnung für { $workspace }
   *[member] Mitglied von { $workspace }
}
frame-switch = Zu <bdi>{ $workspace }</bdi> wechseln
frame-switch-with-plan = Zu <bdi>{ $workspace }</bdi> ({ $plan }) wechseln
frame-way-back = Zurück zu { $product }
frame-way-back-unnamed = Zurück zum Produkt

frame-role-owner = Inhaber
frame-role-admin = Admin
frame-role-billing = Abrechnung
frame-role-member = Mitglied

frame-footer = Zeiten in UTC. Beträge zzgl. Steuern.
frame-moved-clock = Abrechnungsuhr: { $at }, für diese Demo verstellt. Für Anmeldungen, Links, Schlüssel, Protokoll, Zustellungen und empfangene Ereignisse gilt weiterhin die echte Zeit.
frame-api-docs = API-Dokumentation
frame-theme = Design
frame-theme-system = System
frame-theme-light = Hell
frame-theme-dark = Dunkel
frame-language = Sprache
frame-language-change = Ändern



frame-confirmed-head = Bestätigt
frame-confirmed-body = Es wurde noch nichts gespeichert. Senden Sie das Formular erneut. In den nächsten 15 Minuten werden Sie nicht noch einmal gefragt.

frame-go-to-membership = Zur Mitgliedschaft
frame-go-to-sign-in = Zur Anmeldung
frame-go-to-desk = Zur Betreiberkonsole
frame-back-to-membership = Zurück zur Mitgliedschaft
frame-reload = Seite neu laden

frame-not-found-title = Nicht gefunden
frame-not-found-head = Unter dieser Adresse gibt es keine Seite.
frame-not-found-lead = Vielleicht wurde sie verschoben, oder sie gehört zu einem Arbeitsbereich, in dem Sie nicht Mitglied sind.
frame-not-found-lead-desk = Es gibt keinen Mandanten mit dieser ID, oder die Adresse ist unvollständig.

frame-rate-limited-title = Zu viele Anfragen
frame-rate-limited-head = Zu viele Anfragen.
frame-rate-limited-lead = { $seconds ->
    [one] Es wurde nichts abgebucht oder geändert. Warten Sie { $seconds } Sekunde, und laden Sie die Seite dann neu.
   *[other] Es wurde nichts abgebucht oder geändert. Warten Sie { $seconds } Sekunden, und laden Sie die Seite dann neu.
}

frame-unavailable-title = Nicht verfügbar
frame-unavailable-head = Unsere Datenbank ist nicht erreichbar.
frame-unavailable-lead = Es wurde nichts abgebucht oder geändert. Versuchen Sie es gleich noch einmal.

frame-internal-title = Bei uns ist ein Fehler aufgetreten
frame-internal-head = Bei uns ist ein Fehler aufgetreten.
frame-internal-lead = Es wurde nichts abgebucht oder geändert.
frame-internal-number = Wenn es noch einmal passiert, nennen Sie uns diese Nummer: <code>{ $number }</code>

frame-no-workspace-title = Kein Arbeitsbereich
frame-no-workspace-side = Angemeldet
frame-no-workspace-head = Sie gehören zu keinem Arbeitsbereich.
frame-no-workspace-lead = Sie sind als { $email } angemeldet. Um einem Arbeitsbereich beizutreten, öffnen Sie den Link in Ihrer Einladung. Oder erstellen Sie einen eigenen im kostenlosen Tarif.
frame-no-workspace-desk = Sie betreiben diese Installation: <desk>zur Betreiberkonsole</desk>.
frame-no-workspace-left-head = Sie haben den Arbeitsbereich verlassen
frame-no-workspace-left-body = Es war der einzige Arbeitsbereich, zu dem Sie gehörten.
frame-no-workspace-deleted-body = Der Betreiber dieser Installation kann ihn 30 Tage lang wiederherstellen. Es war der einzige Arbeitsbereich, zu dem Sie gehörten.
frame-no-workspace-create = Arbeitsbereich erstellen

frame-portal-account-title = Hier nicht verfügbar
frame-portal-account-head = Für diese Seite brauchen Sie ein Konto.
frame-portal-account-lead = Sie kommen aus einem anderen Produkt. Von dort aus ist diese Seite nicht verfügbar. Es wurde nichts geändert.
frame-portal-over-title = Link nicht mehr gültig
frame-portal-used-head = Dieser Link wurde bereits verwendet.
frame-portal-used-lead = Er funktioniert nur einmal. Öffnen Sie die Seite erneut aus dem Produkt, aus dem Sie gekommen sind.
frame-portal-over-head = Dieser Link funktioniert nicht mehr.
frame-portal-over-lead = Er ist abgelaufen oder wurde widerrufen. Öffnen Sie die Seite erneut aus dem Produkt, aus dem Sie gekommen sind.
frame-portal-ended-head = Ihre Sitzung ist beendet.
frame-portal-ended-lead = Es wurde nichts geändert. Öffnen Sie die Seite erneut aus dem Produkt, aus dem Sie gekommen sind.
frame-portal-unknown-title = Link nicht gefunden
frame-portal-unknown-head = Diesen Link kennen wir nicht.
frame-portal-unknown-lead = Prüfen Sie, ob er vollständig kopiert wurde, oder öffnen Sie die Seite erneut aus dem Produkt, aus dem Sie gekommen sind.
