notice-joined-head = Sie sind { $workspace } beigetreten
notice-joined-body = Der Arbeitsbereich ist jetzt geöffnet. Über das Menü oben können Sie zu einem anderen wechseln.
notice-left-head = Sie haben den Arbeitsbereich verlassen
notice-left-body = Jetzt ist { $workspace } geöffnet, ein anderer Ihrer Arbeitsbereiche.
notice-workspace-deleted-head = Arbeitsbereich gelöscht
notice-workspace-deleted-body = Der Betreiber dieser Installation kann ihn 30 Tage lang wiederherstellen. Jetzt ist { $workspace } geöffnet, ein anderer Ihrer Arbeitsbereiche.
notice-password-set-head = Passwort geändert
notice-password-set-body = Sie sind hier mit dem neuen Passwort angemeldet und überall sonst abgemeldet.
notice-handed-over-head = Passwort geändert, das Konto gehört jetzt Ihnen
notice-handed-over-body = Die Adresse war bisher nicht bestätigt. Deshalb wurde alles beendet, was bisher damit eingerichtet war: Sitzungen, Zwei-Faktor-Authentifizierung, API-Schlüssel, Einladungen, Secrets, Webhook-Endpunkte und der Zugang zu Arbeitsbereichen, denen jemand über einen nicht per E-Mail gesendeten Link beigetreten ist.
notice-address-proven-head = Adresse bestätigt
notice-address-proven-body = Sie können jetzt Personen einladen und API-Schlüssel erstellen, soweit Ihre Rolle es erlaubt.
notice-not-in-portal-head = Dafür brauchen Sie ein Konto
notice-not-in-portal-body = Sie kommen aus einem anderen Produkt. Von dort aus ist das nicht verfügbar. Es wurde nichts geändert.
notice-synced-head = { $provider ->
    [none] Daten aktualisiert
   *[other] Daten von { $provider } aktualisiert
}
notice-synced-body = { $provider ->
    [none] Diese Seite zeigt die aktuellen Daten.
   *[other] Diese Seite zeigt die aktuellen Daten von { $provider }.
}
notice-ending-head = Tarif gekündigt
notice-ending-body = Wann er endet, steht auf dieser Seite. Bis dahin können Sie die Kündigung zurücknehmen.
notice-resumed-head = Tarif beibehalten
notice-resumed-body = Er verlängert sich wie bisher. Für die Änderung wurde nichts abgebucht.
notice-canceled-head = Bestellung abgebrochen
notice-canceled-body = { $provider ->
    [none] Sie haben die Zahlungsseite verlassen, ohne zu bezahlen. Es wurde nichts abgebucht, und Ihr Tarif ist unverändert.
   *[other] Sie haben die Seite von { $provider } verlassen, ohne zu bezahlen. Es wurde nichts abgebucht, und Ihr Tarif ist unverändert.
}

notice-no-subscription-head = Kein Tarif zum Kündigen oder Behalten
notice-no-subscription-body = Dieser Arbeitsbereich hat keinen bezahlten Tarif. Es wurde nichts geändert.
notice-admin-required-head = Ihre Rolle erlaubt das nicht
notice-admin-required-body = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können den Tarif ändern.
notice-no-customer-head = { $provider ->
    [none] Noch keine Zahlungen
   *[other] Noch keine Zahlungen bei { $provider }
}
notice-no-customer-body = Dieser Arbeitsbereich hat noch keinen Tarif bezahlt. Rechnungen und Zahlungsmittel erscheinen nach der ersten Zahlung.
notice-conflict-head = Gleichzeitig wurde etwas anderes geändert
notice-conflict-body = Es wurde nichts abgebucht. Prüfen Sie den aktuellen Tarif, und versuchen Sie es dann erneut.
notice-validation-head = Bestellung nicht ausgeführt
notice-validation-body = Es wurde nichts abgebucht. Wählen Sie den Tarif noch einmal.
notice-throttled-head = Zu viele Versuche
notice-throttled-body = { $provider ->
    [none] Es ging keine Anfrage an den Zahlungsanbieter. Es wurde nichts abgebucht oder geändert. Versuchen Sie es in einer Minute erneut.
   *[other] Es ging keine Anfrage an { $provider }. Es wurde nichts abgebucht oder geändert. Versuchen Sie es in einer Minute erneut.
}
notice-busy-head = Andere Bestellungen dieses Arbeitsbereichs werden gerade verarbeitet
notice-busy-body = Es wurde nichts abgebucht oder geändert. Versuchen Sie es in ein paar Sekunden erneut.
notice-internal-head = Bei uns ist ein Fehler aufgetreten
notice-internal-body = Es wurde nichts abgebucht oder geändert.
notice-internal-number = Wenn es noch einmal passiert, nennen Sie uns diese Nummer: <code>{ $number }</code>

