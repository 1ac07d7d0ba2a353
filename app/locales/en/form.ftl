# Form fields that several pages have, their errors, and the notices about failed sign-ins.

form-email = Email
form-password = Password
form-password-hint = At least { $min } characters and hard to guess. A sentence works well.
form-code = Code
form-workspace = Workspace name

# Errors of fields, without a period. They also stand in a list above the form.
form-wrong-email = Enter an email address, such as ada@example.com
form-wrong-password = Choose a password of { $min } to { $max } characters that’s hard to guess, such as several unrelated words
form-wrong-workspace = Choose a name of up to 80 characters, without web or email addresses
# Heading of that list.
form-summary = { $fields ->
    [one] { $fields } field needs a correction
   *[other] { $fields } fields need a correction
}

# Fetches the subscription from the payment provider again.
form-sync = Refresh from { $provider }
# Signs in with an identity provider.
form-continue-with = Continue with { $provider }

# A button beside a code, a key, a link or an id, and what it says after a click. Screen readers read what it copies
# after “Copy”: “New key”, “Endpoint URL”.
form-copy = Copy
form-copied = Copied
form-copy-failed = Copy failed

# Notices about the last attempt to sign in, or to confirm with a password or a code.
form-sign-in-wrong-head = Wrong email or password
form-sign-in-wrong-body = Check both and try again. Passwords are case-sensitive.
form-wrong-code-head = Wrong code
form-wrong-code-body = Each code works once. Wait for the next one, or check the clock of the device that shows it.
form-confirm-wrong-head = Wrong password
form-confirm-wrong-body = Check it and try again. Passwords are case-sensitive.
form-too-many-attempts-head = Too many attempts
# $wait is "1 minute", "30 seconds".
form-too-many-attempts-body = Wait { $wait }, then try again.
form-sign-in-attempts-body = Wait { $wait }, then try again. Until then, even the right password won’t work.
form-busy-head = Too many sign-ins at the same time
form-busy-body = Nothing was changed. Try again in a few seconds.
form-code-too-late-head = That took too long
form-code-too-late-body = Sign in again. After entering your password, you have 10 minutes to enter the code.
form-sign-in-again-head = No password or second factor
form-sign-in-again-body = Sign out, then sign in again.
form-internal-head = Something went wrong on our side
form-internal-body = Nothing was changed. Try again in a minute.
