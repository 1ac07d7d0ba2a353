audit-title = Protokoll
audit-lead = Wer in { $workspace } was getan hat: Personen, Schlüssel, Secrets und Tarif. Einträge lassen sich weder ändern noch löschen.
audit-admins-only = Nur Inhaber und Admins von { $workspace } können das Protokoll sehen. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}
audit-entries = Einträge
audit-entries-note = Neueste zuerst. Alle Zeiten in UTC.
audit-csv = Als CSV herunterladen
audit-none = Noch keine Einträge.
audit-none-found = Keine Einträge für diesen Filter.
audit-newest = Neueste Einträge
audit-older = Ältere Einträge
audit-pages = Seiten des Protokolls
audit-table = Protokoll von { $workspace }, neueste Einträge zuerst
audit-column-time = Zeitpunkt
audit-column-actor = Ausgeführt von
audit-column-action = Aktion
audit-by = Von

audit-filter = Einträge filtern
audit-filter-action = Aktion
audit-filter-all = Alle Aktionen
audit-filter-from = Von
audit-filter-to = Bis
audit-filter-apply = Filtern
audit-filter-bad-day = Geben Sie ein Datum wie 2026-01-31 ein

audit-kind-member-invited = Personen eingeladen
audit-kind-invitation-withdrawn = Einladungen zurückgezogen
audit-kind-member-joined = Personen beigetreten
audit-kind-member-role-changed = Rollen geändert
audit-kind-member-removed = Personen entfernt
audit-kind-member-left = Personen ausgetreten
audit-kind-mail-preferences-changed = E-Mail-Benachrichtigungen geändert
audit-kind-api-key-created = API-Schlüssel erstellt
audit-kind-api-key-revoked = API-Schlüssel widerrufen
audit-kind-api-key-taken-over = API-Schlüssel übernommen
audit-kind-installation-key-created = Installationsschlüssel erstellt
audit-kind-installation-key-revoked = Installationsschlüssel widerrufen
audit-kind-secret-set = Secrets hinzugefügt oder ersetzt
audit-kind-secret-deleted = Secrets gelöscht
audit-kind-secret-used = Secrets verwendet
audit-kind-secrets-resealed = Secrets neu verschlüsselt
audit-kind-endpoint-created = Webhook-Endpunkte hinzugefügt
audit-kind-endpoint-changed = Webhook-Endpunkte geändert
audit-kind-endpoint-deleted = Webhook-Endpunkte gelöscht
audit-kind-endpoint-secret-rotated = Webhook-Secrets erneuert
audit-kind-cancel-requested = Tarif gekündigt
audit-kind-resume-requested = Kündigung zurückgenommen
audit-kind-seats-requested = Plätze geändert
audit-kind-change-requested = Tarif gewechselt
audit-kind-checkout-started = Bestellungen begonnen
audit-kind-portal-opened = Abrechnungsportal geöffnet
audit-kind-portal-link-created = Portal-Links erstellt
audit-kind-portal-session-started = Portal-Sitzungen gestartet
audit-kind-portal-sessions-ended = Portal-Sitzungen beendet
audit-kind-subscription-changed = Abonnement geändert
audit-kind-plan-granted = Tarife freigeschaltet
audit-kind-overrides-changed = Freigeschalteter Tarif oder individuelle Limits geändert
audit-kind-own-limit-set = Benachrichtigungen oder Obergrenze eines Limits geändert
audit-kind-usage-corrected = Nutzung korrigiert
audit-kind-sync-requested = Abgleiche vom Betreiber angefordert
audit-kind-job-rescheduled = Jobs vom Betreiber wiederholt
audit-kind-note-added = Notizen vom Betreiber angelegt
audit-kind-note-deleted = Notizen vom Betreiber gelöscht
audit-kind-mail-sample-sent = Beispiel-E-Mails vom Betreiber gesendet
audit-kind-product-created = Produkte erstellt
audit-kind-customer-checkout-started = Kunden-Checkouts erstellt
audit-kind-customer-subscription-ended = Kundenabonnements gekündigt
audit-kind-customer-linked = Bestehender Kunde verknüpft
audit-kind-tenant-created = Arbeitsbereich erstellt
audit-kind-tenant-changed = Arbeitsbereich geändert
audit-kind-tenant-deleted = Arbeitsbereich gelöscht
audit-kind-tenant-restored = Arbeitsbereich wiederhergestellt
audit-kind-tenant-erased = Daten des Arbeitsbereichs endgültig gelöscht

