// The product's own users and sign-in: passwords hashed by scrypt, and a signed cookie. Dues takes no part in it.
import { createHmac, randomBytes, randomUUID, scrypt, timingSafeEqual } from "node:crypto";
import { promisify } from "node:util";
import { database } from "./database.js";
import { settings } from "./settings.js";

const COOKIE = "gist_session";
const SESSION_MS = 7 * 24 * 3_600_000;
const SCRYPT = { N: 32_768, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
const KEY_BYTES = 32;
const deriveKey = promisify(scrypt);

const insertUser = database.prepare("INSERT INTO users (id, email, password) VALUES (?, ?, ?) ON CONFLICT DO NOTHING");
const userByEmail = database.prepare("SELECT id, email, password FROM users WHERE email = ?");
const userById = database.prepare("SELECT id, email FROM users WHERE id = ?");

/** Makes an account, and returns the user's id; null if the address has one. */
export async function signUp(email, password) {
  const id = randomUUID();
  const { changes } = insertUser.run(id, email, await hashPassword(password));
  return changes === 1 ? id : null;
}

/** Returns the user's id; null if address or password is wrong. Both take the same time. */
export async function signIn(email, password) {
  const user = userByEmail.get(email);
  const isRight = await verifyPassword(password, user?.password ?? UNKNOWN);
  return user && isRight ? user.id : null;
}

export function findUserByEmail(email) {
  return userByEmail.get(email);
}

/** Sets the cookie of a session: the user's id, when it ends, and a signature of both. */
export function startSession(response, userId) {
  const session = `${userId}.${Date.now() + SESSION_MS}`;
  const cookie = { httpOnly: true, sameSite: "lax", secure: settings.url.startsWith("https:"), maxAge: SESSION_MS };
  response.cookie(COOKIE, `${session}.${sign(session)}`, cookie);
}

export function endSession(response) {
  response.clearCookie(COOKIE);
}

/** Middleware: sets `request.user`, or sends the browser to the sign-in. */
export function signedIn(request, response, next) {
  const cookies = (request.headers.cookie ?? "").split("; ");
  const value = cookies.find((cookie) => cookie.startsWith(`${COOKIE}=`))?.slice(COOKIE.length + 1) ?? "";
  const [id = "", ends = "", signature = ""] = value.split(".");
  const isValid = equal(signature, sign(`${id}.${ends}`)) && Number(ends) > Date.now();
  request.user = isValid ? userById.get(id) : undefined;
  if (request.user) next();
  else response.redirect(303, "/sign-in");
}

async function hashPassword(password) {
  const salt = randomBytes(16);
  const key = await deriveKey(password, salt, KEY_BYTES, SCRYPT);
  return `${salt.toString("hex")}.${key.toString("hex")}`;
}

async function verifyPassword(password, hash) {
  const [salt, key] = hash.split(".").map((part) => Buffer.from(part, "hex"));
  return timingSafeEqual(await deriveKey(password, salt, KEY_BYTES, SCRYPT), key);
}

function sign(text) {
  return createHmac("sha256", settings.sessionSecret).update(text).digest("base64url");
}

/** Compares in constant time. */
function equal(given, expected) {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}

// What the password of an unknown address is compared with.
const UNKNOWN = await hashPassword(randomUUID());