notice-billing-not-configured-head = Kein Zahlungsanbieter eingerichtet
notice-billing-not-configured-body = In dieser Installation können Sie Tarife vergleichen, aber nicht buchen. Der Betreiber kann mit PAYMENT_PROVIDER einen Anbieter einrichten.
notice-provider-unavailable-head = { $provider ->
    [none] Der Zahlungsanbieter ist nicht erreichbar
   *[other] { $provider } ist nicht erreichbar
}
notice-provider-unavailable-body = Es wurde nichts abgebucht. Tarif und Limits sind unverändert. Versuchen Sie es in einer Minute erneut.
notice-outcome-unknown-head = { $provider ->
    [none] Der Zahlungsanbieter hat nicht geantwortet
   *[other] { $provider } hat nicht geantwortet
}
notice-outcome-unknown-body = Ob Ihre Änderung ausgeführt wurde, steht noch nicht fest. Prüfen Sie Ihren Tarif in einer Minute, bevor Sie es erneut versuchen.
notice-provider-account-changed-head = { $provider ->
    [none] Der Zahlungsanbieter ist derzeit nicht verfügbar
   *[other] { $provider } ist derzeit nicht verfügbar
}
notice-provider-account-changed-body = Es wurde nichts abgebucht. Tarif und Limits sind unverändert. Der Betreiber dieser Installation muss den richtigen Schlüssel hinterlegen.
notice-unknown-at-provider-head = { $provider ->
    [none] Der Zahlungsanbieter kennt diesen Arbeitsbereich nicht
   *[other] { $provider } kennt diesen Arbeitsbereich nicht
}
notice-unknown-at-provider-body = Es wurde nichts abgebucht. Tarif und Limits sind unverändert. Wenden Sie sich an den Betreiber dieser Installation.
notice-provider-rejected-head = { $provider ->
    [none] Der Zahlungsanbieter hat die Anfrage abgelehnt
   *[other] { $provider } hat die Anfrage abgelehnt
}
notice-provider-rejected-body = Es wurde nichts abgebucht. Wenn es noch einmal passiert, wenden Sie sich an den Betreiber dieser Installation.

notice-address-head = Bestätigen Sie Ihre Adresse
notice-address-for-account = { $email } ist noch nicht bestätigt. Bestätigen Sie die Adresse, um Personen einzuladen und API-Schlüssel zu erstellen.
notice-address-for-keys = { $email } ist noch nicht bestätigt. Bestätigen Sie die Adresse, um API-Schlüssel zu erstellen.
notice-address-for-team = { $email } ist noch nicht bestätigt. Bestätigen Sie die Adresse, um Personen einzuladen.
notice-address-sent = Wir haben eine E-Mail an { $email } gesendet. Der Link darin gilt 24 Stunden.
notice-address-throttled = Wir haben bereits mehrere E-Mails gesendet. Sehen Sie in Ihrem Posteingang nach, oder versuchen Sie es in 15 Minuten erneut.
notice-address-failed = Die E-Mail konnte nicht gesendet werden. Versuchen Sie es in einer Minute erneut.
notice-address-open-link = Öffnen Sie den Link in der E-Mail, die { -app-name } an diese Adresse gesendet hat, während Sie hier angemeldet sind.
notice-address-undelivered = Die E-Mail an { $email } { $problem }
notice-address-undelivered-action = Wenn die Adresse stimmt, senden Sie die E-Mail später erneut. Andernfalls <settings>verwenden Sie eine andere Adresse</settings>.
notice-address-send-again = E-Mail erneut senden
notice-address-no-mail = Diese Installation versendet keine E-Mails. Bitten Sie den Betreiber um einen Link. Dieser Befehl gibt einen aus:
