// Which pages have an island, and so load a script. All others are the same with and without JavaScript.
// The pages below settings and operator have copy buttons, most of them only when something is shown once.
const copying = String.raw`settings/(keys|team|webhooks(/[^/]+)?|account|customers/products)`
  + String.raw`|operator/(keys|webhooks(/[^/]+)?|tenants/[^/]+|imports/[^/]+)`;
const withIsland = new RegExp(`^/(membership|pricing|usage(/[^/]+)?|docs(/.*)?|${copying})$`);

export function mayHaveIsland(url: string): boolean {
  return withIsland.test(new URL(url).pathname);
}
