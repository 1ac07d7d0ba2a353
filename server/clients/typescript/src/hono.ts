// Middleware for Hono.
import type { Dues } from "./client.js";
import { passGate, refuse, type ResponseGateOptions } from "./gate.js";

export { checkOf, type GateOptions, type Refusal, type ResponseGateOptions } from "./gate.js";

interface HonoContext {
  res: Response;
  readonly executionCtx: { waitUntil(promise: Promise<unknown>): void };
}

/**
 * Gates the handlers after it by a feature, and meters them. Answers the documented 402. On a runtime that ends with
 * the response, tracked usage is sent before that.
 */
export function gate<Context extends HonoContext = any>(dues: Dues, options: ResponseGateOptions<Context>) {
  return async (context: Context, next: () => Promise<void>): Promise<Response | void> => {
    const { refusal, finish } = await passGate(dues, options, context);
    if (refusal) return refuse(refusal, options, context);
    try {
      await next();
    } catch (error) {
      await finish(500);
      throw error;
    }
    await finish(context.res.status);
    if (options.meter === "track") sendAfter(context, dues);
  };
}

function sendAfter(context: HonoContext, dues: Dues): void {
  try {
    // Events that can't be sent now still wait, and are handed to `onLost` in the end.
    context.executionCtx.waitUntil(dues.flush().catch(() => {}));
  } catch {
    // A runtime without an execution context keeps running after the response.
  }
}
