// The product's teams, their members, and what Dues reported of each team last. A team is a tenant of Dues.
import { randomUUID } from "node:crypto";
import { database } from "./database.js";

const insertTeam = database.prepare("INSERT INTO teams (id, name) VALUES (?, ?)");
const insertMember = database.prepare("INSERT INTO members (user, team, role) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
const teamOfUser = database.prepare(
  "SELECT id, name, plan, status, revision, role FROM teams JOIN members ON team = id WHERE id = ? AND user = ?",
);
const teamsOfUser = database.prepare(
  "SELECT id, name, plan, status, role FROM teams JOIN members ON team = id WHERE user = ? ORDER BY name LIMIT 100",
);
const membersOfTeam = database.prepare(
  "SELECT email, role FROM members JOIN users ON users.id = user WHERE team = ? ORDER BY role, email LIMIT 100",
);
// Messages of Dues come in any order, and perhaps twice: a greater revision is newer.
const updatePlan = database.prepare(
  "UPDATE teams SET plan = ?, status = ?, revision = ? WHERE id = ? AND (revision IS NULL OR revision < ?)",
);

/** Makes a team, whose creator is its admin. Returns its id, which is its external id at Dues, too. */
export const createTeam = database.transaction((name, userId) => {
  const id = `team_${randomUUID()}`;
  insertTeam.run(id, name);
  insertMember.run(userId, id, "admin");
  return id;
});

export function addMember(teamId, userId) {
  insertMember.run(userId, teamId, "member");
}

export function findTeam(teamId, userId) {
  return teamOfUser.get(teamId, userId);
}

export function listTeams(userId) {
  return teamsOfUser.all(userId);
}

export function listMembers(teamId) {
  return membersOfTeam.all(teamId);
}

/** Stores what Dues reports of a team, unless something newer is stored already. */
export function savePlan(teamId, { plan, status, revision }) {
  updatePlan.run(plan, status, revision, teamId, revision);
}
