desk-nav-tenants = Mandanten
desk-nav-work = Betrieb
desk-nav-requests = Anfragen
desk-nav-revenue = Umsatz
desk-nav-keys = Schlüssel
desk-nav-webhooks = Webhooks
desk-nav-search = Mandant oder Person suchen
desk-nav-find = Suchen

desk-column-tenant = Mandant
desk-column-plan = Tarif
desk-column-status = Status
desk-column-provider = Anbieter
desk-column-since = Seit
desk-button-object = : { $object }
desk-no-tenant = kein Mandant

desk-tenants = Mandanten
desk-tenants-count = { $tenants ->
    [one] { $tenants } Mandant.
   *[other] { $tenants } Mandanten.
}
desk-tenants-past-due = { $count ->
    [0] Keine überfälligen Zahlungen.
    [one] { $count } überfällige Zahlung.
   *[other] { $count } überfällige Zahlungen.
}
desk-tenants-failing-jobs = { $count ->
    [0] Keine fehlgeschlagenen Jobs.
    [one] { $count } fehlgeschlagener Job.
   *[other] { $count } fehlgeschlagene Jobs.
}
desk-tenants-new-requests = { $count ->
    [0] Keine neuen Anfragen.
    [one] { $count } neue Anfrage.
   *[other] { $count } neue Anfragen.
}
desk-tenants-note = Neueste zuerst. Ein Limit gilt als fast erreicht, sobald die Nutzung die Warnschwelle des Katalogs erreicht.
desk-tenants-all = Alle
desk-tenants-filter-past-due = Zahlung überfällig
desk-tenants-filter-near = Limit fast erreicht
desk-tenants-filter-corrected = In den letzten 7 Tagen korrigiert
desk-tenants-on-plan = Im Tarif { $plan }
desk-tenants-search = Suche
desk-tenants-show = Anzeigen
desk-tenants-submit = Suchen
desk-tenants-search-note = Suchen Sie nach einem Teil des Namens oder nach der vollständigen Mandanten-ID, externen ID, E-Mail-Adresse eines Inhabers, Kunden-ID oder Abonnement-ID beim Anbieter.
desk-tenants-pages = Seiten der Mandantenliste
desk-tenants-newest = Neueste Mandanten
desk-tenants-older = Ältere Mandanten
desk-tenants-none = Noch keine Mandanten.
desk-tenants-none-found = Keine passenden Mandanten.
desk-tenants-table = Mandanten, neueste zuerst
desk-tenants-limits = Limits
desk-tenants-members = Mitglieder
desk-tenants-created = Erstellt
desk-tenants-granted = freigeschaltet
desk-tenants-limits-none = keines fast erreicht
desk-tenants-limits-near = { $limits } fast erreicht
desk-tenants-limits-reached = { $limits } erreicht

desk-status-active = aktiv
desk-status-past-due = überfällig
desk-status-canceled = beendet
desk-status-grace-ended = Kulanzfrist endete am { $day }
desk-status-grace-until = Kulanzfrist bis { $day }
desk-status-incomplete = erste Zahlung steht aus
desk-status-since = seit { $day }
desk-status-trial = in der Testphase
desk-status-ends = endet am { $day }
desk-status-granted-until = freigeschaltet bis { $day }

desk-checkout-open = offen
desk-checkout-paid = bezahlt
desk-checkout-expired = abgelaufen
desk-checkout-superseded = durch eine neuere ersetzt

desk-account-changed = Abgleich mit { $provider } ausgesetzt: Der Schlüssel gehört zu einem anderen Konto
desk-account-other = Der Schlüssel für { $provider } gehört zum Konto { $found }, die Kunden dieser Installation aber zum Konto { $stored }. Hinterlegen Sie den richtigen Schlüssel, oder übernehmen Sie das neue Konto mit <code>server { $command } adopt { $id }</code>.
desk-account-unproven = Der Schlüssel für { $provider } gehört zum Konto { $found }, das keinen der zahlenden Kunden kennt. Hinterlegen Sie den richtigen Schlüssel, oder übernehmen Sie das Konto mit <code>server { $command } adopt { $id }</code>.
desk-account-refused = { $provider } gibt nicht an, zu welchem Konto der Schlüssel gehört: { $reason } Hinterlegen Sie einen Schlüssel, der das eigene Konto lesen darf.
desk-account-changed-meaning = Bis dahin wird nichts gespeichert. Webhooks und Jobs warten und laufen weiter, sobald der Schlüssel zum richtigen Konto gehört.

desk-missing-none = Bei den Anbietern fehlt nichts.
desk-missing-table = Bei den Anbietern fehlende Objekte, älteste zuerst
desk-missing-object = Objekt
desk-missing-customer = Kunde
desk-missing-subscription = Abonnement
desk-missing-checkout = Bestellung

