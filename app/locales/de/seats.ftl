seats-price = { $cycle ->
    [yearly] <b>{ $price }</b> pro Platz und Jahr
   *[other] <b>{ $price }</b> pro Platz und Monat
}
seats-beyond = { $cycle ->
    [yearly] { $included ->
        [one] { $included } Platz inklusive, danach je { $price } pro Jahr
       *[other] { $included } Plätze inklusive, danach je { $price } pro Jahr
    }
   *[other] { $included ->
        [one] { $included } Platz inklusive, danach je { $price } pro Monat
       *[other] { $included } Plätze inklusive, danach je { $price } pro Monat
    }
}
seats-beside = { $cycle ->
    [yearly] zzgl. { $price } pro Platz und Jahr
   *[other] zzgl. { $price } pro Platz und Monat
}
seats-sum = { $cycle ->
    [yearly] { $seats ->
        [one] { $price } pro Jahr für { $seats } Platz
       *[other] { $price } pro Jahr für { $seats } Plätze
    }
   *[other] { $seats ->
        [one] { $price } pro Monat für { $seats } Platz
       *[other] { $price } pro Monat für { $seats } Plätze
    }
}
seats-cell = { $price } pro Platz
seats-cell-beyond = { $price }, danach { $each } pro Platz
seats-limit = { $min } bis { $max }
seats-limit-from = Ab { $min }
seats-line-all = { $seats ->
    [one] { $plan }, { $seats } Platz
   *[other] { $plan }, { $seats } Plätze
}
seats-line-included = { $included ->
    [one] { $included } Platz inklusive
   *[other] { $included } Plätze inklusive
}
seats-line-further = { $seats ->
    [one] { $seats } weiterer Platz
   *[other] { $seats } weitere Plätze
}
seats-each = { $cycle ->
    [yearly] je { $price } pro Jahr
   *[other] je { $price } pro Monat
}
seats-update = Preis aktualisieren

seats-direct-start = Die Änderung gilt, sobald Sie sie bestätigen.
seats-direct-start-ends-trial = Die Änderung gilt, sobald Sie sie bestätigen. Damit endet Ihre Testphase.
seats-direct-next = Sobald Sie bestätigen, bucht { $provider } den heute fälligen Betrag von Ihrem gespeicherten Zahlungsmittel ab, und { $plan } ist aktiv. Wird die Zahlung abgelehnt, ändert sich nichts.
seats-direct-next-invoice = Sobald Sie bestätigen, sendet { $provider } eine Rechnung über den heute fälligen Betrag, und { $plan } ist aktiv.
seats-direct-next-scheduled = Sobald Sie bestätigen, ist die Änderung geplant. Heute wird nichts abgebucht. Die Änderung gilt automatisch ab dem { $day }.
seats-direct-next-paused = Sobald Sie bestätigen, wird die Änderung bei { $provider } vorgenommen. { $plan } ist aktiv, sobald das Abonnement dort fortgesetzt wird.
seats-direct-confirm = Änderung bestätigen
seats-direct-note = Abgebucht wird erst, wenn Sie bestätigen. { $provider } speichert Ihre Zahlungsdaten; { -app-name } sieht sie nie.
seats-too-few = { $plan } hat zu wenige Plätze für diesen Arbeitsbereich.
seats-too-few-means = { $max ->
    [one] Der Tarif hat höchstens { $max } Platz. Wählen Sie einen anderen Tarif, oder verringern Sie Ihre Plätze zuerst auf { $max }.
   *[other] Der Tarif hat höchstens { $max } Plätze. Wählen Sie einen anderen Tarif, oder verringern Sie Ihre Plätze zuerst auf { $max }.
}

