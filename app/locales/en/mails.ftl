# The emails that the installation sends, on the operator’s desk: a list, and a page for each with a sample.

mails-nav = Emails
mails-title = Emails
mails-lead = Every email that { -app-name } sends, with sample data.
mails-change = You can change subjects and texts: see <docs>Languages and wording</docs>.
# Above the list and in place of the button that sends a sample.
mails-off = This installation sends no email. To send email, <settings>set up a mail server</settings>.

# Subject areas, as headings.
mails-area-accounts = Accounts
mails-area-limits = Limits
mails-area-payments = Payments
mails-area-reports = Reports
mails-area-integration = Webhooks and secrets
mails-area-sales = Sales
# What screen readers call the table. $area is one of the headings above.
mails-table = Emails: { $area }
mails-column-subject = Subject
mails-column-sent = Sent

# When each email is sent, and to whom.
mails-when-invitation = To a person who is invited to a workspace.
mails-when-password-reset = To an account’s address, when a password reset is requested.
mails-when-address-verification = To an account’s address, until it’s confirmed: after sign-up, and on request.
mails-when-address-change = To the new address, when a change of an account’s address is requested.
mails-when-address-change-notice = To the current address, when a change of an account’s address is requested.
mails-when-address-taken = To an account’s address, when it’s requested for another account.
mails-when-password-changed = To the account’s owner, when they change their password.
mails-when-password-set-by-link = To the account’s owner, when a password is set with a reset link.
mails-when-password-set-by-token = To the account’s owner, when a password is set by an app they sign in with.
mails-when-second-factor-enabled = To the account’s owner, when two-factor authentication is turned on.
mails-when-second-factor-removed = To the account’s owner, when two-factor authentication is turned off.
mails-when-recovery-codes-renewed = To the account’s owner, when their recovery codes are replaced.
mails-when-sign-in-linked = To the account’s owner, when another sign-in method is added.
mails-when-limit-near = To each admin, when usage reaches the warning threshold of a limit.
mails-when-limit-reached = To each admin, when usage reaches a limit.
mails-when-limit-cleared = To each admin, when usage is back below the warning threshold.
mails-when-payment-failed = To everyone who can change the plan, when a payment is declined.
mails-when-payment-overdue = To everyone who can change the plan, when an invoice is overdue.
mails-when-grace-ends = To everyone who can change the plan, shortly before the grace period ends.
mails-when-plan-suspended = To everyone who can change the plan, when the grace period ends without a payment.
mails-when-payment-received = To everyone who can change the plan, when an overdue payment is received.
mails-when-trial-ends = To everyone who can change the plan, shortly before a trial ends.
mails-when-monthly-report = To everyone who has turned it on, at the start of each month.
mails-when-endpoint-disabled = To each admin, when a webhook endpoint is disabled.
mails-when-secret-set = To each admin, when a payment secret is added or replaced.
mails-when-secret-deleted = To each admin, when a payment secret is deleted.
mails-when-enterprise-request = To the sales address, when an enterprise request is sent.

# The page of one email.
mails-all = All emails
mails-from = From
mails-sent = Sent
# What screen readers call the links to the languages.
mails-language = Language of the email
mails-preview = Preview
mails-preview-note = With sample data, and with plans and features of your catalog. Links don’t work here.
mails-html = HTML
# What screen readers call the frame with the email.
mails-html-frame = The email as HTML
mails-text = Plain text
mails-send = Send a sample
mails-send-to = The email goes to { $email }, in the language shown here.
mails-send-button = Send to me

# Notices after an action.
mails-done-title = Email sent
mails-done = It’s on its way to you. If it doesn’t arrive, Operations lists the failed job.
mails-throttled-title = Nothing was sent
mails-throttled = You’ve sent yourself several emails. Try again in 15 minutes.
mails-not-configured-title = Nothing was sent
mails-not-configured = This installation sends no email. Set up a mail server first.
mails-not-found-title = Nothing was sent
mails-not-found = There’s no such email, or the catalog has no plan or limit for a sample.
