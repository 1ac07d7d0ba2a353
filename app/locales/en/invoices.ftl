# /membership/invoices. $provider is "Stripe" or "Polar".

invoices-title = Invoices
invoices-lead = What { $workspace } has been charged.
invoices-history = Billing history
invoices-note = { $provider ->
    [none] Newest first.
   *[other] From { $provider }, newest first.
}
# The link to a table for spreadsheets.
invoices-csv = Download as CSV
# Links to other pages of the list, and what screen readers call them.
invoices-newest = Newest invoices
invoices-newer = Newer invoices
invoices-older = Older invoices
invoices-pages = Pages of invoices
invoices-none-here = There are no invoices on this page.
invoices-none = No invoices yet.
invoices-none-note = Your first invoice appears after your first payment.
invoices-unavailable = We couldn’t reach { $provider }
invoices-unavailable-body = Your invoices are stored there and aren’t affected.
# The provider's reason follows.
invoices-rejected = { $provider } didn’t return your invoices
invoices-throttled = Too many requests
invoices-throttled-body = Your invoices are stored at { $provider }. Try again in a minute.
invoices-try-again = Try again
invoices-admins-only = Only owners, admins and people with the Billing role in { $workspace } can see invoices. You’re a member.
# Buttons that open the provider's billing portal.
invoices-portal = Card and address at { $provider }
invoices-portal-with-invoices = Invoices, card and address at { $provider }

invoices-table = Invoices of { $workspace }
invoices-date-and-number = Date and number
invoices-status = Status
invoices-amount = Amount
# The head of the column with links to the documents.
invoices-open = Open

# The state of an invoice.
invoices-state-refunded = refunded
invoices-state-paid = paid
invoices-state-open = open
invoices-state-void = void
invoices-state-uncollectible = uncollectible
# Below "paid", for an invoice that was refunded in part.
invoices-refunded-amount = { $amount } refunded
# Below the amount of an invoice.
invoices-discount = after a { $amount } discount
invoices-tax = includes { $amount } in tax

# Links to the invoice's page and its document. Only screen readers read the number after them.
invoices-pay = Pay
invoices-invoice = Invoice
invoices-pdf = PDF
