// Every screen without a mouse.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { before } from "node:test";
import { command, pick, pickMenu, press, reach, reachable, write } from "./keyboard.js";
import { badge, begin, HANGS, project, QUICK, talks } from "./support.js";

const { server, call, ui } = await begin();
let run;
let oldest;
before(async () => {
  await project(call, "p", { talks: talks("1s"), quick: QUICK });
  oldest = (await call("POST", "/run", { project: "p", tests: ["talks"], wait: true })).runs[0].run;
  const job = await call("POST", "/run", { project: "p", tests: ["talks", "quick"], wait: true });
  run = job.runs[0].run;
  await call("POST", "/schedules", { project: "p", test: null, cron: "0 6 * * *", zone: "UTC" });
  await call("POST", "/webhooks", { project: null, kind: "json", url: "https://127.0.0.1:9/a/secret", only_failures: true });
  await call("POST", "/console/line", { text: 'let carol = agent("carol")' });
});

const button = (where, name) => where.getByRole("button", { name, exact: true });
const row = (page, name) => page.getByRole("row").filter({ has: page.getByRole("link", { name, exact: true }) });

const SCREENS = () => [
  "/p/p", "/p/p/t/talks", "/p/p/t/talks?side=compiled", "/p/p/t/talks/history", "/runs",
  ...["sip", "events", "log", "recordings", "quality", "source"].map((tab) => `/runs/${run}?tab=${tab}`),
  ...["flow", "sip", "audio", "quality", "log"].map((tab) => `/compare/${run}/${run}?tab=${tab}`),
  "/console", "/schedules", ...["users", "sessions", "keys", "webhooks", "server", "about"].map((section) => `/settings/${section}`),
  "/nowhere",
];
ui("Tab reaches everything on each screen, and one sees where it is", async (page) => {
  const faults = [];
  for (const screen of SCREENS()) {
    await page.goto(screen);
    await page.getByRole("main").getByRole("heading").first().waitFor({ state: "attached" });
    await page.waitForLoadState("networkidle");
    await reachable(page, screen).catch((error) => faults.push(error.message));
  }
  assert.deepEqual(faults, []);
}, { refusals: true });

ui("in, to another theme, and out", async (page) => {
  await page.goto("/");
  await write(page, page.getByLabel("User"), "telefonist");
  await write(page, page.getByLabel("Password"), server.password);
  await press(page, button(page, "Log in"));
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  await press(page, button(page, "Theme: as the system"));
  await button(page, "Theme: light").waitFor();
  await press(page, page.getByRole("link", { name: "Runs" }));
  await page.waitForURL("**/runs");
  await press(page, page.getByRole("link", { name: "Skip to content" }));
  await press(page, page.getByLabel("Search in runs"), "x");
  await page.waitForURL(/\/runs\?q=x/);
  await press(page, button(page, "Log out"));
  await page.waitForURL("**/login**");
}, { login: false, refusals: true });

ui("projects: new, renamed, cloned, exported, deleted", async (page) => {
  await page.goto("/p/p");
  await press(page, button(page, "New project"));
  await write(page, page.getByRole("dialog").getByLabel("Name"), "keys");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/p/keys");
  await pickMenu(page, "Project keys", "Rename");
  await write(page, page.getByRole("dialog").getByLabel("New name"), "keyed");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/p/keyed");
  await press(page, button(page, "Load the examples"));
  await row(page, "basic_call").waitFor();
  const download = page.waitForEvent("download");
  await pickMenu(page, "Project keyed", "Export as zip");
  assert.match((await download).suggestedFilename(), /keyed.*\.zip$/);
  await pickMenu(page, "Project keyed", "Clone");
  await write(page, page.getByRole("dialog").getByLabel("Name of the copy"), "copied");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/p/copied");
  await row(page, "basic_call").waitFor();
  await pickMenu(page, "Project copied", "Delete");
  await press(page, button(page.getByRole("dialog"), "Delete"));
  await page.getByText("copied was deleted").waitFor();
  assert.deepEqual((await call("GET", "/projects")).projects.map(({ name }) => name).filter((name) => /keys|keyed|copied/.test(name)), ["keyed"]);
}, { refusals: true });

