// Projects and tests: what somebody does with them all day, with real runs.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { usable, withPage } from "./browser.js";
import { client, serve } from "./program.js";
import { badge, begin, HANGS, menu, project, QUICK } from "./support.js";

const { browser, server, call, ui } = await begin();

const FAILS = `let alice = agent("alice");\nlet bob = agent("bob");\nalice.dial(bob);\nawait bob.event("CALL_INCOMING") within 5s;\nbob.hangup(486);\nawait alice.established() within 2s;\n`;
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });
const ask = async (page, label, text) => {
  await page.getByRole("dialog").getByLabel(label).fill(text);
  await page.keyboard.press("Enter");
};

ui("from nothing to the examples in one click", async (page) => {
  await page.goto("/");
  await page.getByRole("heading", { name: "No project yet" }).waitFor();
  await usable(page, "a server without projects");
  await page.getByRole("button", { name: "Load the examples" }).click();
  await page.waitForURL("**/p/examples");
  await row(page, "basic_call").first().waitFor();
  assert.ok((await page.getByRole("row").count()) > 10);
});

ui("projects are made, renamed, cloned, deleted", async (page) => {
  await page.goto("/");
  await page.getByRole("button", { name: "New project" }).click();
  await ask(page, "Name", "trunk");
  await page.getByRole("heading", { name: "This project has no tests" }).waitFor();
  await page.getByRole("button", { name: "New project" }).click();
  await ask(page, "Name", "trunk");
  await page.getByRole("dialog").getByRole("alert").waitFor();
  await page.keyboard.press("Escape");
  await menu(page, "Project trunk", "Rename");
  await ask(page, "New name", "trunk A&B=#1");
  await page.waitForURL(`**/p/${encodeURIComponent("trunk A&B=#1")}`);
  await page.getByRole("heading", { name: "trunk A&B=#1", exact: true }).waitFor();
  await page.getByRole("button", { name: "Create the first test" }).click();
  await page.getByRole("dialog").getByLabel("Name").fill("a call");
  await page.getByRole("button", { name: "Create", exact: true }).click();
  await page.waitForURL("**/t/a%20call");
  await page.getByRole("textbox", { name: "Text of a call" }).waitFor();
  await page.goBack();
  await menu(page, "Project trunk A&B=#1", "Clone");
  await ask(page, "Name of the copy", "copy");
  await page.waitForURL("**/p/copy");
  await row(page, "a call").waitFor();
  await menu(page, "Project copy", "Delete");
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("copy was deleted").waitFor();
  await page.getByRole("link", { name: /^copy/ }).waitFor({ state: "detached" });
}, { refusals: true });

ui("a test runs and its row tells how it goes, without a reload", async (page) => {
  await project(call, "live", { quick: QUICK, fails: FAILS });
  await page.goto("/p/live");
  await page.getByRole("button", { name: "Run quick" }).click();
  await badge(row(page, "quick"), "Pass").waitFor();
  assert.equal(await row(page, "quick").locator(".spark a").count(), 1);
  await page.getByRole("button", { name: "Run all" }).click();
  await badge(row(page, "fails"), "Fail").waitFor();
  await page.locator(".job").waitFor({ state: "detached" });
  assert.equal(await row(page, "quick").locator(".spark a").count(), 2);
  await page.getByRole("button", { name: "Run failed" }).click();
  await row(page, "fails").locator(".spark a").nth(1).waitFor();
  assert.equal(await row(page, "quick").locator(".spark a").count(), 2, "what passed is not run again");
  await page.getByRole("button", { name: /^Fail 1/ }).click();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.waitForURL("**/p/live?result=fail");
  const link = await row(page, "fails").locator(".spark a").first().getAttribute("href");
  assert.match(link, /^\/runs\/./);
});

