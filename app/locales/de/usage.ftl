usage-title = Nutzung
usage-compare-plans = Tarife vergleichen
usage-refresh = Aktualisieren
usage-json = Als JSON anzeigen
usage-csv = Als CSV herunterladen
usage-csv-all = Letzte { $days } Tage als CSV
usage-figures = { $used } von { $limit }
usage-permille = { $whole },{ $tenth } %

usage-all-have-room = { $limits ->
    [one] Bei Ihrem Limit ist noch Spielraum.
   *[other] Bei allen { $limits } Limits ist noch Spielraum.
}
usage-others-have-room = { $limits ->
    [one] Beim anderen Limit ist noch Spielraum.
   *[other] Bei den anderen { $limits } Limits ist noch Spielraum.
}
usage-no-others = Weitere Limits werden nicht gemessen.
usage-updated = Stand: <b>{ $at }</b>.

usage-note-sizes = Binäre Größen: 1 GB entspricht 1.024 MB.
usage-note-minute = Wird jede Minute zurückgesetzt.
usage-note-resets = Wird am { $day } um 00:00 Uhr zurückgesetzt.
usage-note-current = Aktuell in Nutzung.

usage-reading = So lesen Sie diese Seite
usage-reading-mark-percent = Die Markierung auf jedem Balken ist die Warnschwelle: { $share } % des Limits.
usage-reading-mark = Die Markierung auf jedem Balken ist die Warnschwelle des Limits.
usage-reading-refused = Ist ein Limit erreicht, wird weitere Nutzung abgelehnt, bis die Nutzung sinkt oder der Zähler zurückgesetzt wird. Zusätzliche Kosten entstehen nicht.
usage-reading-bars = Die kleinen Balken darunter zeigen die letzten { $days } Tage bis jetzt. Wählen Sie einen Namen, um den Verlauf zu sehen.

usage-meter-flag = An oder aus, wird nicht gemessen
usage-meter-max = Gilt pro Element, nicht insgesamt
usage-meter-none = Nicht Teil dieses Tarifs
usage-meter-unlimited = Wird gemessen, kein Limit
usage-meter-included = Enthalten
usage-meter-used = <b>{ $used }</b> von { $limit }
usage-meter-left = noch { $left }
usage-meter-over = { $over } über dem Limit
usage-meter-reached = Limit erreicht

usage-trend-nothing = Keine Nutzung in den letzten { $days } Tagen
usage-trend-nothing-now = Keine Nutzung in den letzten 7 Tagen, { $before } in der Woche davor
usage-trend-new = { $week } in den letzten 7 Tagen, keine Nutzung in der Woche davor
usage-trend-same = { $week } in den letzten 7 Tagen, genauso viel wie in der Woche davor
usage-trend-times = { $week } in den letzten 7 Tagen, { $times }-mal so viel wie in der Woche davor
usage-trend-more = { $week } in den letzten 7 Tagen, { $percent } % mehr als in der Woche davor
usage-trend-less = { $week } in den letzten 7 Tagen, { $percent } % weniger als in der Woche davor
usage-trend-level-same = Unverändert gegenüber vor { $days } Tagen
usage-trend-level-more = { $difference } mehr als vor { $days } Tagen
usage-trend-level-fewer = { $difference } weniger als vor { $days } Tagen
usage-trend-level-less = { $difference } weniger als vor { $days } Tagen
usage-trend-projected = Voraussichtlich { $used } am { $day }

usage-alerts = Benachrichtigungen
usage-alerts-caption = Benachrichtigungen, neueste zuerst
usage-alerts-when = Zeitpunkt
usage-alerts-limit = Limit
usage-alerts-alert = Benachrichtigung
usage-alerts-usage = Nutzung
usage-alert-warning = Limit fast erreicht
usage-alert-reached = Limit erreicht
usage-alert-cleared = Wieder unter dem Limit

usage-used = { $used } von { $limit } genutzt.
usage-used-unlimited = { $used } genutzt. Kein Limit.
usage-custom-limit = Individuelles Limit für diesen Arbeitsbereich.
usage-pace-reached-day = Bei gleichbleibendem Tempo ist das Limit voraussichtlich am { $day } erreicht.
usage-pace-reached-time = Bei gleichbleibendem Tempo ist das Limit voraussichtlich gegen { $time } Uhr (UTC) erreicht.
usage-pace-until-reset = Bei gleichbleibendem Tempo liegt die Nutzung am { $day }, wenn der Zähler zurückgesetzt wird, bei etwa { $used }.
usage-pace-until-midnight = Bei gleichbleibendem Tempo liegt die Nutzung um Mitternacht (UTC), wenn der Zähler zurückgesetzt wird, bei etwa { $used }.
usage-pace-until = Bei gleichbleibendem Tempo liegt die Nutzung am { $day } bei etwa { $used }.

usage-fact-used = Genutzt
usage-fact-used-share = { $percent } % von { $limit }
usage-fact-left = Übrig
usage-fact-left-of = von { $limit }
usage-fact-projected = Voraussichtlich
usage-fact-projected-note = am { $day } bei gleichbleibender Nutzung
usage-fact-resets = Wird zurückgesetzt am
usage-fact-resets-when = { $time } Uhr, { $away }
usage-fact-measured = Gemessen
usage-fact-measured-now = Aktueller Stand
usage-fact-measured-note = steigt und sinkt mit der Nutzung
usage-fact-at-limit = Bei erreichtem Limit
usage-fact-allowed = Erlaubt
usage-fact-allowed-note = mit Warnung
usage-fact-refused = Abgelehnt
usage-fact-refused-until-reset = bis zum Zurücksetzen
usage-fact-refused-until-room = bis die Nutzung sinkt

usage-history = Verlauf
usage-history-note = Die Linie zeigt den Gesamtstand, die Balken zeigen, was neu hinzugekommen ist.
usage-history-by-hour = Nach Stunden
usage-history-by-day = Nach Tagen
usage-history-by-month = Nach Monaten
usage-range = Zeitraum
usage-range-day = 24 Stunden
usage-range-month = 30 Tage
usage-range-year = 12 Monate
usage-range-form = Angezeigte Tage
usage-range-from = Von
usage-range-to = Bis
usage-range-show = Anzeigen
usage-range-invalid = Geben Sie ein Datum wie 2026-01-31 ein
usage-range-future = Das Datum darf nicht nach heute ({ $today }) liegen
usage-range-reversed = Das Startdatum darf nicht nach dem Enddatum liegen
usage-range-too-long = Wählen Sie höchstens { $most } Tage, dieser Zeitraum umfasst { $days }

usage-table = Diagrammdaten
usage-table-caption = { $feature }, neueste zuerst
usage-table-hour = Stunde
usage-table-day = Tag
usage-table-month = Monat
usage-table-added = Neu
usage-table-total = Gesamt
usage-table-highest = Höchster Stand
usage-table-share = Anteil am Limit

# Was jeder API-Schlüssel für ein Limit gemeldet hat, für Admins.
usage-by-key = Nach API-Schlüssel
usage-by-key-note = Letzte { $days } Tage. Die letzten Sekunden können fehlen.
usage-by-key-caption = { $feature }, nach API-Schlüssel
usage-by-key-key = API-Schlüssel
# Steht für einen Schlüssel des Produkts selbst.
usage-by-key-product = Das Produkt
usage-by-key-revoked = (widerrufen)
