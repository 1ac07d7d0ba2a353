# The frame of the documentation at `/docs`. The documents themselves are in English.

docs-title = Documentation
# The title of the browser's tab. $page is the title of a document, or a word of this file.
docs-page-title = { $page } · Documentation
# The navigation beside every page.
docs-nav = Documentation
docs-nav-all = All pages
docs-overview = Overview
docs-reference = API reference
docs-toc = On this page
docs-turn = Previous and next page
# These two precede a link to another page.
docs-previous = Previous:
docs-next = Next:

docs-lead = How to run { -app-name }, build on it, and call its API.
docs-reference-about = Every API operation with its parameters, its responses and a <code>curl</code> command. Also available as <openapi>openapi.json</openapi>.

# The heading and title of the search page.
docs-search-title = Search
# A button.
docs-search = Search
docs-search-field = Search the documentation
docs-search-empty = Enter one or more words.
docs-search-none = No results for “{ $query }”. Try fewer words, or just the start of each word.
docs-search-results = { $results ->
    [one] { $results } result for “{ $query }”.
   *[other] { $results } results for “{ $query }”.
}
docs-search-best = Top { $results } results for “{ $query }”.
