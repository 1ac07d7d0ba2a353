// Middleware for Express, and for what has the same requests and responses.
import type { Dues } from "./client.js";
import { type GateOptions, passGate, type Refusal } from "./gate.js";

export type { GateOptions, Refusal } from "./gate.js";

interface ExpressResponse {
  statusCode: number;
  status(code: number): unknown;
  set(name: string, value: string): unknown;
  json(body: unknown): unknown;
  on(event: "finish", listener: () => void): unknown;
}

export interface ExpressGateOptions<Req> extends GateOptions<Req> {
  /** Answers a refusal in place of the documented JSON, as with a page. Status and headers are set already. */
  onRefused?: (refusal: Refusal, request: Req, response: any) => unknown;
}

/** Gates the handlers after it by a feature, and meters them. Answers the documented 402. */
export function gate<Req = any>(dues: Dues, options: ExpressGateOptions<Req>) {
  return async (request: Req, response: ExpressResponse, next: (error?: unknown) => void): Promise<void> => {
    try {
      const { refusal, finish } = await passGate(dues, options, request);
      if (refusal) {
        for (const [name, value] of Object.entries(refusal.headers)) response.set(name, value);
        response.status(refusal.status);
        if (options.onRefused) await options.onRefused(refusal, request, response);
        else response.json(refusal.body);
        return;
      }
      response.on("finish", () => finish(response.statusCode));
    } catch (error) {
      next(error);
      return;
    }
    next();
  };
}