audit-actor-api-key = API-Schlüssel „{ $name }“
audit-actor-token-user = { $user } bei { $issuer }
audit-actor-token-user-unknown = Ein Nutzer des Produkts
audit-actor-portal-user = Portal-Nutzer „{ $user }“
audit-actor-installation-key = Installationsschlüssel „{ $name }“
audit-actor-provider = Zahlungsanbieter
audit-actor-operator = Betreiber von { -app-name }
audit-actor-system = { -app-name }
audit-actor-former-member = Ehemaliges Mitglied

audit-member-invited = { $role ->
    [owner] { $member } als Inhaber eingeladen
    [admin] { $member } als Admin eingeladen
    [billing] { $member } mit der Rolle „Abrechnung“ eingeladen
    [member] { $member } als Mitglied eingeladen
   *[other] { $member } eingeladen
}
audit-invitation-withdrawn = Einladung an { $member } zurückgezogen
audit-member-joined = { $role ->
    [owner] Als Inhaber beigetreten
    [admin] Als Admin beigetreten
    [billing] Mit der Rolle „Abrechnung“ beigetreten
    [member] Als Mitglied beigetreten
   *[other] Beigetreten
}
audit-member-added = { $role ->
    [owner] { $member } als Inhaber hinzugefügt
    [admin] { $member } als Admin hinzugefügt
    [billing] { $member } mit der Rolle „Abrechnung“ hinzugefügt
    [member] { $member } als Mitglied hinzugefügt
   *[other] { $member } hinzugefügt
}
audit-member-role-changed = Rolle von { $member } geändert: vorher { $before ->
    [owner] Inhaber
    [admin] Admin
    [billing] Abrechnung
    [member] Mitglied
   *[other] { $before }
}, jetzt { $role ->
    [owner] Inhaber
    [admin] Admin
    [billing] Abrechnung
    [member] Mitglied
   *[other] { $role }
}
audit-member-removed = { $member } entfernt
audit-member-left = Arbeitsbereich verlassen
audit-mails-turned-on = E-Mails aktiviert: { $mails }
audit-mails-turned-off = E-Mails deaktiviert: { $mails }
audit-mails-turned-off-by-link = E-Mails über den Link in einer E-Mail deaktiviert: { $mails }
audit-mail = { $mail ->
    [usage_limits] Nutzungslimits
    [payments] Zahlungen
    [monthly_report] Monatsbericht
   *[other] { $mail }
}

audit-api-key-created = API-Schlüssel „{ $name }“ erstellt, Berechtigungen: { $scopes }
audit-api-key-revoked = API-Schlüssel „{ $name }“ widerrufen
audit-api-key-taken-over = API-Schlüssel „{ $name }“ von { $member } übernommen
audit-installation-key-created = Installationsschlüssel „{ $name }“ erstellt, Berechtigungen: { $scopes }
audit-installation-key-revoked = Installationsschlüssel „{ $name }“ widerrufen

audit-secret-added = Secret { $secret } hinzugefügt
audit-secret-added-from = Secret { $secret } von { $address } aus hinzugefügt
audit-secret-replaced = Wert des Secrets { $secret } ersetzt
audit-secret-replaced-from = Wert des Secrets { $secret } von { $address } aus ersetzt
audit-secret-deleted = Secret { $secret } gelöscht
audit-secret-deleted-from = Secret { $secret } von { $address } aus gelöscht
audit-secret-used = { $purpose ->
    [list-products] Secret { $secret } verwendet, um Produkte aufzulisten
    [create-a-product] Secret { $secret } verwendet, um ein Produkt zu erstellen
    [create-a-checkout] Secret { $secret } verwendet, um einen Checkout zu erstellen
    [list-customers] Secret { $secret } verwendet, um Kunden aufzulisten
    [look-at-a-customer] Secret { $secret } verwendet, um einen Kunden abzurufen
    [list-subscriptions] Secret { $secret } verwendet, um Abonnements aufzulisten
    [end-a-subscription] Secret { $secret } verwendet, um ein Abonnement zu kündigen
   *[other] Secret { $secret } verwendet: { $purpose-text }
}
audit-secrets-resealed = Secrets des Arbeitsbereichs mit einem neuen Schlüssel neu verschlüsselt

