// The product's settings, from its environment. It does not start without those that have no default.
const { env } = process;

export const settings = {
  port: Number(env.PORT ?? 4000),
  /** Where browsers reach the product. Dues sends them back here: the origin stands in its ALLOWED_REDIRECT_ORIGINS. */
  url: env.PRODUCT_URL ?? `http://127.0.0.1:${env.PORT ?? 4000}`,
  database: env.DATABASE ?? "gist.db",
  sessionSecret: needed("SESSION_SECRET"),
  duesUrl: needed("DUES_URL"),
  /** An installation key with the scopes tenants, read, usage and portal. It stays in the back end. */
  duesKey: needed("DUES_KEY"),
  /** The secret of the webhook endpoint, which register.js prints; several, separated by commas, during a rotation. */
  webhookSecrets: needed("DUES_WEBHOOK_SECRETS").split(","),
};

function needed(name) {
  const value = env[name];
  if (!value) throw new Error(`${name} is not set`);
  return value;
}
