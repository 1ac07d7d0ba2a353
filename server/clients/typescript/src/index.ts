export * from "./client.js";
export * from "./errors.js";
export type { components, paths } from "./schema.js";
export type * from "./tenants.js";
export type { LostEvents, TrackerOptions, UsageEvent } from "./tracker.js";
export type { CallOptions } from "./transport.js";
