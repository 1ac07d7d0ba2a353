// Attacks by unauthenticated clients on routes that hash passwords or write rows.
import { address, json } from "./client.mjs";

const AT_ONCE = 150;
/** Pause between a response and the connection's next request. Most requests are refused at once. */
const PAUSE_MS = 250;
const password = "a password that is always wrong";

/** Another address for each request. */
const fresh = (block) => (lane, round) => address(block, lane + round * AT_ONCE);

const flood = (path, block, more, from = fresh(block)) => (attack) =>
  attack.lanes(AT_ONCE, PAUSE_MS, (lane, round) => ({
    from: from(lane, round),
    bytes: json(path, { email: `person-${lane}-${round}@attack.test`, ...more }),
  }));

export const signUps = {
  name: "sign-ups",
  about: `${AT_ONCE} at once, each from another address`,
  begin: flood("/api/v1/auth/signup", 8, { password }),
};

export const wrongLogins = {
  name: "wrong logins",
  isOfLogins: true,
  about: `${AT_ONCE} at once to as many other accounts, each from another address`,
  begin: flood("/api/v1/auth/login", 9, { password }),
};

export const wrongLoginsOfOne = {
  name: "wrong logins, 4 addresses",
  isOfLogins: true,
  about: `${AT_ONCE} at once to as many other accounts, from four addresses`,
  begin: flood("/api/v1/auth/login", 10, { password }, (lane) => address(10, lane % 4)),
};

const company = { company: "Attack", contactName: "Mallory", useCases: ["sla"], expectedScale: "large" };

export const enterpriseRequests = {
  name: "enterprise requests",
  about: `${AT_ONCE} at once, each from another address`,
  begin: flood("/api/v1/enterprise/enterprise-signup", 14, company),
};
