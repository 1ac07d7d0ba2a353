// The sandbox's Firebase Authentication, through Firebase's official library in emulator mode.
import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { deleteApp, initializeApp } from "@firebase/app";
import {
  connectAuthEmulator,
  createUserWithEmailAndPassword,
  getAuth,
  signInWithEmailAndPassword,
  signOut,
} from "@firebase/auth";
import { startSandbox } from "./sandbox.js";

const password = "s3cret-enough";
let sandbox;
let app;
let auth;
let people = 0;

before(async () => {
  sandbox = await startSandbox();
  app = initializeApp({ projectId: "demo-dues", apiKey: "any", authDomain: "demo-dues.firebaseapp.com" });
  auth = getAuth(app);
  connectAuthEmulator(auth, sandbox.url, { disableWarnings: true });
});

after(async () => {
  await deleteApp(app);
  await sandbox.stop();
});

beforeEach(() => {
  people += 1;
});

const email = () => `person-${people}@example.test`;

const refusedWith = (code) => (error) => {
  assert.equal(error.code, `auth/${code}`);
  return true;
};

test("a user signs up, has their identity in the token, and signs in again", async () => {
  const { user } = await createUserWithEmailAndPassword(auth, email(), password);
  assert.deepEqual([user.email, user.emailVerified, user.isAnonymous], [email(), false, false]);
  assert.equal(user.providerData[0].providerId, "password");
  const { claims, signInProvider, token } = await user.getIdTokenResult();
  assert.deepEqual([claims.sub, claims.aud, signInProvider], [user.uid, "demo-dues", "password"]);
  assert.equal(token.split(".").length, 3);
  assert.ok(user.metadata.creationTime);

  await signOut(auth);
  assert.equal(auth.currentUser, null);
  const again = await signInWithEmailAndPassword(auth, email(), password);
  assert.equal(again.user.uid, user.uid);
});

test("after verification of the address, a reload and a new token say so", async () => {
  const { user } = await createUserWithEmailAndPassword(auth, email(), password);
  const pressed = await fetch(`${sandbox.url}/firebase/accounts/${user.uid}/verify`, { method: "POST" });
  assert.equal(pressed.status, 200);
  await user.reload();
  assert.equal(user.emailVerified, true);
  const { claims } = await user.getIdTokenResult(true);
  assert.equal(claims.email_verified, true);
});

test("errors have the library's codes", async () => {
  await createUserWithEmailAndPassword(auth, email(), password);
  await assert.rejects(createUserWithEmailAndPassword(auth, email(), password), refusedWith("email-already-in-use"));
  await assert.rejects(createUserWithEmailAndPassword(auth, "b@c.d", "short"), refusedWith("weak-password"));
  await assert.rejects(createUserWithEmailAndPassword(auth, "no address", password), refusedWith("invalid-email"));
  await assert.rejects(signInWithEmailAndPassword(auth, email(), "wrong"), refusedWith("invalid-credential"));
  await assert.rejects(signInWithEmailAndPassword(auth, "x@y.z", password), refusedWith("invalid-credential"));
});