audit-endpoint-created = Webhook-Endpunkt { $url } hinzugefügt
audit-endpoint-changed = Webhook-Endpunkt { $url } geändert
audit-endpoint-moved = Webhook-Endpunkt { $before } in { $url } geändert
audit-endpoint-enabled = Webhook-Endpunkt { $url } aktiviert
audit-endpoint-disabled = Webhook-Endpunkt { $url } deaktiviert
audit-endpoint-events-changed = Ereignisse des Webhook-Endpunkts { $url } geändert
audit-endpoint-description-changed = Beschreibung des Webhook-Endpunkts { $url } geändert
audit-endpoint-deleted = Webhook-Endpunkt { $url } gelöscht
audit-endpoint-secret-rotated = Secret des Webhook-Endpunkts { $url } erneuert

audit-cancel-requested = { $plan } zum Ende des Abrechnungszeitraums gekündigt
audit-cancel-requested-why = { $plan } zum Ende des Abrechnungszeitraums gekündigt. Grund: { $reason }
audit-resume-requested = Kündigung von { $plan } zurückgenommen
audit-seats-requested = Anzahl der Plätze in { $plan } von { $from } auf { $seats } geändert
audit-change-requested = { $cycle ->
    [monthly] Zu { $plan } mit monatlicher Abrechnung gewechselt
    [yearly] Zu { $plan } mit jährlicher Abrechnung gewechselt
   *[other] Zu { $plan } gewechselt
}
audit-checkout-started = { $cycle ->
    [monthly] Bestellung von { $plan } mit monatlicher Abrechnung bei { $provider } begonnen
    [yearly] Bestellung von { $plan } mit jährlicher Abrechnung bei { $provider } begonnen
   *[other] Bestellung von { $plan } bei { $provider } begonnen
}
audit-checkout-started-with-discount = { $checkout }. Rabatt: { $code }
audit-plan-change-started = { $cycle ->
    [monthly] Abrechnungsportal von { $provider } geöffnet, um zu { $plan } mit monatlicher Abrechnung zu wechseln
    [yearly] Abrechnungsportal von { $provider } geöffnet, um zu { $plan } mit jährlicher Abrechnung zu wechseln
   *[other] Abrechnungsportal von { $provider } geöffnet, um zu { $plan } zu wechseln
}
audit-portal-opened = Abrechnungsportal von { $provider } geöffnet
audit-portal-opened-to-cancel = Abrechnungsportal von { $provider } geöffnet, um zu kündigen
audit-portal-opened-to-update-card = Abrechnungsportal von { $provider } geöffnet, um die Karte zu aktualisieren
audit-portal-link-created = { $role ->
    [owner] Portal-Link für Nutzer „{ $user }“ mit der Rolle „Inhaber“ erstellt
    [admin] Portal-Link für Nutzer „{ $user }“ mit der Rolle „Admin“ erstellt
    [billing] Portal-Link für Nutzer „{ $user }“ mit der Rolle „Abrechnung“ erstellt
    [member] Portal-Link für Nutzer „{ $user }“ mit der Rolle „Mitglied“ erstellt
   *[other] Portal-Link für Nutzer „{ $user }“ erstellt
}
audit-portal-session-started = Eigenen Portal-Link geöffnet
audit-portal-sessions-ended = Portal-Sitzungen von Nutzer „{ $user }“ beendet

audit-subscription-new = Neues Abonnement: { $subscription }
audit-subscription-changed = Abonnement: { $subscription }. Vorher: { $before }
audit-subscription = { $plan }, { $cycle }, { $status }
audit-subscription-seats = { $seats ->
    [one] { $subscription }, { $seats } Platz
   *[other] { $subscription }, { $seats } Plätze
}
audit-subscription-ending = { $plan }, { $cycle }, { $status }, endet mit dem Abrechnungszeitraum
audit-subscription-switching = { $plan }, { $cycle }, { $status }, wechselt später zu { $next }
audit-subscription-ending-switching = { $plan }, { $cycle }, { $status }, endet mit dem Abrechnungszeitraum, danach Wechsel zu { $next }
audit-cycle = { $cycle ->
    [monthly] monatlich
    [yearly] jährlich
   *[other] { $cycle }
}
audit-status = { $status ->
    [active] aktiv
    [trialing] in der Testphase
    [past_due] Zahlung überfällig
    [unpaid] unbezahlt
    [incomplete] erste Zahlung steht aus
    [incomplete_expired] nie bezahlt
    [canceled] gekündigt
    [paused] pausiert
   *[other] { $status }
}

