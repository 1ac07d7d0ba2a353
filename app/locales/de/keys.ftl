keys-title = API-Schlüssel
keys-title-installation = Installationsschlüssel
keys-lead = Jeder Schlüssel gilt nur für { $workspace }. { -app-name } speichert nicht den Schlüssel selbst, sondern nur einen Hash.
keys-lead-installation = Für Produkte mit eigener Anmeldung und eigenen IDs: Ein Schlüssel gilt für alle Arbeitsbereiche.
keys-only-admins = Nur Inhaber und Admins von { $workspace } können API-Schlüssel sehen, erstellen und widerrufen. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}

keys-list = Schlüssel
keys-list-note = Ein widerrufener Schlüssel funktioniert spätestens nach einer Sekunde nirgends mehr. „Zuletzt verwendet“ wird mit bis zu 2 Minuten Verzögerung aktualisiert.
keys-caption = API-Schlüssel von { $workspace }
keys-caption-installation = Installationsschlüssel
keys-none = Noch keine Schlüssel.
keys-purpose = Mit einem Schlüssel fragen Ihre Dienste ab, was dieser Arbeitsbereich nutzen darf, und melden die Nutzung.
keys-purpose-installation = Mit einem Schlüssel erstellt Ihr Produkt Arbeitsbereiche und meldet deren Nutzung.
keys-column-name = Name und Anfang des Schlüssels
keys-column-created = Erstellt
keys-column-last-used = Zuletzt verwendet
keys-column-expires = Läuft ab
keys-scopes = Berechtigungen
keys-only-from = Nur von { $networks }
keys-self-issued = Von einem Admin erstellt. Schlüssel mit „usage“ kann inzwischen nur noch der Betreiber erstellen.
keys-created-by = von { $email }
keys-created-on-command-line = über die Kommandozeile
keys-never-used = Noch nie
keys-never-expires = Nie
keys-expired = Abgelaufen am { $day }
keys-revoke = Widerrufen

keys-new = Schlüssel erstellen
keys-create = Schlüssel erstellen
keys-name = Name
keys-name-hint = Wo Sie ihn einsetzen. So wissen Sie, was nach dem Widerruf nicht mehr funktioniert.
keys-name-hint-installation = Das Produkt oder der Dienst, der ihn verwendet.
keys-name-wrong = Geben Sie einen einzeiligen Namen mit 1 bis 80 Zeichen ein
keys-scopes-wrong = Wählen Sie mindestens eine Berechtigung
keys-expiry = Ablaufdatum
keys-expiry-hint = Der Schlüssel gilt bis zum Ende dieses Tages. Ohne Angabe läuft er nicht ab.
keys-expiry-wrong = Geben Sie das heutige oder ein späteres Datum ein, zum Beispiel 2030-01-31, oder lassen Sie das Feld leer
keys-networks = Erlaubte Netzwerke
keys-networks-hint = Zum Beispiel 203.0.113.0/24, durch Kommas getrennt. Ohne Angabe ist jede Adresse erlaubt.
keys-networks-wrong = Geben Sie höchstens 20 Netzwerke wie 203.0.113.0/24 ein, durch Kommas getrennt, oder lassen Sie das Feld leer
keys-full = Ein Arbeitsbereich kann höchstens { $max } Schlüssel haben. Widerrufen Sie einen, um einen neuen zu erstellen.
keys-full-installation = Eine Installation kann höchstens { $max } Schlüssel haben. Widerrufen Sie einen, um einen neuen zu erstellen.

keys-scope-read = Tarif, Nutzung und Limits lesen
keys-scope-usage = Nutzung melden: verbrauchen, freigeben, Ereignisse senden
keys-scope-billing = Checkouts starten und die Abrechnung Ihrer eigenen Kunden verwalten
keys-scope-secrets = Secrets schreiben, aber nicht lesen

