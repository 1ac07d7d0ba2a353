webhooks-title = Webhooks
webhooks-lead = { -app-name } benachrichtigt Ihre Server, wenn sich der Tarif von { $workspace } ändert und wenn sich die Nutzung einem Limit nähert, es erreicht oder wieder unter der Warnschwelle liegt.
webhooks-lead-installation = { -app-name } benachrichtigt die Server Ihres Produkts über Änderungen in allen Arbeitsbereichen: Tarife, Zahlungen, Limits und die Arbeitsbereiche selbst.
webhooks-only-admins = Nur Inhaber und Admins von { $workspace } können Endpunkte sehen und ändern. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}

webhooks-list = Endpunkte
webhooks-list-note = Nachrichten werden gemäß Standard Webhooks signiert. Jeder Status von 200 bis 299 bestätigt die Zustellung. Andernfalls versucht es { -app-name } mehr als einen Tag lang in wachsenden Abständen erneut.
webhooks-caption = Webhook-Endpunkte von { $workspace }
webhooks-caption-installation = Webhook-Endpunkte dieser Installation
webhooks-none = Noch keine Endpunkte.
webhooks-none-hint = Fügen Sie die URL eines Servers hinzu, der POST-Anfragen annimmt.
webhooks-column-url = URL
webhooks-column-events = Ereignisse
webhooks-column-status = Status
webhooks-column-created = Erstellt
webhooks-events-all = Alle

webhooks-new = Endpunkt hinzufügen
webhooks-add = Endpunkt hinzufügen
webhooks-url = Endpunkt-URL
webhooks-url-hint = Eine URL auf Ihrem Server, zum Beispiel https://example.com/webhooks.
webhooks-url-wrong = Geben Sie eine öffentliche https-URL ohne Benutzernamen und ohne # ein, mit Port 80, 443 oder ab 1024
webhooks-events = Ereignisse (keine Auswahl: alle)
webhooks-events-wrong = Wählen Sie Ereignisse aus der Liste oder keines, um alle zu erhalten
webhooks-description = Beschreibung
webhooks-description-hint = Wozu der Endpunkt dient. Wird nur hier angezeigt.
webhooks-description-wrong = Geben Sie höchstens 200 Zeichen in einer Zeile ein
webhooks-no-secrets = Endpunkte lassen sich nicht hinzufügen, weil SECRETS_KEY nicht gesetzt ist. Der Betreiber dieser Installation kann das ändern.
webhooks-full = Ein Arbeitsbereich kann höchstens { $max } Endpunkte haben. Löschen Sie einen, um einen neuen hinzuzufügen.
webhooks-full-installation = Eine Installation kann höchstens { $max } Endpunkte haben. Löschen Sie einen, um einen neuen hinzuzufügen.

webhooks-event-tenant-created = Ein Arbeitsbereich wurde erstellt
webhooks-event-tenant-updated = Name, E-Mail-Adresse, Metadaten oder externe ID eines Arbeitsbereichs haben sich geändert
webhooks-event-tenant-deleted = Ein Arbeitsbereich wurde gelöscht
webhooks-event-checkout-completed = Ein Checkout wurde bezahlt, oder eine Testphase hat begonnen
webhooks-event-trial-ending = Eine Testphase endet bald, danach folgt die erste Zahlung
webhooks-event-invoice-paid = Eine Zahlung ist eingegangen
webhooks-event-invoice-payment-failed = Eine Zahlung ist fehlgeschlagen
webhooks-event-subscription-updated = Tarif, Status, Abrechnungszeitraum oder Termine eines Abonnements haben sich geändert
webhooks-event-limit-warning = Die Nutzung nähert sich einem Limit
webhooks-event-limit-reached = Die Nutzung hat ein Limit erreicht
webhooks-event-limit-cleared = Die Nutzung liegt wieder unter der Warnschwelle eines Limits

webhooks-enabled = Aktiviert
webhooks-disabled = Deaktiviert
webhooks-failing = Gestört seit { $day }
webhooks-receives = Ereignisse: { $events }
webhooks-receives-all = Ereignisse: alle

webhooks-back = Alle Webhooks
webhooks-deliveries = Zustellungen
webhooks-deliveries-note = 30 Tage lang gespeichert. Eine Nachricht behält ihre ID, wenn sie erneut gesendet wird.
webhooks-settings = URL und Ereignisse
webhooks-save = Speichern
webhooks-secret = Signatur-Secret
webhooks-secret-note = { -app-name } speichert das Secret verschlüsselt und kann es nicht noch einmal anzeigen. Wenn Sie es erneuern, werden Nachrichten 24 Stunden lang sowohl mit dem alten als auch mit dem neuen Secret signiert.
webhooks-former-secret = Bis zum { $time } werden Nachrichten auch mit dem vorherigen Secret signiert.
webhooks-rotate = Secret erneuern
webhooks-end = Deaktivieren oder löschen
webhooks-end-note = Ein deaktivierter Endpunkt erhält keine Nachrichten, bis Sie ihn wieder aktivieren. Wenn Sie einen Endpunkt löschen, werden auch seine Zustellungen gelöscht.
webhooks-ping = Ping senden
webhooks-enable = Aktivieren
webhooks-disable = Deaktivieren
webhooks-delete = Endpunkt löschen

webhooks-fresh-title = Kopieren Sie das Signatur-Secret jetzt: Es wird nur einmal angezeigt
webhooks-fresh-label = Neues Signatur-Secret
webhooks-fresh-note = Damit prüft Ihr Server die Signatur der Nachrichten. Wenn Sie das Secret verlieren, erneuern Sie es.
webhooks-fresh-done = Ich habe es kopiert

