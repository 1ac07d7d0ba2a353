account-sign-in-title = Anmelden
account-sign-in-head = Bei { -app-name } anmelden.
account-sign-in-lead = Tarif, Nutzung und Zahlungen Ihres Arbeitsbereichs.
account-sign-in = Anmelden
account-sign-in-forgot = <forgot>Passwort vergessen?</forgot>
account-sign-in-new = Neu hier? <signup>Erstellen Sie einen Arbeitsbereich</signup>. Für den kostenlosen Tarif brauchen Sie keine Karte.
account-signed-out-head = Sie sind abgemeldet
account-signed-out-body = Sie wurden in diesem Browser abgemeldet.
account-deleted-head = Ihr Konto wurde gelöscht
account-deleted-body = Ihre personenbezogenen Daten wurden gelöscht. Um { -app-name } wieder zu verwenden, erstellen Sie ein neues Konto.
account-session-over-head = Ihre Sitzung ist beendet
account-session-over-body = Es wurde nichts gespeichert. Melden Sie sich an, um dort weiterzumachen, wo Sie waren.

account-demo-head = Das ist die Demo
account-demo-note = Hier ist nichts echt, und keine Karte wird belastet. Die Passwörter stehen in der Startmeldung.
account-demo-caption = Demokonten
account-demo-column-account = Anmelden als
account-demo-column-may = Zugriff
account-demo-place = { $workspace }, { $plan }
account-demo-change = Bearbeiten
account-demo-look = Nur ansehen

account-code-title = Code eingeben
account-code-head = Geben Sie Ihren Code ein.
account-code-lead = Dieses Konto verwendet Zwei-Faktor-Authentifizierung. Geben Sie den Code aus Ihrer Authenticator-App ein.
account-code-hint = Oder einen Ihrer Wiederherstellungscodes. Jeder funktioniert nur einmal.
account-code-lost = Haben Sie keinen Zugriff mehr auf Authenticator-App und Wiederherstellungscodes? Wenden Sie sich an den Betreiber dieser Installation.

account-confirm-title = Bestätigen
account-confirm-head = Bestätigen Sie, dass Sie es sind.
account-confirm-lead = Es wurde noch nichts gespeichert: Sie haben zuletzt vor mehr als 15 Minuten Ihr Passwort oder einen Code eingegeben. Bestätigen Sie, und senden Sie das Formular dann erneut.
account-confirm-with-password = Bestätigen
account-confirm-with-code = Mit einem Code bestätigen
account-confirm-code-hint = Aus Ihrer Authenticator-App oder ein Wiederherstellungscode.
account-confirm-sign-in-again = Dieses Konto hat weder ein Passwort noch einen zweiten Faktor. Melden Sie sich ab und dann auf demselben Weg wie zuvor wieder an.

account-sign-up-title = Arbeitsbereich erstellen
account-sign-up-head = Erstellen Sie einen Arbeitsbereich.
account-sign-up-lead = Er startet im kostenlosen Tarif. Dafür brauchen Sie keine Karte.
account-sign-up-lead-review = Er startet im kostenlosen Tarif. Danach sehen Sie die Bestellübersicht für { $plan }. Abgebucht wird erst, wenn Sie bestätigen.
account-sign-up = Arbeitsbereich erstellen
account-sign-up-have-one = Sie haben schon einen Arbeitsbereich? <login>Anmelden</login>
account-sign-up-workspace-hint = Der Name Ihres Teams oder Unternehmens. Wenn Sie das Feld leer lassen, wird der Name aus Ihrer E-Mail-Adresse gebildet.
account-workspace-hint = Wenn Sie das Feld leer lassen, wird der Name aus Ihrer E-Mail-Adresse gebildet.
account-sign-up-refused-head = Der Arbeitsbereich wurde nicht erstellt
account-sign-up-refused-body = Möglicherweise hat diese Adresse ein Konto mit einem anderen Passwort. <login>Melden Sie sich an</login>, oder verwenden Sie eine andere Adresse.

