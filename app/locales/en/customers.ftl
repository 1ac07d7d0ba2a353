# The pages below /settings/customers: the workspace bills its own customers through its own account at a payment
# provider. $provider is the provider's name, as “Stripe”, or “none” if the workspace has no account yet.

# The tabs and their pages.
customers-title = Customers
customers-title-products = Products
customers-title-subscriptions = Subscriptions
customers-lead = Customers of { $workspace }, billed through its own account.
customers-lead-products = Products that { $workspace } sells through its own account.
customers-lead-subscriptions = Recurring payments from the customers of { $workspace }.
# In place of the lists, for members.
customers-members-only-read = Only owners and admins of { $workspace } can view its customers. { $role ->
    [billing] You have the Billing role.
   *[member] You’re a member.
}
# Accessible names of the navigations: between the accounts, and between the tabs.
customers-nav-account = Account
customers-nav-lists = Lists

# The heading of a list.
customers-account = Your { $provider } account
customers-account-none = Your account
customers-newest-first = Newest first.
# The links between the pages of a list, and their accessible name.
customers-newest = Newest
customers-older = Older
customers-pages = Pages of customers
customers-pages-products = Pages of products
customers-pages-subscriptions = Pages of subscriptions

# The list of customers.
customers-none = No customers yet.
customers-no-more = No more customers.
customers-none-means = Customers appear here after their first payment on one of your checkout pages.
customers-choose-product = Choose a product and create a checkout link
customers-of = Customers of { $workspace }
customers-customer = Customer
customers-since = Since
customers-subscriptions = Subscriptions
# Screen readers read this after the label “Subscriptions”.
customers-subscriptions-of = of { $customer }

# The list of products.
customers-no-products = No products yet.
customers-no-more-products = No more products.
customers-no-products-means = Create one below, then send customers a checkout link for it.
customers-products-of = Products of { $workspace }
customers-product = Product
customers-price = Price
customers-no-price = No price
customers-checkout-link = Checkout link
# Screen readers read this after the label “Checkout link”. $price is “$29.00 a month”.
customers-checkout-link-for = for { $product }, { $price }
# Beside the form for a checkout link.
customers-product-at-price = { $product }, { $price }

# Prices. $price is an amount, or “Custom amount”.
customers-custom-amount = Custom amount
customers-price-once = { $price } once
# $interval is day, week, month or year.
customers-price-each = { $interval ->
    [day] { $price } a day
    [week] { $price } a week
    [month] { $price } a month
    [year] { $price } a year
   *[other] { $price } per { $interval }
}
customers-price-every = { $interval ->
    [day] { $price } every { $count } days
    [week] { $price } every { $count } weeks
    [month] { $price } every { $count } months
    [year] { $price } every { $count } years
   *[other] { $price } every { $count } × { $interval }
}

# The form for a product.
customers-new-product = New product
customers-product-name = Name
customers-product-name-hint = Customers see it on the checkout page.
customers-product-name-wrong = Enter a name of 1 to 200 characters, on one line
customers-description = Description
customers-description-hint = Optional.
customers-description-wrong = Enter at most 2,000 characters
# The form reads amounts as the language writes them.
customers-price-hint = For example, 29 or 29.50.
customers-price-wrong = Enter an amount such as 29 or 29.50, with at most 2 decimals, below 1 million
customers-currency = Currency
customers-currency-wrong = Enter a 3-letter currency code, such as USD
customers-cycle = Billing period
customers-cycle-wrong = Choose how often customers pay
customers-cycle-day = every day
customers-cycle-week = every week
customers-cycle-month = every month
customers-cycle-year = every year
customers-cycle-once = once
customers-create-product = { $provider ->
    [none] Create product
   *[other] Create product in { $provider }
}

# The form for a checkout link.
customers-success-url = Success URL
customers-success-url-hint = Where customers go after paying, such as https://yourapp.com/success.
customers-success-url-wrong = Enter the URL where customers go after paying. It must start with https://
customers-cancel-url = Cancel URL
customers-cancel-url-hint = Where customers go if they leave without paying. Optional.
customers-cancel-url-wrong = Enter a URL that starts with https://, or leave this field empty
customers-customer-email = Customer’s email
customers-customer-email-hint = Fills in the email address on the checkout page. Optional.
customers-customer-email-wrong = Enter a valid email address, or leave this field empty
customers-sell-wrong = Choose another price: this one isn’t for sale, or can’t be sold on its own
customers-create-link = Create checkout link
customers-back-to-products = Back to products
customers-unlisted = This price isn’t on this page
customers-unlisted-means = No link was created. Look for the price on the older pages.

# The checkout link that was just created.
customers-link-copy = Copy the checkout link now. It’s shown only once.
customers-link-label = New checkout link
customers-link-means = Send it to one customer. It works for one payment and expires within 1 hour on { $polar } or 1 day on { $stripe }.
customers-link-open = Open checkout page
customers-link-was-shown = The checkout link was already shown
customers-link-was-shown-means = It works until it expires. You can create another one below.