ui("what runs is stopped, and what waits says its place", async (page) => {
  await project(call, "slow", { hangs: HANGS, next: QUICK });
  await page.goto("/p/slow");
  await page.getByRole("button", { name: "Run hangs" }).click();
  await badge(row(page, "hangs"), "Running").waitFor();
  await page.getByRole("button", { name: "Run next" }).click();
  await badge(row(page, "next"), /Queued, 1/).waitFor();
  await page.locator(".job").filter({ hasText: "Running" }).getByRole("button", { name: "Stop" }).click();
  await badge(row(page, "hangs"), "Cancelled").waitFor();
  await badge(row(page, "next"), "Pass").waitFor();
});

ui("tests are selected, run, exported and deleted together, also by keys", async (page) => {
  await project(call, "many", Object.fromEntries(["a", "b", "c", "d"].map((name) => [name, QUICK])));
  await page.goto("/p/many");
  await page.getByLabel("Select a", { exact: true }).click();
  await page.getByLabel("Select c", { exact: true }).click({ modifiers: ["Shift"] });
  await page.getByRole("button", { name: "Run 3" }).waitFor();
  const download = page.waitForEvent("download");
  await page.getByRole("button", { name: "Export 3" }).click();
  const bytes = readFileSync(await (await download).path());
  assert.equal(bytes.subarray(0, 2).toString(), "PK");
  assert.ok(bytes.includes("c.rhai") && !bytes.includes("d.rhai"));
  await page.getByRole("button", { name: "Delete 3" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("3 tests deleted").waitFor();
  assert.deepEqual(await page.locator("a.name").allTextContents(), ["d"]);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  await page.getByRole("button", { name: "Run 1", exact: true }).waitFor();
  await page.keyboard.press("r");
  await badge(row(page, "d"), "Pass").waitFor();
});

ui("tests are imported from files and from what was exported", async (page) => {
  await project(call, "from", { one: QUICK, two: FAILS });
  await project(call, "to", { one: "// another\n" });
  await page.goto("/p/from");
  const download = page.waitForEvent("download");
  await menu(page, "Project from", "Export as zip");
  const zip = readFileSync(await (await download).path());
  await page.goto("/p/to");
  await menu(page, "Project to", "Import tests");
  await page.getByLabel("Files").setInputFiles([
    { name: "from.zip", mimeType: "application/zip", buffer: zip },
    { name: "three.rhai", mimeType: "text/plain", buffer: Buffer.from(QUICK) },
    { name: "classic", mimeType: "text/plain", buffer: Buffer.from("_run 1\n") },
  ]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText(/3 tests new/).waitFor();
  await dialog.getByText(/not replaced/).waitFor();
  await dialog.getByRole("button", { name: "Close" }).last().click();
  await row(page, "classic").waitFor();
  assert.deepEqual(await page.locator("a.name").allTextContents(), ["classic", "one", "three", "two"]);
  assert.equal((await call("GET", "/projects/to/tests/one")).text, "// another\n");
}, { refusals: true });

ui("a test is renamed and cloned, and filters find it", async (page) => {
  await project(call, "names", { "b 10": 'tags("smoke");\n', "b 9": QUICK });
  await page.goto("/p/names");
  await row(page, "b 9").waitFor();
  assert.deepEqual(await page.locator("a.name").allTextContents(), ["b 9", "b 10"]);
  await menu(page, "More for b 9", "Rename");
  await ask(page, "New name", "zebra");
  await row(page, "zebra").waitFor();
  await menu(page, "More for zebra", "Clone");
  await ask(page, "Name of the copy", "zebra two");
  await row(page, "zebra two").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("zeb two");
  await row(page, "zebra").waitFor({ state: "detached" });
  await page.waitForURL("**/p/names?q=zeb+two");
  await page.reload();
  await row(page, "zebra two").waitFor();
  assert.equal(await page.locator("tbody tr").count(), 1);
  await page.getByRole("searchbox").fill("");
  await page.getByRole("button", { name: "#smoke" }).click();
  assert.deepEqual(await page.locator("a.name").allTextContents(), ["b 10"]);
  await page.getByRole("searchbox").fill("nothing has that");
  await page.getByRole("link", { name: "Show all 3" }).click();
  assert.equal(await page.locator("tbody tr").count(), 3);
});

ui("somebody else's changes come by themselves", async (page) => {
  await project(call, "shared", { mine: QUICK });
  await page.goto("/p/shared");
  await row(page, "mine").waitFor();
  await call("POST", "/projects/shared/tests", { name: "theirs", kind: "rhai", text: "" });
  await row(page, "theirs").waitFor();
  await call("DELETE", "/projects/shared/tests/mine");
  await row(page, "mine").waitFor({ state: "detached" });
});

ui("a page that is left while it reloads is quiet", async (page) => {
  await project(call, "left", { mine: QUICK });
  await page.goto("/p/left");
  await row(page, "mine").waitFor();
  const list = "**/api/v1/projects";
  let free;
  const held = new Promise((resolve) => (free = resolve));
  await page.route(list, async (route) => {
    await held;
    await route.continue();
  });
  const asked = page.waitForRequest(list);
  await call("POST", "/projects/left/tests", { name: "theirs", kind: "rhai", text: "" });
  await asked;
  await page.getByRole("link", { name: "Schedules", exact: true }).click();
  await page.getByRole("heading", { name: "Schedules" }).waitFor();
  const answered = page.waitForResponse(list);
  free();
  await (await answered).finished();
  // what the answer sets off has been done by then
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
});

ui("what a hostile name says is text", async (page) => {
  const hostile = "' onerror=alert(1) &lt &amp #!";
  await project(call, hostile, { [hostile]: `tags("<b>owned</b>", "\\"><img src=x>");\n` });
  await page.goto(`/p/${encodeURIComponent(hostile)}`);
  await row(page, hostile).waitFor();
  await page.getByRole("button", { name: `More for ${hostile}` }).click();
  await page.getByRole("menuitem", { name: "Rename" }).click();
  await page.getByRole("dialog").getByText(`Rename ${hostile}`).waitFor();
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("onerror");
  await page.getByRole("option").first().waitFor();
  assert.equal(await page.locator("img:not([src='/icon.svg']), iframe, object, embed, tbody b:not(.spark b)").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
});

ui("a server that is restarted is met again, and the page goes on", async (page) => {
  const own = await serve();
  let again;
  try {
    await withPage(browser, own, async (page) => {
      await (await client(own)).call("POST", "/projects", { name: "before" });
      await page.goto("/p/before");
      await page.getByText("Connected").waitFor();
      await own.stop();
      await page.getByRole("alert").filter({ hasText: "connection" }).waitFor();
      await page.getByRole("heading", { name: "before" }).waitFor();
      again = await serve({ folder: own.folder, address: new URL(own.url).host });
      await page.getByText("Connected").waitFor();
      again.client = own.client;
      await (await client(again)).call("POST", "/projects/before/tests", { name: "after", kind: "rhai", text: "" });
      await row(page, "after").waitFor();
    }, { losses: true });
  } finally {
    await (again ?? own).end();
  }
});

for (const colorScheme of ["light", "dark"]) {
  ui(`all can use the tests (${colorScheme})`, async (page) => {
    await page.goto("/p/live");
    await row(page, "quick").waitFor();
    await page.getByLabel("Select quick").click();
    await usable(page, "the tests");
    await page.getByRole("button", { name: "More for quick" }).click();
    await page.getByRole("menuitem").first().waitFor();
    await usable(page, "a test's menu");
    await page.keyboard.press("Escape");
    await page.keyboard.press("n");
    await page.getByRole("dialog").waitFor();
    await usable(page, "a new test");
    await page.keyboard.press("Escape");
    await page.setViewportSize({ width: 390, height: 844 });
    await usable(page, "the tests on a phone");
  }, { colorScheme });
}