account-forgot-title = Passwort vergessen
account-forgot-head = Setzen Sie Ihr Passwort zurück.
account-forgot-lead = Wir senden Ihnen per E-Mail einen Link, mit dem Sie ein neues wählen können.
account-forgot-send = Link senden
account-forgot-sent-head = Sehen Sie in Ihrem Posteingang nach
account-forgot-sent-body = Wenn es zu dieser Adresse ein Konto gibt, haben wir einen Link dorthin gesendet. Er funktioniert nur einmal und ist 1 Stunde gültig.
account-forgot-no-mail-head = Diese Installation versendet keine E-Mails
account-forgot-no-mail-body = Bitten Sie den Betreiber um einen Link. Dieser Befehl gibt einen aus, der nur einmal funktioniert und 1 Stunde gültig ist:
account-password-title = Neues Passwort
account-password-head = Wählen Sie ein neues Passwort.
account-password-lead = Es ersetzt das bisherige sofort. Alle Browser, die mit dem bisherigen angemeldet sind, werden abgemeldet.
account-password-set = Passwort festlegen und anmelden
account-password-expired = Dieser Link ist abgelaufen.
account-password-unknown = Dieser Link funktioniert nicht mehr.
account-password-invalid-lead = Ein Link funktioniert nur einmal und ist 1 Stunde gültig. Ein neues Passwort macht alle anderen Links ungültig.
account-password-again = Neuen Link anfordern

account-invitation-title = Einladung zu { $workspace }
account-invitation = Einladung
account-invitation-head-by = { $email } lädt Sie zu { $workspace } ein.
account-invitation-head = Sie sind zu { $workspace } eingeladen.
account-invitation-lead = { $role ->
    [owner] Die Einladung gilt für { $email } mit der Rolle „Inhaber“. Sie läuft am <b>{ $expires } UTC</b> ab.
    [admin] Die Einladung gilt für { $email } mit der Rolle „Admin“. Sie läuft am <b>{ $expires } UTC</b> ab.
    [billing] Die Einladung gilt für { $email } mit der Rolle „Abrechnung“. Sie läuft am <b>{ $expires } UTC</b> ab.
   *[member] Die Einladung gilt für { $email } mit der Rolle „Mitglied“. Sie läuft am <b>{ $expires } UTC</b> ab.
}
account-invitation-join = { $workspace } beitreten
account-invitation-other = Sie sind als { $current } angemeldet, die Einladung gilt aber für { $email }. Um sie anzunehmen, melden Sie sich ab und dann als { $email } wieder an.
account-sign-out-and-return = Abmelden und zurückkommen
account-stay-signed-in = Angemeldet bleiben
account-invitation-sign-in = Wenn es für { $email } ein Konto bei { -app-name } gibt, melden Sie sich an. Danach kommen Sie hierher zurück und können die Einladung annehmen.
account-invitation-new = Andernfalls wählen Sie ein Passwort, um ein Konto zu erstellen. Dabei entsteht kein weiterer Arbeitsbereich.
account-invitation-full-head = { $workspace } hat keinen freien Platz mehr
account-invitation-full-body = Sie sind nicht beigetreten. Bitten Sie die Person, die Sie eingeladen hat, einen Platz freizugeben oder einen größeren Tarif zu wählen. Danach funktioniert dieser Link wieder.
account-invitation-credentials-head = Mit diesem Passwort konnten Sie nicht beitreten
account-invitation-credentials-body = Wenn die Adresse schon ein Konto hat, melden Sie sich mit dessen Passwort an, oder setzen Sie das Passwort zuerst zurück.
account-invitation-attempts-head = Zu viele Versuche
account-invitation-attempts-body = Sie sind nicht beigetreten. Warten Sie 15 Minuten, und versuchen Sie es dann erneut.
account-invitation-busy-head = Zu viele gleichzeitige Anfragen
account-invitation-busy-body = Sie sind nicht beigetreten. Versuchen Sie es in ein paar Sekunden erneut.
account-invitation-internal-head = Bei uns ist ein Fehler aufgetreten
account-invitation-internal-body = Sie sind nicht beigetreten. Versuchen Sie es in einer Minute erneut.
account-invitation-unknown-head = Diese Einladung gibt es nicht.
account-invitation-unknown-lead = Prüfen Sie, ob der Link vollständig kopiert wurde, oder bitten Sie die Person, die Sie eingeladen hat, um einen neuen.
account-invitation-used-head = Diese Einladung wurde bereits angenommen.
account-invitation-used-lead = Sie funktioniert nur einmal. Wenn Sie sie angenommen haben, melden Sie sich an, um den Arbeitsbereich zu öffnen.
account-invitation-withdrawn-head = Diese Einladung wurde zurückgezogen.
account-invitation-withdrawn-lead = Die Person, die Sie eingeladen hat, kann eine neue senden.
account-invitation-replaced-head = Es gibt eine neuere Einladung.
account-invitation-replaced-lead = Sie ersetzt diese. Verwenden Sie den Link aus der neueren.
account-invitation-expired-head = Diese Einladung ist abgelaufen.
account-invitation-expired-lead = Einladungen laufen nach 7 Tagen ab. Bitten Sie die Person, die Sie eingeladen hat, um eine neue.

