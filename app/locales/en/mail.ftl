# Mails: subjects, sentences, buttons. $workspace is the workspace's name. Subjects are one line without a full stop.

# The last line of mails about a workspace.
mail-because-admin = You get this because you're an admin of { $workspace }.

# Invitation. $role is owner, admin or member.
mail-invitation-subject = Join { $workspace }
mail-invitation-by = { $inviter } invited you to { $workspace } as { $role ->
    [owner] an owner
    [admin] an admin
   *[member] a member
}.
mail-invitation-by-nobody = You're invited to { $workspace } as { $role ->
    [owner] an owner
    [admin] an admin
   *[member] a member
}.
mail-invitation-what = { $role ->
    [owner] You can see the plan, usage and invoices, change them, and manage people, keys and secrets.
    [admin] You can see and change the plan, and manage people, keys and secrets.
   *[member] You can see the plan and usage.
}
mail-invitation-button = Accept invitation
mail-invitation-until = The link works once, until { $until } UTC.
mail-invitation-unknown = If you don't know { $sender }, ignore this mail. You won't be added unless you accept.

# Password reset.
mail-reset-subject = Reset your { -app-name } password
mail-reset-what = We received a request to reset the password of { $email }.
mail-reset-button = Choose a new password
mail-reset-until = The link works once, until { $until } UTC. It signs you out of every other browser.
mail-reset-ignore = If you didn't ask for this, ignore this mail. Your password stays the same.

# Verification of the address of a new account.
mail-verify-subject = Confirm your e-mail address
mail-verify-what = Someone created a { -app-name } account with the address { $email }.
mail-verify-do = If it was you, sign in and open this page to confirm the address. The link works until { $until } UTC.
mail-verify-button = Confirm address
mail-verify-ignore = If it wasn't you, ignore this mail. The account can't invite people or create keys. To take it over, reset its password: that removes everything set up before.

# A new address for an account: to the new address.
mail-change-subject = Confirm your new e-mail address
mail-change-what = The { -app-name } account { $old } asked to use the address { $new } instead.
mail-change-what-unverified = A { -app-name } account asked to use the address { $new }.
mail-change-do = Open this page while you're signed in to confirm. The link works once, until { $until } UTC.
mail-change-button = Confirm new address
mail-change-ignore = If it wasn't you, ignore this mail. Nothing changes.

# The same, to the current address.
mail-change-notice-subject = Your e-mail address is about to change
mail-change-notice-what = The { -app-name } account { $old } asked to use the address { $new } instead. It changes when a link sent to { $new } is opened.
mail-change-notice-else = If it wasn't you, change your password and sign out everywhere in your account settings.

# Another account asked for an address that has an account.
mail-taken-subject = Your e-mail address was requested by another account
mail-taken-what = Another { -app-name } account asked to use { $email }, which belongs to this account. Nothing was changed.
mail-taken-do = If it was you, sign in with { $email }, or change the address of this account first. If it wasn't, there's nothing to do.

# Changes of how an account is signed in to. $at is date and time in UTC.
mail-notice-password-subject = Your { -app-name } password was changed
mail-notice-password = The password of { $email } was changed on { $at } UTC.
mail-notice-password-reset = A new password for { $email } was set through a reset link on { $at } UTC.
mail-notice-password-token = A password for { $email } was set by an app you sign in to on { $at } UTC.
mail-notice-factor-on-subject = Two-factor authentication is on
mail-notice-factor-on = Two-factor authentication was turned on for { $email } on { $at } UTC.
mail-notice-factor-off-subject = Two-factor authentication is off
mail-notice-factor-off = Two-factor authentication was turned off for { $email } on { $at } UTC.
mail-notice-codes-subject = Your recovery codes were replaced
mail-notice-codes = New recovery codes were created for { $email } on { $at } UTC. The old ones no longer work.
mail-notice-linked-subject = A new sign-in method was added
mail-notice-linked = A sign-in method of another app was linked to { $email } on { $at } UTC. You can remove it in your account settings.
mail-notice-else = If it was you, there's nothing to do. If it wasn't, choose a new password now: that signs out every browser and removes linked sign-in methods.
mail-notice-button = Choose a new password

# Limits. $feature is the feature's name, such as "API requests"; $used and $limit are amounts.
mail-limit-near-subject = { $workspace }: { $feature } close to the limit
mail-limit-near = { $feature }: { $used } of { $limit } used.
mail-limit-near-hard = Requests are refused once the limit is reached.
mail-limit-near-soft = Usage beyond the limit is still counted, with a warning.
mail-limit-reached-subject = { $workspace }: { $feature } limit reached
mail-limit-reached-hard = Requests are refused until there is room again.
mail-limit-reached-soft = Further usage is still counted, with a warning.
mail-limit-cleared-subject = { $workspace }: { $feature } back below the limit
mail-limit-cleared = There is room again.
mail-limit-at = As of { $at } UTC. You get at most one mail for each limit and period.
mail-limit-button = See usage and plans

# Payments. $plan is the paid plan, $current the plan that applies now, $fallback the plan that applies without payment.
mail-payment-failed-subject = { $workspace }: payment failed
mail-payment-overdue-subject = { $workspace }: payment overdue
mail-payment-failed = The payment of { $price } for { $plan } was declined.
mail-payment-failed-unknown = The payment for { $plan } was declined.
mail-payment-overdue = The invoice of { $price } for { $plan } is overdue.
mail-payment-overdue-unknown = The invoice for { $plan } is overdue.
mail-payment-still-due = The payment of { $price } for { $plan } is still due.
mail-payment-still-due-unknown = The payment for { $plan } is still due.
mail-payment-grace = { $current } stays active until { $until } UTC. After that, the limits of { $fallback } apply until the payment succeeds. Nothing is deleted.
mail-payment-grace-soon = { $current } stays active for now. If the payment doesn't succeed soon, the limits of { $fallback } apply until it does. Nothing is deleted.
mail-payment-do-card = { $provider } retries automatically. To settle it now, update the card.
mail-payment-do-invoice = To settle it, pay the invoice that { $provider } sent you.
mail-payment-button-card = Update card
mail-payment-button-invoice = See invoice
mail-grace-ends-subject = { $workspace }: { $current } ends on { $until }
mail-grace-ends-soon-subject = { $workspace }: { $current } ends soon
mail-suspended-subject = { $workspace }: { $fallback } limits apply now
mail-suspended = The grace period is over, so the limits of { $fallback } apply. What you have stays, but you can't add more. { $plan } is back as soon as the payment succeeds.
mail-recovered-subject = { $workspace }: payment received
mail-recovered = The payment of { $price } for { $plan } succeeded.
mail-recovered-unknown = The payment for { $plan } succeeded.
mail-recovered-renews = { $plan } is active and renews on { $at }.
mail-recovered-active = { $plan } is active.
mail-recovered-button = See membership
mail-trial-ends-subject = { $workspace }: your { $plan } trial ends on { $at }
mail-trial-ends = Your trial of { $plan } ends on { $at } UTC.
mail-trial-then-charge = Then { $price } is charged.
mail-trial-then-charge-month = Then { $price } is charged every month.
mail-trial-then-charge-year = Then { $price } is charged every year.
mail-trial-then-invoice = Then { $price } is invoiced.
mail-trial-then-invoice-month = Then { $price } is invoiced every month.
mail-trial-then-invoice-year = Then { $price } is invoiced every year.
mail-trial-then-unknown = Then the subscription is charged.
mail-trial-do = To keep { $plan }, there's nothing to do. To avoid the charge, cancel before then.
mail-trial-button = Manage subscription

# Enterprise request, to the operator's sales address.
mail-enterprise-subject = Enterprise request from { $company }
mail-enterprise-what = { $company } asked for more than the listed plans offer.
mail-enterprise-company = Company
mail-enterprise-contact = Contact
mail-enterprise-email = E-mail
mail-enterprise-use-cases = Use cases
mail-enterprise-scale = Expected scale
mail-enterprise-workspace = Workspace
mail-enterprise-sent = Sent
mail-enterprise-number = Number
mail-enterprise-none = not given
mail-enterprise-no-workspace = none, not signed in
mail-enterprise-sent-at = { $at } UTC

# A webhook endpoint was disabled.
mail-endpoint-subject = { $workspace }: webhook endpoint disabled
mail-endpoint-what = The webhook endpoint { $url } of { $workspace } was disabled on { $at } UTC.
mail-endpoint-gone = It answered 410 Gone.
mail-endpoint-failing = Every delivery failed for five days.
mail-endpoint-by-admin = An admin disabled it.
mail-endpoint-do = It receives no messages until an admin enables it. Undelivered messages can be resent from its page.
mail-endpoint-button = See endpoint

# A secret that decides where payments go. $who is an address or a key's name.
mail-secret-set-subject = { $workspace }: payment secret changed
mail-secret-deleted-subject = { $workspace }: payment secret deleted
mail-secret-set = { $who } changed the secret { $name } of { $workspace } on { $at } UTC.
mail-secret-set-unnamed = { $who } changed a secret of { $workspace } on { $at } UTC.
mail-secret-deleted = { $who } deleted the secret { $name } of { $workspace } on { $at } UTC.
mail-secret-deleted-unnamed = { $who } deleted a secret of { $workspace } on { $at } UTC.
mail-secret-from = The request came from { $address }.
mail-secret-set-effect = Your customers' payments now go to the account this secret belongs to.
mail-secret-deleted-effect = Without it, checkouts and subscriptions of your customers can't be reached.
mail-secret-do = If this wasn't intended, set the secret again and review who has access to the workspace. Further changes within an hour come in one mail; the audit log has each.
mail-secret-button = Review secrets
mail-secret-key = The API key { $name }
