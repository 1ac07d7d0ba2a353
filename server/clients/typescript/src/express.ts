// Middleware for Express, and for what has the same requests and responses.
import type { Dues } from "./client.js";
import { type GateOptions, passGate, type Refusal } from "./gate.js";

export { checkOf, type GateOptions, type Refusal } from "./gate.js";

interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
  on(event: "close", listener: () => void): unknown;
}

export interface ExpressGateOptions<Req> extends GateOptions<Req> {
  /** Answers a refusal in place of the documented JSON, as with a page. Status and headers are set already. */
  onRefused?: (refusal: Refusal, request: Req, response: any) => unknown;
}

/** Gates the handlers after it by a feature, and meters them. Answers the documented 402. */
export function gate<Req extends object = any>(dues: Dues, options: ExpressGateOptions<Req>) {
  return async (request: Req, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    try {
      const { refusal, finish } = await passGate(dues, options, request);
      if (refusal) {
        response.statusCode = refusal.status;
        for (const [name, value] of Object.entries(refusal.headers)) response.setHeader(name, value);
        if (options.onRefused) {
          await options.onRefused(refusal, request, response);
          return;
        }
        response.setHeader("content-type", "application/json");
        response.end(JSON.stringify(refusal.body));
        return;
      }
      // Not `finish`: a client that leaves before the end is counted, too.
      response.on("close", () => void finish(response.statusCode));
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}
