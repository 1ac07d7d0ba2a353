brand-name = { -app-name }
brand-powered-by = Powered by Dues
brand-terms = Nutzungsbedingungen
brand-privacy = Datenschutz
brand-support = Support
brand-status = Systemstatus
