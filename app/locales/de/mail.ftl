mail-because-admin = Sie erhalten diese E-Mail als Admin von { $workspace }.
mail-because-billing = Sie erhalten diese E-Mail, weil Sie den Tarif von { $workspace } verwalten können.

mail-invitation-subject = Einladung zu { $workspace }
mail-invitation-by = { $inviter } hat Sie { $role ->
    [owner] als Inhaber
    [admin] als Admin
    [billing] mit der Rolle „Abrechnung“
   *[member] als Mitglied
} zu { $workspace } eingeladen.
mail-invitation-by-nobody = Sie sind { $role ->
    [owner] als Inhaber
    [admin] als Admin
    [billing] mit der Rolle „Abrechnung“
   *[member] als Mitglied
} zu { $workspace } eingeladen.
mail-invitation-what = { $role ->
    [owner] Sie können Nutzung und Rechnungen einsehen, den Tarif ändern sowie Schlüssel, Secrets und Personen verwalten, auch andere Inhaber.
    [admin] Sie können Nutzung und Rechnungen einsehen, den Tarif ändern sowie Schlüssel, Secrets und Personen verwalten.
    [billing] Sie können Tarif, Nutzung und Rechnungen einsehen, den Tarif wechseln und die Karte aktualisieren.
   *[member] Sie können Tarif und Nutzung einsehen.
}
mail-invitation-button = Einladung annehmen
mail-invitation-until = Der Link funktioniert nur einmal und ist bis zum { $until } UTC gültig.
mail-invitation-unknown = Wenn Sie { $sender } nicht kennen, ignorieren Sie diese E-Mail. Ohne Ihre Zustimmung werden Sie nicht hinzugefügt.

mail-reset-subject = Passwort für { -app-name } zurücksetzen
mail-reset-what = Für { $email } wurde ein neues Passwort angefordert.
mail-reset-button = Neues Passwort wählen
mail-reset-until = Der Link funktioniert nur einmal und ist bis zum { $until } UTC gültig. Mit dem neuen Passwort werden Sie in allen anderen Browsern abgemeldet.
mail-reset-ignore = Wenn Sie das nicht angefordert haben, ignorieren Sie diese E-Mail. Ihr Passwort bleibt unverändert.

mail-verify-subject = Bestätigen Sie Ihre E-Mail-Adresse
mail-verify-what = Mit der Adresse { $email } wurde ein Konto bei { -app-name } erstellt.
mail-verify-do = Wenn Sie das waren, melden Sie sich an, und öffnen Sie diese Seite, um die Adresse zu bestätigen. Der Link ist bis zum { $until } UTC gültig.
mail-verify-button = Adresse bestätigen
mail-verify-ignore = Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Das Konto kann niemanden einladen und keine Schlüssel erstellen. Um es zu übernehmen, setzen Sie das Passwort zurück. Damit werden alle Sitzungen beendet, und alles, was vorher eingerichtet wurde, wird entfernt.

mail-change-subject = Bestätigen Sie Ihre neue E-Mail-Adresse
mail-change-what = Das Konto { $old } bei { -app-name } soll künftig die Adresse { $new } verwenden.
mail-change-what-unverified = Ein Konto bei { -app-name } soll künftig die Adresse { $new } verwenden.
mail-change-do = Öffnen Sie zur Bestätigung diese Seite, während Sie angemeldet sind. Der Link funktioniert nur einmal und ist bis zum { $until } UTC gültig. Bis zur Bestätigung gilt die bisherige Adresse.
mail-change-button = Neue Adresse bestätigen
mail-change-ignore = Wenn Sie das nicht waren, ignorieren Sie diese E-Mail. Es ändert sich nichts.

mail-change-notice-subject = Ihre E-Mail-Adresse soll geändert werden
mail-change-notice-what = Für das Konto { $old } bei { -app-name } wurde die neue Adresse { $new } angefordert. Die bisherige Adresse gilt, bis der an { $new } gesendete Link geöffnet wird.
mail-change-notice-else = Wenn Sie das nicht veranlasst haben, ändern Sie in den Kontoeinstellungen Ihr Passwort, und melden Sie sich überall ab.