# The list of subscriptions.
customers-no-subscriptions = No subscriptions yet.
customers-no-more-subscriptions = No more subscriptions.
customers-no-subscriptions-of-one = This customer has no active subscriptions.
customers-of-one = One customer
customers-of-one-note = Active subscriptions only. <all>All subscriptions</all>
customers-all-subscriptions = All subscriptions
customers-subscriptions-of-workspace = Subscriptions of customers of { $workspace }
customers-product-and-customer = Product and customer
customers-status = Status
customers-period-ends = Period ends
# Heading of the column of links, for screen readers.
customers-actions = Actions
customers-cancel = Cancel
# Screen readers read this after the label “Cancel”.
customers-cancel-of = { $product } for { $customer }
customers-subscription-unlisted = This subscription isn’t on this page
customers-subscription-unlisted-means = Nothing was canceled. Look for the subscription on the older pages.

# The status of a subscription.
customers-is-ending = cancels at period end
customers-is-active = active
customers-is-trialing = on trial
customers-is-past-due = past due
customers-is-incomplete = waiting for first payment
customers-is-expired = never paid
customers-is-canceled = canceled
customers-is-paused = paused

# Before a subscription is canceled. $end is the day when its period ends.
customers-cancel-ask = Cancel { $product } for { $customer }?
customers-cancel-is-ending = It already ends on <b>{ $end }</b>. You can still cancel it immediately.
customers-cancel-is-ending-undated = It already ends at the end of its billing period. You can still cancel it immediately.
customers-cancel-paid = If you cancel at the end of the period, it stays active until <b>{ $end }</b>, which is already paid. After that, { $provider } charges nothing more.
customers-cancel-unpaid = If you cancel at the end of the period, it stays active until <b>{ $end }</b>. After that, { $provider } charges nothing more.
customers-cancel-undated = If you cancel at the end of the period, it stays active until then. After that, { $provider } charges nothing more.
customers-cancel-now-means = If you cancel immediately, it ends now, and { $provider } doesn’t refund anything automatically. You can’t undo either option here.
customers-cancel-on = Cancel on { $end }
customers-cancel-at-period-end = Cancel at period end
customers-cancel-now = Cancel immediately
customers-keep = Keep subscription

# Notices about the last form.
customers-rejected = { $provider ->
    [none] Your payment provider rejected this request
   *[other] { $provider } rejected this request
}
customers-rejected-means = Nothing was created or canceled.
customers-created = Product created
customers-created-means = It’s for sale. You can create a checkout link for it below.
customers-ending = Subscription set to cancel at period end
customers-ending-means = The customer keeps what they’ve paid for until then.
customers-ended = Subscription canceled
customers-ended-means = The customer won’t be charged for it again.
customers-not-found = { $provider ->
    [none] Your payment provider couldn’t find this
   *[other] { $provider } couldn’t find this
}
customers-not-found-means = It was deleted there, or belongs to another account. Nothing was changed.
customers-unavailable = { $provider ->
    [none] We couldn’t reach your payment provider, or it’s limiting requests
   *[other] We couldn’t reach { $provider }, or it’s limiting requests
}
customers-unavailable-means = Check the list before you try again: the request may have gone through.
customers-no-key-yet = No API key yet
customers-no-key-yet-means = First add the API key of your own account under Secrets.
customers-in-progress = This was sent twice, and the first request is still in progress
customers-in-progress-means = Check the list in a moment.
customers-sent-twice = This was sent twice, but processed only once
customers-sent-twice-means = The result is in the list.
customers-key-unreadable = The API key can’t be decrypted
customers-key-unreadable-means = SECRETS_KEY isn’t set, or it has changed. The operator of this installation can set it.
customers-admin-required = Owner or admin required
customers-admin-required-means = Only owners and admins of { $workspace } can sell through its account.
customers-throttled = Too many requests
customers-throttled-means = Nothing was requested or changed. Reload the page in a minute.
customers-internal = Something went wrong on our side
customers-internal-means = Check the list before you try again.

# In place of a list that could not be loaded.
customers-try-again = Try again
customers-list-throttled = { $provider } is limiting requests
customers-list-throttled-means = Your account received too many requests, from here or elsewhere. Your data there isn’t affected.
customers-list-unreadable = We couldn’t read the response from { $provider }
customers-list-unavailable = We couldn’t reach { $provider }
customers-list-unaffected = Your data there isn’t affected.
customers-list-no-page = This page of the list doesn’t exist
customers-list-no-page-means = The list has changed, or the URL is incomplete.
customers-list-no-customer = { $provider } couldn’t find this customer
customers-list-no-customer-means = They were deleted there, or belong to another account.
customers-list-rejected = { $provider } rejected this request
customers-list-check-key = Check the API key under Secrets
customers-list-not-configured = Secrets aren’t available on this installation because SECRETS_KEY isn’t set. The operator can set it.
customers-list-key-lost = The secrets of this workspace were encrypted with a different SECRETS_KEY. The operator of this installation can add that key to the setting.
customers-no-account = No payment account connected yet.
customers-no-account-means = To bill your own customers, save your account’s API key as a secret: an access token from { $polar } as <code>polar_api_key</code>, or a secret key from { $stripe } as <code>stripe_secret_key</code>. Payments go directly to that account. { -app-name } never holds the money.
customers-add-key = Add an API key under Secrets
