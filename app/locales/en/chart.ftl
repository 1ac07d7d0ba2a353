# The chart of a limit's usage, at `/usage/…`. Figures come formatted with their unit: $limit, $amount.

# The chart's title, for screen readers. $from and $to are days, or days with hours.
chart-title = { $feature }, { $from } to { $to }
# An hour: "14 Jan, 21:00".
chart-hour = { $day }, { $time }
# Above the bars.
chart-each-hour = Added each hour
chart-each-day = Added each day
chart-each-month = Added each month
# At the lines. A chart is narrow: few letters.
chart-limit = Limit { $limit }
chart-warning = Warning { $amount }
# Follows the date at which a counter's period began: "1 Jan · counter reset".
chart-reset = counter reset
# Where the usage is expected to reach the limit. $at is a day or a time.
chart-reached-about = about { $at }

# The legend.
chart-key-limit = Limit on { $plan }
chart-key-custom-limit = Custom limit
chart-key-warning-percent = Warning at { $share }%
chart-key-warning-amount = Warning at { $amount }
# The line of a counter, which grows until it is reset; and of what is in use at a time, such as open connections.
chart-key-running-total = Running total
chart-key-in-use = In use
# The dashed line ahead.
chart-key-pace-today = Pace since midnight UTC
chart-key-pace-days = { $days ->
    [one] Pace of the last day
   *[other] Pace of the last { $days } days
}
