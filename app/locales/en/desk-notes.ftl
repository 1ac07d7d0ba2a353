# Operators’ notes about a tenant, its contacts and its invoices, on the operator’s desk.

desk-notes = Notes
desk-notes-note = Only operators see these notes.
desk-notes-none = No notes yet.
desk-note-text = New note
desk-note-hint = Plain text. Adding and deleting a note is recorded in the installation’s audit log, without its text.
desk-note-add = Add note
desk-note-delete = Delete note
# Under a note. $author is an email address, or the next message.
desk-note-by = { $author }, { $date }
desk-note-former-operator = Former operator
desk-note-wrong = Enter up to { $characters } characters of plain text. A tenant can have up to { $notes } notes.
desk-answer-noted = Note added
desk-answer-noted-meaning = Other operators see it on this page.
desk-answer-note-deleted = Note deleted
desk-answer-note-deleted-meaning = It can’t be restored.
# Label of the addresses to write to: those of the tenant and of its owners.
desk-tenant-contacts = Contacts
desk-invoices-title = { $tenant }: invoices
desk-invoices-note = Read from the payment provider within the last few seconds. Newest first, up to 24.
desk-invoices-none = No invoices.
desk-invoices-unavailable = The provider isn’t responding. Reload the page in a minute.
# $reason is the server’s own words.
desk-invoices-rejected = The provider rejected the request: { $reason }
desk-invoices-throttled = Too many requests to the provider for this tenant. Reload the page in a minute.
