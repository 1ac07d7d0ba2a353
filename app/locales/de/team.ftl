team-page = Team
team-title = { $people ->
    [0] Noch keine Mitglieder
    [one] { $people } Person
   *[other] { $people } Personen
}
team-title-room = { $people ->
    [0] Noch keine Mitglieder
    [one] { $people } Person
   *[other] { $people } Personen
}, { $left ->
    [one] noch { $left } Platz frei
   *[other] noch { $left } Plätze frei
}
team-title-full = { $people ->
    [0] Noch keine Mitglieder
    [one] { $people } Person
   *[other] { $people } Personen
}, alle Plätze belegt
team-title-over = { $people ->
    [0] Noch keine Mitglieder
    [one] { $people } Person
   *[other] { $people } Personen
}, { $over } mehr, als der Tarif erlaubt
team-members-only-read = Nur Inhaber und Admins von { $workspace } können das Team sehen, Personen einladen und Rollen ändern. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}
team-seats = Plätze

team-members = Mitglieder
team-members-note = Inhaber und Admins können Änderungen vornehmen. Personen mit der Rolle „Abrechnung“ verwalten Tarif und Zahlungen. Mitglieder haben nur Lesezugriff.
team-members-of = Mitglieder von { $workspace }
team-only-owner = Sie sind der einzige Inhaber von { $workspace }. Um das Team zu verlassen oder Ihre Rolle zu ändern, machen Sie zuerst eine andere Person zum Inhaber.
team-email = E-Mail
team-role = Rolle
team-joined = Beigetreten
team-remove = Entfernen
team-leave = Verlassen
team-save = Speichern
team-you = (Sie)
team-role-of = Rolle von { $email }
team-save-role-of = (Rolle von { $email })
team-take-over-if-demoted = API-Schlüssel auf mich übertragen, wenn die Person kein Admin mehr ist

team-remove-from = { $email } aus { $workspace } entfernen?
team-remove-means = { $email } verliert sofort den Zugriff auf { $workspace }. Offene Einladungen, die diese Person erstellt hat, werden zurückgezogen. Sonst wird nichts gelöscht.
team-remove-member = { $email } entfernen
team-take-over = Diese API-Schlüssel auf mich übertragen
team-take-over-means = { $keys }. Andernfalls funktionieren sie sofort nicht mehr.
team-remove-unknown = Diese Person gehört nicht mehr zum Team
team-nothing-changed = Es wurde nichts geändert.
team-keep = Abbrechen

team-leave-ask = { $workspace } verlassen?
team-leave-means = Sie verlieren sofort den Zugriff, und die von Ihnen erstellten API-Schlüssel funktionieren nicht mehr. Um zurückzukehren, brauchen Sie eine neue Einladung.
team-leave-workspace = { $workspace } verlassen

team-invitations = Einladungen
team-invitations-note = Jeder Link funktioniert nur einmal. Erst eine angenommene Einladung belegt einen Platz.
team-email-wrong = Geben Sie eine gültige E-Mail-Adresse ein, zum Beispiel ada@example.com
team-role-wrong = Wählen Sie eine Rolle
team-invite-needs-account = Um Personen einzuladen, brauchen Sie ein Konto mit bestätigter E-Mail-Adresse.
team-member-may = Sieht Tarif und Nutzung
team-billing-may = Kann außerdem Rechnungen sehen, den Tarif wechseln und die Karte aktualisieren
team-admin-may = Kann außerdem Mitglieder, API-Schlüssel, Secrets und Webhooks verwalten
team-owner-may = Kann außerdem Inhaber hinzufügen und entfernen
team-send = Einladung senden
team-create-link = Einladungslink erstellen

team-full = Alle Plätze sind belegt
team-plan-seats = { $seats ->
    [one] { $plan } enthält { $seats } Platz.
   *[other] { $plan } enthält { $seats } Plätze.
}
team-your-plan-seats = { $seats ->
    [one] Ihr Tarif enthält { $seats } Platz.
   *[other] Ihr Tarif enthält { $seats } Plätze.
}
team-full-means = Um weitere Personen einzuladen, entfernen Sie ein Mitglied.

team-none-pending = Keine offenen Einladungen.
team-pending = Offene Einladungen
team-expires = Läuft ab
team-withdraw = Zurückziehen
team-withdraw-of = (Einladung an { $email })
team-send-again = Erneut senden
team-new-link = Neuen Link erstellen
team-again-for = (für { $email })
team-invited-on = { $role }, eingeladen am { $day }
team-sent-on = { $role }, gesendet am { $day }
team-created-on = { $role }, erstellt am { $day }
team-mail-outcome = Die E-Mail { $outcome }

