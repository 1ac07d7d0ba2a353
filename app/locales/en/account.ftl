# Sign-in, sign-up, password reset, invitations, and the pages that mailed links open.

account-sign-in-title = Sign in
account-sign-in-head = Sign in to { -app-name }.
account-sign-in-lead = Your workspace’s plan, usage and payments.
# Button.
account-sign-in = Sign in
account-sign-in-forgot = <forgot>Forgot your password?</forgot>
account-sign-in-new = New here? <signup>Create a workspace</signup>. The free plan needs no card.
account-signed-out-head = You’re signed out
account-signed-out-body = You’ve been signed out of this browser.
account-deleted-head = Your account was deleted
account-deleted-body = Your personal data was erased. To use { -app-name } again, create a new account.
account-session-over-head = Your session has ended
account-session-over-body = Nothing was saved. Sign in to return to where you were.

# The box beside the form in the demo.
account-demo-head = This is the demo
account-demo-note = Nothing here is real, and no card is charged. The passwords are in the start-up message.
account-demo-caption = Demo accounts
account-demo-column-account = Sign in as
account-demo-column-may = Access
account-demo-place = { $workspace }, { $plan }
account-demo-change = Can edit
account-demo-look = Can view

# The second step of sign-in.
account-code-title = Enter code
account-code-head = Enter your code.
account-code-lead = This account uses two-factor authentication. Enter the code from your authenticator app.
account-code-hint = Or one of your recovery codes. Each works once.
account-code-lost = Lost your authenticator and your recovery codes? Ask the operator of this installation.

# /confirm: the password or a code again before a sensitive action.
account-confirm-title = Confirm
account-confirm-head = Confirm it’s you.
account-confirm-lead = Nothing has been saved yet. It’s been more than 15 minutes since you last entered your password or a code. Confirm, then send the form again.
account-confirm-with-password = Confirm
account-confirm-with-code = Confirm with a code
account-confirm-code-hint = From your authenticator app, or a recovery code.
account-confirm-sign-in-again = This account has neither a password nor a second factor. Sign out, then sign in again the way you did before.

account-sign-up-title = Create a workspace
account-sign-up-head = Create a workspace.
account-sign-up-lead = It starts on the free plan, which needs no card.
# $plan is the plan that the person chose on the price list.
account-sign-up-lead-review = It starts on the free plan. Next, you review { $plan }. You won’t be charged until you confirm.
account-sign-up = Create workspace
account-sign-up-have-one = Already have a workspace? <login>Sign in</login>
account-sign-up-workspace-hint = Your team’s or company’s name. Leave empty to name it after your email address.
account-workspace-hint = Leave empty to name it after your email address.
account-sign-up-refused-head = The workspace wasn’t created
account-sign-up-refused-body = The address may have an account with another password. <login>Sign in</login>, or use another address.

account-forgot-title = Forgot password
account-forgot-head = Reset your password.
account-forgot-lead = We’ll email you a link to choose a new one.
account-forgot-send = Send link
account-forgot-sent-head = Check your email
account-forgot-sent-body = If the address has an account, we’ve sent it a link. The link works once, within 1 hour.
account-forgot-no-mail-head = This installation doesn’t send email
# A command follows.
account-forgot-no-mail-body = Ask its operator for a link. This command prints one that works once, within 1 hour:
account-password-title = New password
account-password-head = Choose a new password.
account-password-lead = It replaces the old one immediately. All browsers signed in with the old one are signed out.
account-password-set = Set password and sign in
account-password-expired = This link has expired.
account-password-unknown = This link no longer works.
account-password-invalid-lead = A link works once, within 1 hour. Setting a new password invalidates all other links.
account-password-again = Request another link

account-invitation-title = Invitation to { $workspace }
# In the margin, and the title of pages about links that no longer work.
account-invitation = Invitation
account-invitation-head-by = { $email } invites you to { $workspace }.
account-invitation-head = You’re invited to { $workspace }.
account-invitation-lead = { $role ->
    [owner] The invitation is for { $email }, as an owner. It expires on <b>{ $expires } UTC</b>.
    [admin] The invitation is for { $email }, as an admin. It expires on <b>{ $expires } UTC</b>.
    [billing] The invitation is for { $email }, with the Billing role. It expires on <b>{ $expires } UTC</b>.
   *[member] The invitation is for { $email }, as a member. It expires on <b>{ $expires } UTC</b>.
}
account-invitation-join = Join { $workspace }
account-invitation-other = You’re signed in as { $current }, but the invitation is for { $email }. To accept it, sign out and come back as { $email }.
account-sign-out-and-return = Sign out and come back
account-stay-signed-in = Stay signed in
account-invitation-sign-in = If { $email } has a { -app-name } account, sign in. You then return here to accept.
account-invitation-new = If not, choose a password to create an account. This doesn’t create another workspace.
account-invitation-full-head = { $workspace } has no seats left
account-invitation-full-body = You haven’t joined. Ask the person who invited you to free a seat or choose a larger plan. Then this link works again.
account-invitation-credentials-head = You couldn’t join with this password
account-invitation-credentials-body = If the address has an account, sign in with its password, or reset the password first.
account-invitation-attempts-head = Too many attempts
account-invitation-attempts-body = You haven’t joined. Wait 15 minutes, then try again.
account-invitation-busy-head = Too many requests at the same time
account-invitation-busy-body = You haven’t joined. Try again in a few seconds.
account-invitation-internal-head = Something went wrong on our side
account-invitation-internal-body = You haven’t joined. Try again in a minute.
account-invitation-unknown-head = This invitation doesn’t exist.
account-invitation-unknown-lead = Check that the link was copied completely, or ask the person who invited you for another.
account-invitation-used-head = This invitation was already accepted.
account-invitation-used-lead = It works once. If you accepted it, sign in to open the workspace.
account-invitation-withdrawn-head = This invitation was withdrawn.
account-invitation-withdrawn-lead = The person who invited you can send another.
account-invitation-replaced-head = There’s a newer invitation.
account-invitation-replaced-lead = It replaced this one. Use the link in the newer one.
account-invitation-expired-head = This invitation has expired.
account-invitation-expired-lead = Invitations expire after 7 days. Ask the person who invited you for another.

