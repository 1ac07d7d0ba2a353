// Middleware for Express, and for what has the same requests and responses.
import type { Dues } from "./client.js";
import { type GateOptions, passGate } from "./gate.js";

export type { GateOptions } from "./gate.js";

interface ExpressResponse {
  statusCode: number;
  setHeader(name: string, value: string): unknown;
  end(body: string): unknown;
  on(event: "close", listener: () => void): unknown;
}

/** Gates the handlers after it by a feature, and meters them. Answers the documented 402. */
export function gate<Req = any>(dues: Dues, options: GateOptions<Req>) {
  return async (request: Req, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    try {
      const { refusal, finish } = await passGate(dues, options, request);
      if (refusal) {
        response.statusCode = refusal.status;
        const headers = { "content-type": "application/json", ...refusal.headers };
        for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
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
