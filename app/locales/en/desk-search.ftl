# Results of the search on the operator’s desk.

# The page’s heading. $text is what was searched for.
desk-search-title = Search
desk-search-for = Results for “{ $text }”
desk-search-empty = Enter part of a tenant’s name or of an email address, or a full ID.
desk-search-lead = A full ID, or the address of a person who belongs to one tenant only, opens that tenant directly.
desk-search-tenants = Tenants
desk-search-people = People
desk-search-people-note = By part of their email address, at least 3 characters.
desk-search-people-none = No matching people.
desk-search-people-more = Only the first { $shown } are shown.
desk-search-people-table = People by email address
desk-search-email = Email
desk-search-role = Role
# In place of a workspace.
desk-search-no-workspace = no workspace
