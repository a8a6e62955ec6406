// The console: agents by hand, a call between them, the session as a test.
import assert from "node:assert/strict";
import { before } from "node:test";
import { usable } from "./browser.js";
import { begin } from "./support.js";

const { call, ui } = await begin();
before(async () => {
  await call("POST", "/projects", { name: "p" });
});
const prompt = (page) => page.getByRole("combobox", { name: "A statement or a command" });
const said = (page) => page.getByRole("log");
const enter = async (page, line) => {
  await page.getByRole("status").filter({ hasText: "Ready" }).waitFor({ state: "attached" });
  await prompt(page).fill(line);
  await prompt(page).press("Enter");
};

ui("a call by hand: agents, states, messages; saved as a test", async (page) => {
  await page.goto("/console");
  await prompt(page).waitFor();
  await usable(page, "an empty console");
  await page.getByRole("button", { name: "Start an agent" }).click();
  await page.getByRole("dialog").getByText('let alice = agent("alice")').waitFor();
  await usable(page, "an agent is to be started");
  await page.getByRole("dialog").getByRole("button", { name: "Start" }).click();
  await said(page).getByText('let alice = agent("alice")').waitFor();
  await enter(page, 'let bob = agent("bob")');
  await enter(page, "alice.dial(bob)");
  await enter(page, 'await bob.event("CALL_INCOMING") within 5s');
  await enter(page, "bob.accept()");
  await enter(page, "await alice.established() within 5s");
  await page.getByText(/alice → bob talks/).waitFor();
  await page.getByRole("listbox", { name: "SIP messages" }).getByRole("option", { name: /INVITE/ }).first().waitFor();
  await said(page).getByText(/bob CALL_INCOMING/).first().waitFor();
  await usable(page, "a call in the console");
  await enter(page, "alice.hangup()");
  await page.getByText("No call.").waitFor();
  await page.getByRole("button", { name: "Save as a test" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("alice.dial(bob)").waitFor();
  await usable(page, "the session as a test");
  await dialog.getByLabel("Name of the test").fill("by hand");
  await dialog.getByRole("button", { name: "Save", exact: true }).click();
  await page.waitForURL("**/p/p/t/by%20hand");
  assert.match((await call("GET", "/projects/p/tests/by%20hand")).text, /alice\.dial\(bob\)/);
});

ui("what was typed is there after a reload, is recalled and completed", async (page) => {
  await page.goto("/console");
  await said(page).getByText("alice.hangup()").first().waitFor();
  await prompt(page).press("ArrowUp");
  assert.equal(await prompt(page).inputValue(), "alice.hangup()");
  await prompt(page).press("ArrowUp");
  assert.notEqual(await prompt(page).inputValue(), "alice.hangup()");
  await prompt(page).fill("alice.han");
  await prompt(page).press("Control+Space");
  await page.waitForFunction(() => document.querySelector("#console-line").value.startsWith("alice.hangup") || document.querySelector("[role=listbox][aria-label=Completions]"));
});

ui("a mistake is shown, a wait is ended, the session ends as a run", async (page) => {
  await page.goto("/console");
  await enter(page, "alice.dail(1)");
  await page.locator(".out .error").filter({ hasText: "dail" }).waitFor();
  await enter(page, 'await alice.event("CALL_INCOMING") within 2m');
  await page.getByRole("button", { name: "Stop the wait" }).click();
  await page.getByRole("button", { name: "Stop the wait" }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "End the session" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "End" }).click();
  await page.getByRole("link", { name: "Show it" }).click();
  await page.waitForURL("**/runs/**");
  await page.getByRole("listbox", { name: "SIP messages" }).getByRole("option", { name: /INVITE/ }).first().waitFor();
});

for (const [where, options] of [["a phone", { viewport: { width: 390, height: 800 } }], ["the dark", { colorScheme: "dark" }]]) {
  ui(`all can use the console in ${where}`, async (page) => {
    await page.goto("/console");
    await prompt(page).waitFor();
    await usable(page, "the console");
  }, options);
}