desk-jobs-none = Keine fehlgeschlagenen Jobs.
desk-jobs-table = Fehlgeschlagene Jobs, älteste zuerst
desk-jobs-job = Job und Fehler
desk-jobs-tried = Versuche
desk-jobs-next = Nächster Versuch
desk-jobs-retry = Jetzt wiederholen
desk-jobs-since = Seit { $date }
desk-jobs-job-since = { $job }, seit { $date }

desk-work = Betrieb
desk-work-idle = Keine fehlgeschlagenen Jobs, keine wartenden Ereignisse.
desk-work-failing = { $jobs ->
    [0] Keine fehlgeschlagenen Jobs.
    [one] { $jobs } fehlgeschlagener Job.
   *[other] { $jobs } fehlgeschlagene Jobs.
}
desk-work-lead = Fehlgeschlagene Jobs werden in wachsenden Abständen wiederholt. Ereignisse werden in der Reihenfolge ihres Eingangs verarbeitet.
desk-work-failing-label = Fehlgeschlagen
desk-work-failing-footnote = werden wiederholt
desk-work-waiting-label = Wartend
desk-work-waiting-footnote = Ereignisse empfangen, noch nicht verarbeitet
desk-work-jobs-label = Jobs
desk-work-jobs-footnote = insgesamt, einschließlich geplanter Jobs
desk-work-jobs = Fehl­geschlagene Jobs
desk-work-jobs-note = Älteste zuerst.
desk-work-jobs-pages = Seiten der Jobliste
desk-work-jobs-oldest = Älteste Jobs
desk-work-jobs-newer = Neuere Jobs
desk-work-events = Wartende Ereignisse
desk-work-events-note = Von Zahlungsanbietern, älteste zuerst.
desk-work-events-pages = Seiten der Ereignisliste
desk-work-events-oldest = Älteste Ereignisse
desk-work-events-newer = Neuere Ereignisse
desk-work-events-none = Alle empfangenen Ereignisse sind verarbeitet.
desk-work-events-table = Wartende Ereignisse, älteste zuerst
desk-work-event = Ereignis
desk-work-received = Empfangen
desk-work-missing = Fehlt beim Anbieter
desk-work-missing-note = Der Anbieter kannte diese Objekte und findet sie jetzt nicht mehr. Deshalb wurde kein Tarif beendet. Älteste zuerst.
desk-work-missing-pages = Seiten der Liste fehlender Objekte
desk-work-missing-oldest = Älteste fehlende Objekte
desk-work-missing-newer = Neuere fehlende Objekte
desk-work-unmanaged = Nicht verwaltete Abonnements
desk-work-unmanaged-note = Abonnements, die { -app-name } nicht verwaltet, neueste zuerst. Einzelheiten stehen auf der Seite des Mandanten.
desk-work-unmanaged-none = Alle Abonnements gehören zu einem Tarif.
desk-work-unmanaged-table = Nicht verwaltete Abonnements, neueste zuerst
desk-work-unmanaged-subscription = Abonnement und Grund
desk-work-unmanaged-more = Es werden nur die neuesten 50 angezeigt.
desk-work-prices = Preise ohne Tarif
desk-work-prices-note = In den letzten 30 Tagen bezahlt. Damit ein Preis als Tarif zählt, übernehmen Sie seine Zeile in die Tabelle des Tarifs im Katalog oder tragen Sie den Preis in die Preiszuordnung ein.
desk-work-prices-none = Alle bezahlten Preise gehören zu einem Tarif.
desk-work-prices-table = Preise ohne Tarif, neueste zuerst
desk-work-price = Preis
desk-work-price-payers = Abonnements
desk-work-price-line = Zeile für den Katalog
desk-work-first-seen = Zuerst erfasst
desk-work-last-seen = Zuletzt erfasst

desk-requests-title = Anfragen
desk-requests = Enterprise-Anfragen
desk-requests-lead = Neueste zuerst. Status und Notiz sehen nur Betreiber.
desk-requests-none = Noch keine Anfragen. Sie gehen über die Tarifseite und die API ein.
desk-requests-none-found = Keine Anfragen mit diesem Status.
desk-requests-filter = Nach Status filtern
desk-requests-all = Alle
desk-requests-new = Neu
desk-requests-talking = Im Gespräch
desk-requests-won = Gewonnen
desk-requests-lost = Verloren
desk-requests-pages = Seiten der Anfragenliste
desk-requests-more = Weitere
desk-requests-newest = Neueste Anfragen
desk-requests-older = Ältere Anfragen
desk-requests-not-saved = Anfrage nicht gespeichert
desk-requests-not-saved-reason = Eine Notiz darf höchstens { $max } Zeichen haben, und der Status muss aus der Liste stammen. Es wurde nichts geändert.
desk-requests-your-note = Ihre Notiz: „{ $note }“
desk-requests-contact = Kontakt
desk-requests-email = E-Mail
desk-requests-use-cases = Anwendungsfälle
desk-requests-scale = Erwarteter Umfang
desk-requests-form = Anfrage von { $company }
desk-requests-state = Status
desk-requests-note = Notiz
desk-requests-changed = Zuletzt geändert am { $date }.
desk-requests-note-hint = Die anfragende Person sieht diese Notiz nicht.
desk-requests-save = Speichern
desk-requests-id = ID: { $id }