ui("tests: new, selected, run, stopped, renamed, cloned, exported, imported, filtered, deleted", async (page) => {
  await project(call, "tests", { a: QUICK, b: QUICK, hangs: HANGS });
  await page.goto("/p/tests");
  await row(page, "a").waitFor();
  await page.keyboard.press("j");
  await page.keyboard.press("r");
  await badge(row(page, "a"), "Pass").waitFor();
  await press(page, button(page, "Run hangs"));
  await badge(row(page, "hangs"), "Running").waitFor();
  await page.keyboard.press("Control+.");
  await badge(row(page, "hangs"), "Cancelled").waitFor();
  await press(page, page.getByLabel("Select a", { exact: true }), " ");
  await press(page, page.getByLabel("Select b", { exact: true }), " ");
  const exported = page.waitForEvent("download");
  await press(page, button(page, "Export 2"));
  const zip = await (await exported).path();
  await page.keyboard.press("Shift+Enter");
  await badge(row(page, "b"), "Pass").waitFor();
  await press(page, button(page, "Delete 2"));
  await press(page, button(page.getByRole("dialog"), "Delete"));
  await row(page, "a").waitFor({ state: "detached" });
  await pickMenu(page, "Project tests", "Import tests");
  const chooser = page.waitForEvent("filechooser");
  await press(page, page.getByLabel("Files"));
  await (await chooser).setFiles({ name: "some.zip", mimeType: "application/zip", buffer: readFileSync(zip) });
  await press(page, button(page.getByRole("dialog"), "Import"));
  await page.getByRole("dialog").getByText(/2 tests new/).waitFor();
  await press(page, button(page.getByRole("dialog"), "Close").last());
  await pickMenu(page, "More for a", "Rename");
  await write(page, page.getByRole("dialog").getByLabel("New name"), "alpha");
  await page.keyboard.press("Enter");
  await pickMenu(page, "More for alpha", "Clone");
  await write(page, page.getByRole("dialog").getByLabel("Name of the copy"), "alpha two");
  await page.keyboard.press("Enter");
  await row(page, "alpha two").waitFor();
  await page.keyboard.press("/");
  await page.keyboard.type("alpha");
  await row(page, "b").waitFor({ state: "detached" });
  await page.keyboard.press("Control+a");
  await page.keyboard.press("Delete");
  await press(page, page.getByRole("button", { name: /^Pass/ }).first());
  await page.waitForURL("**?result=pass");
  await press(page, page.getByRole("button", { name: /^Pass/ }).first());
  await page.keyboard.press("n");
  await write(page, page.getByRole("dialog").getByLabel("Name"), "fresh");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/p/tests/t/fresh");
  assert.deepEqual((await call("GET", "/projects/tests/tests")).tests.map(({ name }) => name).sort(), ["alpha", "alpha two", "b", "fresh", "hangs"]);
}, { refusals: true });

ui("the editor: typed, saved, run, an older version back, compiled", async (page) => {
  await project(call, "editor", { one: "// one\n" });
  await call("POST", "/projects/editor/tests", { name: "classic", kind: "testfile", text: "_define ua1 sip:alice@127.0.0.1\nuanew <ua1>;regint=0\n" });
  await page.goto("/p/editor/t/one");
  await write(page, page.getByRole("textbox", { name: "Text of one" }), QUICK.replaceAll("\n", " "));
  await page.keyboard.press("Control+s");
  await page.getByText(/version 2/).waitFor();
  await page.keyboard.press("Control+Enter");
  await badge(page.getByRole("region", { name: "Last run" }), "Pass").waitFor();
  await page.keyboard.press("Alt+v");
  const dialog = page.getByRole("dialog", { name: "Versions of one" });
  await press(page, dialog.getByRole("button", { name: /^1/ }));
  await press(page, button(dialog, "Restore version 1"));
  // The dialog shows that text too.
  await page.getByText("Version 1 is the newest again").waitFor();
  await dialog.waitFor({ state: "detached" });
  await page.locator(".cm-line").filter({ hasText: "// one" }).waitFor();
  assert.equal((await call("GET", "/projects/editor/tests/one")).text, "// one\n");
  await reach(page, page.getByRole("textbox", { name: "Text of one" }));
  await page.keyboard.press("Escape");
  await press(page, page.getByRole("link", { name: "editor" }), "Enter");
  await page.waitForURL("**/p/editor");
  await command(page, "editor › classic");
  await page.getByRole("textbox", { name: "Text of classic" }).waitFor();
  await page.keyboard.press("Alt+c");
  await page.getByRole("region", { name: "Compiled" }).locator(".cm-line").filter({ hasText: "alice" }).first().waitFor();
});