seats-title = Plätze
seats-in-use = { $used } belegt
seats-in-use-each = { $cycle ->
    [yearly] { $used } belegt, { $price } pro Platz und Jahr
   *[other] { $used } belegt, { $price } pro Platz und Monat
}
seats-in-use-beyond = { $cycle ->
    [yearly] { $used } belegt, { $included } inklusive, danach je { $price } pro Jahr
   *[other] { $used } belegt, { $included } inklusive, danach je { $price } pro Monat
}
seats-change = Plätze ändern
seats-pending = { $seats ->
    [one] { $seats } Platz ab dem { $day }
   *[other] { $seats } Plätze ab dem { $day }
}
seats-pending-means = { $seats ->
    [one] Bis dahin haben Sie { $seats } Platz.
   *[other] Bis dahin haben Sie { $seats } Plätze.
}
seats-keep = { $seats ->
    [one] { $seats } Platz behalten
   *[other] { $seats } Plätze behalten
}

seats-head = { $seats ->
    [one] { $workspace } hat { $seats } Platz.
   *[other] { $workspace } hat { $seats } Plätze.
}
seats-lead = { $used ->
    [one] { $used } ist belegt.
   *[other] { $used } sind belegt.
}
seats-lead-each = { $cycle ->
    [yearly] Ein Platz kostet { $price } pro Jahr.
   *[other] Ein Platz kostet { $price } pro Monat.
}
seats-lead-beyond = { $cycle ->
    [yearly] { $included ->
        [one] { $included } Platz ist inklusive, jeder weitere kostet { $price } pro Jahr.
       *[other] { $included } Plätze sind inklusive, jeder weitere kostet { $price } pro Jahr.
    }
   *[other] { $included ->
        [one] { $included } Platz ist inklusive, jeder weitere kostet { $price } pro Monat.
       *[other] { $included } Plätze sind inklusive, jeder weitere kostet { $price } pro Monat.
    }
}
seats-note = Zusätzliche Plätze stehen sofort zur Verfügung. Weniger Plätze gelten ab dem nächsten Abrechnungszeitraum.
seats-field = Anzahl der Plätze
seats-hint = { $min } bis { $max } Plätze, und mindestens so viele, wie belegt sind.
seats-hint-from = { $min ->
    [one] Mindestens { $min } Platz, und mindestens so viele, wie belegt sind.
   *[other] Mindestens { $min } Plätze, und mindestens so viele, wie belegt sind.
}
seats-review = Änderung ansehen
seats-wrong-number = Geben Sie die Anzahl der Plätze als ganze Zahl ein
seats-wrong-min = { $min ->
    [one] { $plan } hat mindestens { $min } Platz
   *[other] { $plan } hat mindestens { $min } Plätze
}
seats-wrong-max = { $max ->
    [one] { $plan } hat höchstens { $max } Platz
   *[other] { $plan } hat höchstens { $max } Plätze
}
seats-wrong-used = { $used ->
    [one] { $used } Platz ist belegt: Geben Sie mindestens { $used } ein, oder geben Sie ihn zuerst frei
   *[other] { $used } Plätze sind belegt: Geben Sie mindestens { $used } ein, oder geben Sie zuerst welche frei
}
seats-wrong-same = { $seats ->
    [one] Dieser Arbeitsbereich hat bereits { $seats } Platz
   *[other] Dieser Arbeitsbereich hat bereits { $seats } Plätze
}
seats-wrong-scheduled = { $seats ->
    [one] { $seats } Platz ist bereits geplant
   *[other] { $seats } Plätze sind bereits geplant
}

seats-line-more = { $seats ->
    [one] { $seats } zusätzlicher Platz
   *[other] { $seats } zusätzliche Plätze
}
seats-line-until = { $seats ->
    [one] { $seats } Platz, bis { $day }
   *[other] { $seats } Plätze, bis { $day }
}
seats-line-rest = für den Rest des laufenden Zeitraums
seats-line-before = { $seats ->
    [one] für { $seats } Platz, vor Rabatten und Steuern
   *[other] für { $seats } Plätze, vor Rabatten und Steuern
}
seats-confirm-more = { $seats ->
    [one] { $seats } Platz kaufen
   *[other] { $seats } Plätze kaufen
}
seats-confirm-fewer = { $seats ->
    [one] Auf { $seats } Platz ändern
   *[other] Auf { $seats } Plätze ändern
}
seats-charge = { $provider } bucht { $price } von Ihrem gespeicherten Zahlungsmittel ab, sobald Sie bestätigen.
seats-charge-invoice = { $provider } sendet eine Rechnung über { $price }, sobald Sie bestätigen.
seats-charge-unknown = { $provider } bucht die Differenz von Ihrem gespeicherten Zahlungsmittel ab, sobald Sie bestätigen.
seats-charge-unknown-invoice = { $provider } sendet eine Rechnung über die Differenz, sobald Sie bestätigen.
seats-charge-nothing = Heute wird nichts abgebucht.
seats-no-amount = derzeit nicht verfügbar; { $provider } berechnet die Differenz

