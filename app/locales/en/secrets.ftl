# The page of the workspace's write-only secrets, at /settings/secrets.

# The page's heading, and the name of the meter.
secrets-title = Secrets
secrets-lead = Credentials that { -app-name } uses for { $workspace }. They’re encrypted when you save them. You can replace or delete them, but you can’t view them.
# In place of the list, for members.
secrets-members-only-read = Only owners and admins of { $workspace } can view or change its secrets. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}

# The list.
secrets-stored = Stored secrets
secrets-stored-note = Every use is recorded in the audit log.
secrets-none = No secrets yet.
secrets-none-means = To bill <customers>your own customers</customers>, { -app-name } needs the API key of your { $polar } or { $stripe } account. Save it as <code>polar_api_key</code> or <code>stripe_secret_key</code>.
secrets-of = Secrets of { $workspace }
secrets-name = Name
# When the value was last set.
secrets-updated = Updated
secrets-created-on = created { $day }
secrets-last-used = Last used
secrets-never-used = Never
# Heading of the column of links, for screen readers.
secrets-actions = Actions
# Screen readers read the secret's name after these labels.
secrets-replace = Replace
secrets-delete = Delete
# Below the names of secrets that the installation itself uses.
secrets-polar-key = access token of your { $polar } organization
secrets-polar-organization = ID of your { $polar } organization, if the token has access to several
secrets-stripe-key = secret key of your { $stripe } account

# The form.
secrets-add = Add secret
secrets-replace-one = Replace secret
secrets-name-hint = { -app-name } itself uses { $names }.
secrets-name-wrong = Use letters, digits, “_”, “-” or “.”, starting with a letter
secrets-value = Value
secrets-new-value = New value
secrets-value-hint = One line, exactly as you received it. It won’t be shown again.
secrets-value-wrong = Enter a value of at most 16 KB
secrets-cancel = Cancel
# In place of the form, when the limit is reached.
secrets-full = Secret limit reached
secrets-full-means = To add another secret, delete one. You can still replace existing secrets.
secrets-not-configured = Secrets aren’t available on this installation
secrets-not-configured-means = SECRETS_KEY isn’t set. The operator of this installation can set it.

# Before a secret is deleted.
secrets-delete-ask = Delete { $name }?
secrets-delete-means = Anything that uses it stops working immediately. { -app-name } can’t restore it.
secrets-delete-one = Delete { $name }
secrets-unknown = This secret doesn’t exist
secrets-unknown-means = It was deleted, or never existed in this workspace.

# Notices about the last action.
secrets-saved = Secret saved
secrets-saved-means = The new value applies immediately. It can’t be viewed again.
secrets-deleted = Secret deleted
secrets-deleted-means = It can no longer be used.
secrets-nothing-changed = Nothing was changed.
secrets-limit-reached = Secret not saved: limit reached
secrets-limit-reached-means = Delete a secret you don’t need, then try again.
secrets-not-saved = Secret not saved
secrets-key-lost-means = The secrets of { $workspace } were encrypted with a different SECRETS_KEY. The operator of this installation can add that key to the setting.
secrets-admin-required = Owner or admin required
secrets-admin-required-means = Only owners and admins of { $workspace } can save or delete secrets.
secrets-internal = Something went wrong on our side
