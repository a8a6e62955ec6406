// What goes wrong below the screens: an agent is killed, what a run left is gone, the server is away. They say so, and go on.
import assert from "node:assert/strict";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { withPage } from "./browser.js";
import { client, serve } from "./program.js";
import { badge, begin, project, talks } from "./support.js";

const WAITS = `let alice = agent("alice");\nlet bob = agent("bob");\nalice.dial(bob);\nawait bob.event("CALL_INCOMING") within 5s;\nbob.accept();\nawait alice.established() within 5s;\nawait alice.event("CALL_INCOMING") within 2m;\n`;
/** In the middle something happens twice a second, so that the record has no quiet place for a loss. */
const COUNTS = `let alice = agent("alice");\nfor i in 0..40 { print("tick " + i); sleep(500ms); }\n`;

const { browser, server, call, ui } = await begin();
/** The processes that a server started. */
const children = (pid) => readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, "utf8").split(" ").filter(Boolean).map(Number));
const messages = (page) => page.getByRole("listbox", { name: "SIP messages" });

ui("an agent is killed in a run: which, when, and the screen goes on", async (page) => {
  await project(call, "killed", { waits: WAITS });
  const before = new Set(children(server.pid));
  const job = await call("POST", "/run", { project: "killed", tests: ["waits"] });
  await page.goto(`/runs/${job.runs[0].run}`);
  await page.getByRole("status").filter({ hasText: "CALL_INCOMING at alice" }).waitFor();
  const agents = children(server.pid).filter((child) => !before.has(child));
  assert.equal(agents.length, 2);
  process.kill(agents[0], "SIGKILL");
  await badge(page.locator("header"), "Error").waitFor();
  const why = page.getByRole("status").filter({ hasText: /alice|bob/ }).filter({ hasText: "Show the moment" });
  assert.match(await why.innerText(), /agent (alice|bob) went away: killed by signal 9 after \d+\.\d+ s/);
  assert.match(await why.innerText(), /waits\.rhai:7/);
  await why.getByRole("button", { name: "Show the moment" }).click();
  // No message says why: the loss is an event.
  await page.waitForURL(/tab=events.*ev=\d+|ev=\d+.*tab=events/);
  await page.getByRole("searchbox", { name: "Search in this run" }).fill("agent lost");
  await page.getByRole("listbox", { name: "Events" }).getByRole("option").filter({ hasText: "killed by signal 9" }).first().waitFor();
  await page.getByRole("button", { name: "Run again" }).click();
  await page.getByRole("status").filter({ hasText: "CALL_INCOMING at alice" }).waitFor();
  await page.keyboard.press("Control+.");
  await page.locator("header").getByText("Cancelled").waitFor();
}, { refusals: true });

ui("an agent is killed in the console: it says which, and takes the next line", async (page) => {
  const before = new Set(children(server.pid));
  await call("POST", "/console/line", { text: 'let carol = agent("carol")' });
  await call("POST", "/console/line", { text: 'carol.cmd("uuid")' });
  await page.goto("/console");
  const said = page.getByRole("log");
  const agents = page.locator(".card").filter({ has: page.getByRole("heading", { name: "Agents" }) });
  await agents.getByText("carol").first().waitFor();
  const mine = children(server.pid).filter((child) => !before.has(child));
  assert.equal(mine.length, 1);
  process.kill(mine[0], "SIGKILL");
  await said.getByText(/carol.*(ended|killed|lost)/i).first().waitFor();
  await agents.getByText("carol").first().waitFor({ state: "detached" });
  const prompt = page.getByRole("combobox", { name: "A statement or a command" });
  await prompt.fill('let dave = agent("dave")');
  await prompt.press("Enter");
  await page.getByRole("status").filter({ hasText: "Ready" }).waitFor({ state: "attached" });
  await said.getByText('let dave = agent("dave")').waitFor();
  await prompt.fill('dave.cmd("uuid")');
  await prompt.press("Enter");
  await agents.getByText("dave").first().waitFor();
});

ui("what a run left is gone: the screens say so and show the rest", async (page) => {
  await project(call, "gone", { talks: talks("500ms") });
  const job = async () => (await call("POST", "/run", { project: "gone", tests: ["talks"], wait: true })).runs[0].run;
  const runs = [await job(), await job(), await job()];
  const [whole, silent, bare] = runs;
  const folder = (run) => join(server.folder, "runs", run);
  for (const file of readdirSync(folder(silent), { recursive: true }).filter((file) => file.endsWith(".wav"))) rmSync(join(folder(silent), file));
  rmSync(join(folder(bare), "events.jsonl"));
  await page.goto(`/runs/${silent}?tab=recordings`);
  await page.getByRole("main").getByText("the recordings were deleted to save space").waitFor();
  await page.getByRole("link", { name: "SIP" }).click();
  await messages(page).getByRole("option", { name: /INVITE/ }).first().waitFor();
  await page.goto(`/compare/${whole}/${silent}?tab=audio`);
  await page.getByRole("region", { name: "B, no recording" }).first().waitFor();
  await page.goto(`/runs/${bare}`);
  await page.getByRole("alert").filter({ hasText: "it may have been deleted" }).waitFor();
  await page.goto(`/compare/${whole}/${bare}`);
  await page.getByRole("alert").filter({ hasText: "it may have been deleted" }).waitFor();
  rmSync(folder(bare), { recursive: true });
  await page.goto(`/compare/${whole}/${bare}`);
  await page.getByRole("alert").filter({ hasText: "it may have been deleted" }).waitFor();
  await page.goto("/p/gone/t/talks/history");
  await page.getByRole("region", { name: "Runs" }).getByRole("link", { name: "Pass" }).nth(1).waitFor();
  await page.goto("/runs?project=gone");
  await page.locator(`a[href="/runs/${silent}"]`).waitFor();
  await page.locator(`a[href="/runs/${whole}"]`).click();
  await messages(page).getByRole("option", { name: /INVITE/ }).first().waitFor();
}, { refusals: true });

test("a run goes on after the server was away, without a gap", async () => {
  const own = await serve();
  let again;
  try {
    const { call } = await client(own);
    await project(call, "away", { counts: COUNTS });
    await withPage(browser, own, async (page) => {
      const { runs } = await call("POST", "/run", { project: "away", tests: ["counts"] });
      await page.goto(`/runs/${runs[0].run}?tab=events`);
      await page.getByText("tick 3").first().waitFor();
      await own.stop();
      await page.getByRole("alert").filter({ hasText: "connection" }).waitFor();
      await page.getByRole("listbox", { name: "Events" }).getByRole("option").first().waitFor();
      again = await serve({ folder: own.folder, address: new URL(own.url).host });
      await page.getByText("Connected").waitFor();
      await page.locator("header").getByText(/Cancelled|Broken|Error/).waitFor();
      const kept = readFileSync(join(own.folder, "runs", runs[0].run, "events.jsonl"), "utf8").trim().split("\n").length - 1;
      await page.getByText(`${kept} events`).waitFor();
    }, { losses: true, refusals: true });
  } finally {
    await (again ?? own).end();
  }
});
