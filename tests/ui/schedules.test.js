// Schedules and webhooks: made, tried, changed, deleted.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { before } from "node:test";
import { usable } from "./browser.js";
import { begin, menu, project, QUICK } from "./support.js";

const { call, ui } = await begin();
before(async () => {
  await call("POST", "/projects", { name: "p" });
  await call("POST", "/projects/p/tests", { name: "quick", kind: "rhai", text: 'let alice = agent("alice");\nalice.cmd("uuid");\n' });
});

ui("a schedule is made with words that say what it means, run, paused, deleted", async (page) => {
  await page.goto("/schedules");
  await page.getByRole("heading", { name: "Nothing is scheduled" }).waitFor();
  await usable(page, "no schedules");
  await page.getByRole("button", { name: "Create the first schedule" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("When").fill("61 * * * *");
  await dialog.locator(".means .wrong").waitFor();
  assert.ok(await dialog.getByRole("button", { name: "Save" }).isDisabled());
  await dialog.getByRole("button", { name: "on working days" }).click();
  await dialog.getByText(/^Next: .* · .* · /).waitFor();
  await dialog.getByLabel("Test", { exact: true }).selectOption("quick");
  await dialog.getByLabel("Time zone").fill("UTC");
  await usable(page, "a new schedule");
  await dialog.getByRole("button", { name: "Save" }).click();
  const row = page.getByRole("row").filter({ hasText: "p › quick" });
  await row.waitFor();
  assert.match(await row.textContent(), /0 6 \* \* 1-5/);
  await row.getByRole("button", { name: "Run now" }).click();
  await row.getByText("Pass").waitFor();
  await usable(page, "schedules");
  await menu(page, "More for p › quick", "Pause");
  await row.getByText("Paused").waitFor();
  await menu(page, "More for p › quick", "Change");
  await dialog.getByLabel("When").fill("*/15 * * * *");
  await dialog.getByRole("button", { name: "Save" }).click();
  await row.getByText("*/15 * * * *").waitFor();
  await menu(page, "More for p › quick", "Delete");
  await dialog.getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "Nothing is scheduled" }).waitFor();
}, { refusals: true });

ui("a webhook is made, tried, changed, deleted; its path is not shown again", async (page) => {
  const got = [];
  const receiver = createServer((request, response) => {
    let body = "";
    request.on("data", (part) => (body += part));
    request.on("end", () => {
      got.push({ path: request.url, body });
      response.end("ok");
    });
  });
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${receiver.address().port}`;
  try {
    await page.goto("/settings/webhooks");
    await page.getByRole("heading", { name: "Results are not sent anywhere" }).waitFor();
    await usable(page, "no webhooks");
    await page.getByRole("button", { name: "Create the first webhook" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Kind").selectOption("json");
    await dialog.getByLabel("Address").fill(`${address}/a/secret/path`);
    await usable(page, "a new webhook");
    await dialog.getByRole("button", { name: "Save" }).click();
    const row = page.getByRole("row").filter({ hasText: address });
    await row.waitFor();
    await row.getByRole("button", { name: "Send a test" }).click();
    await page.getByText("took the test message").waitFor();
    assert.equal(got[0].path, "/a/secret/path");
    assert.ok(!(await page.content()).includes("secret/path"));
    await usable(page, "webhooks");
    await menu(page, `More for ${address}`, "Change");
    await dialog.getByLabel("Only if something did not pass").check();
    await dialog.getByRole("button", { name: "Save" }).click();
    await row.getByText("failures").waitFor();
    await menu(page, `More for ${address}`, "Delete");
    await dialog.getByRole("button", { name: "Delete" }).click();
    await page.getByRole("heading", { name: "Results are not sent anywhere" }).waitFor();
  } finally {
    receiver.close();
  }
});

/** Nothing of a table has to be scrolled sideways to be read. */
const fits = async (page, name) => {
  const [inner, outer] = await page.getByRole("region", { name, exact: true }).and(page.locator(".scroll")).evaluate(({ scrollWidth, clientWidth }) => [scrollWidth, clientWidth]);
  assert.ok(inner <= outer, `${name}: ${inner} px in ${outer} px`);
};

for (const [where, options] of [["a phone", { viewport: { width: 390, height: 800 } }], ["a phone at night", { viewport: { width: 390, height: 800 }, colorScheme: "dark" }], ["the dark", { colorScheme: "dark" }]]) {
  ui(`all can use schedules and webhooks in ${where}`, async (page) => {
    const long = "a test with a name that is as long as somebody may think of, for a reason";
    await project(call, where, { [long]: QUICK });
    await call("POST", "/schedules", { project: where, test: null, cron: "0 6 * * *", zone: "Europe/Berlin", paused: true });
    await call("POST", "/schedules", { project: where, test: long, cron: "*/15 1-5,22 * * 1-5", zone: "America/Argentina/ComodRivadavia" });
    await call("POST", "/webhooks", { project: where, kind: "teams-card", url: "https://a-rather-long-name-of-a-host.in-a-long-domain.example:8443/a/secret", only_failures: true });
    await page.goto("/schedules");
    await page.getByRole("row").filter({ hasText: `${where}, all tests` }).waitFor();
    await usable(page, "schedules");
    await fits(page, "Schedules");
    await page.goto("/settings/webhooks");
    await page.getByRole("row").filter({ has: page.getByRole("cell", { name: where, exact: true }) }).waitFor();
    await usable(page, "webhooks");
    await fits(page, "Webhooks");
  }, options);
}