desk-answer-synced = Mit den Anbietern abgeglichen
desk-answer-synced-meaning = Diese Seite zeigt deren aktuelle Daten. Abweichungen stehen unter „Korrekturen“.
desk-answer-settled = Ausnahmen aktualisiert
desk-answer-settled-meaning = Änderungen wirken innerhalb einer Sekunde auf allen Knoten und werden im Protokoll des Mandanten festgehalten.
desk-answer-key-created = API-Schlüssel erstellt
desk-answer-key-created-meaning = Er wird unten nur einmal angezeigt. Hinterlegen Sie ihn in dem Produkt, das die Nutzung dieses Mandanten zählt.
desk-answer-corrected = Zähler korrigiert
desk-answer-corrected-meaning = Die Korrektur ist verbucht. Der Grund steht im Protokoll.
desk-answer-not-corrected = Zähler nicht korrigiert
desk-answer-below-zero = Die Korrektur übersteigt, was in diesem Zeitraum gezählt wurde. Geben Sie eine kleinere Menge ein.
desk-answer-form-reused = Dieses Formular wurde bereits mit anderen Werten gesendet. Laden Sie die Seite neu, und versuchen Sie es erneut.
desk-answer-key-not-created = API-Schlüssel nicht erstellt
desk-answer-too-many-keys = Der Mandant hat bereits die Höchstzahl an Schlüsseln. Widerrufen Sie zuerst einen.
desk-answer-unknown-correction = Der Zähler wurde möglicherweise noch nicht korrigiert
desk-answer-unknown-correction-meaning = Die Datenbank hat nicht rechtzeitig geantwortet. Sehen Sie im Protokoll nach, bevor Sie es erneut versuchen.
desk-answer-retried = Job wird wiederholt
desk-answer-retried-meaning = Steht er gleich noch in der Liste, ist er erneut fehlgeschlagen.
desk-answer-request-saved = Anfrage gespeichert
desk-answer-request-saved-meaning = Status und Notiz sind aktualisiert.
desk-answer-overtaken = Ein anderer Betreiber hat diese Anfrage geändert
desk-answer-overtaken-meaning = Ihre Änderung wurde nicht gespeichert. Die Anfrage zeigt den Stand des anderen Betreibers. Um Ihre Notiz zu behalten, kopieren Sie sie jetzt: Sie wird nur einmal angezeigt.
desk-answer-gone = Nicht mehr in der Liste
desk-answer-gone-meaning = Der Eintrag wurde inzwischen erledigt oder wird gerade bearbeitet.
desk-answer-tenant-not-found = Mandant nicht gefunden
desk-answer-nothing-changed = Es wurde nichts geändert.
desk-answer-unavailable = Der Anbieter antwortet nicht
desk-answer-unavailable-meaning = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
desk-answer-account-changed = Der Schlüssel für den Anbieter gehört zu einem anderen Konto
desk-answer-account-changed-meaning = Es wurde nichts geändert. Unter „Betrieb“ steht, welches Konto es ist.
desk-answer-missing = Beim Anbieter fehlen Daten
desk-answer-missing-meaning = Deshalb wurde kein Tarif beendet. Was fehlt, steht unter „Fehlt beim Anbieter“.
desk-answer-rejected = Der Anbieter hat die Anfrage abgelehnt
desk-answer-rejected-meaning = Es wurde nichts geändert. Der Grund steht im Log.
desk-answer-not-configured = Kein Zahlungsanbieter eingerichtet
desk-answer-not-configured-meaning = Setzen Sie PAYMENT_PROVIDER und die Schlüssel des Anbieters.
desk-answer-conflict = Es läuft gerade eine andere Änderung
desk-answer-conflict-meaning = Sehen Sie gleich nach dem aktuellen Stand.
desk-answer-throttled = Zu viele Anfragen
desk-answer-throttled-meaning = Es ging keine Anfrage an den Anbieter. Versuchen Sie es in einer Minute erneut.
desk-answer-internal = Bei uns ist ein Fehler aufgetreten
desk-answer-internal-meaning = Ob etwas geändert wurde, sehen Sie auf dieser Seite.
