# What raises a limit that is reached. These sentences follow “Projects: 3 of 3 used.” or stand in a notice about one limit.
# $plan is a plan's name, $limit its limit with the unit, $price its price with the period: “$29.00 a month”.

raise-plan = { $plan } allows { $limit } for { $price }. <review>Review { $plan }</review>
raise-plan-unlimited = { $plan } removes this limit for { $price }. <review>Review { $plan }</review>
# A plan that is priced by agreement. The link leads to a form.
raise-request = { $plan } allows { $limit }. <request>Request { $plan }</request>
raise-request-unlimited = { $plan } removes this limit. <request>Request { $plan }</request>
# For members, who can't change the plan.
raise-allows = { $plan } allows { $limit }.
raise-allows-unlimited = { $plan } removes this limit.
# Follows for members: whom to ask, by address.
raise-ask = To change the plan, ask an owner or admin of this workspace.
raise-ask-one = To change the plan, ask <bdi>{ $first }</bdi>.
raise-ask-two = To change the plan, ask <bdi>{ $first }</bdi> or <bdi>{ $second }</bdi>.
raise-ask-three = To change the plan, ask <bdi>{ $first }</bdi>, <bdi>{ $second }</bdi> or <bdi>{ $third }</bdi>.
# No plan allows more. The link leads to the support of the installation.
raise-no-plan = No plan allows more.
raise-support = Contact support

# The notice on the page of one limit. $feature is “Auth provider”.
raise-near = { $feature } limit almost reached ({ $limit })
raise-own-soft = You can go over this limit, with a warning.
raise-own-resets = You can’t use more until { $date }.
raise-own-hard = You can’t use more until you free some up.
raise-own-near-hard = When it’s reached, further use is refused.
# A feature that the plan does not include, but that is in use after a change of plan. $feature is “Game projects”.
raise-not-included-head = { $feature }: not included in your plan
raise-not-included = <usage>{ $feature }</usage>: { $used } in use, not included in your plan. You can’t add more.
raise-own-not-included = What you have stays, but you can’t add more.
# The limit is a cap that the admins of the workspace set. The link leads to its form.
raise-cap = Your workspace set this cap. <own>Change the cap</own>
raise-cap-member = An owner or admin of your workspace set this cap.
