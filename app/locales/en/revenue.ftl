# The operator’s page about revenue. MRR is monthly recurring revenue.

revenue-title = Revenue
# The page’s heading: the MRR.
revenue-monthly = { $amount } a month.
revenue-active-count = { $subscriptions ->
    [0] No active subscriptions.
    [one] { $subscriptions } active subscription.
   *[other] { $subscriptions } active subscriptions.
}
# Follows the number of active subscriptions. $currency is a code such as USD.
revenue-basis = MRR at list prices in { $currency }, before tax and discounts.
revenue-none = No subscriptions yet.
# Sections of the page.
revenue-by-plan = By plan
revenue-by-plan-note = From the current data of each subscription.
revenue-explained = How MRR is calculated

# The table: a row for each plan and period of payment, with counts and amounts a month.
revenue-table = Revenue by plan
revenue-table-caption = Subscriptions and their monthly revenue
revenue-plan = Plan
revenue-price = Price
# Pairs of columns: how many subscriptions, and how much a month.
revenue-active = Active
revenue-active-monthly = Active, per month
revenue-past-due = Past due
revenue-past-due-monthly = Past due, per month
revenue-trial = Trial
revenue-trial-monthly = Trial, per month
# Under a plan’s name: how often it is paid.
revenue-paid-monthly = monthly
revenue-paid-yearly = yearly
# In place of a price: the price is agreed with each customer.
revenue-custom-price = Custom
# In place of a price: each subscription counts at its own, because it’s paid in another interval or has seats.
revenue-own-price = As billed
revenue-total = Total

# The explanation.
revenue-list-prices = Prices are the catalog’s current list prices in { $currency }, even for tenants that bought at another price. Only the provider’s invoices show what was charged, with taxes, discounts and other currencies.
revenue-yearly-share = A yearly plan counts as one twelfth of its price per month, rounded to the cent on each line.
revenue-other-intervals = A subscription that’s paid in another interval, such as every 3 months, counts at its own price, converted to a month. A year has 12 months, 52 weeks and 365 days.
revenue-other-currencies = A subscription in a currency in which the plan has no list price counts at its own price, in that currency.
revenue-seats = A subscription to a plan with seats counts at its own price, with all its seats.
revenue-excluded = Excluded from MRR: past-due, trial and granted plans. Past-due and trial plans have their own columns.
revenue-unpriced = { $subscriptions ->
    [one] { $subscriptions } subscription has a custom price. It’s counted, but not included in any amount.
   *[other] { $subscriptions } subscriptions have a custom price. They’re counted, but not included in any amount.
}

# Revenue by month. Changes are counted, with the monthly revenue that came or went.
revenue-trend = By month
revenue-trend-note = The last 12 months in UTC, each currency separately.
revenue-trend-csv = Download CSV
# $month is "Nov 2026".
revenue-trend-since = MRR, upgrades and downgrades are recorded since { $month }. Starts, ends and trials before that come from the stored subscriptions, at the prices they were bought at.
revenue-trend-not-recorded = No month has been recorded yet. Recording starts within an hour of the first subscription.
# Title of a chart. $from and $to are months.
revenue-trend-chart = MRR in { $currency } by month, { $from } to { $to }
revenue-trend-highest = Highest: { $amount }
# Accessible name of a table.
revenue-trend-table = Revenue in { $currency } by month
revenue-trend-month = Month
revenue-trend-recurring = MRR
revenue-trend-new = New
revenue-trend-churned = Churned
revenue-trend-upgraded = Upgrades
revenue-trend-downgraded = Downgrades
revenue-trend-trials = Trials started
revenue-trend-converted = Trials converted
revenue-trend-active = { $subscriptions } active
# In place of an amount of a month that was not recorded.
revenue-trend-unknown = not known
revenue-trend-explained = Each month’s MRR is the figure at the end of the month, or the latest figure for the current month. Past-due and paused subscriptions are excluded from MRR, but count as churned only when they end.
