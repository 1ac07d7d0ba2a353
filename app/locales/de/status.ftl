status-title = { $workspace } nutzt den Tarif { $plan }.
status-title-suspended = { $workspace } ist auf den Tarif { $plan } beschränkt.

status-fallback-granted = { $plan } (freigeschaltet)
status-fallback-granted-until = { $plan } (freigeschaltet bis { $date })

status-payment-provider = Der Zahlungsanbieter

status-only-admins = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können den Tarif ändern. Sie sind Mitglied.

status-next-payment = Die nächste Zahlung über <b>{ $amount }</b> erfolgt am <b>{ $date }</b>.
status-next-invoice = Die nächste Rechnung über <b>{ $amount }</b> wird am <b>{ $date }</b> verschickt.
status-renews-free = { $plan } verlängert sich am <b>{ $date }</b>. Es wird keine Zahlung fällig.
status-renews = { $plan } verlängert sich am <b>{ $date }</b>. Den Betrag finden Sie bei { $provider }.
status-active = { $plan } ist aktiv.
status-ends-later = { $plan } endet am { $date }.
status-payment-unconfirmed = Am <b>{ $date }</b> war eine Zahlung über <b>{ $amount }</b> fällig. { $provider } hat sie noch nicht bestätigt.
status-payment-unconfirmed-unknown = Am <b>{ $date }</b> war eine Zahlung fällig. { $provider } hat sie noch nicht bestätigt.
status-collection-paused = Der Zahlungseinzug über { $provider } ist ausgesetzt. Bis er wieder beginnt, wird nichts abgebucht.
status-collection-paused-until = Der Zahlungseinzug über { $provider } ist ausgesetzt. Bis zum { $date } wird nichts abgebucht.
status-starts-when-paid = { $plan } wird aktiv, sobald die Zahlung eingegangen ist.
status-granted-above-paid = { $granted } ist für diesen Arbeitsbereich freigeschaltet. Sie bezahlen { $paid }.
status-granted-above-paid-until = { $granted } ist für diesen Arbeitsbereich bis zum { $date } freigeschaltet. Sie bezahlen { $paid }.

status-open-invoice = Eine Rechnung über <b>{ $amount }</b> ist offen.
status-open-invoice-due = Eine Rechnung über <b>{ $amount }</b> ist bis zum <b>{ $date }</b> zu bezahlen.

status-ending = { $plan } bleibt bis zum <b>{ $date }</b> aktiv, danach wechselt dieser Arbeitsbereich zu { $fallback }. Es wird nichts gelöscht.
status-changing = { $plan } bleibt bis zum <b>{ $date }</b> aktiv, danach wechselt dieser Arbeitsbereich zu { $next }.
status-changing-to-monthly = { $plan } wird ab dem <b>{ $date }</b> monatlich abgerechnet.
status-changing-to-yearly = { $plan } wird ab dem <b>{ $date }</b> jährlich abgerechnet.
status-next-price = { $plan } kostet { $price }.
status-next-price-of-cycle = Der Preis beträgt dann { $price }.
status-first-invoice = Die erste Rechnung nach dem Wechsel beträgt { $amount }.

status-trial-free = Die Testphase läuft bis zum <b>{ $date }</b>. Danach wird keine Zahlung fällig.
status-trial-invoice = Die Testphase läuft bis zum <b>{ $date }</b>, danach wird eine Rechnung über <b>{ $amount }</b> verschickt. Wenn Sie vorher kündigen, erhalten Sie keine.
status-trial-price = Die Testphase läuft bis zum <b>{ $date }</b>, danach zahlen Sie <b>{ $price }</b>. Wenn Sie vorher kündigen, wird nichts abgebucht.
status-trial-amount = Die Testphase läuft bis zum <b>{ $date }</b>, danach werden <b>{ $amount }</b> fällig. Wenn Sie vorher kündigen, wird nichts abgebucht.
status-trial = Die Testphase läuft bis zum <b>{ $date }</b>, danach bucht { $provider } die erste Zahlung ab. Wenn Sie vorher kündigen, wird nichts abgebucht.

status-overdue = Eine Zahlung über <b>{ $amount }</b> ist überfällig.
status-overdue-unknown = Eine Zahlung ist überfällig.
status-overdue-for = Eine Zahlung über <b>{ $amount }</b> für { $plan } ist überfällig.
status-overdue-for-unknown = Eine Zahlung für { $plan } ist überfällig.
status-overdue-grace = { $plan } bleibt bis zum <b>{ $date }</b> aktiv. Es wird nichts gelöscht.
status-overdue-suspended = { $plan } wird wieder aktiv, sobald die Zahlung eingegangen ist. Es wird nichts gelöscht.
status-overdue-granted = Bis die Zahlung eingegangen ist, gilt für diesen Arbeitsbereich { $fallback }. Es wird nichts gelöscht.

status-incomplete = Die erste Zahlung für { $plan } ist noch nicht abgeschlossen. { $plan } wird aktiv, sobald sie eingegangen ist.
status-never-paid = Die erste Zahlung für { $plan } wurde nie abgeschlossen. Es wurde nichts abgebucht.

status-paused = { $plan } ist bei { $provider } pausiert.
status-ended = { $plan } endete am <b>{ $date }</b>. Es wurde nichts gelöscht.
status-ended-unpaid = { $plan } wurde am <b>{ $date }</b> beendet, weil die am { $due } fällige Zahlung nicht eingegangen ist. Es wurde nichts gelöscht.

