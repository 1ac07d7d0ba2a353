# The page "Your account" in the settings: two-factor authentication, password, address, linked sign-ins, sessions.

profile-title = Your account
# The note in the margin for people without a workspace.
profile-side = Account
profile-lead = You’re signed in as { $email }. The same account works in all your workspaces.

## Two-factor authentication

profile-two-factor = Two-factor authentication
# SECRETS_KEY is the name of a setting.
profile-two-factor-unavailable = You can’t set up two-factor authentication because SECRETS_KEY isn’t set. The operator of this installation can set it.
profile-two-factor-off = Off. When it’s on, signing in also requires a code from an authenticator app, so a stolen password alone isn’t enough.
profile-two-factor-set-up = Set up two-factor authentication
profile-two-factor-scan = Scan this QR code with an authenticator app, or enter the setup key in the app. Then enter the code that the app shows.
# What screen readers call the QR code.
profile-qr-code = QR code with the setup key
# The label of the secret that is typed into an authenticator app.
profile-setup-key = Setup key
# The hint below the input for the code.
profile-code-hint = 6 digits.
profile-turn-on = Turn on
# The button that stops the setup.
profile-cancel-setup = Cancel
profile-two-factor-on = { $codes ->
    [one] On since { $day }. { $codes } recovery code left.
   *[other] On since { $day }. { $codes } recovery codes left.
}
profile-renew-codes = Create new recovery codes
profile-turn-off = Turn off two-factor authentication
profile-codes-shown = Save your recovery codes
profile-codes-shown-body = If you don’t have your authenticator app, sign in with one of these codes. Each works once. You won’t see them again, so save them where you keep your passwords.
profile-codes = Recovery codes

## Password

profile-password = Password
profile-current-password = Current password
profile-current-password-wrong = That isn’t your current password
profile-new-password = New password
profile-password-note = This signs you out of every other browser.
profile-change-password = Change password
# The button of an account that has no password yet.
profile-set-password = Set password

## Email address

profile-address = Email address
profile-address-no-mail = This installation doesn’t send email, so a new address can’t be confirmed.
profile-new-address = New email address
profile-new-address-hint = We’ll send a link to the new address. Until you open it, your address stays { $email }.
profile-new-address-hint-notice = We’ll send a link to the new address and a notice to { $email }. Your address changes when you open the link.
profile-send-link = Send link
profile-pending-address = Confirm your new address
profile-pending-address-until = We sent a link to { $email }. It works until { $until } UTC.
profile-pending-address-hint = Open the link while you’re signed in here. If another account uses that address, the email says so and contains no link.
profile-link-not-delivered = We couldn’t deliver the link
# $outcome is one of the messages mail-not-delivered and mail-not-delivered-yet.
profile-link-not-delivered-why = The email to { $email } { $outcome }
profile-link-not-delivered-hint = Your address hasn’t changed. Check the new one and send the link again.
profile-keep-address = Keep current address

## Emails about the open workspace

profile-notifications = Email notifications
profile-notifications-lead = These settings apply to emails about <bdi>{ $workspace }</bdi>. Emails about your account, its security and invitations are always sent.
# The legend of the checkboxes.
profile-notifications-legend = Email me about
profile-mail-usage-limits = Usage limits
profile-mail-usage-limits-note = When usage gets close to a limit, reaches it, or is back below it.
profile-mail-payments = Payments
profile-mail-payments-note = When a payment fails or goes through, before a plan is suspended, and before a trial ends. Without these emails, you may miss a failed payment, and the plan may be suspended.
profile-mail-monthly-report = Monthly report
profile-mail-monthly-report-note = At the start of each month: last month’s usage, the plan and the next payment.
profile-notifications-save = Save notifications
profile-notifications-saved = Email notifications saved
profile-notifications-saved-body = Your choice applies from the next email on.
profile-notifications-admins-only = Your role doesn’t get these emails