ui("a run: messages, pins, tabs, a part of its time, downloads, recordings", async (page) => {
  await page.goto(`/runs/${run}`);
  const message = page.getByRole("complementary", { name: "The chosen message" });
  const ladder = page.getByRole("listbox", { name: "SIP messages" });
  await ladder.getByRole("option").first().waitFor();
  await page.keyboard.press("j");
  await message.getByRole("heading", { name: "INVITE", exact: true }).waitFor();
  await page.keyboard.press("p");
  for (let steps = 0; steps < 3; steps += 1) await page.keyboard.press("j");
  await page.keyboard.press("p");
  await page.getByRole("dialog", { name: "Two messages" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Two messages" }).waitFor({ state: "detached" });
  await page.keyboard.press("k");
  await page.keyboard.press("Escape");
  await message.waitFor({ state: "detached" });
  await press(page, ladder, "Home");
  await message.getByRole("heading", { name: "INVITE", exact: true }).waitFor();
  await press(page, page.getByRole("slider", { name: "Start of the shown period" }), "PageUp");
  await page.waitForURL(/t0=\d+/);
  await press(page, page.getByRole("slider", { name: "End of the shown period" }), "PageDown");
  await page.waitForURL(/t1=\d+/);
  await press(page, page.getByRole("button", { name: "show all times" }));
  await page.waitForURL((url) => !url.searchParams.has("t0"));
  await page.keyboard.press("2");
  await press(page, page.getByRole("listbox", { name: "Events" }), "ArrowDown");
  await page.waitForURL(/ev=\d+/);
  await press(page, page.getByRole("link", { name: "Recordings" }));
  const sound = page.getByRole("region", { name: "alice-1.wav" });
  const slider = sound.getByRole("slider", { name: /^alice-1\.wav/ });
  await press(page, sound.getByRole("button", { name: "Play alice-1.wav" }));
  await page.waitForFunction((slider) => Number(slider.getAttribute("aria-valuenow")) > 0.2, await slider.elementHandle());
  await press(page, slider, " ");
  await sound.getByRole("button", { name: "Play alice-1.wav" }).waitFor();
  await page.keyboard.press("Home");
  assert.equal(await slider.getAttribute("aria-valuenow"), "0");
  const download = page.waitForEvent("download");
  await pickMenu(page, "Download", "Flow");
  await download;
  await pickMenu(page, "More for this run", "Keep permanently");
  await page.getByText("This run will be kept").waitFor();
});

ui("comparisons: what is ignored is chosen by keys", async (page) => {
  for (const tab of ["sip", "log"]) {
    await page.goto(`/compare/${oldest}/${run}?tab=${tab}`);
    const chip = (word) => page.getByRole("button", { name: word, exact: true, pressed: true });
    const changes = page.getByRole("status").filter({ hasText: /change/ });
    const told = async () => Number.parseInt((await changes.innerText()).replace("no", "0"), 10);
    await chip("ids").waitFor();
    const masked = await told();
    await press(page, chip("times"));
    await page.waitForURL(/mask=ids(%2C|,)addresses(%2C|,)ports/);
    for (const word of ["ids", "addresses", "ports"]) await press(page, chip(word), " ");
    await page.waitForURL(/mask=none/);
    await changes.filter({ hasText: /^[1-9]/ }).waitFor();
    // a log's lines change place as well: more of them that differ may be fewer changes
    if (tab === "sip") assert.ok(await told() > masked);
    await press(page, page.getByRole("button", { name: "ports", exact: true, pressed: false }), " ");
    await page.waitForURL(/mask=ports/);
  }
});

ui("runs: chosen by keys, two compared, from change to change, by tabs, swapped", async (page) => {
  await page.goto("/runs?project=p");
  const boxes = page.getByRole("checkbox", { name: /^Select the run of (talks|quick)/ });
  await boxes.nth(1).waitFor();
  await page.keyboard.press("j");
  assert.ok(await page.getByRole("row").nth(1).getByRole("link").first().evaluate((element) => element.closest("tr").contains(document.activeElement)));
  await press(page, boxes.nth(0), " ");
  await press(page, boxes.nth(1), " ");
  await page.keyboard.press("c");
  await page.waitForURL("**/compare/**");
  await page.getByRole("region", { name: "Comparison, line by line" }).waitFor();
  await page.keyboard.press("n");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("tr.changed, tr.removed, tr.added")));
  await page.keyboard.press("2");
  await press(page, page.getByRole("listbox", { name: "Messages of both runs" }), "ArrowDown");
  const address = page.url();
  await page.keyboard.press("x");
  await page.waitForURL((url) => url.href !== address);
});