mail-taken-subject = Ihre E-Mail-Adresse wurde für ein anderes Konto angefordert
mail-taken-what = Ein anderes Konto bei { -app-name } möchte die Adresse { $email } verwenden, die bereits zu einem Konto gehört. Es wurde nichts geändert.
mail-taken-do = Wenn Sie das waren, melden Sie sich mit { $email } an oder geben Sie dem Konto mit dieser Adresse zuerst eine andere. Andernfalls müssen Sie nichts tun.

mail-notice-password-subject = Ihr Passwort für { -app-name } wurde geändert
mail-notice-password = Das Passwort für { $email } wurde am { $at } UTC geändert.
mail-notice-password-reset = Für { $email } wurde am { $at } UTC über einen Link zum Zurücksetzen ein neues Passwort festgelegt.
mail-notice-password-token = Für { $email } wurde am { $at } UTC von einer App, bei der Sie sich anmelden, ein Passwort festgelegt.
mail-notice-factor-on-subject = Zwei-Faktor-Authentifizierung aktiviert
mail-notice-factor-on = Für { $email } wurde am { $at } UTC die Zwei-Faktor-Authentifizierung aktiviert.
mail-notice-factor-off-subject = Zwei-Faktor-Authentifizierung deaktiviert
mail-notice-factor-off = Für { $email } wurde am { $at } UTC die Zwei-Faktor-Authentifizierung deaktiviert.
mail-notice-codes-subject = Ihre Wiederherstellungscodes wurden ersetzt
mail-notice-codes = Für { $email } wurden am { $at } UTC neue Wiederherstellungscodes erstellt. Die alten gelten nicht mehr.
mail-notice-linked-subject = Neue Anmeldemethode hinzugefügt
mail-notice-linked = Mit { $email } wurde am { $at } UTC die Anmeldung über eine andere App verknüpft. In den Kontoeinstellungen können Sie sie entfernen.
mail-notice-else = Wenn Sie das waren, müssen Sie nichts tun. Andernfalls wählen Sie jetzt ein neues Passwort. Damit werden Sie in allen Browsern abgemeldet, und verknüpfte Anmeldemethoden werden entfernt.
mail-notice-button = Neues Passwort wählen

mail-limit-near-subject = { $workspace }: Limit für { $feature } fast erreicht
mail-limit-threshold-subject = { $workspace }: Benachrichtigungsschwelle für { $feature } erreicht
mail-limit-used = { $feature }: { $used } von { $limit } genutzt.
mail-limit-used-unlimited = { $feature }: { $used } genutzt. Es gibt kein Limit mehr.
mail-limit-near-hard = Sobald das Limit erreicht ist, werden Anfragen abgelehnt.
mail-limit-near-soft = Nutzung über das Limit hinaus wird weiterhin gezählt, mit einer Warnung.
mail-limit-reached-subject = { $workspace }: Limit für { $feature } erreicht
mail-limit-reached-hard = Anfragen werden abgelehnt, bis das Limit wieder unterschritten ist.
mail-limit-reached-soft = Weitere Nutzung wird gezählt, mit einer Warnung.
mail-limit-cleared-subject = { $workspace }: { $feature } wieder unter dem Limit
mail-limit-cleared = Das Limit ist wieder unterschritten.
mail-limit-at = Stand: { $at } UTC. Pro Limit und Zeitraum erhalten Sie höchstens eine E-Mail jeder Art.
mail-limit-plan = { $plan } erlaubt { $limit }.
mail-limit-plan-unlimited = Mit { $plan } entfällt dieses Limit.
mail-limit-button = Nutzung und Tarife ansehen

