// A certified OpenID provider (oidc-provider) on a free port of this machine, for identity-provider.spec.ts. Prints its
// issuer. POST /control takes {"callback"} for the client, and {"rotate": true} for new keys.
import { generateKeyPairSync, randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { Provider } from "oidc-provider";

const people = {
  ada: { email: "ada@provider.test", email_verified: true },
  eve: { email: "eve@provider.test", email_verified: false },
};
let issuer;
let callback = "http://127.0.0.1/unset";
let keys = newKeys();
let provider;

function newKeys() {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  return [{ ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig", alg: "RS256" }];
}

function start() {
  provider = new Provider(issuer, {
    clients: [
      {
        client_id: "dues",
        client_secret: "a secret of the client",
        redirect_uris: [callback],
        grant_types: ["authorization_code"],
        response_types: ["code"],
      },
    ],
    jwks: { keys },
    cookies: { keys: ["signs the cookies of this provider"] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id, ...people[id] }) }),
    async loadExistingGrant(ctx) {
      const { client, session, provider } = ctx.oidc;
      const grant = new provider.Grant({ clientId: client.clientId, accountId: session.accountId });
      grant.addOIDCScope("openid email");
      await grant.save();
      return grant;
    },
  });
}

async function body(request) {
  let text = "";
  for await (const chunk of request) text += chunk;
  return text;
}

const server = createServer(async (request, response) => {
  if (request.url === "/control") {
    const wanted = JSON.parse(await body(request));
    callback = wanted.callback ?? callback;
    if (wanted.rotate) keys = newKeys();
    start();
    response.end();
  } else if (request.url.startsWith("/interaction/") && request.method === "POST") {
    const accountId = new URLSearchParams(await body(request)).get("person");
    await provider.interactionFinished(request, response, { login: { accountId } });
  } else if (request.url.startsWith("/interaction/")) {
    const button = (person) => `<button name="person" value="${person}">Sign in as ${person}</button>`;
    response.setHeader("content-type", "text/html");
    const buttons = Object.keys(people).map(button).join("");
    response.end(`<!DOCTYPE html><title>Provider</title><form method="post">${buttons}</form>`);
  } else {
    provider.callback()(request, response);
  }
});
server.listen(0, "localhost", () => {
  issuer = `http://localhost:${server.address().port}`;
  start();
  console.log(issuer);
});
