// What is set while the server runs.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { launch, usable, withPage } from "./browser.js";
import { client, serve } from "./program.js";

let browser;
before(async () => (browser = await launch()));
after(() => browser?.close());

/** A server of its own with this number of finished runs. */
const withServer = async (runs, flags, act, options = {}) => {
  const server = await serve({ flags });
  try {
    const { call } = await client(server);
    const text = { name: "short", kind: "rhai", text: "assert(1 + 1 == 2);\n" };
    if (runs > 0) await call("POST", "/run", { text, repeat: runs, wait: true });
    await withPage(browser, server, (page) => act(page, call), options);
  } finally {
    await server.end();
  }
};

test("fewer kept runs: the page shows how many go, and they go", () =>
  withServer(3, [], async (page, call) => {
    await page.goto("/settings/server");
    const save = page.getByRole("button", { name: "Save" });
    await page.getByLabel("Newest runs of each project").fill("50");
    await save.click();
    await page.getByText("Saved").first().waitFor();
    await page.getByLabel("Newest runs of each project").fill("1");
    await save.click();
    const asked = page.getByRole("dialog", { name: "Delete 2 runs?" });
    await asked.waitFor();
    await asked.getByRole("button", { name: "Cancel" }).click();
    assert.equal((await call("GET", "/settings")).keep_runs.value, 50, "a question sets nothing");
    await save.click();
    await asked.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved: 2 runs will be deleted").waitFor();
    await usable(page, "the server's settings");
    await page.reload();
    assert.equal(await page.getByLabel("Newest runs of each project").inputValue(), "1");
    await page.getByLabel("Newest runs of each project").fill("");
    await save.click();
    await page.getByText("Saved", { exact: true }).waitFor();
    assert.equal((await call("GET", "/settings")).keep_runs.value, null);
  }));

test("what was said at the start can't be changed", () =>
  withServer(0, ["--keep-days", "30"], async (page) => {
    await page.goto("/settings/server");
    const days = page.getByLabel("Days to keep runs");
    assert.deepEqual([await days.inputValue(), await days.isDisabled()], ["30", true]);
    await page.getByText("said at the server's start").waitFor();
    await page.getByLabel("Newest runs of each project").fill("9");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByText("Saved").waitFor();
    await usable(page, "settings that are fixed");
  }, { colorScheme: "dark", viewport: { width: 390, height: 800 } }));
