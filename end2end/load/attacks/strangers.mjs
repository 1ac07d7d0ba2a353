// What strangers have hashed and written.
import { address, json } from "./client.mjs";

const AT_ONCE = 150;
/** Between an answer and the next request of a connection: most of them are refused at once. */
const PAUSE_MS = 250;
const password = "a wrong password for anybody";

/** Each request from an address that was not seen before. */
const fresh = (block) => (lane, turn) => address(block, lane + turn * AT_ONCE);

const flood = (path, block, more, from = fresh(block)) => (attack) =>
  attack.lanes(AT_ONCE, PAUSE_MS, (lane, turn) => ({
    from: from(lane, turn),
    bytes: json(path, { email: `person-${lane}-${turn}@attack.test`, ...more }),
  }));

export const signUps = {
  name: "sign-ups",
  about: `${AT_ONCE} at once, each from an address of its own`,
  begin: flood("/api/v1/auth/signup", 8, { password }),
};

export const wrongLogins = {
  name: "wrong logins",
  isOfLogins: true,
  about: `${AT_ONCE} at once to as many other accounts, each from an address of its own`,
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
  about: `${AT_ONCE} at once, each from an address of its own`,
  begin: flood("/api/v1/enterprise/enterprise-signup", 14, company),
};
