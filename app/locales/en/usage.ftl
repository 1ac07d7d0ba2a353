# The pages of usage: `/usage` with a meter for every limit, and `/usage/…` with the history of one.
# Figures come formatted with their unit: $used, $left, $limit, $amount, $week, $before.

usage-title = Usage
usage-compare-plans = Compare plans
usage-refresh = Refresh
usage-json = View as JSON
usage-csv = Download as CSV
# All limits of the workspace, for a spreadsheet.
usage-csv-all = Last { $days } days as CSV
# A used amount and its limit, after the name of the limit or in a table.
usage-figures = { $used } of { $limit }
# A share with one decimal, in a table: 62.1%. $whole is "62", $tenth is "1".
usage-permille = { $whole }.{ $tenth }%

# Below the title of /usage, which says how many limits are reached or close.
usage-all-have-room = { $limits ->
    [one] Your limit has room left.
   *[other] All { $limits } limits have room left.
}
usage-others-have-room = { $limits ->
    [one] The other limit has room left.
   *[other] The other { $limits } limits have room left.
}
usage-no-others = No other limits are metered.
# Follows one of the sentences above. $at is a date with its time.
usage-updated = Last updated <b>{ $at }</b>.

# Notes below the heading of a section of meters.
usage-note-sizes = Binary sizes: 1 GB is 1,024 MB.
usage-note-minute = Resets every minute.
usage-note-resets = Resets on { $day } at 00:00.
usage-note-current = In use right now.

usage-reading = How to read this page
usage-reading-mark-percent = The mark on each meter is the warning threshold: { $share }% of the limit.
usage-reading-mark = The mark on each meter is the limit’s warning threshold.
usage-reading-refused = When a limit is reached, further use is refused until usage drops or the counter resets. You won’t be charged extra.
usage-reading-bars = The small bars under a meter show the last { $days } days, up to now. Select a name to see its history.

# A line of a meter. These texts replace the bar where nothing is measured against a limit.
usage-meter-flag = On or off, not metered
usage-meter-max = Applies to each item, not to the total
usage-meter-none = Not part of this plan
usage-meter-unlimited = Metered, not limited
# Replaces the figure of a feature that is on or off.
usage-meter-included = Included
usage-meter-used = <b>{ $used }</b> of { $limit }
usage-meter-left = { $left } left
usage-meter-over = { $over } over
usage-meter-reached = Limit reached

# The recent trend below a meter. The counted periods end now.
usage-trend-nothing = Nothing in the last { $days } days
usage-trend-nothing-now = Nothing in the last 7 days, { $before } the week before
usage-trend-new = { $week } in the last 7 days, none the week before
usage-trend-same = { $week } in the last 7 days, the same as the week before
usage-trend-times = { $week } in the last 7 days, { $times } times the week before
usage-trend-more = { $week } in the last 7 days, { $percent }% more than the week before
usage-trend-less = { $week } in the last 7 days, { $percent }% less than the week before
# The trend of what is in use now, such as open connections.
usage-trend-level-same = Same as { $days } days ago
usage-trend-level-more = { $difference } more than { $days } days ago
# A count: 3 rooms.
usage-trend-level-fewer = { $difference } fewer than { $days } days ago
# A size or an amount of money.
usage-trend-level-less = { $difference } less than { $days } days ago
# Usage or cost at the end of the period, or in 30 days, at the current pace.
usage-trend-projected = Projected: { $used } on { $day }

# The list of alerts that were sent.
usage-alerts = Alerts
usage-alerts-caption = Alerts, newest first
usage-alerts-when = When
usage-alerts-limit = Limit
usage-alerts-alert = Alert
usage-alerts-usage = Usage
usage-alert-warning = Approaching limit
usage-alert-reached = Limit reached
usage-alert-cleared = Back below limit

# The page of one limit. The first sentence below its title.
usage-used = { $used } of { $limit } used.
usage-used-unlimited = { $used } used. No limit.
usage-custom-limit = Custom limit, set for this workspace.
# The second sentence: where usage leads if it goes on like this. $day is "22 Jan", $time is "21:40".
usage-pace-reached-day = At this pace, the limit is reached around { $day }.
usage-pace-reached-time = At this pace, the limit is reached around { $time } UTC.
usage-pace-until-reset = At this pace, usage will be about { $used } on { $day }, when the counter resets.
usage-pace-until-midnight = At this pace, usage will be about { $used } at midnight UTC, when the counter resets.
usage-pace-until = At this pace, usage will be about { $used } on { $day }.

# Facts: a label, a figure, and a footnote in small print.
usage-fact-used = Used
usage-fact-used-share = { $percent }% of { $limit }
usage-fact-left = Left
usage-fact-left-of = of { $limit }
# The usage at the end of the period, or in 30 days, if it goes on as in the last days.
usage-fact-projected = Projected
usage-fact-projected-note = on { $day }, at this pace
usage-fact-resets = Resets
# $time is "00:00", $away is "in 17 days".
usage-fact-resets-when = { $time }, { $away }
# What is in use now, such as open connections, instead of a sum since the start of a period.
usage-fact-measured = Measured
usage-fact-measured-now = Right now
usage-fact-measured-note = goes up and down with use
usage-fact-at-limit = At the limit
usage-fact-allowed = Allowed
usage-fact-allowed-note = with a warning
usage-fact-refused = Refused
usage-fact-refused-until-reset = until it resets
usage-fact-refused-until-room = until usage drops

# The history of one limit.
usage-history = Over time
usage-history-note = The line shows the total, the bars what was added.
usage-history-by-hour = Hour by hour
usage-history-by-day = Day by day
usage-history-by-month = Month by month
usage-range = Range
usage-range-day = 24 hours
usage-range-month = 30 days
usage-range-year = 12 months
usage-range-form = Days to show
usage-range-from = From
usage-range-to = To
usage-range-show = Show
usage-range-invalid = Enter a date such as 2026-01-31
usage-range-future = Choose a date no later than today, { $today }
usage-range-reversed = Choose a start date on or before the end date
usage-range-too-long = Choose a range of up to { $most } days, not { $days }

# The table below the chart.
usage-table = Chart data
usage-table-caption = { $feature }, newest first
usage-table-hour = Hour
usage-table-day = Day
usage-table-month = Month
usage-table-added = Added
usage-table-total = Total
# In a table by month: the highest total of a counter, which resets within the month or at its end.
usage-table-highest = Highest total
usage-table-share = Share of limit

# What each API key reported of one limit, for admins.
usage-by-key = By API key
usage-by-key-note = Last { $days } days. May be a few seconds behind.
usage-by-key-caption = { $feature }, by API key
usage-by-key-key = API key
# Stands for a key of the product's own back end.
usage-by-key-product = The product
usage-by-key-revoked = (revoked)
