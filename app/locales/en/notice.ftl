# Notices about the last action, and the notice for an unconfirmed email address.

notice-joined-head = You joined { $workspace }
notice-joined-body = It’s open now. To switch to another workspace, use the menu at the top.
notice-left-head = You left the workspace
notice-left-body = Another of your workspaces, { $workspace }, is open now.
# Also on the page for people without a workspace.
notice-workspace-deleted-head = Workspace deleted
notice-workspace-deleted-body = For 30 days, the operator of this installation can restore it. Another of your workspaces, { $workspace }, is open now.
notice-password-set-head = Password changed
notice-password-set-body = You’re signed in here with the new password and signed out everywhere else.
# The account was made by someone else with this person's address.
notice-handed-over-head = Password changed, and the account is yours
notice-handed-over-body = The address wasn’t confirmed before, so everything set up with it until now has ended: sessions, two-factor, API keys, invitations, secrets, webhook endpoints, and workspaces joined through a link that wasn’t emailed.
notice-address-proven-head = Address confirmed
notice-address-proven-body = You can now invite people and create API keys, where your role allows it.
notice-not-in-portal-head = You need an account for this
notice-not-in-portal-body = You came from another product, and this isn’t available from there. Nothing was changed.
notice-synced-head = { $provider ->
    [none] Refreshed
   *[other] Refreshed from { $provider }
}
notice-synced-body = { $provider ->
    [none] This page shows the current data.
   *[other] This page shows the current data from { $provider }.
}
notice-ending-head = Plan canceled
notice-ending-body = This page shows when it ends. Until then, you can undo this.
notice-resumed-head = Plan kept
notice-resumed-body = It renews as before. You weren’t charged for the change.
notice-canceled-head = Checkout canceled
notice-canceled-body = { $provider ->
    [none] You left the payment page before paying. You haven’t been charged, and your plan hasn’t changed.
   *[other] You left { $provider }’s page before paying. You haven’t been charged, and your plan hasn’t changed.
}

notice-no-subscription-head = No plan to cancel or keep
notice-no-subscription-body = This workspace has no paid plan. Nothing was changed.
notice-admin-required-head = You can’t do this with your role
notice-admin-required-body = Only an owner, an admin or someone with the Billing role in { $workspace } can change the plan.
notice-no-customer-head = { $provider ->
    [none] No payments yet
   *[other] No payments at { $provider } yet
}
notice-no-customer-body = This workspace hasn’t paid for a plan yet. Invoices and payment methods appear after the first payment.
notice-conflict-head = Another change was made at the same time
notice-conflict-body = You haven’t been charged. Check the current plan, then try again.
notice-validation-head = Order not placed
notice-validation-body = You haven’t been charged. Choose the plan again.
notice-throttled-head = Too many attempts
notice-throttled-body = { $provider ->
    [none] We didn’t contact the payment provider. Nothing was charged or changed. Try again in a minute.
   *[other] We didn’t contact { $provider }. Nothing was charged or changed. Try again in a minute.
}
notice-busy-head = Other orders for this workspace are being processed
notice-busy-body = Nothing was charged or changed. Try again in a few seconds.
notice-internal-head = Something went wrong on our side
notice-internal-body = Nothing was charged or changed.
# $number finds the request in the logs.
notice-internal-number = If it happens again, give us this number: <code>{ $number }</code>

notice-billing-not-configured-head = No payment provider is set up
notice-billing-not-configured-body = You can compare plans on this installation, but not buy one. Its operator can set up a provider with PAYMENT_PROVIDER.
notice-provider-unavailable-head = { $provider ->
    [none] We couldn’t reach the payment provider
   *[other] We couldn’t reach { $provider }
}
notice-provider-unavailable-body = You haven’t been charged. Your plan and limits are the same as before. Try again in a minute.
# The answer to a change of the subscription was lost.
notice-outcome-unknown-head = { $provider ->
    [none] The payment provider didn’t answer
   *[other] { $provider } didn’t answer
}
notice-outcome-unknown-body = We don’t know yet whether your change was made. Check your plan in a minute before you try again.
notice-provider-account-changed-head = { $provider ->
    [none] The payment provider can’t be used right now
   *[other] { $provider } can’t be used right now
}
notice-provider-account-changed-body = You haven’t been charged. Your plan and limits are the same as before. The operator of this installation needs to set the right key.
notice-unknown-at-provider-head = { $provider ->
    [none] The payment provider doesn’t recognize this workspace
   *[other] { $provider } doesn’t recognize this workspace
}
notice-unknown-at-provider-body = You haven’t been charged. Your plan and limits are the same as before. Contact the operator of this installation.
notice-provider-rejected-head = { $provider ->
    [none] The payment provider rejected the request
   *[other] { $provider } rejected the request
}
notice-provider-rejected-body = You haven’t been charged. If it happens again, contact the operator of this installation.

# The notice for an address that isn't confirmed.
notice-address-head = Confirm your address
notice-address-for-account = { $email } isn’t confirmed yet. Confirm it to invite people and create API keys.
notice-address-for-keys = { $email } isn’t confirmed yet. Confirm it to create API keys.
notice-address-for-team = { $email } isn’t confirmed yet. Confirm it to invite people.
notice-address-sent = We sent an email to { $email }. Its link works for 24 hours.
notice-address-throttled = We’ve already sent several emails. Check your inbox, or try again in 15 minutes.
notice-address-failed = We couldn’t send the email. Try again in a minute.
notice-address-open-link = While you’re signed in here, open the link in the email that { -app-name } sent to this address.
# $problem: "wasn’t delivered: mailbox full. Next attempt: 1 Feb 2026, 14:05."
notice-address-undelivered = The email to { $email } { $problem }
notice-address-undelivered-action = If the address is right, send the email again later. If it’s wrong, <settings>use another address</settings>.
notice-address-send-again = Send the email again
# A command follows.
notice-address-no-mail = This installation doesn’t send email. Ask its operator for a link. This command prints one:
