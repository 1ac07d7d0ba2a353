# The operator’s pages about imports: customers who already pay at a payment provider become tenants.

imports-nav = Import
# The document’s title.
imports-title = Import
# The heading of the list of imports.
imports-head = Import paying customers.
imports-lead = Customers who already pay at a provider become tenants on their plans. Nothing is changed at the provider. Every import starts as a preview: nothing is saved until you adopt customers.
imports-guide = The guide explains each step: <docs>Import</docs>.
# Link back to the list.
imports-back = All imports
# On the list of tenants, if no tenant has a subscription.
imports-prompt = No tenant has a subscription yet. If you have customers who already pay at Stripe or Polar, <import>import them</import>.

# The form that reads the provider’s account.
imports-find = Find customers
imports-find-note = Reads all customers and subscriptions of your account at the provider.
imports-provider = Provider
imports-provider-hint = The provider where these customers pay.
# What identifies the customer in the operator’s product.
imports-from = External ID
imports-from-hint = Your product’s own ID for the customer. It becomes the tenant’s external ID.
imports-from-metadata = A key in the customer’s metadata
imports-from-email = The customer’s email address
imports-from-customer = The provider’s customer ID
imports-key = Metadata key
imports-key-hint = Only for an ID in the metadata, such as org_id.
imports-find-submit = Find customers

# The form for a file.
imports-upload = Upload a CSV
imports-upload-note = For customers whose external ID isn’t stored at the provider.
imports-csv = CSV file
imports-csv-hint = UTF-8, with the columns external_id, name, email and stripe_customer_id (for Polar: polar_customer_id). Up to { $rows } rows and { $size }.
imports-pasted = Or paste the CSV
imports-upload-submit = Check CSV

# Mistakes in the forms.
imports-wrong-provider = Choose a provider from the list.
imports-wrong-from = Choose where the external ID comes from.
imports-wrong-key = Enter the metadata key. It can have up to 100 characters.
imports-wrong-csv = Choose a CSV file in UTF-8, or paste its text.
imports-csv-too-large = The CSV is too large. Split it into files of up to { $rows } rows and { $size }.
imports-csv-empty = The CSV has no rows below its header.
imports-csv-header = The CSV’s header must have the columns external_id and stripe_customer_id (for Polar: polar_customer_id), each once.
imports-csv-fields = Line { $line } of the CSV has more or fewer fields than the header.
imports-csv-no-customer = Line { $line } of the CSV has no customer ID.
imports-csv-long-field = Line { $line } of the CSV has a field that’s too long.
imports-csv-quote = Line { $line } of the CSV has a misplaced quotation mark. Put the field in quotation marks and write the mark twice.
imports-wrong-rows = Select at least one customer, and at most { $max }.

# The list of imports.
imports-list = Imports
imports-list-note = Newest first.
imports-list-none = No imports yet.
imports-list-table = Imports, newest first
imports-column-started = Started
imports-column-source = Source
imports-column-state = State
# Heads of two columns of figures: how many customers were read, and how many became tenants.
imports-column-read = Read
imports-column-adopted = Adopted
# Who started the import. $person is an email address.
imports-by = by { $person }
imports-by-command-line = on the command line
# The operator’s account was deleted.
imports-by-operator = by an operator
# Where the customers come from.
imports-source-csv = CSV
# Where the external ID comes from.
imports-source-metadata = External ID: metadata key { $key }
imports-source-email = External ID: email address
imports-source-customer = External ID: customer ID

# State of an import.
imports-state-reading = reading customers
imports-state-planning = checking subscriptions
imports-state-writing = adopting customers
# All customers are checked, none is adopted.
imports-state-preview = preview
imports-state-done = done
imports-state-failed = failed
imports-state-canceled = canceled

# The heading of an import, by its state.
imports-reading = { $read ->
    [one] { $read } customer read so far.
   *[other] { $read } customers read so far.
}
imports-planning = { $checked } of { $read } customers checked.
imports-writing = { $written ->
    [one] { $written } customer adopted so far.
   *[other] { $written } customers adopted so far.
}
imports-preview = { $customers ->
    [0] No customers to adopt.
    [one] { $customers } customer can be adopted.
   *[other] { $customers } customers can be adopted.
}
imports-done = { $customers ->
    [0] No customers adopted.
    [one] { $customers } customer adopted.
   *[other] { $customers } customers adopted.
}
imports-failed = The import failed.
imports-canceled = The import is canceled.
# The sentence under it.
imports-lead-running = The import continues on the server when you close this page. The page reloads every { $seconds } seconds.
imports-lead-preview = This is a preview. Nothing is saved until you adopt customers, and nothing is ever changed at { $provider }.
imports-lead-done = The tenants are linked to their customers at { $provider }. Nothing was changed there.
imports-lead-failed = Customers adopted so far stay adopted. You can start the import again: it skips them.
imports-lead-canceled = Customers adopted so far stay adopted.
# Heading of a notice. The reason follows in the server’s own words.
imports-error-failed = Why it failed
imports-error-waiting = Waiting for the next attempt
# $by is “by root@example.com” or “on the command line”.
imports-started = Started { $date }, { $by }. Last change: { $changed }.
imports-cancel = Cancel import
imports-download = Download report (JSON)

# Label and footnote of three figures.
imports-fact-read = Customers
imports-fact-read-footnote = read from the source
imports-fact-adoptable = To adopt
imports-fact-adoptable-footnote = become tenants
imports-fact-adopted = Adopted
imports-fact-adopted-footnote = tenants created or linked

# What comes of a customer: filters of the list, and a column.
imports-filter = Filter by outcome
imports-filter-all = All
imports-outcome-adopt = On a plan
imports-outcome-already = Already linked
imports-outcome-no-subscription = No subscription
imports-outcome-unmapped-price = Price without a plan
imports-outcome-several = Several subscriptions
imports-outcome-conflict = Conflict
imports-outcome-no-external-id = No external ID
# What it means and what to do.
imports-do-adopt = Becomes a tenant on this plan.
imports-do-already = Nothing to do.
imports-do-no-subscription = Becomes a tenant without a paid plan.
imports-do-unmapped-price = Assign the price to a plan and import again, or adopt the customer without a plan.
imports-do-several = Becomes a tenant on the best of these plans. Check whether the customer pays twice.
imports-do-conflict = Can’t be adopted. Correct the ID and import again.
imports-do-no-external-id = Can’t be adopted. Add the ID and import again.

# The customers of an import.
imports-rows = Customers
imports-rows-note = In the order of the source.
imports-rows-none = No customers with this outcome.
imports-rows-none-yet = No customers checked yet.
imports-rows-table = Customers and their outcomes
imports-column-customer = Customer
imports-column-outcome = Outcome
imports-column-price = Price
imports-unnamed = No name
imports-seats = { $seats ->
    [one] { $seats } seat
   *[other] { $seats } seats
}
# The end of the paid period.
imports-period-end = period ends { $day }
imports-tenant = Open tenant
imports-rows-pages = Pages of customers
imports-rows-first = First customers
imports-rows-next = Next customers

# Buttons, and what they do.
imports-adopt-all = { $customers ->
    [one] Adopt { $customers } customer
   *[other] Adopt all { $customers } customers
}
imports-adopt-listed = { $customers ->
    [one] Adopt this customer
   *[other] Adopt these { $customers } customers
}
imports-adopt-selected = Adopt selected customers
imports-adopt-explained = Each customer becomes a tenant with its external ID, name and email, or is linked to the existing tenant with that ID.
imports-adopt-too-many = More than { $max } customers have this outcome. Adopt all customers, or select them page by page.

# What the subscriptions pay.
imports-totals = Totals
imports-totals-note = Live subscriptions, before discounts and tax. A yearly price counts as a twelfth each month.
imports-totals-none = No live subscriptions.
imports-totals-table = Totals by currency
imports-totals-currency = Currency
imports-totals-subscriptions = Subscriptions
imports-totals-monthly = A month

# Prices that no plan of the catalog sells.
imports-prices = Prices without a plan
imports-prices-note = To assign a price, add its line to the plan in the catalog, restart the server, and import again.
imports-prices-none = All prices belong to a plan.
imports-prices-table = Prices without a plan, those with the most customers first
imports-prices-price = Price
imports-prices-customers = Customers
imports-prices-line = Catalog line
# Only for screen readers, after “Copy”.
imports-prices-line-of = the catalog line for { $price }

# Notices after an action: heading and explanation.
imports-answer-started = Import started
imports-answer-started-meaning = It’s a preview: nothing is saved until you adopt customers.
imports-answer-adopting = Adoption started
imports-answer-adopting-meaning = It continues on the server when you close this page.
imports-answer-canceled = Import canceled
imports-answer-canceled-meaning = Customers adopted so far stay adopted.
imports-answer-not-found = Import not found
imports-answer-not-found-meaning = Nothing was changed. Choose an import from the list.
imports-answer-conflict = Not possible right now
imports-answer-conflict-meaning = Nothing was changed. Another import from this provider is running, or this import has ended.