# Moves the account to a new email address.
account-address-title = New address
account-address-head = Use { $email }?
account-address-lead = Your account moves from { $current } to { $email }. After that, you sign in with the new address.
account-address-use = Use this address
account-address-keep = Keep the current one
account-address-other = This link is for another account.
account-address-expired = This link has expired.
account-address-unknown = This link no longer works.
account-address-invalid-lead = A link works once, within 24 hours, for the account that requested it. A newer link replaces it.
account-address-to-account = Your account

# Confirms the address of an account.
account-verify-title = Confirm your address
account-verify-side = Address
account-verify-head = Is this address yours?
account-verify-lead = An account was created with { $email }. Confirm only if you created it. If you didn’t, set a new password: this makes the account yours, revokes its keys and ends its sessions.
account-verify-confirm = Confirm address
account-verify-other = You’re signed in as { $current }, but this link is for { $email }. To confirm, sign in as { $email }.
account-verify-sign-out = Sign out and sign in again
account-verify-sign-in = Sign in to the account first. You then return here to confirm.
account-verify-not-mine = I didn’t create this account
account-verify-expired = This link has expired.
account-verify-unknown = This link no longer works.
account-verify-invalid-lead = It was used, or a newer one replaced it. If your address still needs to be confirmed, you can send another link from your team page.
account-verify-to-team = Go to your team

# Turns off emails of one kind, by the link at the end of such an email.
account-unsubscribe-title = Email notifications
account-unsubscribe-side = Emails
account-unsubscribe-head = { $mail ->
    [usage_limits] Turn off emails about usage limits?
    [payments] Turn off emails about payments?
   *[monthly_report] Turn off the monthly report?
}
account-unsubscribe-lead = { $mail ->
    [usage_limits] { $email } will no longer get emails about usage limits in <bdi>{ $workspace }</bdi>. Other emails aren’t affected.
    [payments] { $email } will no longer get emails about payments for <bdi>{ $workspace }</bdi>. Other emails aren’t affected.
   *[monthly_report] { $email } will no longer get the monthly report for <bdi>{ $workspace }</bdi>. Other emails aren’t affected.
}
account-unsubscribe-payments = Without these emails, you may miss a failed payment, and the plan may be suspended.
account-unsubscribe-button = Turn off
account-unsubscribe-done-head = { $mail ->
    [usage_limits] Emails about usage limits are off.
    [payments] Emails about payments are off.
   *[monthly_report] The monthly report is off.
}
account-unsubscribe-done = { $mail ->
    [usage_limits] { $email } no longer gets emails about usage limits in <bdi>{ $workspace }</bdi>. You can turn them back on in your account settings.
    [payments] { $email } no longer gets emails about payments for <bdi>{ $workspace }</bdi>. You can turn them back on in your account settings.
   *[monthly_report] { $email } no longer gets the monthly report for <bdi>{ $workspace }</bdi>. You can turn it back on in your account settings.
}
account-unsubscribe-settings = Account settings
account-unsubscribe-invalid = This link doesn’t work.
account-unsubscribe-invalid-lead = Nothing was changed. Check that you copied the whole link. Links stop working when you leave the workspace.

# Sign-in with an identity provider.
account-provider-unavailable-head = We couldn’t reach the identity provider.
account-provider-unavailable-lead = You’re not signed in. Try again in a minute, or sign in another way.
account-provider-failed-head = The sign-in wasn’t completed.
account-provider-failed-lead = It was canceled at the provider, took longer than 10 minutes, or was already used. Sign in again.
account-provider-address-head = The provider didn’t send an email address.
account-provider-address-lead = An account here needs one. Allow it at the provider, then sign in again.
account-provider-taken-head = Your address already has an account.
account-provider-taken-lead = This sign-in doesn’t open it. Sign in the way you did before, or ask the operator of this installation.

# A form that was opened for another workspace or another person than the current one. It had no effect.
account-form-title = Nothing was changed
# In the margin.
account-form-side = Not done
account-form-session-head = This form was for another session.
account-form-session-lead = { $workspace } is open in this browser now. Nothing was changed.
account-form-open-again = Open the page again
account-form-stay = Stay in { $workspace }
account-form-return = Go back to { $workspace }
account-form-elsewhere-head = This form was for { $workspace }.
account-form-elsewhere-lead = { $workspace } is open now, because another tab switched to it. Nothing was changed in either workspace.
account-form-outside-head = This form was for a workspace you’re not a member of.
account-form-outside-lead = { $workspace } is open now. Nothing was changed in either workspace.
account-form-person-head = This form was for another person.
account-form-person-lead = You’re signed in as { $email }, because another tab signed in. Nothing was changed.
account-form-unknown-head = This form doesn’t say which workspace it’s for.
account-form-unknown-lead = { $workspace } is open now. Nothing was changed. Open the page again and send the form from there.