account-address-title = Neue Adresse
account-address-head = { $email } verwenden?
account-address-lead = Die Adresse Ihres Kontos ändert sich von { $current } zu { $email }. Danach melden Sie sich mit der neuen Adresse an.
account-address-use = Diese Adresse verwenden
account-address-keep = Bisherige behalten
account-address-other = Dieser Link ist für ein anderes Konto.
account-address-expired = Dieser Link ist abgelaufen.
account-address-unknown = Dieser Link funktioniert nicht mehr.
account-address-invalid-lead = Ein Link funktioniert nur einmal, ist 24 Stunden gültig und gilt nur für das Konto, das ihn angefordert hat. Ein neuerer Link ersetzt ihn.
account-address-to-account = Ihr Konto

account-verify-title = Adresse bestätigen
account-verify-side = Adresse
account-verify-head = Ist das Ihre Adresse?
account-verify-lead = Mit { $email } wurde ein Konto erstellt. Bestätigen Sie die Adresse nur, wenn Sie das Konto selbst erstellt haben. Andernfalls legen Sie ein neues Passwort fest: Damit gehört das Konto Ihnen, seine Schlüssel werden widerrufen und seine Sitzungen beendet.
account-verify-confirm = Adresse bestätigen
account-verify-other = Sie sind als { $current } angemeldet, dieser Link gilt aber für { $email }. Um die Adresse zu bestätigen, melden Sie sich als { $email } an.
account-verify-sign-out = Abmelden und neu anmelden
account-verify-sign-in = Melden Sie sich zuerst mit diesem Konto an. Danach kommen Sie hierher zurück und können die Adresse bestätigen.
account-verify-not-mine = Ich habe dieses Konto nicht erstellt
account-verify-expired = Dieser Link ist abgelaufen.
account-verify-unknown = Dieser Link funktioniert nicht mehr.
account-verify-invalid-lead = Er wurde verwendet oder durch einen neueren ersetzt. Wenn Ihre Adresse noch nicht bestätigt ist, können Sie auf Ihrer Teamseite einen neuen Link senden.
account-verify-to-team = Zu Ihrem Team