ui("a test's history: run again, kept, deleted", async (page) => {
  await project(call, "history", { quick: QUICK });
  const { runs } = await call("POST", "/run", { project: "history", tests: ["quick"], wait: true });
  await page.goto("/p/history/t/quick/history");
  const boxes = page.getByRole("checkbox", { name: /^Select the run of/ });
  await press(page, boxes.first(), " ");
  await press(page, button(page, "Keep 1"));
  await page.getByText("1 run kept for good").waitFor();
  assert.equal((await call("GET", `/runs/${runs[0].run}`)).keep, true);
  await page.keyboard.press("R");
  await page.waitForURL("**/runs/**");
  await page.locator("header").getByText("Pass").waitFor();
  await page.goBack();
  await boxes.nth(1).waitFor();
  await press(page, boxes.first(), " ");
  await press(page, button(page, "Delete 1"));
  await press(page, button(page.getByRole("dialog"), "Delete"));
  await page.getByText("1 run deleted").waitFor();
  await boxes.nth(1).waitFor({ state: "detached" });
  assert.equal(await boxes.count(), 1);
  // a run that is still queued has no record yet
}, { refusals: true });

ui("a test's history: its charts are walked through by arrows, and a run is opened from there", async (page) => {
  await page.goto("/p/p/t/talks/history");
  const charts = page.getByRole("region", { name: "Over the runs" }).getByRole("slider");
  await charts.first().waitFor();
  assert.ok(await charts.count() >= 4);
  const duration = charts.first();
  const says = async (text) => assert.match(await duration.getAttribute("aria-valuetext"), text);
  await reach(page, duration);
  await says(/^run 2: run \d.*, p50 \d.*, p95 \d/);
  for (const [key, text] of [["ArrowLeft", /^run 1: run \d/], ["ArrowLeft", /^run 1:/], ["ArrowRight", /^run 2:/], ["Home", /^run 1:/], ["End", /^run 2:/]]) {
    await page.keyboard.press(key);
    await says(text);
  }
  await page.getByText(/^Duration, s run 2:/).waitFor();
  await press(page, charts.nth(1), "Home");
  await says(/^run 1:/);
  await page.keyboard.press("Enter");
  await page.waitForURL(`**/runs/${oldest}`);
});

ui("the console: an agent, a call, its end, saved", async (page) => {
  await page.goto("/console");
  await page.getByRole("log").getByText("carol").first().waitFor();
  await page.keyboard.press("n");
  await write(page, page.getByRole("dialog").getByLabel("Name"), "dave");
  await page.keyboard.press("Enter");
  const ready = page.getByRole("status").filter({ hasText: "Ready" });
  await page.getByRole("log").getByText('let dave = agent("dave")').waitFor();
  const prompt = page.getByRole("combobox", { name: "A statement or a command" });
  for (const line of ["carol.dial(dave)", 'await dave.event("CALL_INCOMING") within 5s', "dave.accept()", "await carol.established() within 5s"]) {
    await ready.waitFor({ state: "attached" });
    await reach(page, prompt);
    await page.keyboard.type(line);
    await page.keyboard.press("Enter");
  }
  await page.getByText(/carol → dave talks/).waitFor();
  const messages = page.getByRole("listbox", { name: "SIP messages" });
  await press(page, messages, "Home");
  assert.match(await messages.getByRole("option", { selected: true }).textContent(), /INVITE/);
  await page.keyboard.press("/");
  await page.keyboard.type("carol.hangup()");
  await page.keyboard.press("Enter");
  await page.getByText("No call.").waitFor();
  await press(page, button(page, "Save as a test"));
  await write(page, page.getByRole("dialog").getByLabel("Name of the test"), "by keys");
  await page.keyboard.press("Enter");
  await page.waitForURL("**/t/by%20keys");
});

ui("schedules: new, changed, run, paused, on again, deleted", async (page) => {
  await page.goto("/schedules");
  await page.getByRole("row").filter({ hasText: "p, all tests" }).waitFor();
  await page.keyboard.press("n");
  const dialog = page.getByRole("dialog");
  await press(page, button(dialog, "on working days"));
  await pick(page, dialog.getByLabel("Project"), "p");
  await pick(page, dialog.getByLabel("Test", { exact: true }), "quick");
  await press(page, button(dialog, "Save"));
  const line = page.getByRole("row").filter({ hasText: "p › quick" });
  await line.waitFor();
  await pickMenu(page, "More for p › quick", "Change");
  await write(page, dialog.getByLabel("When"), "*/15 * * * *");
  await write(page, dialog.getByLabel("Time zone"), "UTC");
  await press(page, button(dialog, "Save"));
  await line.getByText("*/15 * * * *").waitFor();
  await press(page, line.getByRole("button", { name: "Run now" }));
  await line.getByText("Pass").waitFor();
  await pickMenu(page, "More for p › quick", "Pause");
  await line.getByText("Paused").waitFor();
  await pickMenu(page, "More for p › quick", "Go on");
  await line.getByText("Paused").waitFor({ state: "detached" });
  await pickMenu(page, "More for p › quick", "Delete");
  await press(page, button(dialog, "Delete"));
  await line.waitFor({ state: "detached" });
});

