// Hashing as a weapon.
import { address, json } from "./client.mjs";

const AT_ONCE = 150;
/** Between an answer and the next request of a connection: most of them are refused at once. */
const PAUSE_MS = 250;
const password = "a wrong password for anybody";

/** Each request from an address that was not seen before. */
const fresh = (block) => (lane, turn) => address(block, lane + turn * AT_ONCE);

const flood = (path, block, email, from = fresh(block)) => (attack) =>
  attack.lanes(AT_ONCE, PAUSE_MS, (lane, turn) => ({ from: from(lane, turn), bytes: json(path, { email: email(lane, turn), password }) }));

const each = (lane, turn) => `person-${lane}-${turn}@attack.test`;

export const signUps = {
  name: "sign-ups",
  about: `${AT_ONCE} at once, each from an address of its own`,
  begin: flood("/api/v1/auth/signup", 8, each),
};

export const wrongLogins = {
  name: "wrong logins",
  about: `${AT_ONCE} at once to as many other accounts, each from an address of its own`,
  begin: flood("/api/v1/auth/login", 9, each),
};

export const wrongLoginsOfOne = {
  name: "wrong logins, 4 addresses",
  about: `${AT_ONCE} at once to as many other accounts, from four addresses`,
  begin: flood("/api/v1/auth/login", 10, each, (lane) => address(10, lane % 4)),
};
