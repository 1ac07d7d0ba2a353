docs-title = Dokumentation
docs-page-title = { $page } · Dokumentation
docs-nav = Dokumentation
docs-nav-all = Alle Seiten
docs-overview = Übersicht
docs-reference = API-Referenz
docs-toc = Auf dieser Seite
docs-turn = Vorherige und nächste Seite
docs-previous = Zurück:
docs-next = Weiter:

docs-lead = { -app-name } betreiben, darauf aufbauen und die API nutzen. Die Dokumentation ist auf Englisch.
docs-reference-about = Alle API-Operationen mit Parametern, Antworten und einem <code>curl</code>-Befehl. Auch als <openapi>openapi.json</openapi> verfügbar.

docs-search-title = Suche
docs-search = Suchen
docs-search-field = Dokumentation durchsuchen
docs-search-empty = Geben Sie ein oder mehrere Wörter ein.
docs-search-none = Keine Treffer für „{ $query }“. Versuchen Sie es mit weniger Wörtern oder nur mit Wortanfängen. Die Dokumentation ist auf Englisch.
docs-search-results = { $results ->
    [one] { $results } Treffer für „{ $query }“.
   *[other] { $results } Treffer für „{ $query }“.
}
docs-search-best = Die besten { $results } Treffer für „{ $query }“.
