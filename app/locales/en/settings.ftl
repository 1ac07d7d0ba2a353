# The navigation between the pages of the settings, in the margin.

# What screen readers call the navigation.
settings-nav = Settings
settings-nav-workspace = Workspace
settings-nav-team = Team
settings-nav-keys = API keys
settings-nav-billing = Billing
settings-nav-customers = Customers
settings-nav-secrets = Secrets
settings-nav-webhooks = Webhooks
settings-nav-audit = Audit log
settings-nav-account = Your account
