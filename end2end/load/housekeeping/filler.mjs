// Fills a database with rows by SQL, and makes some of them old. The same statements run on both engines.

const FEATURE = "websocket_connections";
const FEATURE_BY_MONTH = "telemetry_events_monthly";
const SECOND = 1_000_000;
const DAY = 86_400 * SECOND;
/** The run time of a job that was given up: the last second of the year 9999. */
const NEVER = "253402300799000000";
const BODY = JSON.stringify({ type: "limit.warning", timestamp: "2026-01-01T00:00:00.000Z", data: { text: "x".repeat(200) } });
const INDEXES_OF_EVENTS = ["usage_events_by_time"];

/** A number with leading zeros. */
const digits = (number) => `substr(CAST(100000000 + ${number} AS TEXT), 2)`;
const tenant = (number) => `'load-' || ${digits(number)}`;
const endpoint = (number) => `'ep_' || ${digits(number)}`;
const user = "(SELECT min(user_id) FROM users)";

export class Filler {
  /** `database`: a Sqlite or a Postgres with the server's migrations. The server must not run meanwhile. */
  constructor(engine, database, processes) {
    Object.assign(this, { engine, database, processes });
  }

  /** Rows with the column `i`, from 0. */
  series(count) {
    if (this.engine === "postgres") return `generate_series(CAST(0 AS BIGINT), ${count - 1}) AS n(i)`;
    return `(WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ${count}) SELECT i FROM n) AS n`;
  }

  async sql(...statements) {
    const text = statements.join(";\n");
    if (this.engine === "postgres") return this.database.query(text, "dues");
    const fast = "PRAGMA synchronous = OFF; PRAGMA cache_size = -500000; PRAGMA temp_store = MEMORY; BEGIN;";
    const printed = await this.processes.run("sqlite3", ["-bail", this.database.file, `${fast}\n${text};\nCOMMIT`]);
    // Otherwise the server's first commit would wait until all these pages are on the disk.
    await this.processes.run("sync", [this.database.file]);
    return printed.trim();
  }

  async count(query) {
    return Number(await this.sql(query));
  }

  /** Inserts a row for each number up to `count`. `columns`: an expression of `i` for each column. */
  insert(table, count, columns) {
    const values = Object.values(columns).join(", ");
    return `INSERT INTO ${table} (${Object.keys(columns).join(", ")}) SELECT ${values} FROM ${this.series(count)}`;
  }

  async definition(index) {
    const query =
      this.engine === "postgres"
        ? `SELECT indexdef FROM pg_indexes WHERE indexname = '${index}'`
        : `SELECT sql FROM sqlite_master WHERE type = 'index' AND name = '${index}'`;
    return this.sql(query);
  }

  /** Inserts rows that no housekeeping is due for. */
  async fill({ events, tenants, messages, jobs }) {
    const now = Date.now() * 1000;
    const each = Math.ceil(events / tenants);
    const endpoints = Math.ceil(tenants / 10);
    const eachEndpoint = Math.ceil(messages / endpoints);
    const tomorrow = `${now + DAY} + i * ${SECOND}`;
    await this.sql(this.insert("tenants", tenants, { tenant_id: tenant("i"), name: "'Tenant'", created_at: now }));
    // An index that is created after the inserts is sorted only once.
    const indexes = await Promise.all(INDEXES_OF_EVENTS.map((index) => this.definition(index)));
    await this.sql(...INDEXES_OF_EVENTS.map((index) => `DROP INDEX ${index}`));
    await this.sql(this.insert("usage_events", events, this.event(`i / ${each}`, "'e' || " + digits("i"), `${now} - (i % 2592000) * ${SECOND}`)));
    await this.sql(...indexes);
    const left = `(${events} - i * ${each})`;
    await this.sql(
      this.insert("usage_counters", tenants, {
        tenant_id: tenant("i"),
        feature: `'${FEATURE}'`,
        period_start: 0,
        used: `CASE WHEN ${left} > ${each} THEN ${each} WHEN ${left} > 0 THEN ${left} ELSE 0 END`,
        updated_at: now,
        version: 1,
      }),
      this.insert("usage_hours", tenants, this.hour("i", now - (now % (3600 * SECOND)))),
      // The hours above count these events.
      `UPDATE usage_roll_up SET rolled_up_to = ${now}`,
      this.insert("webhook_endpoints", endpoints, {
        tenant_id: tenant("i"),
        endpoint_id: endpoint("i"),
        url: "'https://hooks.example.test/'",
        description: "''",
        events: "''",
        secret: "''",
        created_at: now,
        next_try_at: now + DAY,
      }),
    );
    await this.sql(
      this.insert("webhook_messages", messages, {
        ...this.message(`i / ${eachEndpoint}`, digits("i"), `${now} - (i % 1728000) * ${SECOND}`),
        next_try_at: `CASE WHEN i % 10 = 0 THEN ${now + DAY} END`,
      }),
      this.insert("jobs", jobs, { ...this.job(`'load-' || ${digits("i")}`, tomorrow, now), tenant_id: tenant(`i % ${tenants}`), fair_at: tomorrow }),
    );
  }

