# The product as the installation names it, and the links at the foot of each page.

# The product's name, in titles of pages and as the text of its logo.
brand-name = { -app-name }

# At the foot of pages of a product with another name.
brand-powered-by = Powered by Dues

# Links to pages of the product.
brand-terms = Terms
brand-privacy = Privacy
brand-support = Support
brand-status = Status
