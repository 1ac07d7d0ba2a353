// The product's routes, its start and its end. What concerns Dues is in dues.js: `provision`, `metered`, `billingLink`,
// `usageOf` and `receiveWebhook`.
import { fileURLToPath } from "node:url";
import { DuesUnavailableError } from "@dues/client";
import express from "express";
import { endSession, findUserByEmail, signedIn, signIn, signUp, startSession } from "./accounts.js";
import { documents, listSummaries, summarize } from "./documents.js";
import { billingLink, dues, metered, provision, receiveWebhook, usageOf } from "./dues.js";
import { errorPage, signInPage, signUpPage } from "./pages/entry.js";
import { teamPage, teamsPage } from "./pages/team.js";
import { settings } from "./settings.js";
import { addMember, createTeam, findTeam, listMembers, listTeams } from "./teams.js";

const app = express();
app.disable("x-powered-by");
app.post("/webhooks/dues", ...receiveWebhook);

app.use((_, response, next) => {
  response.set("content-security-policy", "default-src 'self'; frame-ancestors 'none'");
  next();
});
app.use(express.static(fileURLToPath(new URL("public", import.meta.url))));
app.use(express.urlencoded({ extended: false, limit: "16kb" }));

app.get("/sign-up", (_, response) => void response.send(signUpPage({})));
app.post("/sign-up", async (request, response) => {
  const { email, password } = credentials(request);
  const problem = problemOf(email, password);
  const userId = problem ? null : await signUp(email, password);
  if (!userId) {
    response.status(400).send(signUpPage({ email, problem: problem ?? "This address has an account already." }));
    return;
  }
  startSession(response, userId);
  response.redirect(303, "/teams");
});

app.get("/sign-in", (_, response) => void response.send(signInPage({})));
app.post("/sign-in", async (request, response) => {
  const { email, password } = credentials(request);
  const userId = await signIn(email, password);
  if (!userId) {
    response.status(400).send(signInPage({ email, problem: "Address or password is wrong." }));
    return;
  }
  startSession(response, userId);
  response.redirect(303, "/teams");
});

app.post("/sign-out", (_, response) => {
  endSession(response);
  response.redirect(303, "/sign-in");
});

app.use(signedIn);
app.get("/", (_, response) => response.redirect(303, "/teams"));

app.get("/teams", ({ user }, response) => void response.send(teamsPage({ user, teams: listTeams(user.id) })));
app.post("/teams", async ({ user, body }, response) => {
  const name = String(body?.name ?? "").trim();
  if (!/^[\p{L}\p{N} '&-]{1,40}$/u.test(name)) {
    const problem = "A name has 1 to 40 letters, digits or spaces.";
    response.status(400).send(teamsPage({ user, teams: listTeams(user.id), problem }));
    return;
  }
  const id = createTeam(name, user.id);
  try {
    await provision({ id, name });
  } catch (error) {
    // Its first use provisions it instead.
    if (!(error instanceof DuesUnavailableError)) throw error;
  }
  response.redirect(303, `/teams/${id}`);
});

// Every route below is of one team, which must be the user's.
app.param("team", (request, response, next, id) => {
  request.team = findTeam(id, request.user.id);
  if (request.team) next();
  else response.status(404).send(errorPage({ title: "This page does not exist.", user: request.user }));
});
app.param("document", (request, response, next, id) => {
  request.document = documents.find((document) => document.id === id);
  if (request.document) next();
  else response.status(404).send(errorPage({ title: "This document does not exist.", user: request.user }));
});

app.get("/teams/:team", async (request, response) => void response.send(await renderTeam(request)));

// The metered endpoint: the handler runs only when the plan allows it, and its tokens are counted by then.
app.post("/teams/:team/summaries/:document", metered, ({ team, document }, response) => {
  summarize(team, document);
  response.redirect(303, `/teams/${team.id}`);
});

// A link works once, so it is made when it is asked for, by a form: browsers fetch links ahead, but send no forms.
app.post("/teams/:team/billing", async ({ team, user, body }, response) => {
  const plan = typeof body?.plan === "string" ? body.plan : undefined;
  response.redirect(303, await billingLink(team, user, plan));
});

app.post("/teams/:team/members", async (request, response) => {
  const { team, body } = request;
  const person = findUserByEmail(String(body?.email ?? "").trim());
  if (team.role !== "admin" || !person) {
    const problem = person ? "Only an admin adds people." : "No account has this address.";
    response.status(400).send(await renderTeam(request, problem));
    return;
  }
  addMember(team.id, person.id);
  response.redirect(303, `/teams/${team.id}`);
});

app.use(({ user }, response) => {
  response.status(404).send(errorPage({ title: "This page does not exist.", user }));
});

app.use((error, { user }, response, next) => {
  if (response.headersSent) return next(error);
  if (error instanceof DuesUnavailableError) {
    const text = "Plans and billing can't be reached now. Try again in a moment.";
    response.status(503).send(errorPage({ title: "Not right now.", text, user }));
    return;
  }
  const status = error.status >= 400 && error.status < 500 && error.expose ? error.status : 500;
  if (status === 500) console.error(error);
  response.status(status).send(errorPage({ title: "This did not work.", user }));
});

const server = app.listen(settings.port, "127.0.0.1", (error) => {
  if (error) throw error;
  console.log(`Gist is at ${settings.url}`);
});

for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    server.close(async () => {
      // Sends what was tracked and not sent yet.
      await dues.close();
      process.exit();
    });
  });
}

function credentials({ body }) {
  return { email: String(body?.email ?? "").trim(), password: String(body?.password ?? "") };
}

function problemOf(email, password) {
  if (!/^[^\s@]+@[^\s@]+$/.test(email) || email.length > 254) return "This is no e-mail address.";
  if (password.length < 10 || password.length > 200) return "A password has 10 to 200 characters.";
  return null;
}

async function renderTeam({ user, team }, problem) {
  const usage = await usageOf(team);
  // Read again: `usageOf` has provisioned the team, if it was new.
  const current = findTeam(team.id, user.id);
  const [members, summaries] = [listMembers(team.id), listSummaries(team)];
  return teamPage({ user, team: current, usage, documents, summaries, members, problem });
}
