// The pages of teams: the list, and a team's documents, usage, summaries and members.
import { html, layout, planName } from "./layout.js";

export function teamsPage({ user, teams, problem }) {
  const body = html`
    <h1>Your teams</h1>
    ${teams.length > 0 && html`<ul class="list">
      ${teams.map(({ id, name, plan }) => html`
        <li><a href="/teams/${id}">${name}</a> <span class="soft">${plan && planName(plan)}</span></li>`)}
    </ul>`}
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <form class="card" method="post" action="/teams">
      <label>Name of a new team <input name="name" required maxlength="40"></label>
      <button>Create team</button>
    </form>`;
  return layout({ title: "Your teams", user, body });
}

export function teamPage({ user, team, usage, documents, summaries, members, problem }) {
  const body = html`
    <h1>${team.name}</h1>
    ${meter(usage)}
    <section>
      <h2>Documents</h2>
      <ul class="list">
        ${documents.map((document) => html`
          <li>
            <span>${document.title}</span>
            <span class="soft">${document.pages} pages, ${number(document.tokens)} tokens</span>
            <form method="post" action="/teams/${team.id}/summaries/${document.id}">
              <button aria-label="Summarize ${document.title}">Summarize</button>
            </form>
          </li>`)}
      </ul>
    </section>
    ${summaries.length > 0 && html`<section>
      <h2>Summaries</h2>
      ${summaries.map(({ title, text }) => html`<article class="card"><h3>${title}</h3><p>${text}</p></article>`)}
    </section>`}
    <section>
      <h2>People</h2>
      <ul class="list">
        ${members.map(({ email, role }) => html`<li><span>${email}</span> <span class="soft">${role}</span></li>`)}
      </ul>
      ${problem && html`<p class="problem" role="alert">${problem}</p>`}
      ${team.role === "admin" && html`
        <form class="card" method="post" action="/teams/${team.id}/members">
          <label>E-mail of a person who has an account <input type="email" name="email" required></label>
          <button class="quiet">Add to the team</button>
        </form>`}
    </section>`;
  return layout({ title: team.name, user, team, body });
}

export function number(value) {
  return value.toLocaleString("en");
}

/** The tokens of this month. Without an answer of Dues the page says so, and the rest of it works. */
function meter(usage) {
  if (!usage) return html`<p class="soft">Usage can't be shown now.</p>`;
  if (usage.limit === null) return html`<p>${number(usage.used)} tokens used this month, without a limit</p>`;
  return html`
    <p class="meter">
      <label for="tokens">${number(usage.used)} of ${number(usage.limit)} tokens used this month</label>
      <meter id="tokens" value="${usage.used}" max="${usage.limit}" high="${usage.limit * 0.8}"></meter>
    </p>`;
}
