// The pages of people without a team: sign-up, sign-in, and errors.
import { html, layout } from "./layout.js";

export function signUpPage({ email, problem }) {
  const other = html`<p>You have an account? <a href="/sign-in">Sign in</a></p>`;
  return form({ title: "Sign up", action: "/sign-up", autocomplete: "new-password", email, problem, other });
}

export function signInPage({ email, problem }) {
  const other = html`<p>New here? <a href="/sign-up">Sign up</a></p>`;
  return form({ title: "Sign in", action: "/sign-in", autocomplete: "current-password", email, problem, other });
}

export function errorPage({ title, text, user }) {
  const body = html`
    <h1>${title}</h1>
    ${text && html`<p class="lead">${text}</p>`}
    <p><a href="/teams">Your teams</a></p>`;
  return layout({ title, user, body });
}

function form({ title, action, autocomplete, email, problem, other }) {
  const body = html`
    <h1>${title}</h1>
    <p class="lead">Gist reads long documents, so that you don't have to.</p>
    ${problem && html`<p class="problem" role="alert">${problem}</p>`}
    <form class="card" method="post" action="${action}">
      <label>E-mail <input type="email" name="email" value="${email}" required autocomplete="email"></label>
      <label>Password
        <input type="password" name="password" required minlength="10" autocomplete="${autocomplete}"></label>
      <button>${title}</button>
    </form>
    ${other}`;
  return layout({ title, body });
}
