// Wraps route handlers of Next, and any that take a `Request` and return a `Response`.
import type { Dues } from "./client.js";
import { passGate, refuse, type ResponseGateOptions } from "./gate.js";

export { checkOf, type GateOptions, type Refusal, type ResponseGateOptions } from "./gate.js";

export interface RouteGateOptions<Req> extends ResponseGateOptions<Req> {
  /** `after` of `next/server`, or another that runs work after the response: sends tracked usage before the end. */
  after?: (work: () => Promise<unknown>) => void;
}

type Handler<Req, Rest extends unknown[]> = (request: Req, ...rest: Rest) => Response | Promise<Response>;

/** Gates a route handler by a feature, and meters it. Answers the documented 402. */
export function gate<Req extends Request, Rest extends unknown[]>(
  dues: Dues,
  options: RouteGateOptions<Req>,
  handler: Handler<Req, Rest>,
): (request: Req, ...rest: Rest) => Promise<Response> {
  return async (request, ...rest) => {
    const { refusal, finish } = await passGate(dues, options, request);
    if (refusal) return refuse(refusal, options, request);
    const send = () => {
      if (options.meter === "track") options.after?.(() => dues.flush().catch(() => {}));
    };
    try {
      const response = await handler(request, ...rest);
      await finish(response.status);
      send();
      return response;
    } catch (error) {
      await finish(isRedirect(error) ? 307 : 500);
      send();
      throw error;
    }
  };
}

/** Whether it is what Next's `redirect` throws. */
function isRedirect(error: unknown): boolean {
  const digest = (error as { digest?: unknown } | null | undefined)?.digest;
  return typeof digest === "string" && digest.startsWith("NEXT_REDIRECT");
}