account-unsubscribe-title = E-Mail-Benachrichtigungen
account-unsubscribe-side = E-Mails
account-unsubscribe-head = { $mail ->
    [usage_limits] E-Mails zu Nutzungslimits deaktivieren?
    [payments] E-Mails zu Zahlungen deaktivieren?
   *[monthly_report] Monatsbericht deaktivieren?
}
account-unsubscribe-lead = { $mail ->
    [usage_limits] { $email } erhält dann keine E-Mails mehr zu den Nutzungslimits von <bdi>{ $workspace }</bdi>. Andere E-Mails sind nicht betroffen.
    [payments] { $email } erhält dann keine E-Mails mehr zu den Zahlungen von <bdi>{ $workspace }</bdi>. Andere E-Mails sind nicht betroffen.
   *[monthly_report] { $email } erhält dann keinen Monatsbericht mehr für <bdi>{ $workspace }</bdi>. Andere E-Mails sind nicht betroffen.
}
account-unsubscribe-payments = Ohne diese E-Mails übersehen Sie möglicherweise eine fehlgeschlagene Zahlung, und der Tarif kann ausgesetzt werden.
account-unsubscribe-button = Deaktivieren
account-unsubscribe-done-head = { $mail ->
    [usage_limits] E-Mails zu Nutzungslimits sind deaktiviert.
    [payments] E-Mails zu Zahlungen sind deaktiviert.
   *[monthly_report] Der Monatsbericht ist deaktiviert.
}
account-unsubscribe-done = { $mail ->
    [usage_limits] { $email } erhält keine E-Mails mehr zu den Nutzungslimits von <bdi>{ $workspace }</bdi>. In Ihren Kontoeinstellungen können Sie sie wieder aktivieren.
    [payments] { $email } erhält keine E-Mails mehr zu den Zahlungen von <bdi>{ $workspace }</bdi>. In Ihren Kontoeinstellungen können Sie sie wieder aktivieren.
   *[monthly_report] { $email } erhält keinen Monatsbericht mehr für <bdi>{ $workspace }</bdi>. In Ihren Kontoeinstellungen können Sie ihn wieder aktivieren.
}
account-unsubscribe-settings = Kontoeinstellungen
account-unsubscribe-invalid = Dieser Link funktioniert nicht.
account-unsubscribe-invalid-lead = Es wurde nichts geändert. Prüfen Sie, ob der Link vollständig kopiert wurde. Links funktionieren nicht mehr, wenn Sie den Arbeitsbereich verlassen haben.

account-provider-unavailable-head = Der Identitätsanbieter ist nicht erreichbar.
account-provider-unavailable-lead = Sie sind nicht angemeldet. Versuchen Sie es in einer Minute erneut, oder melden Sie sich auf anderem Weg an.
account-provider-failed-head = Die Anmeldung wurde nicht abgeschlossen.
account-provider-failed-lead = Sie wurde beim Anbieter abgebrochen, hat länger als 10 Minuten gedauert oder wurde bereits verwendet. Melden Sie sich erneut an.
account-provider-address-head = Der Anbieter hat keine E-Mail-Adresse übermittelt.
account-provider-address-lead = Ein Konto braucht hier eine. Geben Sie sie beim Anbieter frei, und melden Sie sich dann erneut an.
account-provider-taken-head = Für Ihre Adresse gibt es bereits ein Konto.
account-provider-taken-lead = Diese Anmeldung öffnet es nicht. Melden Sie sich auf demselben Weg wie zuvor an, oder wenden Sie sich an den Betreiber dieser Installation.

account-form-title = Es wurde nichts geändert
account-form-side = Nicht ausgeführt
account-form-session-head = Dieses Formular gehörte zu einer anderen Sitzung.
account-form-session-lead = In diesem Browser ist jetzt { $workspace } geöffnet. Es wurde nichts geändert.
account-form-open-again = Seite erneut öffnen
account-form-stay = In { $workspace } bleiben
account-form-return = Zurück zu { $workspace }
account-form-elsewhere-head = Dieses Formular gehörte zu { $workspace }.
account-form-elsewhere-lead = Jetzt ist { $workspace } geöffnet, weil ein anderer Tab dorthin gewechselt hat. Es wurde in keinem der beiden Arbeitsbereiche etwas geändert.
account-form-outside-head = Dieses Formular gehörte zu einem Arbeitsbereich, in dem Sie nicht Mitglied sind.
account-form-outside-lead = Jetzt ist { $workspace } geöffnet. Es wurde in keinem der beiden Arbeitsbereiche etwas geändert.
account-form-person-head = Dieses Formular gehörte zu einer anderen Person.
account-form-person-lead = Sie sind als { $email } angemeldet, weil in einem anderen Tab eine Anmeldung erfolgt ist. Es wurde nichts geändert.
account-form-unknown-head = Dieses Formular gibt keinen Arbeitsbereich an.
account-form-unknown-lead = Jetzt ist { $workspace } geöffnet. Es wurde nichts geändert. Öffnen Sie die Seite erneut, und senden Sie das Formular von dort.