ui("webhooks: new, tried, changed, deleted", async (page) => {
  const receiver = createServer((request, response) => request.resume().on("end", () => response.end("ok")));
  await new Promise((done) => receiver.listen(0, "127.0.0.1", done));
  const address = `http://127.0.0.1:${receiver.address().port}`;
  try {
    await page.goto("/settings/webhooks");
    await page.getByRole("row").nth(1).waitFor();
    await page.keyboard.press("n");
    const dialog = page.getByRole("dialog");
    await pick(page, dialog.getByLabel("Kind"), "JSON, for programs");
    await write(page, dialog.getByLabel("Address"), `${address}/path`);
    await page.keyboard.press("Enter");
    const line = page.getByRole("row").filter({ hasText: address });
    await press(page, line.getByRole("button", { name: "Send a test" }));
    await page.getByText("took the test message").waitFor();
    await pickMenu(page, `More for ${address}`, "Change");
    await pick(page, dialog.getByLabel("Project"), "p");
    await press(page, dialog.getByLabel("Only if something did not pass"), " ");
    await press(page, button(dialog, "Save"));
    await line.getByText("failures").waitFor();
    await line.getByRole("cell", { name: "p", exact: true }).waitFor();
    await pickMenu(page, `More for ${address}`, "Delete");
    await press(page, button(dialog, "Delete"));
    await line.waitFor({ state: "detached" });
  } finally {
    receiver.close();
  }
});

ui("keys, users and sessions: made, changed, ended", async (page) => {
  const dialog = page.getByRole("dialog");
  await page.goto("/settings/keys");
  await press(page, button(page, "New key"));
  await write(page, dialog.getByLabel("Name"), "ci");
  await page.keyboard.press("Enter");
  await dialog.getByRole("textbox", { name: "The key" }).waitFor();
  await press(page, button(dialog, "Close").last());
  await press(page, page.getByRole("button", { name: "Delete ci" }));
  await press(page, button(dialog, "Delete"));
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  await press(page, page.getByRole("main").getByRole("link", { name: "Users" }));
  await press(page, button(page, "New user"));
  await write(page, dialog.getByLabel("Name"), "anna");
  await write(page, dialog.getByLabel("New password"), "a long password");
  await write(page, dialog.getByLabel("Once more"), "a long password");
  await page.keyboard.press("Enter");
  await page.getByRole("row", { name: /anna/ }).waitFor();
  await press(page, page.getByRole("button", { name: "Set password of anna" }));
  await write(page, dialog.getByLabel("New password"), "another long password");
  await write(page, dialog.getByLabel("Once more"), "another long passwort");
  await page.keyboard.press("Enter");
  await dialog.getByText("The two passwords differ.").waitFor();
  await write(page, dialog.getByLabel("Once more"), "another long password");
  await page.keyboard.press("Enter");
  await page.getByText("The password of anna was changed").waitFor();
  const login = (user, password) => fetch(`${server.url}/api/v1/login`, { method: "POST", headers: { "content-type": "application/json", origin: server.url }, body: JSON.stringify({ user, password }) });
  assert.equal((await login("anna", "another long password")).status, 204);
  await press(page, page.getByRole("button", { name: "Delete anna" }));
  await press(page, button(dialog, "Delete"));
  await page.getByRole("row", { name: /anna/ }).waitFor({ state: "detached" });
  await login("telefonist", server.password);
  await press(page, page.getByRole("main").getByRole("link", { name: "Sessions" }));
  const ends = page.getByRole("button", { name: /^End/ });
  await ends.first().waitFor();
  const before = await ends.count();
  await press(page, ends.first());
  await ends.nth(before - 1).waitFor({ state: "detached" });
});

ui("the palette, the keys' help and the screens by their letters; the focus is where it was after a dialog", async (page) => {
  await page.goto("/p/p");
  await row(page, "quick").waitFor();
  await reach(page, button(page, "Run quick"));
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /^Find a command/ }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.ok(await button(page, "Run quick").evaluate((element) => element === document.activeElement));
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).waitFor();
  await page.keyboard.press("Escape");
  for (const [letter, path] of [["r", "/runs"], ["c", "/console"], ["s", "/schedules"], [",", "/settings/users"], ["t", "/"]]) {
    await page.keyboard.press("g");
    await page.keyboard.press(letter);
    await page.waitForURL(`${server.url}${path}`);
  }
  await command(page, "Console");
  await page.waitForURL("**/console");
});
