checkout-title = Bestellübersicht
checkout-title-plan = Bestellübersicht: { $plan }
checkout-title-change = Bestellübersicht: { $current } zu { $plan }
checkout-title-cycle = { $cycle ->
    [yearly] Bestellübersicht: { $plan }, jährliche Abrechnung
   *[other] Bestellübersicht: { $plan }, monatliche Abrechnung
}
checkout-back = <plans>Tarife</plans> / Bestellübersicht
checkout-head-change = Von { $current } zu { $plan }.
checkout-head-cycle = { $cycle ->
    [yearly] { $plan }, jährlich abgerechnet.
   *[other] { $plan }, monatlich abgerechnet.
}

checkout-limits-same = Alle Limits bleiben gleich.
checkout-limits-up = { $up ->
    [one] { $up } Limit steigt, keines sinkt.
   *[other] { $up } Limits steigen, keines sinkt.
}
checkout-limits-down = { $down ->
    [one] { $down } Limit sinkt.
   *[other] { $down } Limits sinken.
}
checkout-limits-up-and-down = { $up ->
    [one] { $up } Limit steigt
   *[other] { $up } Limits steigen
}, { $down ->
    [one] { $down } sinkt.
   *[other] { $down } sinken.
}
checkout-start-trial = { $days } kostenlos, ab dem { $day } dann { $price }. Wenn Sie vorher kündigen, wird nichts abgebucht.
checkout-start-paused = { $current } ist bei { $provider } pausiert. { $plan } wird aktiv, sobald das Abonnement dort fortgesetzt wird.
checkout-start-after-trial = Die Änderung gilt ab dem { $day }, dem Ende der Testphase von { $current }.
checkout-start-later = Die Änderung gilt ab dem { $day }.
checkout-start-keeps = Die Änderung gilt ab dem { $day }. Bis dahin behalten Sie { $current }.
checkout-start-paid = { $plan } wird aktiv, sobald Ihre Zahlung bei { $provider } eingegangen ist.
checkout-start-unknown = Die Änderung gilt ab Ihrer Bestätigung bei { $provider } oder ab dem nächsten Abrechnungszeitraum. { $provider } zeigt an, was zutrifft.
checkout-start-confirmed = Die Änderung gilt, sobald Sie sie bei { $provider } bestätigen.
checkout-start-confirmed-ends-trial = Die Änderung gilt, sobald Sie sie bei { $provider } bestätigen. Damit endet Ihre Testphase.

checkout-granted = { $plan } ist für diesen Arbeitsbereich freigeschaltet
checkout-granted-until = { $plan } ist für diesen Arbeitsbereich bis zum { $day } freigeschaltet
checkout-granted-body = Bis zum Ende der Freischaltung gelten die Limits dieses Tarifs, unabhängig davon, welchen Sie bezahlen. Danach gelten die Limits von { $plan }.
checkout-exceeded = Ihre Nutzung liegt über { $limits ->
    [one] { $limits } Limit von { $plan }
   *[other] { $limits } Limits von { $plan }
}
checkout-exceeded-body = Es wird nichts gelöscht. Vorhandenes bleibt erhalten. Hinzufügen können Sie erst wieder etwas, wenn Ihre Nutzung unter dem Limit liegt.

checkout-changes = Was sich ändert
checkout-changes-note = { $workspace } heute ({ $day }) und nach der Änderung.
checkout-changes-region = Was sich beim Wechsel von { $current } zu { $plan } ändert
checkout-changes-table = Alle Limits bei { $current } und bei { $plan }
checkout-limit = Limit
checkout-use = Ihre Nutzung
checkout-group-up = Höher: { $limits }
checkout-group-down = Niedriger: { $limits }
checkout-group-same = Unverändert: { $limits }
checkout-not-counted = nicht gezählt
checkout-over = über dem Limit:

