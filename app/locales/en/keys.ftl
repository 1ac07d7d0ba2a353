# API keys: the settings page of a workspace, and the operator's page about keys of the installation.

keys-title = API keys
keys-title-installation = Installation keys
keys-lead = Each key works for { $workspace } only. { -app-name } stores a hash, not the key itself.
keys-lead-installation = For products with their own sign-in and IDs. One key works for every workspace.
# Replaces the page for members.
keys-only-admins = Only owners and admins of { $workspace } can view, create or revoke API keys. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}

# The list.
keys-list = Keys
keys-list-note = Revoked keys stop working everywhere within a second. “Last used” can be up to 2 minutes behind.
# Captions of the tables, for screen readers.
keys-caption = API keys of { $workspace }
keys-caption-installation = Installation keys
keys-none = No keys yet.
keys-purpose = Your services need a key to check what this workspace can use and to report its usage.
keys-purpose-installation = Your product needs a key to create workspaces and to report usage for all of them.
keys-column-name = Name and key prefix
keys-column-created = Created
keys-column-last-used = Last used
keys-column-expires = Expires
# The scopes of a key are the words "read", "usage", "billing", "secrets" …, which are not translated.
keys-scopes = Scopes
# Below the scopes of a key. $networks are addresses, separated by commas.
keys-only-from = Only from { $networks }
# Below the scopes of a key.
keys-self-issued = Created by an admin. Only the operator can now create keys with the “usage” scope.
# Below the day on which a key was created.
keys-created-by = by { $email }
keys-created-on-command-line = from the command line
keys-never-used = Never
keys-never-expires = Never
keys-expired = Expired { $day }
# A link in the table. Screen readers read the key's name after it.
keys-revoke = Revoke

# The form.
keys-new = Create a key
keys-create = Create key
keys-name = Name
keys-name-hint = Where you’ll use it, so you know what stops working when you revoke it.
keys-name-hint-installation = The product or service that will use it.
keys-name-wrong = Enter a name of 1 to 80 characters, on one line
keys-scopes-wrong = Choose at least one scope
keys-expiry = Expiration date
keys-expiry-hint = The key works until the end of this day. Leave empty for a key that doesn’t expire.
keys-expiry-wrong = Enter today’s date or a later one, such as 2030-01-31, or leave this field empty
keys-networks = Allowed networks
keys-networks-hint = For example, 203.0.113.0/24. Separate multiple networks with commas. Leave empty to allow any address.
keys-networks-wrong = Enter up to 20 networks such as 203.0.113.0/24, separated by commas, or leave this field empty
# Replaces the form.
keys-full = A workspace can have up to { $max } keys. Revoke one to create another.
keys-full-installation = An installation can have up to { $max } keys. Revoke one to create another.

# What a scope of an API key allows.
keys-scope-read = Read plan, usage and limits
keys-scope-usage = Report usage: consume, release, send events
keys-scope-billing = Start checkouts and manage your own customers’ billing
keys-scope-secrets = Write secrets, but not read them

# What a scope of an installation key allows.
keys-installation-scope-tenants = Create, change and delete workspaces, and create their API keys
keys-installation-scope-read = Read plan, usage and limits of any workspace
keys-installation-scope-usage = Report and correct usage of any workspace
keys-installation-scope-billing = Start checkouts and change the subscription of any workspace
keys-installation-scope-portal = Create links that open a workspace’s pages without signing in
keys-installation-scope-webhooks = Manage the installation’s webhook endpoints

# The notice with a new key.
keys-fresh-title = “{ $name }” created. Copy the key now: you won’t see it again.
keys-fresh-label = New key
keys-fresh-note = Store it with your other secrets. If you lose it, revoke it and create a new one.
keys-fresh-note-installation = Store it with the product’s other secrets. If you lose it, revoke it and create a new one.
keys-fresh-done = I’ve copied it
# Above a command with the key. $feature is the title of a feature of the catalog.
keys-first-call = To try the key, run this command. It checks the workspace’s limit for “{ $feature }” and records no usage.
# $tenant is the id in the command.
keys-first-call-installation = To try the key, replace { $tenant } with your product’s ID for a workspace, and run this command. It checks the workspace’s limit for “{ $feature }” and records no usage.
# What the copy button beside it copies, for screen readers.
keys-first-call-label = Command

# The confirmation before a key is revoked.
keys-revoke-question = Revoke “{ $name }”?
keys-revoke-effect = Anything that uses this key stops working immediately. You can’t undo this.
keys-revoke-effect-installation = The product that uses this key stops working immediately, for every workspace. You can’t undo this.
keys-revoke-confirm = Revoke { $name }
keys-revoke-cancel = Cancel
keys-gone-title = Key not found
keys-gone = It was revoked, or it never belonged to this workspace.
keys-gone-installation = It was revoked, or it never belonged to this installation.

# Notices after an action.
keys-revoked-title = Key revoked
keys-revoked = It no longer works.
keys-not-found-title = Key not found
keys-not-found = It doesn’t belong to this workspace. Nothing was changed.
keys-not-found-installation = It doesn’t belong to this installation. Nothing was changed.
keys-not-created-title = Key not created
keys-usage-by-operator = Only the operator of this installation can create keys with the “usage” scope.
keys-too-many = { $workspace } has { $max } keys, which is the maximum. Revoke one to create another.
keys-too-many-installation = This installation has { $max } keys, which is the maximum. Revoke one to create another.
keys-address-unconfirmed-title = Key not created: your address isn’t confirmed
keys-address-unconfirmed = Open the link in the confirmation email. You can resend it from this page.
keys-admin-required-title = Owner or admin required
keys-admin-required = Only owners and admins of { $workspace } can create or revoke API keys.
keys-internal-title = Something went wrong on our side
keys-internal = No key was created or revoked. Try again in a minute.