## Linked sign-ins: users of identity providers who can sign in to this account

profile-linked = Linked sign-ins
profile-linked-note = You can sign in with any of these instead of your password. Resetting your password by email or changing your address removes them all.
# Where people don’t sign in with passwords.
profile-linked-note-only = You can sign in with any of these. You can’t remove the last one.
profile-linked-table = Sign-ins linked to this account
profile-column-provider = Provider
profile-column-linked = Linked
profile-column-last-used = Last used
# When a linked sign-in was last used, or a session’s IP address.
profile-unknown = Unknown
profile-firebase-project = Firebase project { $project }
# The button. For screen readers the provider follows.
profile-remove = Remove

## Sessions

profile-sessions = Sessions
profile-sessions-note = Where you’re signed in. Times are in UTC.
profile-sessions-table = Browsers where you’re signed in
profile-column-device = Device
profile-column-ip-address = IP address
profile-column-signed-in = Signed in
profile-browser-on-system = { $browser } on { $system }
profile-unknown-device = Unknown browser or script
# Beside the session that shows the page.
profile-this-browser = (this browser)
# The button. For screen readers the device follows.
profile-end-session = End
profile-sign-out-everywhere = Sign out everywhere
profile-sign-out-everywhere-note = Ends all sessions, including this one.

## Notices about the last action: a head, and what it means

profile-password-changed = Password changed
profile-password-changed-body = You’re signed out of every other browser.
profile-link-sent = Link sent
profile-link-sent-body = Open it within 24 hours to use the new address. If another account uses that address, the email says so and contains no link.
profile-address-kept = Address not changed
profile-address-kept-body = The link we sent to the new address no longer works.
profile-address-changed = Address changed
profile-address-changed-body = Use the new address to sign in.
profile-two-factor-turned-on = Two-factor authentication is on
profile-two-factor-turned-on-body = Signing in now also requires a code. Save the recovery codes below.
profile-two-factor-turned-off = Two-factor authentication is off
profile-two-factor-turned-off-body = Your recovery codes no longer work.
profile-codes-renewed = New recovery codes created
profile-codes-renewed-body = The old codes no longer work.
profile-sign-in-removed = Linked sign-in removed
profile-sign-in-removed-body = It no longer signs you in. Browsers that are signed in with it stay signed in until you end their sessions below.
profile-session-ended = Session ended
profile-session-ended-body = That browser is signed out.
profile-desk-needs-two-factor = The operator’s desk requires two-factor authentication
profile-desk-needs-two-factor-body = Set it up here, then go back to the desk.
profile-no-mail = This installation doesn’t send email
profile-two-factor-not-available = Two-factor authentication isn’t available
# SECRETS_KEY is the name of a setting.
profile-two-factor-not-available-body = SECRETS_KEY isn’t set. The operator of this installation can set it.
profile-address-in-use = That address belongs to another account
profile-link-of-other-account = That link is for another account
profile-nothing-changed = Nothing was changed.
profile-conflict = Already done
profile-conflict-body = This page shows the current state.

# The section that deletes the account.
profile-delete = Delete account
# In place of the form, for operators.
profile-delete-operator = You’re an operator of this installation, and an operator’s account can’t be deleted. Remove its operator rights first: <code>server operator remove --email { $email }</code>
# In place of the form. $workspaces is a list of names.
profile-delete-only-owner = You’re the only owner of { $workspaces }. Make someone else an owner on the team page, or delete the workspace in its settings. Then you can delete your account.
profile-delete-means = You leave all your workspaces, and the API keys you created stop working. The workspaces stay. Your address, password, two-factor authentication and linked sign-ins are erased immediately. You can’t undo this.
profile-delete-type = To confirm, enter your address: { $email }
profile-delete-wrong = Enter your email address exactly as shown
profile-delete-button = Delete account
profile-delete-last-owner = Your account wasn’t deleted. Make someone else an owner on the team page, or delete the workspace in its settings.