keys-installation-scope-tenants = Arbeitsbereiche erstellen, ändern und löschen sowie API-Schlüssel für sie erstellen
keys-installation-scope-read = Tarif, Nutzung und Limits aller Arbeitsbereiche lesen
keys-installation-scope-usage = Nutzung aller Arbeitsbereiche melden und korrigieren
keys-installation-scope-billing = Checkouts für alle Arbeitsbereiche starten und deren Abonnements ändern
keys-installation-scope-portal = Links erstellen, die Seiten eines Arbeitsbereichs ohne Anmeldung öffnen
keys-installation-scope-webhooks = Webhook-Endpunkte der Installation verwalten

keys-fresh-title = „{ $name }“ wurde erstellt. Kopieren Sie den Schlüssel jetzt: Er wird nur einmal angezeigt.
keys-fresh-label = Neuer Schlüssel
keys-fresh-note = Bewahren Sie ihn bei Ihren anderen Secrets auf. Wenn Sie ihn verlieren, widerrufen Sie ihn, und erstellen Sie einen neuen.
keys-fresh-note-installation = Bewahren Sie ihn bei den anderen Secrets des Produkts auf. Wenn Sie ihn verlieren, widerrufen Sie ihn, und erstellen Sie einen neuen.
keys-fresh-done = Ich habe ihn kopiert
keys-first-call = Zum Ausprobieren: Führen Sie diesen Befehl aus. Er prüft das Limit des Arbeitsbereichs für „{ $feature }“ und erfasst keine Nutzung.
keys-first-call-installation = Zum Ausprobieren: Ersetzen Sie { $tenant } durch die ID eines Arbeitsbereichs in Ihrem Produkt, und führen Sie diesen Befehl aus. Er prüft dessen Limit für „{ $feature }“ und erfasst keine Nutzung.
keys-first-call-label = Befehl

keys-revoke-question = „{ $name }“ widerrufen?
keys-revoke-effect = Was diesen Schlüssel verwendet, verliert sofort den Zugriff. Das lässt sich nicht rückgängig machen.
keys-revoke-effect-installation = Das Produkt, das diesen Schlüssel verwendet, verliert sofort den Zugriff auf alle Arbeitsbereiche. Das lässt sich nicht rückgängig machen.
keys-revoke-confirm = { $name } widerrufen
keys-revoke-cancel = Abbrechen
keys-gone-title = Schlüssel nicht gefunden
keys-gone = Er wurde widerrufen oder hat nie zu diesem Arbeitsbereich gehört.
keys-gone-installation = Er wurde widerrufen oder hat nie zu dieser Installation gehört.

keys-revoked-title = Schlüssel widerrufen
keys-revoked = Er funktioniert nicht mehr.
keys-not-found-title = Schlüssel nicht gefunden
keys-not-found = Er gehört nicht zu diesem Arbeitsbereich. Es wurde nichts geändert.
keys-not-found-installation = Er gehört nicht zu dieser Installation. Es wurde nichts geändert.
keys-not-created-title = Schlüssel nicht erstellt
keys-usage-by-operator = Nur der Betreiber dieser Installation kann Schlüssel mit der Berechtigung „usage“ erstellen.
keys-too-many = { $workspace } hat bereits { $max } Schlüssel. Mehr sind nicht möglich. Widerrufen Sie einen, um einen neuen zu erstellen.
keys-too-many-installation = Diese Installation hat bereits { $max } Schlüssel. Mehr sind nicht möglich. Widerrufen Sie einen, um einen neuen zu erstellen.
keys-address-unconfirmed-title = Schlüssel nicht erstellt: Ihre Adresse ist nicht bestätigt
keys-address-unconfirmed = Öffnen Sie den Link in der Bestätigungs-E-Mail. Auf dieser Seite können Sie sie erneut senden.
keys-admin-required-title = Nur für Inhaber und Admins
keys-admin-required = Nur Inhaber und Admins von { $workspace } können API-Schlüssel erstellen und widerrufen.
keys-internal-title = Bei uns ist ein Fehler aufgetreten
keys-internal = Es wurde kein Schlüssel erstellt oder widerrufen. Versuchen Sie es in einer Minute erneut.