status-granted = { $plan } ist für diesen Arbeitsbereich freigeschaltet.
status-granted-until = { $plan } ist für diesen Arbeitsbereich bis zum <b>{ $date }</b> freigeschaltet.
status-granted-free = Dafür wird nichts berechnet.
status-granted-custom = Der Preis ist individuell vereinbart.
status-free = { $plan } ist kostenlos. Eine Karte brauchen Sie dafür nicht.
status-no-provider = Diese Installation hat keinen Zahlungsanbieter. Sie können Tarife vergleichen, aber nicht buchen.

status-limit-reached = { $feature }: Limit erreicht ({ $limit })
status-limits-reached = { $limits ->
    [one] { $limits } Limit erreicht
   *[other] { $limits } Limits erreicht
}
status-limit-soft = <usage>{ $feature }</usage>: { $used } von { $limit } genutzt. Sie können dieses Limit überschreiten, erhalten aber eine Warnung.
status-limit-resets = <usage>{ $feature }</usage>: { $used } von { $limit } genutzt. Weitere Nutzung ist erst ab dem { $date } wieder möglich.
status-limit-hard = <usage>{ $feature }</usage>: { $used } von { $limit } genutzt. Weitere Nutzung ist erst möglich, wenn Sie etwas freigeben.

status-declined-on = Die Zahlung über { $amount } vom { $date } wurde abgelehnt
status-declined = Die Zahlung über { $amount } wurde abgelehnt
status-declined-unknown-on = Die Zahlung vom { $date } wurde abgelehnt
status-declined-unknown = Die Zahlung wurde abgelehnt
status-invoice-overdue-since = Die Zahlung über { $amount } war am { $date } fällig
status-invoice-overdue = Die Zahlung über { $amount } ist überfällig
status-invoice-overdue-unknown-since = Die Zahlung war am { $date } fällig
status-invoice-overdue-unknown = Die Zahlung ist überfällig

status-due = { $plan } bleibt bis zum <b>{ $date }</b> aktiv. Danach gelten die Limits von { $fallback }, bis die Zahlung eingeht. Es wird nichts gelöscht.
status-due-beside-grant = Die Zahlung ist für { $plan }. Bis sie eingeht, gelten die Limits von { $fallback }. Es wird nichts gelöscht.

status-suspended-since = Seit dem { $date } auf den Tarif { $plan } beschränkt
status-suspended = Auf den Tarif { $plan } beschränkt
status-suspended-amount = Es sind noch { $amount } offen. { $plan } wird wieder aktiv, sobald die Zahlung eingegangen ist.
status-suspended-unknown = Die Zahlung ist noch offen. { $plan } wird wieder aktiv, sobald sie eingegangen ist.

status-first-payment = Die erste Zahlung für { $plan } ist noch nicht abgeschlossen
status-first-payment-waiting = { $provider } wartet auf die Zahlung. { $plan } wird aktiv, sobald sie eingegangen ist.
status-first-payment-finish = Bei { $provider } abschließen

status-update-card = Karte bei { $provider } aktualisieren
status-pay-invoice = Offene Rechnung bezahlen
status-pay-invoice-now = Offene Rechnung jetzt bezahlen
status-admins-can-fix = Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können das beheben.

status-ends = { $plan } endet am { $date }
status-changes = Wechsel von { $plan } zu { $next } am { $date }
status-changes-to-monthly = { $plan } wird ab dem { $date } monatlich abgerechnet
status-changes-to-yearly = { $plan } wird ab dem { $date } jährlich abgerechnet
status-then-fallback = Danach wechselt dieser Arbeitsbereich zu { $fallback }.
status-active-until-then = { $plan } bleibt bis dahin aktiv.
status-exceeds = { $limits ->
    [one] Ihre Nutzung liegt über { $limits } Limit von { $plan }. Vorhandenes bleibt erhalten, Sie können aber nichts hinzufügen.
   *[other] Ihre Nutzung liegt über { $limits } Limits von { $plan }. Vorhandenes bleibt erhalten, Sie können aber nichts hinzufügen.
}
status-canceled-too = { $plan } ist gekündigt und endet am { $date }.
status-change-waits = Der Wechsel zu { $plan } ist für den { $date } geplant.
status-keep = { $plan } behalten
status-admins-can-keep = Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können das rückgängig machen.

status-also-at = Außerdem bei { $provider }
status-also-included = Wird mit dem Tarif abgerechnet:
status-item-priced = { $name }, { $price }
status-item-quantity = { $quantity } × { $name }
status-unmanaged-no-plan = Es gehört zu keinem Tarif und wirkt sich daher nicht auf Limits aus.
status-unmanaged-moved = Sein Preis gehört zu keinem Tarif mehr. Der bisherige Tarif bleibt aktiv, bis das geklärt ist.
status-unmanaged-status = { $provider } meldet den Status „{ $status }“, den { -app-name } nicht kennt.
status-unmanaged-status-unknown = { $provider } meldet einen Status, den { -app-name } nicht kennt.
status-unmanaged-unreadable = { -app-name } kann die zugehörigen Daten von { $provider } nicht lesen.
status-unmanaged-several = Es wird zusätzlich zum aktuellen Tarif bezahlt. Es gelten die Limits des besten Tarifs.
status-unmanaged-since = Zuerst erfasst am { $date }.
status-unmanaged-unnamed = Ein Abonnement
status-unmanaged-elsewhere = { $count ->
    [one] { -app-name } ändert oder kündigt es nicht. Verwalten Sie es bei { $provider }.
   *[other] { -app-name } ändert oder kündigt sie nicht. Verwalten Sie sie bei { $provider }.
}
