membership-title = Mitgliedschaft
membership-compare-plans = Tarife vergleichen
membership-portal = Karte und Rechnungen bei { $provider }
membership-invoices = Rechnungen
membership-last-checked = Zuletzt geprüft: { $time }
membership-back = Zurück zur Mitgliedschaft

membership-usage = Nutzung
membership-usage-note = Die { $shown } Limits, die am ehesten erreicht werden. <usage>Alle { $limits } Limits</usage>

membership-nearby = Ähnliche Tarife
membership-nearby-below-and-above = { $below ->
    [one] { $below } kleinerer Tarif
   *[other] { $below } kleinere Tarife
}, { $above ->
    [one] { $above } größerer.
   *[other] { $above } größere.
}
membership-nearby-below = { $below ->
    [one] { $below } kleinerer Tarif.
   *[other] { $below } kleinere Tarife.
}
membership-nearby-above = { $above ->
    [one] { $above } größerer Tarif.
   *[other] { $above } größere Tarife.
}
membership-nearby-review = Sehen Sie vorab, was ein Tarif kostet und was sich ändert. Abgebucht wird erst, wenn Sie bestätigen.
membership-all-plans = { $plans ->
    [one] { $plans } Tarif
   *[other] Alle { $plans } Tarife
}

membership-cancel-section = Tarif kündigen
membership-cancel-section-active = Wenn Sie kündigen, bleibt { $plan } bis zum <b>{ $day }</b> aktiv. Danach gilt für diesen Arbeitsbereich { $fallback }.
membership-cancel-section-due = Wenn Sie kündigen, rechnet { $provider } keinen weiteren Zeitraum ab. Die offene Zahlung bleibt fällig.
membership-cancel-section-paused = Wenn Sie kündigen, rechnet { $provider } keinen weiteren Zeitraum ab. Das Abonnement endet am <b>{ $day }</b>.
membership-cancel-section-kept = Es wird nichts gelöscht. Wo Ihre Nutzung über einem Limit liegt, bleibt Vorhandenes erhalten, Sie können aber nichts hinzufügen.
membership-cancel-button = { $plan } kündigen

membership-cancel-title = { $plan } kündigen?
membership-cancel-trial = { $plan } bleibt bis zum Ende der Testphase am <b>{ $day }</b> aktiv. Danach gilt für diesen Arbeitsbereich { $fallback }. Es wird nichts abgebucht.
membership-cancel-paid = { $plan } bleibt bis zum <b>{ $day }</b> aktiv, dem Ende des bezahlten Zeitraums. Danach gilt für diesen Arbeitsbereich { $fallback }. Für weitere Zeiträume wird nichts abgebucht.
membership-cancel-paused = { $plan } bleibt bis zum <b>{ $day }</b> aktiv, dem Ende des laufenden Zeitraums. Danach gilt für diesen Arbeitsbereich { $fallback }. Für weitere Zeiträume wird nichts abgebucht.
membership-cancel-due = { $provider } rechnet keinen weiteren Zeitraum ab. Die offene Zahlung bleibt fällig. Sobald sie eingegangen ist, bleibt { $plan } bis zum <b>{ $day }</b> aktiv. Danach gilt für diesen Arbeitsbereich { $fallback }.
membership-cancel-suspended = { $provider } rechnet keinen weiteren Zeitraum ab. Das Abonnement endet am <b>{ $day }</b>.
membership-cancel-above = Es wird nichts gelöscht. Ihre Nutzung liegt über { $limits ->
    [one] { $limits } Limit von { $fallback }
   *[other] { $limits } Limits von { $fallback }
}. Vorhandenes bleibt erhalten, Sie können aber nichts hinzufügen.
membership-cancel-fits = Es wird nichts gelöscht. Ihre aktuelle Nutzung liegt innerhalb der Limits von { $fallback }.
membership-cancel-pending = Damit entfällt auch die geplante Änderung.
membership-cancel-undo = Bis dahin können Sie die Kündigung auf der Seite „Mitgliedschaft“ zurücknehmen.
membership-cancel-keep = { $plan } behalten

membership-duplicate-found = Doppeltes Abonnement für { $plan }
membership-duplicate-found-body = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bezahlt. Wir kündigen das doppelte Abonnement und erstatten die Zahlung. Sie müssen nichts tun.
membership-duplicate-canceled = Doppeltes Abonnement gekündigt
membership-duplicate-canceled-body = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bestellt. Das doppelte Abonnement ist gekündigt. Dafür wurde nichts abgebucht.
membership-duplicate-refunded = { $amount } erstattet
membership-duplicate-refunded-body = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bezahlt. Das doppelte Abonnement ist gekündigt, und { $provider } hat { $amount } erstattet. Bis der Betrag bei Ihrer Bank erscheint, können 10 Tage vergehen.
membership-duplicate-refunded-some = Doppelte Zahlung erstattet
membership-duplicate-refunded-some-body = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bezahlt. Das doppelte Abonnement ist gekündigt, und { $provider } hat die Zahlung erstattet. Bis der Betrag bei Ihrer Bank erscheint, können 10 Tage vergehen.
membership-duplicate-flagged = Doppelte Zahlung nicht erstattet
membership-duplicate-flagged-body = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bezahlt. Das doppelte Abonnement ist gekündigt, aber { $provider } hat die Zahlung nicht erstattet: { $reason }. Wenden Sie sich an den Betreiber dieser Installation.
membership-refund-too-old = Die letzte Zahlung liegt mehr als einen Tag vor dem Beginn des anderen Abonnements
membership-refund-no-payment = Der Anbieter nennt keine Zahlung, die erstattet werden kann
membership-refund-failed = Die Erstattung ist dort fehlgeschlagen
membership-refund-unsupported = Der Anbieter unterstützt keine Erstattungen
membership-duplicate-flagged-body-without-reason = Am { $day } wurde für diesen Arbeitsbereich { $plan } zusätzlich zu einem anderen Abonnement bezahlt. Das doppelte Abonnement ist gekündigt, aber { $provider } hat die Zahlung nicht erstattet. Wenden Sie sich an den Betreiber dieser Installation.

membership-leave-title = Zahlungsseite
membership-leave-head = Weiter bei { $host }.
membership-leave-lead = Die Seite öffnet sich im ganzen Fenster. Danach kehren Sie dorthin zurück, wo Sie waren.
membership-leave-open = { $host } öffnen
membership-leave-note = Es wurde noch nichts abgebucht

membership-cancel-why = Warum kündigen Sie? (optional)
membership-cancel-feedback = { $feedback ->
    [too_expensive] Es ist zu teuer
    [missing_features] Uns fehlen Funktionen
    [switched_service] Wir wechseln zu einem anderen Produkt
    [unused] Wir nutzen es zu wenig
    [too_complex] Es ist zu kompliziert
    [low_quality] Die Qualität reicht uns nicht
    [customer_service] Der Support reicht uns nicht
   *[other] Ein anderer Grund
}
membership-cancel-comment = Möchten Sie noch etwas anmerken? (optional)
membership-cancel-comment-hint = Höchstens { $most } Zeichen. { $provider } und der Betreiber von { -app-name } können das lesen.