checkout-next = Wie es weitergeht
checkout-next-scheduled = { $provider } zeigt die Änderung noch einmal und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück. Die Änderung gilt automatisch ab dem { $day }.
checkout-next-scheduled-plan = { $provider } zeigt die Änderung noch einmal und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück. { $current } bleibt bis zum { $day } aktiv, danach wird { $plan } automatisch aktiv.
checkout-next-lifts = Mit der Änderung wird auch die Kündigung von { $current } zurückgenommen.
checkout-next-undo = Bis dahin können Sie die Änderung auf der Seite „Mitgliedschaft“ zurücknehmen.
checkout-next-trial = { $provider } fragt nach einer Karte und bucht heute nichts ab. Nach der Bestätigung kehren Sie hierher zurück, und { $plan } ist aktiv.
checkout-next-pay = { $provider } fragt nach einer Karte und zeigt den Betrag noch einmal. Nach der Zahlung kehren Sie hierher zurück, und { $plan } ist aktiv.
checkout-next-unknown = { $provider } zeigt, was sich ab wann ändert, und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück.
checkout-next-paused = { $provider } zeigt die Änderung und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück. { $current } ist bei { $provider } pausiert: { $plan } wird aktiv, sobald das Abonnement fortgesetzt wird.
checkout-next-confirm = { $provider } zeigt den Betrag noch einmal und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück.
checkout-next-confirm-plan = { $provider } zeigt den Betrag noch einmal und bittet um Ihre Bestätigung. Danach kehren Sie hierher zurück, und { $plan } ist aktiv.
checkout-later-trial = Wenn der E-Mail-Versand eingerichtet ist, wird 3 Tage vor der ersten Zahlung eine Erinnerung gesendet. Wenn Sie vor dem { $day } auf der Seite „Mitgliedschaft“ kündigen, bleibt { $plan } bis dahin aktiv, und es wird nichts abgebucht.
checkout-later-renews = Mit der Änderung wird die Kündigung zurückgenommen: { $plan } verlängert sich, bis Sie erneut kündigen.
checkout-later-again = Auf der Seite „Mitgliedschaft“ können Sie den Tarif jederzeit erneut wechseln.
checkout-later-back = Auf der Seite „Mitgliedschaft“ können Sie jederzeit zurückwechseln. Ein kleinerer Tarif oder ein kürzerer Abrechnungszeitraum gilt ab dem Ende des bezahlten Zeitraums.
checkout-later-cancel = Auf der Seite „Mitgliedschaft“ können Sie jederzeit kündigen. { $plan } bleibt dann bis zum Ende des bezahlten Zeitraums aktiv.

checkout-ordered = { $workspace } hat { $plan } bereits bestellt.
checkout-ordered-unpaid = Die erste Zahlung ist nicht abgeschlossen. Sie können erst einen anderen Tarif bestellen, wenn diese Bestellung bezahlt oder verfallen ist.
checkout-ordered-nothing = Mehr gibt es nicht zu bestätigen.
checkout-unchanged = { $workspace } nutzt bereits den Tarif { $plan }.
checkout-unchanged-nothing = Es gibt nichts zu bestätigen und nichts zu bezahlen.
checkout-costs = Der Tarif kostet { $price }.
checkout-review-other = { $plan } ansehen, { $price }