  /** Inserts rows that housekeeping is due for: `due` of each kind. `number` tells the cycles apart. */
  async age(number, { due, tenants }) {
    const now = Date.now() * 1000;
    const id = (kind) => `'${kind}-${number}-' || ${digits("i")}`;
    const longAgo = now - 500 * DAY;
    const place = "CAST(substr(tenant_id, 6) AS BIGINT)";
    const link = { token_hash: id("t"), user_id: user, email: "'ada@housekeeping.test'", created_at: 0, expires_at: now - 40 * DAY };
    await this.sql(
      this.insert("usage_events", due, this.event(`i % ${tenants}`, id("old"), `${longAgo} + i`)),
      `UPDATE usage_counters SET used = used + (${due + tenants - 1} - ${place}) / ${tenants}
        WHERE feature = '${FEATURE}' AND period_start = 0 AND tenant_id LIKE 'load-%'`,
      this.insert("usage_hours", due, this.hour(`i / 24 % ${tenants}`, `${longAgo - (longAgo % DAY)} - i / 24 / ${tenants} * ${DAY} + i % 24 * ${3600 * SECOND}`)),
      this.insert("usage_counters", due, {
        tenant_id: tenant(`i % ${tenants}`),
        feature: `'${FEATURE_BY_MONTH}'`,
        period_start: `${now - 900 * DAY} - i / ${tenants}`,
        used: 1,
        folded: 1,
        updated_at: 0,
      }),
      this.insert("webhook_messages", due, this.message(`i % ${Math.ceil(tenants / 10)}`, `'${number}-' || ${digits("i")}`, now - 40 * DAY)),
      this.insert("jobs", due, this.job(id("given-up"), NEVER, now - 40 * DAY)),
      this.insert("inbox", due, {
        provider: "'stripe'",
        event_id: id("evt"),
        kind: "'customer.subscription.updated'",
        subject: "'{}'",
        state: "'handled'",
        received_at: now - 100 * DAY,
      }),
      this.insert("sessions", due, { session_hash: id("s"), data: "'{}'", expires_at: now - DAY }),
      this.insert("login_failures", due, { subject: id("s"), failures: 1, window_start: 0, window_end: now - DAY }),
      this.insert("login_slots", due, { subject: id("s"), free_at: now - DAY }),
      this.insert("idempotency_keys", due, { key_hash: id("k"), request_hash: "'r'", claim: "'c'", locked_until: 0, created_at: now - 9 * DAY }),
      this.insert("password_resets", due, link),
      this.insert("address_proofs", due, link),
      this.insert("address_changes", due, link),
      this.insert("account_mails", due, { user_id: user, kind: id("k"), email: "'a@b.test'", job_id: "'j'", asked_at: now - 40 * DAY }),
      this.insert("invitations", due, {
        tenant_id: tenant(`i % ${tenants}`),
        invitation_id: id("i"),
        email: "'ada@housekeeping.test'",
        role: "'member'",
        state: "'accepted'",
        invited_by: user,
        created_at: 0,
        expires_at: now - 40 * DAY,
      }),
      this.insert("invitation_tokens", due, { tenant_id: tenant(`i % ${tenants}`), token_hash: id("t"), invitation_id: id("i"), created_at: 0 }),
    );
  }

  /** The number of rows that `age` inserted and that are still there. */
  async oldRows() {
    const now = Date.now() * 1000;
    const old = [
      `usage_events WHERE recorded_at < ${now - 450 * DAY}`,
      `usage_hours WHERE starts_at < ${now - 450 * DAY}`,
      `usage_counters WHERE feature = '${FEATURE_BY_MONTH}' AND period_start < ${now - 890 * DAY}`,
      `webhook_messages WHERE created_at < ${now - 35 * DAY}`,
      `jobs WHERE created_at < ${now - 35 * DAY}`,
      `inbox WHERE received_at < ${now - 95 * DAY}`,
      `sessions WHERE expires_at < ${now - DAY}`,
      `login_failures WHERE window_end < ${now - DAY}`,
      `login_slots WHERE free_at < ${now - DAY}`,
      `idempotency_keys WHERE created_at < ${now - 8 * DAY}`,
      ...["password_resets", "address_proofs", "address_changes", "invitations"].map((table) => `${table} WHERE expires_at < ${now - 35 * DAY}`),
      `account_mails WHERE asked_at < ${now - 35 * DAY}`,
    ];
    return this.count(`SELECT ${old.map((rows) => `(SELECT count(*) FROM ${rows})`).join(" + ")}`);
  }

  /** The number of counters that differ from what was folded and the sum of their events. */
  wrongCounters() {
    return this.count(`SELECT count(*) FROM usage_counters AS own LEFT JOIN
      (SELECT tenant_id, feature, period_start, sum(amount) AS amount FROM usage_events GROUP BY tenant_id, feature, period_start) AS known
      ON known.tenant_id = own.tenant_id AND known.feature = own.feature AND known.period_start = own.period_start
      WHERE own.used <> own.folded + COALESCE(known.amount, 0)`);
  }

  event(number, id, at) {
    return {
      tenant_id: tenant(number),
      source: "'/load'",
      event_id: id,
      part: 0,
      feature: `'${FEATURE}'`,
      period_start: 0,
      change: "'record'",
      wanted: 1,
      amount: 1,
      event_at: at,
      counted_at: at,
      recorded_at: at,
      used_after: 1,
    };
  }

  hour(number, at) {
    return { tenant_id: tenant(number), feature: `'${FEATURE}'`, starts_at: at, amount: 1, peak: 1, closing: 1 };
  }

  message(number, id, at) {
    return {
      tenant_id: tenant(number),
      message_id: `'msg_' || ${id}`,
      endpoint_id: endpoint(number),
      event: "'limit.warning'",
      body: `'${BODY}'`,
      created_at: at,
      attempts: 1,
      locked_until: 0,
    };
  }

  job(id, at, createdAt) {
    const task = JSON.stringify({ task: "look_at_limits", tenant: "load-00000000" });
    return { job_id: id, task: `'${task}'`, run_at: at, attempts: 0, locked_until: 0, created_at: createdAt };
  }
}
