enterprise-title = Enterprise-Anfrage
enterprise-back = <plans>Tarife</plans> / Enterprise
enterprise-sign-in = Anmelden
enterprise-head = Enterprise anfragen.
enterprise-lead = Für Limits über die angebotenen Tarife hinaus oder besondere Anforderungen an Hosting und Betrieb. Wir antworten per E-Mail. Es wird nichts bestellt und nichts abgebucht.
enterprise-received = Ihre Anfrage ist eingegangen.
enterprise-received-lead = Wir antworten per E-Mail. Es wurde nichts bestellt und nichts abgebucht.
enterprise-next = Wie es weitergeht
enterprise-back-to-membership = Zurück zur Mitgliedschaft
enterprise-open-workspace = Arbeitsbereich erstellen
enterprise-send-another = Weitere Anfrage senden

enterprise-request = Ihre Anfrage
enterprise-request-note = Unternehmen und E-Mail sind erforderlich. Die übrigen Angaben helfen uns, Ihnen zu antworten.
enterprise-company = Unternehmen
enterprise-name = Ihr Name
enterprise-email = E-Mail
enterprise-use-cases = Anwendungsfälle
enterprise-scale = Erwarteter Umfang
enterprise-scale-hint = Zum Beispiel 2 Millionen Spieler im Monat.
enterprise-notes = Anmerkungen
enterprise-notes-hint = Was wir sonst noch wissen sollten.
enterprise-trap = Dieses Feld leer lassen
enterprise-send = Anfrage senden

enterprise-wrong-company = Geben Sie den Namen des Unternehmens in einer Zeile mit höchstens { $most } Zeichen ein
enterprise-wrong-name = Geben Sie Ihren Namen in einer Zeile mit höchstens { $most } Zeichen ein
enterprise-wrong-email = Geben Sie eine E-Mail-Adresse ein, zum Beispiel ada@example.com
enterprise-wrong-use-cases = Wählen Sie aus der Liste
enterprise-wrong-scale = Geben Sie den Umfang in einer Zeile mit höchstens { $most } Zeichen ein
enterprise-wrong-notes = Geben Sie die Anmerkungen als einfachen Text mit höchstens { $most } Zeichen ein

enterprise-throttled = Zu viele Anfragen
enterprise-throttled-body = Dieses Formular wurde in der letzten Stunde zu oft gesendet. Warten Sie { $wait }, und senden Sie Ihre Anfrage dann erneut.
enterprise-broken = Bei uns ist ein Fehler aufgetreten
enterprise-broken-body = Ihre Anfrage wurde nicht gesendet. Versuchen Sie es erneut.

enterprise-case-flutter = Laufzeitumgebung für Flutter-Apps
enterprise-case-flame = Backend für Flame-Spiele
enterprise-case-telemetry = Live-Ops-Telemetrie
enterprise-case-unity = Anbindung an Unity oder native Plattformen
enterprise-case-ffi = Dart FFI
enterprise-case-ai = Integration der KI-Laufzeitumgebung
enterprise-case-deployment = Private Bereitstellung
enterprise-case-governance = Governance
enterprise-case-security = Sicherheit
enterprise-case-compliance = Compliance
enterprise-case-sla = SLA-Anforderungen