webhooks-disabled-title = Endpunkt deaktiviert
webhooks-disabled-by-admin = Ein Admin hat diesen Endpunkt am { $time } deaktiviert. Er erhält keine Nachrichten.
webhooks-disabled-by-operator = Dieser Endpunkt wurde am { $time } vom Betreiber oder mit einem Installationsschlüssel deaktiviert. Er erhält keine Nachrichten.
webhooks-disabled-gone = Der Server hat am { $time } mit Status 410 (Gone) geantwortet. Der Endpunkt erhält keine Nachrichten mehr.
webhooks-disabled-failing = Am { $time } deaktiviert, nachdem Zustellungen mehrere Tage lang fehlgeschlagen sind.
webhooks-disabled-given-up = Ausstehende Nachrichten werden nicht gesendet. Sobald der Endpunkt wieder aktiviert ist, können Sie sie erneut senden.

webhooks-delete-question = Diesen Endpunkt löschen?
webhooks-delete-effect = Er erhält keine Nachrichten mehr, und seine Zustellungen werden gelöscht. Das lässt sich nicht rückgängig machen.
webhooks-delete-confirm = Endpunkt löschen
webhooks-delete-cancel = Abbrechen

webhooks-rotate-question = Signatur-Secret erneuern?
webhooks-rotate-effect = Das neue Secret wird nur einmal angezeigt. Noch 24 Stunden lang werden Nachrichten auch mit dem alten signiert, damit Sie Ihren Server umstellen können.
webhooks-rotate-confirm = Secret erneuern
webhooks-rotate-cancel = Abbrechen

webhooks-no-deliveries = Noch nichts gesendet.
webhooks-no-deliveries-hint = Mit einem Ping prüfen Sie, ob Ihr Server Nachrichten annimmt.
webhooks-older = Ältere Zustellungen
webhooks-deliveries-caption = Zustellungen an { $url }
webhooks-column-event = Ereignis und ID
webhooks-column-time = Zeit (UTC)
webhooks-column-response = Letzte Antwort
webhooks-resend = Erneut senden
webhooks-pending = Ausstehend
webhooks-delivered = Zugestellt
webhooks-failed = Fehlgeschlagen
webhooks-not-attempted = Noch kein Versuch
webhooks-attempts = { $attempts ->
    [one] { $attempts } Versuch
   *[other] { $attempts } Versuche
}
webhooks-attempts-next = { $attempts ->
    [one] { $attempts } Versuch. Nächster: { $time }
   *[other] { $attempts } Versuche. Nächster: { $time }
}

webhooks-changed-title = Endpunkt geändert
webhooks-changed = Die Änderungen gelten ab dem nächsten Ereignis.
webhooks-enabled-title = Endpunkt aktiviert
webhooks-enabled-answer = Er erhält ab jetzt Ereignisse.
webhooks-deleted-title = Endpunkt gelöscht
webhooks-deleted = Er erhält keine Nachrichten mehr.
webhooks-pinged-title = Ping wird gesendet
webhooks-pinged = Aktualisieren Sie diese Seite gleich. Das Ergebnis steht ganz oben bei den Zustellungen.
webhooks-ping-delivered-title = Ping zugestellt
webhooks-ping-delivered = Er steht ganz oben bei den Zustellungen.
webhooks-ping-failed-title = Ping nicht zugestellt
webhooks-ping-failed = Der Grund steht ganz oben bei den Zustellungen.
webhooks-resending-title = Nachricht wird erneut gesendet
webhooks-resending = Sie behält ihre ID. Aktualisieren Sie diese Seite gleich, um das Ergebnis zu sehen.
webhooks-resent-title = Nachricht erneut gesendet
webhooks-resent = Das Ergebnis steht bei den Zustellungen.
webhooks-not-found-title = Nicht gefunden
webhooks-not-found = Dieser Endpunkt oder diese Nachricht gehört nicht zu diesem Arbeitsbereich. Es wurde nichts geändert.
webhooks-not-found-installation = Dieser Endpunkt oder diese Nachricht gehört nicht zu dieser Installation. Es wurde nichts geändert.
webhooks-conflict-title = Es wurde nichts gesendet
webhooks-conflict = Der Endpunkt ist deaktiviert, oder frühere Pings stehen noch aus. Aktivieren Sie ihn, oder warten Sie einen Moment.
webhooks-throttled-title = Zu viele Versuche
webhooks-throttled = Es wurde nichts gesendet oder geändert. Versuchen Sie es in Kürze erneut.
webhooks-busy-title = Zurzeit zu viele Anfragen
webhooks-busy = Es wurde nichts geändert. Versuchen Sie es in einigen Sekunden erneut.
webhooks-not-added-title = Endpunkt nicht hinzugefügt
webhooks-too-many = { $workspace } hat bereits { $max } Endpunkte. Mehr sind nicht möglich. Löschen Sie einen, um einen neuen hinzuzufügen.
webhooks-too-many-installation = Diese Installation hat bereits { $max } Endpunkte. Mehr sind nicht möglich. Löschen Sie einen, um einen neuen hinzuzufügen.
webhooks-secrets-not-configured-title = Secrets können nicht gespeichert werden
webhooks-secrets-not-configured = SECRETS_KEY ist nicht gesetzt. Das kann der Betreiber dieser Installation ändern.
webhooks-admin-required-title = Nur für Inhaber und Admins
webhooks-admin-required = Nur Inhaber und Admins von { $workspace } können Endpunkte ändern.
webhooks-operator-required-title = Nur für den Betreiber
webhooks-operator-required = Nur der Betreiber kann die Endpunkte dieser Installation ändern.
webhooks-internal-title = Bei uns ist ein Fehler aufgetreten
webhooks-internal = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