mail-payment-failed-subject = { $workspace }: Zahlung fehlgeschlagen
mail-payment-overdue-subject = { $workspace }: Zahlung überfällig
mail-payment-failed = Die Zahlung über { $price } für { $plan } wurde abgelehnt.
mail-payment-failed-unknown = Die Zahlung für { $plan } wurde abgelehnt.
mail-payment-overdue = Die Rechnung über { $price } für { $plan } ist überfällig.
mail-payment-overdue-unknown = Die Rechnung für { $plan } ist überfällig.
mail-payment-still-due = Die Zahlung über { $price } für { $plan } steht noch aus.
mail-payment-still-due-unknown = Die Zahlung für { $plan } steht noch aus.
mail-payment-grace = { $current } bleibt bis zum { $until } UTC aktiv. Danach gelten die Limits des Tarifs { $fallback }, bis die Zahlung eingeht. Es wird nichts gelöscht.
mail-payment-grace-soon = { $current } bleibt vorerst aktiv. Geht die Zahlung nicht bald ein, gelten die Limits des Tarifs { $fallback }, bis sie eingeht. Es wird nichts gelöscht.
mail-payment-do-card = { $provider } versucht es automatisch erneut. Um sofort zu bezahlen, aktualisieren Sie Ihre Karte.
mail-payment-do-invoice = Bezahlen Sie die Rechnung, die { $provider } Ihnen gesendet hat.
mail-payment-button-card = Karte aktualisieren
mail-payment-button-invoice = Rechnung ansehen
mail-grace-ends-subject = { $workspace }: { $current } endet am { $until }
mail-grace-ends-soon-subject = { $workspace }: { $current } endet bald
mail-suspended-subject = { $workspace }: Es gelten jetzt die Limits des Tarifs { $fallback }
mail-suspended = Die Kulanzfrist ist abgelaufen, daher gelten die Limits des Tarifs { $fallback }. Was darüber liegt, bleibt erhalten, aber Sie können nichts hinzufügen. { $plan } ist wieder aktiv, sobald die Zahlung eingeht.
mail-recovered-subject = { $workspace }: Zahlung eingegangen
mail-recovered = Die Zahlung über { $price } für { $plan } ist eingegangen.
mail-recovered-unknown = Die Zahlung für { $plan } ist eingegangen.
mail-recovered-renews = { $plan } ist aktiv und verlängert sich am { $at }.
mail-recovered-active = { $plan } ist aktiv.
mail-recovered-button = Mitgliedschaft ansehen
mail-trial-ends-subject = { $workspace }: Ihre Testphase für { $plan } endet am { $at }
mail-trial-ends = Ihre Testphase für { $plan } endet am { $at } UTC.
mail-trial-then-charge = Danach werden { $price } abgebucht.
mail-trial-then-charge-month = Danach werden monatlich { $price } abgebucht.
mail-trial-then-charge-year = Danach werden jährlich { $price } abgebucht.
mail-trial-then-charge-every = Danach werden { $every } { $price } abgebucht.
mail-trial-then-invoice = Danach erhalten Sie eine Rechnung über { $price }.
mail-trial-then-invoice-month = Danach erhalten Sie monatlich eine Rechnung über { $price }.
mail-trial-then-invoice-year = Danach erhalten Sie jährlich eine Rechnung über { $price }.
mail-trial-then-invoice-every = Danach erhalten Sie { $every } eine Rechnung über { $price }.
mail-trial-then-unknown = Danach ist das Abonnement kostenpflichtig.
mail-trial-do = Wenn Sie { $plan } behalten möchten, müssen Sie nichts tun. Wenn Sie vorher kündigen, zahlen Sie nichts.
mail-trial-button = Abonnement verwalten

mail-report-subject = { $workspace }: Nutzung im { $month }
mail-report-month = { $month ->
    [1] Januar { $year }
    [2] Februar { $year }
    [3] März { $year }
    [4] April { $year }
    [5] Mai { $year }
    [6] Juni { $year }
    [7] Juli { $year }
    [8] August { $year }
    [9] September { $year }
    [10] Oktober { $year }
    [11] November { $year }
   *[12] Dezember { $year }
}
mail-report-what = Hier ist der Monatsbericht für { $workspace }.
mail-report-plan = Tarif
mail-report-next-payment = Nächste Zahlung
mail-report-payment = { $amount } am { $at }
mail-report-ends = Tarif endet am
mail-report-highest = Höchste Nutzung je Limit im { $month }:
mail-report-used = { $used } von { $limit }
mail-report-used-unlimited = { $used }, kein Limit
mail-report-unused = Der Tarif enthält keine Funktionen mit gezählter Nutzung, und im { $month } wurde nichts genutzt.
mail-report-button = Nutzung ansehen
mail-because-report = Sie erhalten diese E-Mail, weil Sie den Monatsbericht für { $workspace } aktiviert haben.

