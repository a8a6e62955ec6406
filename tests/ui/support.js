// What a file of tests begins with: a browser, a server of its own, and what is done again and again on a page.
import { after, test } from "node:test";
import { launch, withPage } from "./browser.js";
import { client, serve } from "./program.js";

/** The browser and the server of a file, gone when its tests are over. `call`: the REST interface; `ui`: a test on a page (the options of `withPage`). */
export const begin = async () => {
  let browser;
  let server;
  after(async () => {
    await browser?.close();
    await server?.end();
  });
  [browser, server] = await Promise.all([launch(), serve()]);
  const { call } = await client(server);
  const ui = (name, act, options = {}) => test(name, () => withPage(browser, server, act, options));
  return { browser, server, call, ui };
};

/** Chooses an entry of a menu. */
export const menu = async (page, label, entry) => {
  await page.getByRole("button", { name: label, exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).click();
};

/** How something ended, or how it goes. */
export const badge = (where, word) => where.locator(".badge", { hasText: word });

/** A project with Rhai tests, by name. */
export const project = async (call, name, tests = {}) => {
  await call("POST", "/projects", { name });
  for (const [test, text] of Object.entries(tests)) await call("POST", `/projects/${encodeURIComponent(name)}/tests`, { name: test, kind: "rhai", text });
};

/** A call that is refused: over at once, and passed. */
export const QUICK = `let alice = agent("alice");\nlet bob = agent("bob");\nignore("AUDIO_REPORT");\nalice.dial(bob);\nawait bob.event("CALL_INCOMING") within 5s;\nbob.hangup(486);\nawait alice.closed() within 5s;\n`;
/** It waits for a call that never comes. */
export const HANGS = `let alice = agent("alice");\nawait alice.event("CALL_INCOMING") within 2m;\n`;
/** Two who talk for so long. */
export const talks = (time) => `ignore("AUDIO_REPORT");
let alice = agent("alice", #{ audio: "alice.wav" });
let bob = agent("bob", #{ audio: "bob.wav" });
alice.dial(bob);
await bob.event("CALL_INCOMING") within 5s;
bob.accept();
await all([alice.event("CALL_RTPESTAB"), bob.event("CALL_RTPESTAB")]) within 5s;
sleep(${time});
alice.hangup();
await bob.closed() within 5s;
`;
