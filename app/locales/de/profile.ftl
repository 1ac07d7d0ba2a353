profile-title = Ihr Konto
profile-side = Konto
profile-lead = Sie sind als { $email } angemeldet. Dieses Konto gilt für alle Ihre Arbeitsbereiche.

profile-two-factor = Zwei-Faktor-Authentifizierung
profile-two-factor-unavailable = Sie können die Zwei-Faktor-Authentifizierung nicht einrichten, weil SECRETS_KEY nicht gesetzt ist. Das kann der Betreiber dieser Installation ändern.
profile-two-factor-off = Aus. Mit Zwei-Faktor-Authentifizierung brauchen Sie bei der Anmeldung zusätzlich einen Code aus einer Authenticator-App. Ein gestohlenes Passwort allein reicht dann nicht.
profile-two-factor-set-up = Zwei-Faktor-Authentifizierung einrichten
profile-two-factor-scan = Scannen Sie diesen QR-Code mit einer Authenticator-App, oder geben Sie den Einrichtungsschlüssel in der App ein. Geben Sie dann hier den Code ein, den die App anzeigt.
profile-qr-code = QR-Code mit dem Einrichtungsschlüssel
profile-setup-key = Einrichtungsschlüssel
profile-code-hint = 6 Ziffern.
profile-turn-on = Aktivieren
profile-cancel-setup = Abbrechen
profile-two-factor-on = { $codes ->
    [one] Aktiv seit { $day }. Noch { $codes } Wiederherstellungscode übrig.
   *[other] Aktiv seit { $day }. Noch { $codes } Wiederherstellungscodes übrig.
}
profile-renew-codes = Neue Wiederherstellungscodes erstellen
profile-turn-off = Zwei-Faktor-Authentifizierung deaktivieren
profile-codes-shown = Speichern Sie Ihre Wiederherstellungscodes
profile-codes-shown-body = Mit jedem Code können Sie sich einmal ohne Authenticator-App anmelden. Die Codes werden nur jetzt angezeigt. Speichern Sie sie dort, wo Sie Ihre Passwörter aufbewahren.
profile-codes = Wiederherstellungscodes

profile-password = Passwort
profile-current-password = Aktuelles Passwort
profile-current-password-wrong = Das ist nicht Ihr aktuelles Passwort
profile-new-password = Neues Passwort
profile-password-note = Dadurch werden Sie in allen anderen Browsern abgemeldet.
profile-change-password = Passwort ändern
profile-set-password = Passwort festlegen

profile-address = E-Mail-Adresse
profile-address-no-mail = Diese Installation versendet keine E-Mails. Eine neue Adresse lässt sich daher nicht bestätigen.
profile-new-address = Neue E-Mail-Adresse
profile-new-address-hint = Wir senden einen Link an die neue Adresse. Bis Sie ihn öffnen, bleibt Ihre Adresse { $email }.
profile-new-address-hint-notice = Wir senden einen Link an die neue Adresse und eine Benachrichtigung an { $email }. Ihre Adresse ändert sich, sobald Sie den Link öffnen.
profile-send-link = Link senden
profile-pending-address = Neue Adresse bestätigen
profile-pending-address-until = Wir haben einen Link an { $email } gesendet. Er gilt bis zum { $until } UTC.
profile-pending-address-hint = Öffnen Sie den Link, während Sie hier angemeldet sind. Falls ein anderes Konto diese Adresse verwendet, weist die E-Mail darauf hin und enthält keinen Link.
profile-link-not-delivered = Der Link konnte nicht zugestellt werden
profile-link-not-delivered-why = Die E-Mail an { $email } { $outcome }
profile-link-not-delivered-hint = Ihre Adresse wurde nicht geändert. Prüfen Sie die neue Adresse, und senden Sie den Link erneut.
profile-keep-address = Bisherige Adresse behalten

profile-linked = Verknüpfte Anmeldungen
profile-linked-note = Mit jeder davon können Sie sich ohne Passwort anmelden. Wenn Sie Ihr Passwort per E-Mail zurücksetzen oder Ihre Adresse ändern, werden alle entfernt.
profile-linked-note-only = Mit jeder davon können Sie sich anmelden. Die letzte lässt sich nicht entfernen.
profile-linked-table = Anmeldungen, die mit diesem Konto verknüpft sind
profile-column-provider = Anbieter
profile-column-linked = Verknüpft am
profile-column-last-used = Zuletzt verwendet
profile-unknown = Unbekannt
profile-firebase-project = Firebase-Projekt { $project }
profile-remove = Entfernen