mail-off-usage-limits = E-Mails zu Nutzungslimits deaktivieren
mail-off-payments = E-Mails zu Zahlungen deaktivieren
mail-off-monthly-report = Monatsbericht deaktivieren

mail-enterprise-subject = Enterprise-Anfrage von { $company }
mail-enterprise-what = { $company } braucht mehr, als die angebotenen Tarife enthalten.
mail-enterprise-company = Unternehmen
mail-enterprise-contact = Kontakt
mail-enterprise-email = E-Mail
mail-enterprise-use-cases = Anwendungsfälle
mail-enterprise-scale = Erwarteter Umfang
mail-enterprise-workspace = Arbeitsbereich
mail-enterprise-sent = Gesendet
mail-enterprise-number = Anfrage-ID
mail-enterprise-notes = Anmerkungen:
mail-enterprise-none = nicht angegeben
mail-enterprise-no-workspace = keiner (nicht angemeldet)
mail-enterprise-sent-at = { $at } UTC

mail-endpoint-subject = { $workspace }: Webhook-Endpunkt deaktiviert
mail-endpoint-what = Der Webhook-Endpunkt { $url } von { $workspace } wurde am { $at } UTC deaktiviert.
mail-endpoint-gone = Er hat mit 410 Gone geantwortet: Es gibt ihn nicht mehr.
mail-endpoint-failing = Seit mehreren Tagen ist jede Zustellung fehlgeschlagen.
mail-endpoint-by-admin = Ein Admin hat ihn deaktiviert.
mail-endpoint-do = Er erhält keine Nachrichten, bis ein Admin ihn aktiviert. Auf seiner Seite sind die Nachrichten aufgeführt; dort lässt sich jede erneut senden.
mail-endpoint-button = Endpunkt ansehen

mail-secret-set-subject = { $workspace }: Secret für Zahlungen geändert
mail-secret-deleted-subject = { $workspace }: Secret für Zahlungen gelöscht
mail-secret-set = { $who } hat am { $at } UTC das Secret { $name } von { $workspace } gesetzt.
mail-secret-set-unnamed = { $who } hat am { $at } UTC ein Secret von { $workspace } gesetzt.
mail-secret-deleted = { $who } hat am { $at } UTC das Secret { $name } von { $workspace } gelöscht.
mail-secret-deleted-unnamed = { $who } hat am { $at } UTC ein Secret von { $workspace } gelöscht.
mail-secret-from = Die Anfrage kam von { $address }.
mail-secret-set-effect = Zahlungen Ihrer Kunden gehen jetzt auf das Konto, zu dem dieses Secret gehört.
mail-secret-deleted-effect = Ohne dieses Secret hat { -app-name } keinen Zugriff auf Checkouts und Abonnements Ihrer Kunden.
mail-secret-do = Wenn das nicht beabsichtigt war, setzen Sie das Secret neu, und prüfen Sie, welche Personen und Schlüssel Zugriff auf den Arbeitsbereich haben. Weitere Änderungen innerhalb einer Stunde fassen wir in einer E-Mail zusammen. Im Protokoll steht jede einzeln.
mail-secret-button = Personen prüfen
mail-secret-key = Der API-Schlüssel { $name }

mail-sample-workspace = Muster Robotik
mail-sample-person = Ada Berger
mail-sample-scale = 2 Millionen Anfragen am Tag
mail-sample-notes = Wir möchten in Euro abrechnen und benötigen einen Vertrag zur Auftragsverarbeitung.
