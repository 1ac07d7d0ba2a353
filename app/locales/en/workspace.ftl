# The page of the workspace's own settings, at /settings/workspace.

# Title of the document. The heading is the workspace's name.
workspace-page = Workspace
workspace-lead = Rename or delete this workspace.

workspace-name = Name
workspace-name-label = Workspace name
workspace-name-hint = Shown on these pages, in invitations and in emails.
# $most is a number of characters.
workspace-name-wrong = Enter a name of up to { $most } characters, without control characters
workspace-rename = Save
workspace-rename-admins = Only owners and admins can rename { $workspace }.

workspace-delete = Delete workspace
workspace-delete-owners = Only an owner can delete { $workspace }.
# In place of the form.
workspace-delete-billed = { $workspace } has a subscription. <cancel>Cancel the plan</cancel> first. You can delete the workspace once the subscription has ended.
workspace-delete-means = Everyone loses access immediately. API keys and webhook endpoints stop working, and open invitations can’t be accepted.
workspace-delete-restore = For 30 days, the operator of this installation can restore everything. After that, people, names, keys and secrets are erased. Nothing changes at the payment provider.
workspace-delete-type = To confirm, enter the name: { $workspace }
workspace-delete-wrong = Enter the workspace’s name exactly as shown
workspace-delete-button = Delete { $workspace }

# Notices about the last action.
workspace-renamed = Workspace renamed
workspace-renamed-means = The new name is in use everywhere.
workspace-admin-required = Owner or admin required
workspace-owner-required = Owner required
workspace-still-billed = The workspace has a subscription
workspace-still-billed-means = It wasn’t deleted. Cancel the plan first, and delete the workspace once the subscription has ended.