team-invited-mailed = { $role ->
    [owner] { $email } ist als Inhaber eingeladen. Die E-Mail ist unterwegs.
    [admin] { $email } ist als Admin eingeladen. Die E-Mail ist unterwegs.
    [billing] { $email } ist mit der Rolle „Abrechnung“ eingeladen. Die E-Mail ist unterwegs.
   *[member] { $email } ist als Mitglied eingeladen. Die E-Mail ist unterwegs.
}
team-invited-mailed-means = Falls sie nicht ankommt, geben Sie stattdessen diesen Link weiter. Er wird nur einmal angezeigt.
team-invited-not-mailed = { $role ->
    [owner] { $email } ist als Inhaber eingeladen. Es wurde keine E-Mail gesendet: Geben Sie diesen Link weiter.
    [admin] { $email } ist als Admin eingeladen. Es wurde keine E-Mail gesendet: Geben Sie diesen Link weiter.
    [billing] { $email } ist mit der Rolle „Abrechnung“ eingeladen. Es wurde keine E-Mail gesendet: Geben Sie diesen Link weiter.
   *[member] { $email } ist als Mitglied eingeladen. Es wurde keine E-Mail gesendet: Geben Sie diesen Link weiter.
}
team-invited-not-mailed-means = Diese Adresse hat in letzter Zeit viele Einladungen erhalten, deshalb haben wir keine weitere E-Mail gesendet. Der Link wird nur einmal angezeigt.
team-invited-by-link = { $role ->
    [owner] { $email } ist als Inhaber eingeladen. Geben Sie diesen Link weiter. Er wird nur einmal angezeigt.
    [admin] { $email } ist als Admin eingeladen. Geben Sie diesen Link weiter. Er wird nur einmal angezeigt.
    [billing] { $email } ist mit der Rolle „Abrechnung“ eingeladen. Geben Sie diesen Link weiter. Er wird nur einmal angezeigt.
   *[member] { $email } ist als Mitglied eingeladen. Geben Sie diesen Link weiter. Er wird nur einmal angezeigt.
}
team-invited-by-link-means = Diese Installation versendet keine E-Mails. Der Link funktioniert nur für diese Adresse.
team-link = Einladungslink
team-done = Fertig

team-role-changed = Rolle geändert
team-role-changed-means = Die neue Rolle gilt sofort.
team-removed = Mitglied entfernt
team-removed-means = Die Person hat keinen Zugriff mehr auf { $workspace }.
team-withdrawn = Einladung zurückgezogen
team-withdrawn-means = Der Link funktioniert nicht mehr.
team-already-member = Bereits Mitglied
team-already-member-means = Diese Adresse gehört einem Mitglied von { $workspace }. Die Rolle können Sie in der Liste ändern.
team-no-seat = Einladung nicht erstellt: Alle Plätze sind belegt
team-no-seat-means = Entfernen Sie ein Mitglied, und versuchen Sie es erneut.
team-owner-required = Nur für Inhaber
team-owner-required-means = Nur Inhaber von { $workspace } können Inhaber hinzufügen, ändern oder entfernen.
team-last-owner = Ein Arbeitsbereich braucht mindestens einen Inhaber
team-last-owner-means = Der letzte Inhaber kann weder den Arbeitsbereich verlassen noch die Rolle wechseln. Machen Sie zuerst eine andere Person zum Inhaber.
team-not-verified = Einladung nicht erstellt: Ihre Adresse ist nicht bestätigt
team-not-verified-means = Öffnen Sie den Link, den wir Ihnen per E-Mail gesendet haben. Auf dieser Seite können Sie ihn erneut senden.
team-admin-required = Nur für Inhaber und Admins
team-admin-required-means = Nur Inhaber und Admins von { $workspace } können das Team ändern.
team-gone = Nicht mehr vorhanden
team-gone-means = Möglicherweise hat inzwischen jemand anderes etwas geändert. Diese Seite zeigt den aktuellen Stand.
team-throttled = Zu viele Einladungen
team-throttled-means = Es wurde keine Einladung erstellt. Versuchen Sie es in { $wait } erneut.
team-internal = Bei uns ist ein Fehler aufgetreten
