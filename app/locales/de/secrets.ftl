secrets-title = Secrets
secrets-lead = Zugangsdaten, die { -app-name } für { $workspace } verwendet. Beim Speichern werden sie verschlüsselt. Danach können Sie sie ersetzen oder löschen, aber nicht mehr anzeigen.
secrets-members-only-read = Nur Inhaber und Admins von { $workspace } können die Secrets sehen und ändern. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}

secrets-stored = Gespeicherte Secrets
secrets-stored-note = Jede Verwendung wird im Protokoll festgehalten.
secrets-none = Noch keine Secrets.
secrets-none-means = Für die Abrechnung mit <customers>Ihren eigenen Kunden</customers> benötigt { -app-name } den API-Schlüssel Ihres Kontos bei { $polar } oder { $stripe }. Speichern Sie ihn als <code>polar_api_key</code> oder <code>stripe_secret_key</code>.
secrets-of = Secrets von { $workspace }
secrets-name = Name
secrets-updated = Geändert
secrets-created-on = erstellt am { $day }
secrets-last-used = Zuletzt verwendet
secrets-never-used = Noch nie
secrets-actions = Aktionen
secrets-replace = Ersetzen
secrets-delete = Löschen
secrets-polar-key = Zugriffstoken Ihrer Organisation bei { $polar }
secrets-polar-organization = ID Ihrer Organisation bei { $polar }, falls das Token für mehrere gilt
secrets-stripe-key = geheimer Schlüssel Ihres Kontos bei { $stripe }

secrets-add = Secret hinzufügen
secrets-replace-one = Secret ersetzen
secrets-name-hint = { -app-name } selbst verwendet { $names }.
secrets-name-wrong = Verwenden Sie Buchstaben, Ziffern, „_“, „-“ oder „.“, beginnend mit einem Buchstaben
secrets-value = Wert
secrets-new-value = Neuer Wert
secrets-value-hint = Genau so, wie Sie ihn erhalten haben, in einer Zeile. Er wird nicht noch einmal angezeigt.
secrets-value-wrong = Geben Sie einen Wert von höchstens 16 KB ein
secrets-cancel = Abbrechen
secrets-full = Limit für Secrets erreicht
secrets-full-means = Um ein weiteres Secret hinzuzufügen, löschen Sie eines. Vorhandene Secrets können Sie weiterhin ersetzen.
secrets-not-configured = Secrets sind in dieser Installation nicht verfügbar
secrets-not-configured-means = SECRETS_KEY ist nicht gesetzt. Das kann der Betreiber dieser Installation ändern.

secrets-delete-ask = { $name } löschen?
secrets-delete-means = Was dieses Secret verwendet, fällt sofort aus. { -app-name } kann es nicht wiederherstellen.
secrets-delete-one = { $name } löschen
secrets-unknown = Dieses Secret gibt es nicht
secrets-unknown-means = Es wurde gelöscht oder hat in diesem Arbeitsbereich nie existiert.

secrets-saved = Secret gespeichert
secrets-saved-means = Der neue Wert gilt sofort. Er kann nicht mehr angezeigt werden.
secrets-deleted = Secret gelöscht
secrets-deleted-means = Es kann nicht mehr verwendet werden.
secrets-nothing-changed = Es wurde nichts geändert.
secrets-limit-reached = Secret nicht gespeichert: Limit erreicht
secrets-limit-reached-means = Löschen Sie ein Secret, das Sie nicht brauchen, und versuchen Sie es erneut.
secrets-not-saved = Secret nicht gespeichert
secrets-key-lost-means = Die Secrets von { $workspace } wurden mit einem anderen SECRETS_KEY verschlüsselt. Der Betreiber dieser Installation kann diesen Schlüssel in der Einstellung ergänzen.
secrets-admin-required = Nur für Inhaber und Admins
secrets-admin-required-means = Nur Inhaber und Admins von { $workspace } können Secrets speichern oder löschen.
secrets-internal = Bei uns ist ein Fehler aufgetreten
