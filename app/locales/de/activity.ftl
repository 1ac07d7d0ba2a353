activity-title = Abrechnung
activity-only-admins = Nur Inhaber und Admins von { $workspace } können die Abrechnungsvorgänge sehen. Sie sind Mitglied.

activity-no-provider = Es ist kein Zahlungsanbieter eingerichtet, daher gibt es keine Abrechnungsvorgänge.
activity-never-synced = Noch nichts mit { $provider } abzugleichen: Dieser Arbeitsbereich hat noch nie bezahlt.
activity-last-synced = Zuletzt am { $date } mit { $provider } abgeglichen.
activity-interval = { -app-name } gleicht { $interval } ab und verarbeitet Ereignisse von { $provider } sofort.
activity-every-hours = { $hours ->
    [one] stündlich
   *[other] alle { $hours } Stunden
}
activity-every-minutes = { $minutes ->
    [one] minütlich
   *[other] alle { $minutes } Minuten
}
activity-every-seconds = { $seconds ->
    [one] sekündlich
   *[other] alle { $seconds } Sekunden
}
activity-sync = Jetzt mit { $provider } abgleichen

activity-failing = Fehlgeschlagene Jobs
activity-failing-note = Wird in wachsenden Abständen wiederholt.
activity-failing-none = Keine fehlgeschlagenen Jobs.
activity-failing-caption = Fehlgeschlagene Jobs
activity-job = Job und Fehler
activity-tried = Versuche
activity-next-try = Nächster Versuch
activity-retry = Wiederholen
activity-retry-now = Jetzt wiederholen
activity-tried-times = { $attempts }-mal
activity-next-try-none = keiner
activity-next-try-now = jetzt

activity-job-event = Ereignis von { $provider } verarbeiten
activity-job-sync = Abonnement mit { $provider } abgleichen
activity-job-missed-events = Verpasste Ereignisse von { $provider } abrufen
activity-job-duplicate = Doppeltes Abonnement bei { $provider } kündigen und erstatten
activity-job-sync-all = Alle Abonnements abgleichen
activity-job-checkout = Frühere Kasse schließen
activity-job-period = Geplante Änderung anwenden
activity-job-limits = Nutzung mit Limits vergleichen
activity-job-invitation = Einladung per E-Mail senden
activity-job-alert = E-Mail an Admins zu einem Limit
activity-job-endpoint = E-Mail an Admins zu einem deaktivierten Webhook-Endpunkt
activity-job-dunning = E-Mail an Admins zu einer Zahlung
activity-job-enterprise = Enterprise-Anfrage per E-Mail senden
activity-job-secret = E-Mail an Admins zu einem geänderten Secret
activity-job-verification = Link zur Bestätigung einer Adresse senden
activity-job-address = Link zur Änderung einer Adresse senden
activity-job-address-notice = Hinweis zu einer geänderten Adresse senden
activity-job-account-notice = Hinweis zu einem Konto senden
activity-job-password = Link zum Zurücksetzen eines Passworts senden
activity-job-unknown = Job einer neueren Version

activity-received = Empfangene Ereignisse
activity-received-note = Die 20 neuesten Ereignisse zu diesem Arbeitsbereich.
activity-received-none = { $provider } hat noch keine Ereignisse gesendet.
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
activity-corrected-none = Keine Korrekturen. Die gespeicherten Daten stimmten immer mit dem Zahlungsanbieter überein.
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
activity-status-incomplete = erste Zahlung offen
activity-status-never-paid = nie bezahlt
activity-status-ended = beendet
activity-status-paused = pausiert

activity-synced = Mit { $provider } abgeglichen
activity-synced-text = Die Daten sind aktuell. Abweichungen stehen unter Korrekturen.
activity-retried = Wird jetzt wiederholt
activity-retried-text = Steht der Job gleich noch in der Liste, ist er erneut fehlgeschlagen.
activity-job-gone = Dieser Job wartet nicht mehr
activity-job-gone-text = Er ist bereits gelaufen oder läuft gerade.
activity-unavailable = { $provider } antwortet nicht
activity-unavailable-text = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
activity-account-changed = { $provider } ist derzeit nicht nutzbar
activity-account-changed-text = Es wurde nichts geändert. Der Betreiber dieser Installation muss den richtigen Schlüssel hinterlegen.
activity-unknown-workspace = { $provider } kennt diesen Arbeitsbereich nicht
activity-unknown-workspace-text = Es wurde nichts geändert. Wenden Sie sich an den Betreiber dieser Installation.
activity-rejected = { $provider } hat die Anfrage abgelehnt
activity-rejected-text = Es wurde nichts geändert. Wenn es wieder passiert, wenden Sie sich an den Betreiber dieser Installation.
activity-conflict = Das Abonnement ändert sich gerade
activity-conflict-text = Sehen Sie in einem Moment noch einmal nach.
activity-not-configured = Es ist kein Zahlungsanbieter eingerichtet
activity-not-configured-text = Der Betreiber dieser Installation kann mit PAYMENT_PROVIDER einen einrichten.
activity-admin-required = Nur für Inhaber und Admins
activity-admin-required-text = Fragen Sie einen Inhaber oder Admin von { $workspace }.
activity-throttled = Zu viele Anfragen
activity-throttled-text = { $provider } wurde nicht kontaktiert. Versuchen Sie es in einer Minute erneut.
activity-internal = Bei uns ist etwas schiefgegangen
activity-internal-text = Es wurde nichts geändert. Versuchen Sie es in einer Minute noch einmal.
