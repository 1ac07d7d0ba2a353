// What all pages share: escaped HTML, and the header, which shows the team's plan as the webhook reported it.

/** Marks text that is HTML already. */
class Html {
  constructor(text) {
    this.text = text;
  }
  toString() {
    return this.text;
  }
}

/** A template whose values are escaped, unless they are HTML themselves. Lists are joined; null is left out. */
export function html(parts, ...values) {
  const filled = parts.map((part, at) => part + (at < values.length ? show(values[at]) : ""));
  return new Html(filled.join(""));
}

function show(value) {
  if (value === null || value === undefined || value === false) return "";
  if (Array.isArray(value)) return value.map(show).join("");
  if (value instanceof Html) return value.text;
  const entities = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#39;" };
  return String(value).replace(/[&<>"']/g, (character) => entities[character]);
}

export function layout({ title, user, team, body }) {
  const page = html`<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <meta name="color-scheme" content="light dark">
    <title>${title} · Gist</title>
    <link rel="icon" href="/icon.svg">
    <link rel="stylesheet" href="/style.css">
  </head>
  <body>
    <header>
      <a class="brand" href="/teams">Gist</a>
      ${team && html`<a class="team" href="/teams/${team.id}">${team.name}</a> ${planBadge(team)}`}
      <div class="actions">
        ${team && postButton(`/teams/${team.id}/billing`, "Billing")}
        ${user && postButton("/sign-out", "Sign out")}
      </div>
    </header>
    <main>
      ${body}
    </main>
  </body>
</html>`;
  return page.text;
}

/** The plan's name for people: its id with a capital. Dues has the names of its catalog, too (`GET /billing/plans`). */
export function planName(plan) {
  return plan.charAt(0).toUpperCase() + plan.slice(1);
}

function postButton(action, label) {
  return html`<form method="post" action="${action}"><button class="quiet">${label}</button></form>`;
}

function planBadge({ plan, status }) {
  if (!plan) return null;
  const isDue = status === "past_due";
  return html`<span class="plan" data-due="${isDue}">${planName(plan)}${isDue ? ", payment overdue" : ""}</span>`;
}