audit-plan-granted = Tarif { $plan } freigeschaltet
audit-plan-regranted = Freigeschalteten Tarif von { $before } auf { $plan } geändert
audit-plan-grant-ended = Freischaltung des Tarifs { $plan } aufgehoben
audit-limits-set = { $count ->
    [one] Individuelles Limit festgelegt: { $limits }
   *[other] { $count } individuelle Limits festgelegt: { $limits }
}
audit-limits-removed = { $count ->
    [one] Individuelles Limit entfernt: { $limits }
   *[other] { $count } individuelle Limits entfernt: { $limits }
}
audit-overrides-changed = Freigeschalteten Tarif oder individuelle Limits geändert
audit-cap-set = { $feature } auf { $cap } begrenzt
audit-cap-removed = Obergrenze für { $feature } entfernt
audit-thresholds-set = Benachrichtigungen für { $feature } bei { $thresholds } eingerichtet
audit-thresholds-removed = Benachrichtigungen für { $feature } zurückgesetzt
audit-usage-reduced = { $feature }: Nutzung um { $amount } verringert. Grund: { $reason }
audit-usage-increased = { $feature }: Nutzung um { $amount } erhöht. Grund: { $reason }
audit-sync-requested = Abgleich von { $workspace } mit dem Zahlungsanbieter angefordert
audit-job-rescheduled = { $job ->
    [follow_hints] Abruf einer Änderung vom Zahlungsanbieter wiederholt
    [follow_listed] Abruf einer Änderung vom Zahlungsanbieter wiederholt
    [catch_up] Abruf der Ereignisse des Zahlungsanbieters wiederholt
    [walk_subscriptions] Abgleich der Abonnements mit dem Zahlungsanbieter wiederholt
    [reconcile] Abgleich der Abonnements mit dem Zahlungsanbieter wiederholt
    [settle_doubled] Kündigung und Erstattung eines doppelten Abonnements wiederholt
    [expire_checkout] Schließen eines veralteten Checkouts wiederholt
    [turn_period] Änderung am Ende eines Abrechnungszeitraums wiederholt
    [look_at_limits] Prüfung der Limits wiederholt
    [tell_admins] Benachrichtigung der Admins wiederholt
    [mail_alert] Benachrichtigung eines Admins wiederholt
    [mail_invitation] Versand einer Einladung wiederholt
    [mail_enterprise_request] Versand einer Enterprise-Anfrage wiederholt
    [mail_dunning] Versand der E-Mail zu einer Zahlung wiederholt
    [mail_monthly_report] Versand des Monatsberichts wiederholt
    [mail_endpoint_disabled] Versand der E-Mail zu einem deaktivierten Webhook-Endpunkt wiederholt
    [notify_secret_changed] Versand der E-Mails zu einem geänderten Secret wiederholt
    [mail_secret_changed] Versand der E-Mail zu einem geänderten Secret wiederholt
   *[other] Job wiederholt: { $job }
}

audit-mail-sample-sent = Beispiel der E-Mail „{ $kind }“ gesendet
audit-product-created = Produkt „{ $name }“ bei { $provider } erstellt
audit-customer-checkout-started = Kunden-Checkout für den Preis { $price } bei { $provider } erstellt
audit-customer-subscription-ended = Kundenabonnement { $subscription } bei { $provider } zum Ende des Abrechnungszeitraums gekündigt
audit-customer-subscription-ended-immediately = Kundenabonnement { $subscription } bei { $provider } mit sofortiger Wirkung gekündigt

audit-customer-linked = Arbeitsbereich mit Kunde { $customer } bei { $provider } verknüpft
audit-tenant-created = Arbeitsbereich erstellt
audit-tenant-changed = Angaben zum Arbeitsbereich geändert: { $fields }
audit-field = { $field ->
    [name] Name
    [email] E-Mail-Adresse
    [metadata] Metadaten
    [externalId] externe ID
   *[other] { $field }
}
audit-tenant-deleted = Arbeitsbereich gelöscht
audit-tenant-restored = Arbeitsbereich wiederhergestellt
audit-tenant-erased = Namen und Secrets des Arbeitsbereichs endgültig gelöscht
audit-note-added = Notiz zu Mandant { $tenant } angelegt
audit-note-deleted = Notiz zu Mandant { $tenant } gelöscht
