workspace-page = Arbeitsbereich
workspace-lead = Diesen Arbeitsbereich umbenennen oder löschen.

workspace-name = Name
workspace-name-label = Name des Arbeitsbereichs
workspace-name-hint = Erscheint auf diesen Seiten, in Einladungen und in E-Mails.
workspace-name-wrong = Geben Sie einen Namen mit höchstens { $most } Zeichen und ohne Steuerzeichen ein
workspace-rename = Speichern
workspace-rename-admins = Nur Inhaber und Admins können { $workspace } umbenennen.

workspace-delete = Arbeitsbereich löschen
workspace-delete-owners = Nur Inhaber können { $workspace } löschen.
workspace-delete-billed = { $workspace } hat ein Abonnement. <cancel>Kündigen Sie zuerst den Tarif</cancel>. Sobald das Abonnement beendet ist, können Sie den Arbeitsbereich löschen.
workspace-delete-means = Alle verlieren sofort den Zugriff. API-Schlüssel und Webhook-Endpunkte funktionieren nicht mehr, und offene Einladungen können nicht mehr angenommen werden.
workspace-delete-restore = Der Betreiber dieser Installation kann 30 Tage lang alles wiederherstellen. Danach werden Personen, Namen, Schlüssel und Secrets gelöscht. Beim Zahlungsanbieter ändert sich nichts.
workspace-delete-type = Geben Sie zur Bestätigung den Namen ein: { $workspace }
workspace-delete-wrong = Geben Sie den Namen des Arbeitsbereichs genau so ein, wie er angezeigt wird
workspace-delete-button = { $workspace } löschen

workspace-renamed = Arbeitsbereich umbenannt
workspace-renamed-means = Der neue Name gilt überall.
workspace-admin-required = Nur für Inhaber und Admins
workspace-owner-required = Nur für Inhaber
workspace-still-billed = Der Arbeitsbereich hat ein Abonnement
workspace-still-billed-means = Er wurde nicht gelöscht. Kündigen Sie zuerst den Tarif, und löschen Sie den Arbeitsbereich, sobald das Abonnement beendet ist.
