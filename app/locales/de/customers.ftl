customers-title = Kunden
customers-title-products = Produkte
customers-title-subscriptions = Abonnements
customers-lead = Kunden von { $workspace }, mit Abrechnung über das eigene Konto.
customers-lead-products = Produkte, die { $workspace } über das eigene Konto verkauft.
customers-lead-subscriptions = Wiederkehrende Zahlungen der Kunden von { $workspace }.
customers-members-only-read = Nur Inhaber und Admins von { $workspace } können die Kunden sehen. { $role ->
    [billing] Sie haben die Rolle „Abrechnung“.
   *[member] Sie sind Mitglied.
}
customers-nav-account = Konto
customers-nav-lists = Listen

customers-account = Ihr Konto bei { $provider }
customers-account-none = Ihr Konto
customers-newest-first = Neueste zuerst.
customers-newest = Neueste
customers-older = Ältere
customers-pages = Seiten der Kundenliste
customers-pages-products = Seiten der Produktliste
customers-pages-subscriptions = Seiten der Abonnementliste

customers-none = Noch keine Kunden.
customers-no-more = Keine weiteren Kunden.
customers-none-means = Kunden erscheinen hier nach ihrer ersten Zahlung auf einer Ihrer Checkout-Seiten.
customers-choose-product = Produkt auswählen und Checkout-Link erstellen
customers-of = Kunden von { $workspace }
customers-customer = Kunde
customers-since = Kunde seit
customers-subscriptions = Abonnements
customers-subscriptions-of = von { $customer }

customers-no-products = Noch keine Produkte.
customers-no-more-products = Keine weiteren Produkte.
customers-no-products-means = Erstellen Sie unten ein Produkt, und senden Sie Ihren Kunden einen Checkout-Link dafür.
customers-products-of = Produkte von { $workspace }
customers-product = Produkt
customers-price = Preis
customers-no-price = Kein Preis
customers-checkout-link = Checkout-Link
customers-checkout-link-for = für { $product }, { $price }
customers-product-at-price = { $product }, { $price }

customers-custom-amount = Variabler Betrag
customers-price-once = { $price } einmalig
customers-price-each = { $interval ->
    [day] { $price } pro Tag
    [week] { $price } pro Woche
    [month] { $price } pro Monat
    [year] { $price } pro Jahr
   *[other] { $price } pro { $interval }
}
customers-price-every = { $interval ->
    [day] { $price } alle { $count } Tage
    [week] { $price } alle { $count } Wochen
    [month] { $price } alle { $count } Monate
    [year] { $price } alle { $count } Jahre
   *[other] { $price } alle { $count } × { $interval }
}

customers-new-product = Neues Produkt
customers-product-name = Name
customers-product-name-hint = Kunden sehen ihn auf der Checkout-Seite.
customers-product-name-wrong = Geben Sie einen einzeiligen Namen mit 1 bis 200 Zeichen ein
customers-description = Beschreibung
customers-description-hint = Optional.
customers-description-wrong = Geben Sie höchstens 2.000 Zeichen ein
customers-price-hint = Zum Beispiel 29 oder 29,50.
customers-price-wrong = Geben Sie einen Betrag unter 1 Million wie 29 oder 29,50 mit höchstens 2 Nachkommastellen ein
customers-currency = Währung
customers-currency-wrong = Geben Sie einen Währungscode mit 3 Buchstaben ein, zum Beispiel USD
customers-cycle = Abrechnungszeitraum
customers-cycle-wrong = Wählen Sie aus, wie oft Kunden zahlen
customers-cycle-day = täglich
customers-cycle-week = wöchentlich
customers-cycle-month = monatlich
customers-cycle-year = jährlich
customers-cycle-once = einmalig
customers-create-product = { $provider ->
    [none] Produkt erstellen
   *[other] Produkt bei { $provider } erstellen
}