profile-sessions = Sitzungen
profile-sessions-note = Wo Sie angemeldet sind. Alle Zeiten in UTC.
profile-sessions-table = Browser, in denen Sie angemeldet sind
profile-column-device = Gerät
profile-column-ip-address = IP-Adresse
profile-column-signed-in = Angemeldet seit
profile-browser-on-system = { $browser } auf { $system }
profile-unknown-device = Unbekannter Browser oder unbekanntes Skript
profile-this-browser = (dieser Browser)
profile-end-session = Beenden
profile-sign-out-everywhere = Überall abmelden
profile-sign-out-everywhere-note = Beendet alle Sitzungen, auch diese.

profile-password-changed = Passwort geändert
profile-password-changed-body = In allen anderen Browsern sind Sie jetzt abgemeldet.
profile-link-sent = Link gesendet
profile-link-sent-body = Öffnen Sie ihn innerhalb von 24 Stunden, um die neue Adresse zu verwenden. Falls ein anderes Konto diese Adresse verwendet, weist die E-Mail darauf hin und enthält keinen Link.
profile-address-kept = Adresse nicht geändert
profile-address-kept-body = Der Link, der an die neue Adresse gesendet wurde, ist nicht mehr gültig.
profile-address-changed = Adresse geändert
profile-address-changed-body = Melden Sie sich ab jetzt mit der neuen Adresse an.
profile-two-factor-turned-on = Zwei-Faktor-Authentifizierung ist aktiviert
profile-two-factor-turned-on-body = Bei der Anmeldung brauchen Sie ab jetzt auch einen Code. Speichern Sie die Wiederherstellungscodes unten.
profile-two-factor-turned-off = Zwei-Faktor-Authentifizierung ist deaktiviert
profile-two-factor-turned-off-body = Ihre Wiederherstellungscodes gelten nicht mehr.
profile-codes-renewed = Neue Wiederherstellungscodes erstellt
profile-codes-renewed-body = Die alten Codes gelten nicht mehr.
profile-sign-in-removed = Verknüpfte Anmeldung entfernt
profile-sign-in-removed-body = Damit können Sie sich nicht mehr anmelden. Browser, die damit angemeldet sind, bleiben angemeldet, bis Sie deren Sitzungen unten beenden.
profile-session-ended = Sitzung beendet
profile-session-ended-body = Dieser Browser ist abgemeldet.
profile-desk-needs-two-factor = Die Betreiberkonsole erfordert Zwei-Faktor-Authentifizierung
profile-desk-needs-two-factor-body = Richten Sie sie hier ein, und kehren Sie dann zur Betreiberkonsole zurück.
profile-no-mail = Diese Installation versendet keine E-Mails
profile-two-factor-not-available = Zwei-Faktor-Authentifizierung ist nicht verfügbar
profile-two-factor-not-available-body = SECRETS_KEY ist in dieser Installation nicht gesetzt. Das kann der Betreiber ändern.
profile-address-in-use = Diese Adresse gehört zu einem anderen Konto
profile-link-of-other-account = Dieser Link gehört zu einem anderen Konto
profile-nothing-changed = Es wurde nichts geändert.
profile-conflict = Bereits erledigt
profile-conflict-body = Diese Seite zeigt den aktuellen Stand.

profile-delete = Konto löschen
profile-delete-operator = Sie sind Betreiber dieser Installation, und das Konto eines Betreibers kann nicht gelöscht werden. Entfernen Sie zuerst den Betreiber: <code>server operator remove --email { $email }</code>
profile-delete-only-owner = Sie sind der einzige Inhaber von { $workspaces }. Machen Sie auf der Team-Seite eine andere Person zum Inhaber, oder löschen Sie den Arbeitsbereich in seinen Einstellungen. Danach können Sie Ihr Konto löschen.
profile-delete-means = Sie verlassen alle Ihre Arbeitsbereiche, und die von Ihnen erstellten API-Schlüssel funktionieren nicht mehr. Die Arbeitsbereiche bleiben bestehen. Adresse, Passwort, Zwei-Faktor-Authentifizierung und Anmeldungen werden sofort gelöscht. Das lässt sich nicht rückgängig machen.
profile-delete-type = Geben Sie zur Bestätigung Ihre Adresse ein: { $email }
profile-delete-wrong = Geben Sie Ihre E-Mail-Adresse genau so ein, wie sie angezeigt wird
profile-delete-button = Konto löschen
profile-delete-last-owner = Ihr Konto wurde nicht gelöscht. Machen Sie auf der Team-Seite eine andere Person zum Inhaber, oder löschen Sie den Arbeitsbereich in seinen Einstellungen.
