// The product's own page for what the plan does not allow (402), or what can't be decided now (503).
import { html, layout, planName } from "./layout.js";
import { number } from "./team.js";

export function refusedPage({ user, team, document, refusal, admins }) {
  const { title, text, way } = wordsOf(document, refusal);
  const body = html`
    <h1>${title}</h1>
    <p class="lead">${text}</p>
    ${way && (team.role === "admin" ? wayForm(team, way) : html`
      <p>An admin of the team can change that: ${admins.map(({ email }) => email).join(", ")}</p>`)}
    <p><a href="/teams/${team.id}">Back to ${team.name}</a></p>`;
  return layout({ title, user, team, body });
}

/** `way` is the button that leads on, and the plan whose review it opens. */
function wordsOf(document, { code, upgrade }) {
  switch (code) {
    case "limit_reached": {
      const tokens = `“${document.title}” takes ${number(document.tokens)} tokens`;
      const text = `${tokens}, and your plan has fewer left this month.`;
      const more = upgrade && (upgrade.limit === null ? "no limit" : `${number(upgrade.limit)} tokens a month`);
      return {
        title: "That is more than your plan allows.",
        text: upgrade ? `${text} ${planName(upgrade.plan)} has ${more}.` : text,
        way: upgrade ? { label: `Upgrade to ${planName(upgrade.plan)}`, plan: upgrade.plan } : { label: "See plans" },
      };
    }
    case "feature_not_included":
      return { title: "Your plan has no summaries.", text: "Other plans have them.", way: { label: "See plans" } };
    case "subscription_inactive":
      return { title: "A payment is overdue.", text: "Summaries go on once it is paid.", way: { label: "Pay" } };
    default:
      return {
        title: "Summaries are paused.",
        text: "Gist can't check what your plan has left. Try again in a moment.",
      };
  }
}

function wayForm(team, { label, plan }) {
  return html`
    <form method="post" action="/teams/${team.id}/billing">
      ${plan && html`<input type="hidden" name="plan" value="${plan}">`}
      <button>${label}</button>
    </form>`;
}
