// Registers the product's webhook endpoint at Dues, and prints its secret. Run it once for each installation:
// DUES_URL=… DUES_KEY=… node register.js https://product.example/webhooks/dues
//
// The key needs the scope `webhooks`. The secret is shown only once; an endpoint of the same address is replaced.
import { pathToFileURL } from "node:url";
import { Dues } from "@dues/client";

/** Returns the secret that signs the messages. */
export async function register({ duesUrl, duesKey, receiver }) {
  const { api } = new Dues({ url: duesUrl, key: duesKey });
  const route = "/api/v1/webhook-endpoints";
  const { data: existing } = await api.GET(route);
  for (const { id } of existing.items.filter(({ url }) => url === receiver)) {
    await api.DELETE(`${route}/{id}`, { params: { path: { id } } });
  }
  const body = { url: receiver, events: ["subscription.updated"], description: "Gist" };
  const { data: endpoint } = await api.POST(route, { body });
  return endpoint.secret;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [receiver] = process.argv.slice(2);
  const { DUES_URL: duesUrl, DUES_KEY: duesKey } = process.env;
  console.log(await register({ duesUrl, duesKey, receiver }));
}
