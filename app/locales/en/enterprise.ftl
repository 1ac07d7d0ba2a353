# /membership/enterprise: a form with which visitors ask for a custom plan.

enterprise-title = Enterprise request
enterprise-back = <plans>Plans</plans> / Enterprise
enterprise-sign-in = Sign in
enterprise-head = Request Enterprise.
enterprise-lead = For limits beyond the listed plans, or for specific hosting and operations requirements. We’ll reply by email. Nothing is ordered or charged.
enterprise-received = We’ve received your request.
enterprise-received-lead = We’ll reply by email. Nothing has been ordered or charged.
# The section with links after a request was sent.
enterprise-next = What’s next
enterprise-back-to-membership = Back to membership
enterprise-open-workspace = Create a workspace
enterprise-send-another = Send another request

enterprise-request = Your request
enterprise-request-note = Company and email are required. The other fields help us answer.
enterprise-company = Company
enterprise-name = Your name
enterprise-email = Email
enterprise-use-cases = Use cases
enterprise-scale = Expected scale
enterprise-scale-hint = For example, 2 million players a month.
enterprise-notes = Notes
enterprise-notes-hint = Anything else we should know.
# The label of a field that people don't see; programs that fill in every field are recognized by it.
enterprise-trap = Leave this field empty
enterprise-send = Send request

# Errors at the fields.
enterprise-wrong-company = Enter the company’s name on one line, up to { $most } characters
enterprise-wrong-name = Enter your name on one line, up to { $most } characters
enterprise-wrong-email = Enter an email address, such as ada@example.com
enterprise-wrong-use-cases = Choose from the list
enterprise-wrong-scale = Enter the scale on one line, up to { $most } characters
enterprise-wrong-notes = Enter notes in plain text, up to { $most } characters

enterprise-throttled = Too many requests
# $wait is "15 minutes".
enterprise-throttled-body = This form was sent too often in the last hour. Wait { $wait }, then send your request again.
enterprise-broken = Something went wrong on our side
enterprise-broken-body = Your request wasn’t sent. Try again.

# Names of the use cases to choose from.
enterprise-case-flutter = Flutter app runtime
enterprise-case-flame = Flame game backend
enterprise-case-telemetry = Live-ops telemetry
enterprise-case-unity = Unity or native bridge planning
enterprise-case-ffi = Dart FFI
enterprise-case-ai = AI runtime integration
enterprise-case-deployment = Private deployment
enterprise-case-governance = Governance
enterprise-case-security = Security
enterprise-case-compliance = Compliance
enterprise-case-sla = SLA needs
