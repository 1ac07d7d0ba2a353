# The frame of every page: header, navigation, footer; and the error pages.

frame-skip = Skip to content
# Accessible name of the main navigation.
frame-nav = Main
frame-membership = Membership
frame-usage = Usage
frame-settings = Settings
frame-desk = Operator’s desk
frame-account = Your account
frame-sign-out = Sign out

# The menu in the header. Screen readers read these before the email address or the workspace's name.
frame-menu-account = Account:
frame-menu-workspace = Workspace and account:
# Below the email address in the menu.
frame-menu-role = { $role ->
    [owner] Owner of { $workspace }
    [admin] Admin of { $workspace }
    [billing] Billing for { $workspace }
   *[member] Member of { $workspace }
}
# Buttons in the menu. $plan is the name of the workspace's plan.
frame-switch = Switch to <bdi>{ $workspace }</bdi>
frame-switch-with-plan = Switch to <bdi>{ $workspace }</bdi> ({ $plan })
# Link to the product that the person came from. $product is its name or its host.
frame-way-back = Back to { $product }
frame-way-back-unnamed = Back to the product

# A role on its own, such as in a table.
frame-role-owner = Owner
frame-role-admin = Admin
frame-role-billing = Billing
frame-role-member = Member

frame-footer = Times are UTC. Amounts are before tax.
# Below it in a demo whose billing clock was moved. $at is a date with its time.
frame-moved-clock = Billing clock: { $at }, moved for this demo. Sign-ins, links, keys, the audit log, deliveries and received events keep real time.
frame-api-docs = API documentation
frame-theme = Theme
frame-theme-system = System
frame-theme-light = Light
frame-theme-dark = Dark
frame-language = Language
# Button beside the list of languages.
frame-language-change = Change

# Notice after the person entered the password or a code again.
frame-confirmed-head = Confirmed
frame-confirmed-body = Nothing has been saved yet. Send the form again. You won’t be asked to confirm again for 15 minutes.

# Links and buttons of pages that have nothing else.
frame-go-to-membership = Go to membership
frame-go-to-sign-in = Go to sign-in
frame-go-to-desk = Go to the operator’s desk
frame-back-to-membership = Back to membership
frame-reload = Reload the page

frame-not-found-title = Not found
frame-not-found-head = There’s no page at this address.
frame-not-found-lead = It may have moved, or it belongs to a workspace you’re not a member of.
frame-not-found-lead-desk = No tenant has this ID, or the address is incomplete.

frame-rate-limited-title = Too many requests
frame-rate-limited-head = Too many requests.
frame-rate-limited-lead = { $seconds ->
    [one] Nothing was charged or changed. Wait { $seconds } second, then reload the page.
   *[other] Nothing was charged or changed. Wait { $seconds } seconds, then reload the page.
}

frame-unavailable-title = Unavailable
frame-unavailable-head = We can’t reach our database.
frame-unavailable-lead = Nothing was charged or changed. Try again in a moment.

frame-internal-title = Something went wrong on our side
frame-internal-head = Something went wrong on our side.
frame-internal-lead = Nothing was charged or changed.
# $number finds the request in the logs.
frame-internal-number = If it happens again, give us this number: <code>{ $number }</code>

# The page of a signed-in person who belongs to no workspace.
frame-no-workspace-title = No workspace
# In the margin.
frame-no-workspace-side = Signed in
frame-no-workspace-head = You don’t belong to a workspace.
frame-no-workspace-lead = You’re signed in as { $email }. To join a workspace, open the link in your invitation. Or create your own on the free plan.
frame-no-workspace-desk = You operate this installation: <desk>go to the operator’s desk</desk>.
frame-no-workspace-left-head = You left the workspace
frame-no-workspace-left-body = It was the only workspace you belonged to.
frame-no-workspace-deleted-body = For 30 days, the operator of this installation can restore it. It was the only workspace you belonged to.
frame-no-workspace-create = Create workspace

# Pages for people who came from another product by a link.
frame-portal-account-title = Not available here
frame-portal-account-head = You need an account for this page.
frame-portal-account-lead = You came from another product, and this page isn’t available from there. Nothing was changed.
frame-portal-over-title = Link no longer valid
frame-portal-used-head = This link was already used.
frame-portal-used-lead = It works once. Go back to where you came from and open the page again.
frame-portal-over-head = This link no longer works.
frame-portal-over-lead = It has expired or was revoked. Go back to where you came from and open the page again.
frame-portal-ended-head = Your session has ended.
frame-portal-ended-lead = Nothing was changed. Go back to where you came from and open the page again.
frame-portal-unknown-title = Link not found
frame-portal-unknown-head = This link doesn’t exist.
frame-portal-unknown-lead = Check that the link was copied completely, or go back to where you came from and open the page again.
