activity-title = Abrechnungsaktivität
activity-only-admins = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können Abrechnungsvorgänge sehen. Sie sind Mitglied.

activity-no-provider = Es ist kein Zahlungsanbieter eingerichtet, daher gibt es keine Abrechnungsvorgänge.
activity-never-synced = Mit { $provider } ist noch nichts abzugleichen: Dieser Arbeitsbereich hat noch nie bezahlt.
activity-last-synced = Zuletzt am { $date } mit { $provider } abgeglichen.
activity-interval = { -app-name } gleicht die Daten { $interval } ab und verarbeitet Ereignisse von { $provider }, sobald sie eintreffen.
activity-every-hours = { $hours ->
    [one] jede Stunde
   *[other] alle { $hours } Stunden
}
activity-every-minutes = { $minutes ->
    [one] jede Minute
   *[other] alle { $minutes } Minuten
}
activity-every-seconds = { $seconds ->
    [one] jede Sekunde
   *[other] alle { $seconds } Sekunden
}
activity-sync = Jetzt mit { $provider } abgleichen

activity-failing = Fehl­geschlagene Jobs
activity-failing-note = Werden in wachsenden Abständen wiederholt.
activity-failing-none = Keine fehlgeschlagenen Jobs.
activity-failing-caption = Fehlgeschlagene Jobs
activity-job = Job und Fehler
activity-tried = Versuche
activity-next-try = Nächster Versuch
activity-retry = Wiederholen
activity-retry-now = Jetzt wiederholen
activity-tried-times = { $attempts ->
    [one] einmal
   *[other] { $attempts }-mal
}
activity-next-try-none = keiner
activity-next-try-now = jetzt

activity-job-event = Ereignis von { $provider } verarbeiten
activity-job-sync = Abonnement mit { $provider } abgleichen
activity-job-missed-events = Verpasste Ereignisse von { $provider } abrufen
activity-job-duplicate = Doppeltes Abonnement bei { $provider } kündigen und Zahlung erstatten
activity-job-sync-all = Alle Abonnements abgleichen
activity-job-import = Kunden von { $provider } importieren
activity-job-checkout = Frühere Bestellung schließen
activity-job-period = Geplante Änderung anwenden
activity-job-limits = Nutzung mit den Limits abgleichen
activity-job-invitation = Einladung per E-Mail senden
activity-job-alert = Admins per E-Mail über ein Limit informieren
activity-job-endpoint = Admins per E-Mail über einen deaktivierten Webhook-Endpunkt informieren
activity-job-dunning = Hinweis zu einer Zahlung per E-Mail senden
activity-job-report = Monatsbericht per E-Mail senden
activity-job-enterprise = Enterprise-Anfrage per E-Mail senden
activity-job-secret = Admins per E-Mail über ein geändertes Secret informieren
activity-job-verification = Link zur Bestätigung einer Adresse per E-Mail senden
activity-job-address = Link zur Änderung einer Adresse per E-Mail senden
activity-job-address-notice = Hinweis auf eine geänderte Adresse per E-Mail senden
activity-job-account-notice = Hinweis zu einem Konto per E-Mail senden
activity-job-password = Link zum Zurücksetzen eines Passworts per E-Mail senden
activity-job-sample = Beispiel-E-Mail an einen Betreiber senden
activity-job-unknown = Job aus einer neueren Version

activity-received = Empfangene Ereignisse
activity-received-note = Die 20 neuesten Ereignisse zu diesem Arbeitsbereich.
activity-received-none = { $provider ->
    [none] Noch keine Ereignisse.
   *[other] { $provider } hat noch keine Ereignisse gesendet.
}
activity-received-caption = Empfangene Ereignisse
activity-event = Ereignis
activity-event-received = Empfangen
activity-event-state = Status
activity-event-waiting = Wartet
activity-event-handled = Verarbeitet
activity-event-handled-at = Verarbeitet: { $at }
activity-event-ignored = Ignoriert

activity-corrected = Korrekturen
activity-corrected-note = Gespeicherte Daten, die nicht mit dem Zahlungsanbieter übereinstimmten.
activity-corrected-none = Keine Korrekturen. Die gespeicherten Daten haben immer mit dem Zahlungsanbieter übereingestimmt.
activity-corrected-caption = Korrekturen
activity-subscription = Abonnement
activity-before = Vorher
activity-after = Nachher
activity-before-unknown = unbekannt
activity-found = Gefunden
activity-found-reconciliation = beim geplanten Abgleich
activity-found-sync = beim manuellen Abgleich
activity-found-events = in der Ereignisliste

activity-terms = { $plan }, { $status }
activity-terms-until = { $plan }, { $status }, bis { $date }
activity-terms-until-then = { $plan }, { $status }, bis { $date }, danach { $next }
activity-terms-ends = { $plan }, { $status }, endet am { $date }
activity-terms-ends-then = { $plan }, { $status }, endet am { $date }, danach { $next }

activity-status-active = aktiv
activity-status-trialing = in der Testphase
activity-status-overdue = Zahlung überfällig
activity-status-incomplete = erste Zahlung steht aus
activity-status-never-paid = nie bezahlt
activity-status-ended = beendet
activity-status-paused = pausiert

activity-synced = { $provider ->
    [none] Daten aktualisiert
   *[other] Mit { $provider } abgeglichen
}
activity-synced-text = Die Daten sind aktuell. Abweichungen stehen unter „Korrekturen“.
activity-retried = Job wird wiederholt
activity-retried-text = Steht er gleich noch in der Liste, ist er erneut fehlgeschlagen.
activity-job-gone = Dieser Job wartet nicht mehr
activity-job-gone-text = Er ist bereits gelaufen oder läuft gerade.
activity-unavailable = { $provider ->
    [none] Der Zahlungsanbieter ist nicht erreichbar
   *[other] { $provider } antwortet nicht
}
activity-unavailable-text = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
activity-account-changed = { $provider ->
    [none] Der Zahlungsanbieter ist derzeit nicht verfügbar
   *[other] { $provider } ist derzeit nicht verfügbar
}
activity-account-changed-text = Es wurde nichts geändert. Der Betreiber dieser Installation muss den richtigen Schlüssel hinterlegen.
activity-unknown-workspace = { $provider ->
    [none] Der Zahlungsanbieter kennt diesen Arbeitsbereich nicht
   *[other] { $provider } kennt diesen Arbeitsbereich nicht
}
activity-unknown-workspace-text = Es wurde nichts geändert. Wenden Sie sich an den Betreiber dieser Installation.
activity-rejected = { $provider ->
    [none] Der Zahlungsanbieter hat die Anfrage abgelehnt
   *[other] { $provider } hat die Anfrage abgelehnt
}
activity-rejected-text = Es wurde nichts geändert. Wenn es noch einmal passiert, wenden Sie sich an den Betreiber dieser Installation.
activity-conflict = Das Abonnement wird gerade geändert
activity-conflict-text = Sehen Sie gleich noch einmal nach.
activity-not-configured = Kein Zahlungsanbieter eingerichtet
activity-not-configured-text = Der Betreiber dieser Installation kann mit PAYMENT_PROVIDER einen einrichten.
activity-admin-required = Ihre Rolle erlaubt das nicht
activity-admin-required-text = Wenden Sie sich an Inhaber, Admins oder Personen mit der Rolle „Abrechnung“ in { $workspace }.
activity-throttled = Zu viele Anfragen
activity-throttled-text = { $provider ->
    [none] Es ging keine Anfrage an den Zahlungsanbieter. Versuchen Sie es in einer Minute erneut.
   *[other] Es ging keine Anfrage an { $provider }. Versuchen Sie es in einer Minute erneut.
}
activity-internal = Bei uns ist ein Fehler aufgetreten
activity-internal-text = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