customers-success-url = Erfolgs-URL
customers-success-url-hint = Wohin Kunden nach der Zahlung gelangen, zum Beispiel https://yourapp.com/success.
customers-success-url-wrong = Geben Sie die URL ein, zu der Kunden nach der Zahlung gelangen. Sie muss mit https:// beginnen
customers-cancel-url = Abbruch-URL
customers-cancel-url-hint = Wohin Kunden gelangen, wenn sie den Checkout ohne Zahlung verlassen. Optional.
customers-cancel-url-wrong = Geben Sie eine URL ein, die mit https:// beginnt, oder lassen Sie das Feld leer
customers-customer-email = E-Mail des Kunden
customers-customer-email-hint = Wird auf der Checkout-Seite bereits eingetragen. Optional.
customers-customer-email-wrong = Geben Sie eine gültige E-Mail-Adresse ein, oder lassen Sie das Feld leer
customers-sell-wrong = Wählen Sie einen anderen Preis: Dieser steht nicht zum Verkauf oder kann nicht einzeln verkauft werden
customers-create-link = Checkout-Link erstellen
customers-back-to-products = Zurück zu den Produkten
customers-unlisted = Dieser Preis steht nicht auf dieser Seite der Liste
customers-unlisted-means = Es wurde kein Link erstellt. Suchen Sie den Preis auf den älteren Seiten.

customers-link-copy = Kopieren Sie den Checkout-Link jetzt. Er wird nur einmal angezeigt.
customers-link-label = Neuer Checkout-Link
customers-link-means = Senden Sie ihn an einen einzelnen Kunden. Er gilt für eine Zahlung und läuft bei { $polar } nach spätestens einer Stunde, bei { $stripe } nach spätestens einem Tag ab.
customers-link-open = Checkout-Seite öffnen
customers-link-was-shown = Der Checkout-Link wurde bereits angezeigt
customers-link-was-shown-means = Er funktioniert, bis er abläuft. Unten können Sie einen weiteren erstellen.

customers-no-subscriptions = Noch keine Abonnements.
customers-no-more-subscriptions = Keine weiteren Abonnements.
customers-no-subscriptions-of-one = Dieser Kunde hat keine aktiven Abonnements.
customers-of-one = Ein Kunde
customers-of-one-note = Nur aktive Abonnements. <all>Alle Abonnements</all>
customers-all-subscriptions = Alle Abonnements
customers-subscriptions-of-workspace = Abonnements der Kunden von { $workspace }
customers-product-and-customer = Produkt und Kunde
customers-status = Status
customers-period-ends = Zeitraum endet
customers-actions = Aktionen
customers-cancel = Kündigen
customers-cancel-of = ({ $product } für { $customer })
customers-subscription-unlisted = Dieses Abonnement steht nicht auf dieser Seite der Liste
customers-subscription-unlisted-means = Es wurde nichts gekündigt. Suchen Sie das Abonnement auf den älteren Seiten.

customers-is-ending = endet mit dem Zeitraum
customers-is-active = aktiv
customers-is-trialing = in der Testphase
customers-is-past-due = Zahlung überfällig
customers-is-incomplete = erste Zahlung steht aus
customers-is-expired = nie bezahlt
customers-is-canceled = beendet
customers-is-paused = pausiert

customers-cancel-ask = { $product } für { $customer } kündigen?
customers-cancel-is-ending = Es endet bereits am <b>{ $end }</b>. Sie können es trotzdem mit sofortiger Wirkung kündigen.
customers-cancel-is-ending-undated = Es endet bereits mit dem Abrechnungszeitraum. Sie können es trotzdem mit sofortiger Wirkung kündigen.
customers-cancel-paid = Wenn Sie zum Ende des Zeitraums kündigen, bleibt das Abonnement bis zum <b>{ $end }</b> aktiv. Bis dahin ist es bezahlt. Danach bucht { $provider } nichts mehr ab.
customers-cancel-unpaid = Wenn Sie zum Ende des Zeitraums kündigen, bleibt das Abonnement bis zum <b>{ $end }</b> aktiv. Danach bucht { $provider } nichts mehr ab.
customers-cancel-undated = Wenn Sie zum Ende des Zeitraums kündigen, bleibt das Abonnement bis dahin aktiv. Danach bucht { $provider } nichts mehr ab.
customers-cancel-now-means = Wenn Sie sofort kündigen, endet das Abonnement jetzt, und { $provider } erstattet nichts automatisch. Beides lässt sich hier nicht rückgängig machen.
customers-cancel-on = Zum { $end } kündigen
customers-cancel-at-period-end = Zum Ende des Zeitraums kündigen
customers-cancel-now = Sofort kündigen
customers-keep = Abonnement behalten

