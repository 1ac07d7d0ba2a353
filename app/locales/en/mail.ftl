# Mails: subjects, sentences, buttons. $workspace is the workspace's name. Subjects are one line without a full stop.

# The last line of mails about a workspace.
mail-because-admin = You’re receiving this email because you’re an admin of { $workspace }.
# The same of mails about payments, which people with the Billing role get, too.
mail-because-billing = You’re receiving this email because you can manage the plan of { $workspace }.

# Invitation. $role is owner, admin, billing or member.
mail-invitation-subject = Join { $workspace }
mail-invitation-by = { $inviter } invited you to { $workspace } { $role ->
    [owner] as an owner
    [admin] as an admin
    [billing] with the Billing role
   *[member] as a member
}.
mail-invitation-by-nobody = You’re invited to { $workspace } { $role ->
    [owner] as an owner
    [admin] as an admin
    [billing] with the Billing role
   *[member] as a member
}.
mail-invitation-what = { $role ->
    [owner] You can view usage and invoices, change the plan, and manage API keys, secrets and members, including other owners.
    [admin] You can view usage and invoices, change the plan, and manage API keys, secrets and members.
    [billing] You can view the plan, usage and invoices, change the plan, and update the card.
   *[member] You can view the plan and usage.
}
mail-invitation-button = Accept invitation
mail-invitation-until = This link works once, until { $until } UTC.
mail-invitation-unknown = If you don’t know { $sender }, you can ignore this email. You won’t be added unless you accept.

# Password reset.
mail-reset-subject = Reset your { -app-name } password
mail-reset-what = We received a request to reset the password for { $email }.
mail-reset-button = Choose a new password
mail-reset-until = This link works once, until { $until } UTC. When you set the new password, you’re signed out of every other browser.
mail-reset-ignore = If you didn’t request this, you can ignore this email. Your password stays the same.

# Verification of the address of a new account.
mail-verify-subject = Confirm your email address
mail-verify-what = Someone created a { -app-name } account with the address { $email }.
mail-verify-do = If this was you, sign in and confirm the address. The link works until { $until } UTC.
mail-verify-button = Confirm address
mail-verify-ignore = If this wasn’t you, you can ignore this email. The account can’t invite people or create keys. To take it over, reset its password. That ends its sessions and removes everything that was set up before.

# A new address for an account: to the new address.
mail-change-subject = Confirm your new email address
mail-change-what = The { -app-name } account { $old } asked to change its email address to { $new }.
mail-change-what-unverified = A { -app-name } account asked to change its email address to { $new }.
mail-change-do = To confirm, open the link while you’re signed in. It works once, until { $until } UTC. Until you confirm, the current address stays in use.
mail-change-button = Confirm new address
mail-change-ignore = If this wasn’t you, you can ignore this email. Nothing will change.

# The same, to the current address.
mail-change-notice-subject = Request to change your email address
mail-change-notice-what = The { -app-name } account { $old } asked to change its email address to { $new }. Your current address stays in use until the link sent to { $new } is opened.
mail-change-notice-else = If this wasn’t you, change your password and sign out everywhere in your account settings.

# Another account asked for an address that has an account.
mail-taken-subject = Another account requested your email address
mail-taken-what = Another { -app-name } account asked to use { $email }, which already belongs to an account. Nothing was changed.
mail-taken-do = If this was you, sign in with { $email }, or give the account that uses it another address first. Otherwise, you don’t need to do anything.

# Changes of how an account is signed in to. $at is date and time in UTC.
mail-notice-password-subject = Your { -app-name } password was changed
mail-notice-password = The password for { $email } was changed on { $at } UTC.
mail-notice-password-reset = A new password for { $email } was set with a reset link on { $at } UTC.
mail-notice-password-token = A password for { $email } was set on { $at } UTC by an app you sign in with.
mail-notice-factor-on-subject = Two-factor authentication turned on
mail-notice-factor-on = Two-factor authentication was turned on for { $email } on { $at } UTC.
mail-notice-factor-off-subject = Two-factor authentication turned off
mail-notice-factor-off = Two-factor authentication was turned off for { $email } on { $at } UTC.
mail-notice-codes-subject = Your recovery codes were replaced
mail-notice-codes = New recovery codes were created for { $email } on { $at } UTC. The old ones no longer work.
mail-notice-linked-subject = A new sign-in method was added
mail-notice-linked = Sign-in through another app was linked to { $email } on { $at } UTC. You can remove it in your account settings.
mail-notice-else = If this was you, you don’t need to do anything. If it wasn’t, choose a new password now. That signs out every browser and removes linked sign-in methods.
mail-notice-button = Choose a new password

