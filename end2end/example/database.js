// The product's own tables. Dues stores nothing of this; the product stores of Dues only what its header shows.
// It has the API of better-sqlite3, and comes compiled.
import Database from "libsql";
import { settings } from "./settings.js";

export const database = new Database(settings.database);
database.pragma("journal_mode = WAL");
database.pragma("foreign_keys = ON");
database.exec(`
  CREATE TABLE IF NOT EXISTS users (
    id TEXT PRIMARY KEY,
    email TEXT NOT NULL UNIQUE COLLATE NOCASE,
    password TEXT NOT NULL
  );
  -- plan, status and revision are what Dues reported last. They are NULL until Dues knows the team.
  CREATE TABLE IF NOT EXISTS teams (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    plan TEXT,
    status TEXT,
    revision INTEGER
  );
  CREATE TABLE IF NOT EXISTS members (
    user TEXT NOT NULL REFERENCES users,
    team TEXT NOT NULL REFERENCES teams,
    role TEXT NOT NULL CHECK (role IN ('admin', 'member')),
    PRIMARY KEY (user, team)
  );
  CREATE TABLE IF NOT EXISTS summaries (
    id INTEGER PRIMARY KEY,
    team TEXT NOT NULL REFERENCES teams,
    title TEXT NOT NULL,
    text TEXT NOT NULL
  );
  CREATE INDEX IF NOT EXISTS summaries_of_team ON summaries (team, id);
`);
