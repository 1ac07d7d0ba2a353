// The tenants of an installation, and how a tenant is named.
import type { Client } from "openapi-fetch";
import { DuesError } from "./errors.js";
import type { components, paths } from "./schema.js";
import type { CallOptions } from "./transport.js";

type Schemas = components["schemas"];
export type Tenant = Schemas["Tenant"];
export type ListedTenant = Schemas["ListedTenant"];
export type PutTenant = Schemas["PutTenantRequest"];
export type ChangeTenant = Schemas["ChangeTenantRequest"];
export type TenantOverride = Schemas["SetOverrideRequest"];
export type TenantOverrides = Schemas["TenantOverrides"];
export type NewApiKey = Schemas["CreateApiKeyRequest"];
export type CreatedApiKey = Schemas["CreatedApiKey"];

/** A tenant: the product's own id, or Dues' as `{ id }`. */
export type TenantRef = string | { id: string };

export interface TenantFilter {
  /** Part of a name, or a whole id, external id or address. */
  query?: string;
  plan?: string;
  status?: "active" | "past_due" | "canceled";
  customerId?: string;
  /** Tenants per page, at most 100. */
  limit?: number;
}

const ROUTE = "/api/v1/tenants/{tenant}";

/** The name of a tenant in a path or a check. */
export function tenantPath(ref: TenantRef): string {
  return typeof ref === "string" ? `external:${ref}` : ref.id;
}

/** The name of a tenant as the subject of an event. */
export function tenantSubject(ref: TenantRef | undefined): string | undefined {
  if (ref === undefined) return undefined;
  return typeof ref === "string" ? `external:${ref}` : `tenant:${ref.id}`;
}

export function tenantHeaders(ref: TenantRef | undefined): Record<string, string> {
  if (ref === undefined) return {};
  return typeof ref === "string" ? { "x-tenant-external-id": encodeURIComponent(ref) } : { "x-tenant-id": ref.id };
}

export class Tenants {
  /** @internal */
  constructor(
    private readonly api: Client<paths>,
    private readonly fetch: (options: CallOptions) => (request: Request) => Promise<Response>,
  ) {}

  /** Creates the tenant with the product's own id, or updates it. Safe to repeat. */
  async put(externalId: string, tenant: PutTenant, options: CallOptions = {}): Promise<Tenant> {
    return (await answer(this.api.PUT(ROUTE, { ...this.at(externalId, options), body: tenant }))) as Tenant;
  }

  async get(ref: TenantRef, options: CallOptions = {}): Promise<Tenant> {
    return answer(this.api.GET(ROUTE, this.at(ref, options)));
  }

  /** Lists the tenants, newest first. Fetches a page when the iteration reaches it. */
  async *list(filter: TenantFilter = {}, options: CallOptions = {}): AsyncGenerator<ListedTenant, void, void> {
    let cursor: string | null | undefined;
    do {
      const page = await this.page({ ...filter, ...(cursor ? { cursor } : {}) }, options);
      yield* page.items;
      cursor = page.nextCursor;
    } while (cursor);
  }

  /** One page of the tenants. `nextCursor` is the next page's `cursor`. */
  async page(query: TenantFilter & { cursor?: string }, options: CallOptions = {}): Promise<Schemas["TenantList"]> {
    return answer(this.api.GET("/api/v1/tenants", { params: { query }, fetch: this.fetch(options) }));
  }

  /** Changes the given fields. `metadata` is merged; `null` removes a key. */
  async patch(ref: TenantRef, change: ChangeTenant, options: CallOptions = {}): Promise<Tenant> {
    return answer(this.api.PATCH(ROUTE, { ...this.at(ref, options), body: change }));
  }

  /** Deletes the tenant. For 30 days it can be restored; with `purge`, it is erased at once. */
  async delete(ref: TenantRef, { purge, ...options }: CallOptions & { purge?: boolean } = {}): Promise<void> {
    const { params, fetch } = this.at(ref, options);
    const query = purge === undefined ? {} : { purge };
    await answer(this.api.DELETE(ROUTE, { params: { ...params, query }, fetch }));
  }

  /** Restores a deleted tenant. `owner` is the address of an account, for a workspace whose last owner is gone. */
  async restore(ref: TenantRef, { owner, ...options }: CallOptions & { owner?: string } = {}): Promise<Tenant> {
    const body = owner === undefined ? {} : { body: { owner } };
    return answer(this.api.POST(`${ROUTE}/restore`, { ...this.at(ref, options), ...body }));
  }

  /** Creates a key of the tenant. Only this answer contains it. */
  async createApiKey(ref: TenantRef, key: NewApiKey, options: CallOptions = {}): Promise<CreatedApiKey> {
    return answer(this.api.POST(`${ROUTE}/api-keys`, { ...this.at(ref, options), body: key }));
  }

  /** Grants a plan or limits, until a date or without an end. */
  async override(ref: TenantRef, override: TenantOverride, options: CallOptions = {}): Promise<TenantOverrides> {
    return answer(this.api.POST(`${ROUTE}/override`, { ...this.at(ref, options), body: override }));
  }

  private at(ref: TenantRef, options: CallOptions) {
    return { params: { path: { tenant: tenantPath(ref) } }, fetch: this.fetch(options) };
  }
}

/** The answer when each event was rejected. Throws every other error. */
export function noneAccepted(error: unknown): Schemas["EventsResponse"] {
  if (!(error instanceof DuesError) || error.code !== "invalid_events") throw error;
  return error.body as unknown as Schemas["EventsResponse"];
}

/** The body of a success. Errors are thrown by the transport. */
export async function answer<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}