customers-rejected = { $provider ->
    [none] Ihr Zahlungsanbieter hat diese Anfrage abgelehnt
   *[other] { $provider } hat diese Anfrage abgelehnt
}
customers-rejected-means = Es wurde nichts erstellt oder gekündigt.
customers-created = Produkt erstellt
customers-created-means = Es steht zum Verkauf. Unten können Sie einen Checkout-Link dafür erstellen.
customers-ending = Abonnement endet mit dem Abrechnungszeitraum
customers-ending-means = Bis dahin behält der Kunde, was er bezahlt hat.
customers-ended = Abonnement gekündigt
customers-ended-means = Dem Kunden wird dafür nichts mehr berechnet.
customers-not-found = { $provider ->
    [none] Ihr Zahlungsanbieter hat dazu nichts gefunden
   *[other] { $provider } hat dazu nichts gefunden
}
customers-not-found-means = Der Eintrag wurde dort gelöscht oder gehört zu einem anderen Konto. Es wurde nichts geändert.
customers-unavailable = { $provider ->
    [none] Ihr Zahlungsanbieter ist nicht erreichbar oder nimmt gerade keine weiteren Anfragen an
   *[other] { $provider } ist nicht erreichbar oder nimmt gerade keine weiteren Anfragen an
}
customers-unavailable-means = Prüfen Sie die Liste, bevor Sie die Anfrage erneut senden. Möglicherweise wurde sie trotzdem ausgeführt.
customers-no-key-yet = Noch kein API-Schlüssel
customers-no-key-yet-means = Hinterlegen Sie zuerst den API-Schlüssel Ihres eigenen Kontos unter „Secrets“.
customers-in-progress = Zweimal gesendet, die erste Anfrage läuft noch
customers-in-progress-means = Sehen Sie gleich in der Liste nach.
customers-sent-twice = Zweimal gesendet, aber nur einmal ausgeführt
customers-sent-twice-means = Das Ergebnis steht in der Liste.
customers-key-unreadable = Der API-Schlüssel kann nicht entschlüsselt werden
customers-key-unreadable-means = SECRETS_KEY ist nicht gesetzt oder hat sich geändert. Das kann der Betreiber dieser Installation beheben.
customers-admin-required = Nur für Inhaber und Admins
customers-admin-required-means = Nur Inhaber und Admins von { $workspace } können über das Konto des Arbeitsbereichs verkaufen.
customers-throttled = Zu viele Anfragen
customers-throttled-means = Es wurde nichts abgefragt oder geändert. Laden Sie die Seite in einer Minute neu.
customers-internal = Bei uns ist ein Fehler aufgetreten
customers-internal-means = Prüfen Sie die Liste, bevor Sie es erneut versuchen.

customers-try-again = Erneut versuchen
customers-list-throttled = { $provider } nimmt gerade keine weiteren Anfragen an
customers-list-throttled-means = Ihr Konto hat zu viele Anfragen erhalten, von hier oder von anderer Stelle. Ihre Daten dort sind davon nicht betroffen.
customers-list-unreadable = Die Antwort von { $provider } konnte nicht gelesen werden
customers-list-unavailable = { $provider } ist nicht erreichbar
customers-list-unaffected = Ihre Daten dort sind davon nicht betroffen.
customers-list-no-page = Diese Seite der Liste gibt es nicht
customers-list-no-page-means = Die Liste hat sich geändert, oder die URL ist unvollständig.
customers-list-no-customer = { $provider } hat diesen Kunden nicht gefunden
customers-list-no-customer-means = Der Kunde wurde dort gelöscht oder gehört zu einem anderen Konto.
customers-list-rejected = { $provider } hat diese Anfrage abgelehnt
customers-list-check-key = API-Schlüssel unter „Secrets“ prüfen
customers-list-not-configured = Secrets sind in dieser Installation nicht verfügbar, weil SECRETS_KEY nicht gesetzt ist. Das kann der Betreiber ändern.
customers-list-key-lost = Die Secrets dieses Arbeitsbereichs wurden mit einem anderen SECRETS_KEY verschlüsselt. Der Betreiber dieser Installation kann diesen Schlüssel in der Einstellung ergänzen.
customers-no-account = Noch kein Zahlungskonto verbunden.
customers-no-account-means = Speichern Sie für die Abrechnung mit Ihren eigenen Kunden den API-Schlüssel Ihres Kontos als Secret: ein Zugriffstoken von { $polar } als <code>polar_api_key</code> oder einen geheimen Schlüssel von { $stripe } als <code>stripe_secret_key</code>. Zahlungen gehen direkt auf dieses Konto. Das Geld läuft nie über { -app-name }.
customers-add-key = API-Schlüssel unter „Secrets“ hinzufügen
