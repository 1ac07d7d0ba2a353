# The page of one limit: what the admins of the workspace set for it.

own-title = Alerts and cap
own-note = For this workspace only. Changes apply within a second.
own-first = Alert at
own-second = Second alert at
own-third = Third alert at
# $usual is the threshold without a setting: “80%”.
own-threshold-hint = A percentage of the limit or a figure, such as 50% or 500. Leave all three empty for { $usual }.
# The usual threshold within the hint above.
own-threshold-percent = { $percent }%
own-threshold-wrong = Enter a percentage such as 80%, or a figure below the limit
own-cap = Stop at
own-cap-hint = Further use is refused from here on, even if the plan allows more. Leave empty for the plan’s limit.
own-cap-wrong = Enter a figure of at least 1 and below the plan’s limit
own-save = Save
own-saved = Alerts and cap saved
own-saved-means = They apply on every page and to every request from now on.
own-refused = Alerts and cap not saved
own-refused-means = Only owners and admins can change them.
# The cap that applies. $cap and $limit are figures with their unit.
own-capped-by = Capped at { $cap }. Your plan allows { $limit }. Set by <bdi>{ $who }</bdi> on { $date }.
own-capped = Capped at { $cap }. Your plan allows { $limit }. Set on { $date }.