seats-only-admins = Nur Inhaber, Admins und Personen mit der Rolle „Abrechnung“ in { $workspace } können die Anzahl der Plätze ändern. Sie sind Mitglied.
seats-ask = Um die Anzahl der Plätze zu ändern, wenden Sie sich an einen Inhaber oder Admin dieses Arbeitsbereichs.
seats-ask-one = Um die Anzahl der Plätze zu ändern, wenden Sie sich an <bdi>{ $first }</bdi>.
seats-ask-two = Um die Anzahl der Plätze zu ändern, wenden Sie sich an <bdi>{ $first }</bdi> oder <bdi>{ $second }</bdi>.
seats-ask-three = Um die Anzahl der Plätze zu ändern, wenden Sie sich an <bdi>{ $first }</bdi>, <bdi>{ $second }</bdi> oder <bdi>{ $third }</bdi>.

seats-none = { $plan } wird nicht nach Plätzen abgerechnet.
seats-none-means = Es gibt also keine Anzahl von Plätzen, die Sie ändern könnten. Um ein Limit zu erhöhen, wählen Sie einen anderen Tarif.
seats-refused = Die Anzahl der Plätze kann jetzt nicht geändert werden
seats-refused-means = Gleichzeitig wurde etwas anderes geändert. Es wurde nichts geändert und nichts abgebucht. Prüfen Sie die aktuelle Anzahl, und versuchen Sie es erneut.
seats-refused-first-payment = Die erste Zahlung für { $plan } ist nicht abgeschlossen. Es wurde nichts geändert und nichts abgebucht.
seats-refused-payment = Eine Zahlung ist fällig. Sobald sie eingegangen ist, können Sie die Anzahl der Plätze ändern. Es wurde nichts geändert und nichts abgebucht.
seats-refused-paused = { $plan } ist bei { $provider } pausiert. Es wurde nichts geändert und nichts abgebucht.
seats-refused-ends = { $plan } ist gekündigt. Daher folgt kein Abrechnungszeitraum, ab dem weniger Plätze gelten könnten. Es wurde nichts geändert und nichts abgebucht.
seats-refused-canceled = { $plan } ist gekündigt. Um weitere Plätze zu kaufen, nehmen Sie zuerst die Kündigung zurück. Es wurde nichts geändert und nichts abgebucht.
seats-refused-change = Ein Wechsel des Tarifs ist geplant. Um die Anzahl der Plätze zu ändern, nehmen Sie zuerst diesen Wechsel zurück. Es wurde nichts geändert und nichts abgebucht.

seats-changed = Plätze geändert
seats-changed-means = Die neue Anzahl gilt ab sofort.
seats-scheduled = Weniger Plätze geplant
seats-scheduled-means = Die neue Anzahl gilt ab dem nächsten Abrechnungszeitraum. Bis dahin können Sie die Änderung zurücknehmen.
seats-kept = Plätze behalten
seats-kept-means = Die geplante Änderung ist zurückgenommen. Es wurde nichts abgebucht.

seats-raise = Sie können weitere Plätze kaufen. <seats>Plätze ändern</seats>
seats-raise-member = Weitere Plätze können gekauft werden.
seats-paid-for = { $seats ->
    [one] Dieser Arbeitsbereich zahlt für { $seats } Platz.
   *[other] Dieser Arbeitsbereich zahlt für { $seats } Plätze.
}
seats-full-means = Um weitere Personen einzuladen, entfernen Sie ein Mitglied, oder <seats>ändern Sie die Anzahl der Plätze</seats>.

seats-at-desk = { $seats ->
    [one] { $seats } Platz, { $used } belegt
   *[other] { $seats } Plätze, { $used } belegt
}