checkout-summary = Zusammenfassung
checkout-cycle = { $cycle ->
    [yearly] Jährlich
   *[other] Monatlich
}
checkout-cycle-priced = { $cycle ->
    [yearly] Jährlich, { $price }
   *[other] Monatlich, { $price }
}
checkout-billing-cycle = Abrechnungszeitraum
checkout-stay = Bei { $current } bleiben
checkout-line-trial = { $plan }, { $days }
checkout-line-until = { $current }, bis { $day }
checkout-line-period = { $cycle ->
    [yearly] { $plan }, 1 Jahr
   *[other] { $plan }, 1 Monat
}
checkout-line-from = Ab { $day }
checkout-line-afterwards = Danach
checkout-line-discounts = Rabatte
checkout-line-each = { $cycle ->
    [yearly] Danach jedes Jahr
   *[other] Danach jeden Monat
}
checkout-due-today = Heute fällig
checkout-amount-free = Kostenlos
checkout-amount-paid = Bezahlt
checkout-amount-due = Zahlung fällig
checkout-amount-paused = Pausiert
checkout-note-tax = zzgl. Steuern
checkout-note-card = Karte erforderlich
checkout-note-estimate = zzgl. Steuern, von { $provider } geschätzt
checkout-note-until-canceled = bis Sie kündigen
checkout-note-until-canceled-tax = bis Sie kündigen, zzgl. Steuern
checkout-note-amount-there = { $provider } zeigt den Betrag
checkout-note-amount-before-confirming = { $provider } zeigt den genauen Betrag, bevor Sie bestätigen
checkout-note-no-amount = derzeit nicht verfügbar; { $provider } zeigt den Betrag, bevor Sie bestätigen
checkout-note-currency = dieser Arbeitsbereich zahlt in { $currency }; der Listenpreis ist { $price }
checkout-note-list-price = Listenpreis bei Menge 1, vor Rabatten

checkout-start = Testphase bei { $provider } starten
checkout-start-note = Heute wird nichts abgebucht. { $provider } verarbeitet Ihre Kartendaten; { -app-name } sieht sie nie.
checkout-pay = Bei { $provider } bezahlen
checkout-pay-note = Abgebucht wird erst, wenn Sie bei { $provider } bestätigen. { $provider } verarbeitet Ihre Kartendaten; { -app-name } sieht sie nie.
checkout-promotion = Aktionscode
checkout-promotion-hint = Sie können ihn auch bei { $provider } eingeben.
checkout-promotion-wrong = Dieser Code kann nicht eingelöst werden. Prüfen Sie die Schreibweise, oder lassen Sie das Feld leer.
checkout-tax-added = Die Umsatzsteuer kommt bei { $provider } hinzu.
checkout-tax-id = Bei { $provider } können Sie Ihre Umsatzsteuer-ID eingeben.
checkout-address = { $provider } fragt nach Ihrer Rechnungsadresse.
checkout-confirm = Bei { $provider } bestätigen
checkout-confirm-note = Abgebucht wird erst, wenn Sie bei { $provider } bestätigen. { $provider } speichert Ihre Zahlungsdaten; { -app-name } sieht sie nie.
checkout-other-currency = Dieser Arbeitsbereich zahlt bei { $provider } in { $currency }, dieser Tarif wird hier aber in { $sold } angeboten. Deshalb können Sie hier nicht zu ihm wechseln. Wählen Sie einen anderen Tarif, oder wenden Sie sich an den Betreiber dieser Installation.
checkout-scheduled = Der Wechsel zu { $plan } ist für den { $day } geplant, und { $provider } lässt bis dahin keine andere Änderung zu. Um einen anderen Tarif zu wählen, nehmen Sie zuerst oben diesen Wechsel zurück.
checkout-collection-paused = Für diesen Arbeitsbereich zieht { $provider } derzeit keine Zahlungen ein. Ein Tarif, der sofort beginnt, lässt sich deshalb nicht bestellen. Wechseln Sie den Tarif, sobald der Einzug wieder läuft.

