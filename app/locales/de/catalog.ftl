# Names of the built-in catalog's features, sections and plans. A message's id is `catalog-` and the English name in
# lower case, with a hyphen for all that is not a letter or digit. Names without a message are shown as they are: the plans
# keep theirs.

# Sections of limits.
catalog-realtime = Echtzeit
catalog-files = Dateien
catalog-api = API
catalog-ai = KI
catalog-configuration = Konfiguration
catalog-workspace = Arbeitsbereich

# Features on pages and on the cards of plans.
catalog-websocket-connections = WebSocket-Verbindungen
catalog-connections = Verbindungen
catalog-entities-watched = Beobachtete Entitäten
catalog-rooms = Räume
catalog-storage = Speicherplatz
catalog-largest-file = Maximale Dateigröße
catalog-requests-a-minute = Anfragen pro Minute
catalog-api-requests = API-Anfragen
catalog-llm-tokens-a-month = LLM-Tokens pro Monat
catalog-llm-tokens = LLM-Tokens
catalog-llm-spend-a-month = LLM-Ausgaben pro Monat
catalog-ai-runtime = KI-Laufzeitumgebung
catalog-secrets = Secrets
catalog-auth-providers = Auth-Anbieter
catalog-database-connections = Datenbankverbindungen
catalog-feature-flags = Feature-Flags
catalog-projects = Projekte
catalog-environments = Umgebungen
catalog-team-members = Teammitglieder
catalog-flutter-apps = Flutter-Apps
catalog-game-projects = Spieleprojekte
catalog-telemetry-events-a-month = Telemetrie-Ereignisse pro Monat

# Features in the singular, for messages about their limit.
catalog-websocket-connection = WebSocket-Verbindung
catalog-watched-entity = Beobachtete Entität
catalog-room = Raum
catalog-file-size = Dateigröße
catalog-api-request = API-Anfrage
catalog-llm-token = LLM-Token
catalog-llm-spend = LLM-Ausgaben
catalog-secret = Secret
catalog-auth-provider = Auth-Anbieter
catalog-database-connection = Datenbankverbindung
catalog-feature-flag = Feature-Flag
catalog-project = Projekt
catalog-environment = Umgebung
catalog-team-member = Teammitglied
catalog-flutter-app = Flutter-App
catalog-game-project = Spieleprojekt
catalog-telemetry-event = Telemetrie-Ereignis

# Descriptions of plans.
catalog-for-individual-developers = Für einzelne Entwickler
catalog-for-a-first-product = Für das erste Produkt
catalog-for-apps-with-their-first-users = Für Apps mit ersten Nutzern
catalog-for-small-teams = Für kleine Teams
catalog-for-growing-teams = Für wachsende Teams
catalog-for-companies-with-several-products = Für Unternehmen mit mehreren Produkten
catalog-for-products-under-heavy-load = Für Produkte unter hoher Last
catalog-for-organizations-with-needs-of-their-own = Für Organisationen mit individuellen Anforderungen
