form-email = E-Mail
form-password = Passwort
form-password-hint = Mindestens { $min } Zeichen und schwer zu erraten. Ein ganzer Satz eignet sich gut.
form-code = Code
form-workspace = Name des Arbeitsbereichs

form-wrong-email = Geben Sie eine E-Mail-Adresse ein, zum Beispiel ada@example.com
form-wrong-password = Wählen Sie ein schwer zu erratendes Passwort mit { $min } bis { $max } Zeichen, zum Beispiel mehrere Wörter ohne Zusammenhang
form-wrong-workspace = Wählen Sie einen Namen mit höchstens 80 Zeichen, ohne Web- oder E-Mail-Adressen
form-summary = { $fields ->
    [one] { $fields } Feld muss korrigiert werden
   *[other] { $fields } Felder müssen korrigiert werden
}

form-sync = Daten von { $provider } aktualisieren
form-continue-with = Weiter mit { $provider }

form-copy = Kopieren
form-copied = Kopiert
form-copy-failed = Kopieren fehlgeschlagen

form-sign-in-wrong-head = E-Mail oder Passwort falsch
form-sign-in-wrong-body = Prüfen Sie beides, und versuchen Sie es erneut. Beim Passwort zählt die Groß- und Kleinschreibung.
form-wrong-code-head = Falscher Code
form-wrong-code-body = Jeder Code funktioniert nur einmal. Warten Sie auf den nächsten, oder prüfen Sie die Uhr des Geräts, das ihn anzeigt.
form-confirm-wrong-head = Falsches Passwort
form-confirm-wrong-body = Prüfen Sie es, und versuchen Sie es erneut. Groß- und Kleinschreibung zählen.
form-too-many-attempts-head = Zu viele Versuche
form-too-many-attempts-body = Warten Sie { $wait }, und versuchen Sie es dann erneut.
form-sign-in-attempts-body = Warten Sie { $wait }, und versuchen Sie es dann erneut. Bis dahin funktioniert auch das richtige Passwort nicht.
form-busy-head = Zu viele gleichzeitige Anmeldungen
form-busy-body = Es wurde nichts geändert. Versuchen Sie es in ein paar Sekunden erneut.
form-code-too-late-head = Das hat zu lange gedauert
form-code-too-late-body = Melden Sie sich erneut an. Nach dem Passwort haben Sie 10 Minuten Zeit, den Code einzugeben.
form-sign-in-again-head = Weder Passwort noch zweiter Faktor
form-sign-in-again-body = Melden Sie sich ab und dann wieder an.
form-internal-head = Bei uns ist ein Fehler aufgetreten
form-internal-body = Es wurde nichts geändert. Versuchen Sie es in einer Minute erneut.