checkout-free = Für { $plan } ist keine Bestellung nötig.
checkout-free-body = Der Tarif ist kostenlos. Um einen bezahlten Tarif zu verlassen, kündigen Sie ihn auf der Seite „Mitgliedschaft“.
checkout-free-action = Zur Mitgliedschaft
checkout-custom = Der Preis für { $plan } wird individuell vereinbart.
checkout-custom-body = Schreiben Sie uns, was Sie brauchen. Wir antworten per E-Mail. Die Limits finden Sie in der Tabelle aller Tarife.
checkout-custom-action = { $plan } anfragen
checkout-not-sold = { $cycle ->
    [yearly] { $plan } ist nicht jährlich buchbar.
   *[other] { $plan } ist nicht monatlich buchbar.
}
checkout-not-sold-body = { $other ->
    [yearly] Der Tarif wird jährlich abgerechnet.
   *[other] Der Tarif wird monatlich abgerechnet.
}
checkout-not-sold-action = { $other ->
    [yearly] Jährliche Abrechnung ansehen
   *[other] Monatliche Abrechnung ansehen
}
checkout-not-sold-in = { $plan } ist in { $currency } nicht erhältlich.
checkout-not-sold-in-body = Ihr Arbeitsbereich behält die Währung seines ersten Abonnements. Wählen Sie einen anderen Tarif.
checkout-not-sold-in-choice = Wählen Sie einen anderen Tarif oder eine andere Währung.
checkout-unknown = Diesen Tarif gibt es nicht.
checkout-unknown-body = Vielleicht wurde er umbenannt, oder der Link ist unvollständig. Es wurde nichts bestellt.
checkout-all-plans = Alle Tarife ansehen
checkout-no-provider = Kein Zahlungsanbieter eingerichtet.
checkout-no-provider-body = In dieser Installation können Sie Tarife vergleichen, aber nicht buchen. Der Betreiber kann mit PAYMENT_PROVIDER einen Anbieter einrichten.
checkout-back-to-membership = Zurück zur Mitgliedschaft

checkout-paid-title = Bezahlt
checkout-paid-title-scheduled = Änderung geplant
checkout-paid-title-trial = Testphase gestartet
checkout-paid-title-membership = Mitgliedschaft
checkout-paid-lead = Ihre neuen Limits gelten ab sofort.
checkout-paid-stamp = Bezahlt, von { $provider } bestätigt
checkout-paid-stamp-trial = Nichts abgebucht, von { $provider } bestätigt
checkout-paid-membership = Mitgliedschaft ansehen
checkout-paid-usage = Nutzung ansehen
checkout-paid-billing = Abrechnung ansehen
checkout-paid-receipt = Rechnung { $number }: { $amount }
checkout-paid-refresh = Aktualisieren
checkout-paid-go = Zur Mitgliedschaft
checkout-processing-title = In Bearbeitung
checkout-processing = { $provider } verarbeitet Ihre Zahlung.
checkout-processing-lead = { $plan } wird aktiv, sobald die Zahlung eingeht. Diese Seite aktualisiert sich automatisch. Sie können sie verlassen, es geht nichts verloren.
checkout-not-paid-title = Nicht bezahlt
checkout-not-paid = Es wurde nichts abgebucht.
checkout-not-paid-lead = Sie haben { $provider } verlassen, ohne { $plan } zu bezahlen. Ihr Tarif hat sich nicht geändert.
checkout-not-paid-action = { $plan } erneut ansehen
checkout-waiting-title = Wird geprüft
checkout-unavailable = { $provider } ist nicht erreichbar.
checkout-unavailable-lead = Falls Sie dort bezahlt haben, ist Ihre Zahlung nicht verloren. Wir fragen so lange nach, bis { $provider } antwortet. Diese Seite aktualisiert sich automatisch.
checkout-throttled = Wir fragen gleich bei { $provider } nach.
checkout-throttled-lead = Für { $workspace } wurde in den letzten Minuten oft nachgefragt. Falls Sie bezahlt haben, ist Ihre Zahlung nicht verloren. Diese Seite aktualisiert sich automatisch.
checkout-no-order-title = Keine Bestellung
checkout-no-order = Es gibt keine aktuelle Bestellung.
checkout-no-order-lead = { $provider ->
    [none] { $workspace } hat in letzter Zeit keine Bestellung begonnen. Es wurde nichts abgebucht.
   *[other] { $workspace } hat in letzter Zeit keine Bestellung bei { $provider } begonnen. Es wurde nichts abgebucht.
}

checkout-raised = Höhere Limits
checkout-raised-note = Was { $plan } gegenüber { $free } zusätzlich erlaubt.
checkout-raised-to = auf
checkout-raised-more = { $limits ->
    [one] Und { $limits } weiteres.
   *[other] Und { $limits } weitere.
}
checkout-raised-all = Alle Limits
