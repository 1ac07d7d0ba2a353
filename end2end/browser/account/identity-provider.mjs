// A certified OpenID provider (oidc-provider) on a free port of this machine, for identity-provider.spec.ts. Prints its
// issuer. POST /control takes {"callback"} for the client, {"rotate": true} for new keys, and {"algorithm", "claims"}
// for the access tokens that the client `product` gets for its credentials.
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
let algorithm = "RS256";
let claims = {};

function newKeys() {
  const key = ([type, options]) => {
    const { privateKey } = generateKeyPairSync(type, options);
    return { ...privateKey.export({ format: "jwk" }), kid: randomUUID(), use: "sig" };
  };
  const types = [["rsa", { modulusLength: 2048 }], ["ec", { namedCurve: "P-256" }], ["ed25519", {}]];
  return types.map(key);
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
      {
        client_id: "product",
        client_secret: "a secret of the product",
        redirect_uris: [],
        grant_types: ["client_credentials"],
        response_types: [],
      },
    ],
    jwks: { keys },
    cookies: { keys: ["signs the cookies of this provider"] },
    pkce: { required: () => true },
    claims: { openid: ["sub"], email: ["email", "email_verified"] },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: (_, audience) => ({
          scope: "",
          audience,
          accessTokenFormat: "jwt",
          jwt: { sign: { alg: algorithm } },
        }),
      },
    },
    enabledJWA: { idTokenSigningAlgValues: ["RS256", "PS256", "ES256", "EdDSA"] },
    extraTokenClaims: () => claims,
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
    algorithm = wanted.algorithm ?? algorithm;
    claims = wanted.claims ?? claims;
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