# Limits. $feature is the feature's name, such as "API requests"; $used and $limit are amounts.
mail-limit-near-subject = { $workspace }: { $feature } close to the limit
mail-limit-threshold-subject = { $workspace }: { $feature } reached an alert threshold
mail-limit-used = { $feature }: { $used } of { $limit } used.
mail-limit-used-unlimited = { $feature }: { $used } used. There is no longer a limit.
mail-limit-near-hard = Requests are refused once the limit is reached.
mail-limit-near-soft = Usage beyond the limit is still counted, with a warning.
mail-limit-reached-subject = { $workspace }: { $feature } limit reached
mail-limit-reached-hard = Requests are refused until usage drops or the counter resets.
mail-limit-reached-soft = Further usage is still counted, with a warning.
mail-limit-cleared-subject = { $workspace }: { $feature } back below the limit
mail-limit-cleared = Usage is back below the limit.
mail-limit-at = As of { $at } UTC. You get at most one email of each kind per limit and period.
# Follows in the mails about a limit that is near or reached: the cheapest plan that allows more.
mail-limit-plan = { $plan } allows { $limit }.
mail-limit-plan-unlimited = { $plan } removes this limit.
mail-limit-button = View usage and plans

# Payments. $plan is the paid plan, $current the plan that applies now, $fallback the plan that applies without payment.
mail-payment-failed-subject = { $workspace }: payment failed
mail-payment-overdue-subject = { $workspace }: payment overdue
mail-payment-failed = The { $price } payment for { $plan } was declined.
mail-payment-failed-unknown = The payment for { $plan } was declined.
mail-payment-overdue = The { $price } invoice for { $plan } is overdue.
mail-payment-overdue-unknown = The invoice for { $plan } is overdue.
mail-payment-still-due = The { $price } payment for { $plan } is still due.
mail-payment-still-due-unknown = The payment for { $plan } is still due.
mail-payment-grace = { $current } stays active until { $until } UTC. After that, the limits of { $fallback } apply until the payment succeeds. Nothing is deleted.
mail-payment-grace-soon = { $current } stays active for now. If the payment doesn’t succeed soon, the limits of { $fallback } apply until it does. Nothing is deleted.
mail-payment-do-card = { $provider } retries automatically. To pay now, update your card.
mail-payment-do-invoice = To fix this, pay the invoice that { $provider } sent you.
mail-payment-button-card = Update card
mail-payment-button-invoice = View invoice
mail-grace-ends-subject = { $workspace }: { $current } ends on { $until }
mail-grace-ends-soon-subject = { $workspace }: { $current } ends soon
mail-suspended-subject = { $workspace }: { $fallback } limits apply now
mail-suspended = The grace period has ended, so the limits of { $fallback } apply. What’s above them is kept, but you can’t add more. { $plan } is active again as soon as the payment succeeds.
mail-recovered-subject = { $workspace }: payment received
mail-recovered = The { $price } payment for { $plan } succeeded.
mail-recovered-unknown = The payment for { $plan } succeeded.
mail-recovered-renews = { $plan } is active and renews on { $at }.
mail-recovered-active = { $plan } is active.
mail-recovered-button = View membership
mail-trial-ends-subject = { $workspace }: your { $plan } trial ends on { $at }
mail-trial-ends = Your { $plan } trial ends on { $at } UTC.
mail-trial-then-charge = After that, you’re charged { $price }.
mail-trial-then-charge-month = After that, you’re charged { $price } every month.
mail-trial-then-charge-year = After that, you’re charged { $price } every year.
# $every is “every 3 months”.
mail-trial-then-charge-every = After that, you’re charged { $price } { $every }.
mail-trial-then-invoice = After that, you’re invoiced { $price }.
mail-trial-then-invoice-month = After that, you’re invoiced { $price } every month.
mail-trial-then-invoice-year = After that, you’re invoiced { $price } every year.
mail-trial-then-invoice-every = After that, you’re invoiced { $price } { $every }.
mail-trial-then-unknown = After that, you’re charged for the subscription.
mail-trial-do = To keep { $plan }, you don’t need to do anything. If you cancel before then, you pay nothing.
mail-trial-button = Manage subscription

