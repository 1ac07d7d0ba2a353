# The page of members and invitations, at /settings/team.

# Title of the document.
team-page = Team
# The page's heading, without a member limit.
team-title = { $people ->
    [0] No members yet
    [one] { $people } person
   *[other] { $people } people
}
# The page's heading. $left is how many more people may join.
team-title-room = { $people ->
    [0] No members yet
    [one] { $people } person
   *[other] { $people } people
}, room for { $left } more
team-title-full = { $people ->
    [0] No members yet
    [one] { $people } person
   *[other] { $people } people
}, all seats taken
team-title-over = { $people ->
    [0] No members yet
    [one] { $people } person
   *[other] { $people } people
}, { $over } more than the plan allows
# In place of the lists, for members.
team-members-only-read = Only owners and admins of { $workspace } can view the team, invite people and change roles. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}
# Name of the meter of the member limit.
team-seats = Seats

# The table of members.
team-members = Members
team-members-note = Owners and admins can make changes. People with the Billing role manage the plan and payments. Members have read-only access.
team-members-of = Members of { $workspace }
team-only-owner = You’re the only owner of { $workspace }. To leave or change your role, make someone else an owner first.
team-email = Email
team-role = Role
team-joined = Joined
team-remove = Remove
team-leave = Leave
team-save = Save
# Beside the viewer's own address.
team-you = (you)
# Name of the role's menu. Screen readers also read it after the label “Save”.
team-role-of = Role of { $email }
team-save-role-of = role of { $email }
# A box beside the role's menu, for a member who has API keys.
team-take-over-if-demoted = Transfer their API keys to me if they’re no longer an admin

# Before a member is removed.
team-remove-from = Remove { $email } from { $workspace }?
team-remove-means = { $email } loses access to { $workspace } immediately, and the pending invitations they created are withdrawn. Nothing else is deleted.
team-remove-member = Remove { $email }
team-take-over = Transfer these API keys to me
# $keys are the names of the keys.
team-take-over-means = { $keys }. Otherwise, they stop working immediately.
team-remove-unknown = This person is no longer on the team
team-nothing-changed = Nothing was changed.
# The link beside the buttons that remove and leave. It changes nothing.
team-keep = Cancel

# Before the user leaves.
team-leave-ask = Leave { $workspace }?
team-leave-means = You lose access immediately, and the API keys you created stop working. To come back, you need a new invitation.
team-leave-workspace = Leave { $workspace }

# The invitation form.
team-invitations = Invitations
team-invitations-note = Each link works once. An invitation takes a seat when it’s accepted.
team-email-wrong = Enter a valid email address, such as ada@example.com
team-role-wrong = Choose a role
team-invite-needs-account = To invite people, you need an account with a confirmed email address.
# What each role may do. Every page that a text names is open to the role.
team-member-may = Can view the plan and usage
team-billing-may = Can also view invoices, change the plan and update the card
team-admin-may = Can also manage members, API keys, secrets and webhooks
team-owner-may = Can also add and remove owners
team-send = Send invitation
team-create-link = Create invitation link

# In place of the form, when the member limit is reached.
team-full = All seats are taken
team-plan-seats = { $seats ->
    [one] { $plan } includes { $seats } seat.
   *[other] { $plan } includes { $seats } seats.
}
# Without the plan's name.
team-your-plan-seats = { $seats ->
    [one] Your plan includes { $seats } seat.
   *[other] Your plan includes { $seats } seats.
}
team-full-means = To invite more people, remove a member.

# The table of pending invitations.
team-none-pending = No pending invitations.
team-pending = Pending invitations
team-expires = Expires
team-withdraw = Withdraw
# Screen readers read this after the label “Withdraw”.
team-withdraw-of = the invitation of { $email }
team-send-again = Resend
team-new-link = Create new link
# Screen readers read this after the labels “Resend” and “Create new link”.
team-again-for = for { $email }
# Below the address. $role is the role's name; $day is the day without its year.
team-invited-on = { $role }, invited { $day }
team-sent-on = { $role }, sent { $day }
team-created-on = { $role }, created { $day }
# $outcome is “wasn’t delivered: …”.
team-mail-outcome = The email { $outcome }

# The invitation that was just created.
team-invited-mailed = { $role ->
    [owner] { $email } was invited as an owner. The email is on its way.
    [admin] { $email } was invited as an admin. The email is on its way.
    [billing] { $email } was invited with the Billing role. The email is on its way.
   *[member] { $email } was invited as a member. The email is on its way.
}
team-invited-mailed-means = If it doesn’t arrive, share this link instead. It’s shown only once.
team-invited-not-mailed = { $role ->
    [owner] { $email } was invited as an owner. No email was sent: share this link with them.
    [admin] { $email } was invited as an admin. No email was sent: share this link with them.
    [billing] { $email } was invited with the Billing role. No email was sent: share this link with them.
   *[member] { $email } was invited as a member. No email was sent: share this link with them.
}
team-invited-not-mailed-means = This address has received many invitations recently, so we didn’t send another email. The link is shown only once.
team-invited-by-link = { $role ->
    [owner] { $email } was invited as an owner. Share this link with them. It’s shown only once.
    [admin] { $email } was invited as an admin. Share this link with them. It’s shown only once.
    [billing] { $email } was invited with the Billing role. Share this link with them. It’s shown only once.
   *[member] { $email } was invited as a member. Share this link with them. It’s shown only once.
}
team-invited-by-link-means = This installation doesn’t send email. The link works only for this address.
team-link = Invitation link
team-done = Done

# Notices about the last action.
team-role-changed = Role changed
team-role-changed-means = The new role applies immediately.
team-removed = Member removed
team-removed-means = They no longer have access to { $workspace }.
team-withdrawn = Invitation withdrawn
team-withdrawn-means = Its link no longer works.
team-already-member = Already a member
team-already-member-means = This address belongs to a member of { $workspace }. You can change their role in the list.
team-no-seat = Invitation not created: all seats are taken
team-no-seat-means = Remove a member, then try again.
team-owner-required = Owner required
team-owner-required-means = Only an owner of { $workspace } can add, change or remove an owner.
team-last-owner = A workspace must have at least one owner
team-last-owner-means = The last owner can’t leave or change their role. Make someone else an owner first.
team-not-verified = Invitation not created: your address isn’t confirmed
team-not-verified-means = Open the link we emailed you. You can resend it from this page.
team-admin-required = Owner or admin required
team-admin-required-means = Only owners and admins of { $workspace } can change the team.
team-gone = This no longer exists
team-gone-means = Someone else may have changed it in the meantime. This page shows the current state.
team-throttled = Too many invitations
# $wait is “15 minutes”.
team-throttled-means = No invitation was created. Try again in { $wait }.
team-internal = Something went wrong on our side