# Monthly report. $month is month and year, such as "November 2026".
mail-report-subject = { $workspace }: usage in { $month }
mail-report-month = { $month ->
    [1] January { $year }
    [2] February { $year }
    [3] March { $year }
    [4] April { $year }
    [5] May { $year }
    [6] June { $year }
    [7] July { $year }
    [8] August { $year }
    [9] September { $year }
    [10] October { $year }
    [11] November { $year }
   *[12] December { $year }
}
mail-report-what = Here’s the monthly report for { $workspace }.
mail-report-plan = Plan
mail-report-next-payment = Next payment
mail-report-payment = { $amount } on { $at }
mail-report-ends = Plan ends
# Above the list of limits, each with its highest usage.
mail-report-highest = The highest usage of each limit in { $month }:
mail-report-used = { $used } of { $limit }
mail-report-used-unlimited = { $used }, no limit
mail-report-unused = The plan includes no metered features, and nothing was used in { $month }.
mail-report-button = View usage
mail-because-report = You’re receiving this email because you turned on the monthly report of { $workspace }.

# The link at the end of emails that can be turned off.
mail-off-usage-limits = Turn off emails about usage limits
mail-off-payments = Turn off emails about payments
mail-off-monthly-report = Turn off the monthly report

# Enterprise request, to the operator's sales address.
mail-enterprise-subject = Enterprise request from { $company }
mail-enterprise-what = { $company } needs more than the listed plans offer.
mail-enterprise-company = Company
mail-enterprise-contact = Contact
mail-enterprise-email = Email
mail-enterprise-use-cases = Use cases
mail-enterprise-scale = Expected scale
mail-enterprise-workspace = Workspace
mail-enterprise-sent = Sent
mail-enterprise-number = Request ID
# Above what the company wrote.
mail-enterprise-notes = Notes:
mail-enterprise-none = not given
mail-enterprise-no-workspace = none (not signed in)
mail-enterprise-sent-at = { $at } UTC

# A webhook endpoint was disabled.
mail-endpoint-subject = { $workspace }: webhook endpoint disabled
mail-endpoint-what = The webhook endpoint { $url } of { $workspace } was disabled on { $at } UTC.
mail-endpoint-gone = It responded with 410 Gone, which means that it no longer exists.
mail-endpoint-failing = Every delivery has failed for several days.
mail-endpoint-by-admin = An admin disabled it.
mail-endpoint-do = It receives no messages until an admin enables it. Its page lists the messages, and you can resend each of them there.
mail-endpoint-button = View endpoint

# A secret that decides where payments go. $who is an address or a key's name.
mail-secret-set-subject = { $workspace }: payment secret updated
mail-secret-deleted-subject = { $workspace }: payment secret deleted
mail-secret-set = { $who } set the secret { $name } of { $workspace } on { $at } UTC.
mail-secret-set-unnamed = { $who } set a secret of { $workspace } on { $at } UTC.
mail-secret-deleted = { $who } deleted the secret { $name } of { $workspace } on { $at } UTC.
mail-secret-deleted-unnamed = { $who } deleted a secret of { $workspace } on { $at } UTC.
mail-secret-from = The request came from { $address }.
mail-secret-set-effect = Your customers’ payments now go to the account this secret belongs to.
mail-secret-deleted-effect = Without it, { -app-name } can’t reach your customers’ checkouts and subscriptions.
mail-secret-do = If this wasn’t intended, set the secret again, and review the workspace’s members and API keys. Further changes within an hour come in one email. The audit log lists each of them.
mail-secret-button = Review members
mail-secret-key = The API key { $name }

# Names and texts in samples of mails, which operators look at on their desk.
mail-sample-workspace = Acme Robotics
mail-sample-person = Ada Okafor
mail-sample-scale = 2 million requests a day
mail-sample-notes = We want to invoice in euros and need a data processing agreement.
