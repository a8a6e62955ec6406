// Pictures of the screens, in both themes, wide and on a phone: node screenshots.mjs FOLDER. They show a server with real tests and real runs.
import { mkdirSync } from "node:fs";
import { launch, still } from "./browser.js";
import { client, serve } from "./program.js";

const folder = process.argv[2];
if (!folder) {
  console.error("usage: node screenshots.mjs FOLDER");
  process.exit(2);
}
mkdirSync(folder, { recursive: true });

const LONG = "a name as long as somebody may think of, because it says what the test is about, for whom, and why it was written at all (2)";
const BROKEN = `// what the checker says of it\nlet alice = agent("alice");\nlet bob = agent("bob");\n\nalice.dail(bob);\nawait bob.event("CALL_INCOMMING") within 5s;\nbob.accept();\nawait alice.established() within 300ms;\n`;
const FAILS = `let alice = agent("alice");\nlet bob = agent("bob");\n\nalice.dial(bob);\nawait bob.event("CALL_INCOMING") within 5s;\nbob.hangup(486, "Busy Here");\nawait alice.established() within 1s;\n`;

const HANGS = `let alice = agent("alice");\nlet bob = agent("bob");\nalice.dial(bob);\nawait bob.event("CALL_INCOMING") within 5s;\nawait alice.event("CALL_INCOMING") within 10m;\n`;

/** Projects, tests, and runs that are over. */
const fill = async ({ call }) => {
  for (const name of ["examples", "trunk acceptance", "' onerror=alert(1) &amp #!", "an empty one"]) await call("POST", "/projects", { name });
  await call("POST", "/projects/examples/examples");
  const add = (project, name, text, kind = "rhai") => call("POST", `/projects/${encodeURIComponent(project)}/tests`, { name, kind, text });
  await add("trunk acceptance", "busy", FAILS);
  await add("trunk acceptance", "mistakes", BROKEN);
  await add("trunk acceptance", "nothing", "");
  await add("trunk acceptance", "hangs", HANGS);
  await add("trunk acceptance", LONG, `tags("smoke", "nightly", "a-tag-that-is-rather-long-too");\n${FAILS}`);
  await call("PUT", "/projects/trunk%20acceptance/tests/busy", { text: `tags("smoke");\n${FAILS}`, based_on: 1 });
  await call("POST", "/webhooks", { project: null, kind: "json", url: "https://127.0.0.1:9/a/secret", secret: "a secret", only_failures: true });
  for (const what of [{ project: "examples", tests: ["basic_call", "waits", "rows"] }, { project: "trunk acceptance", tests: ["busy", LONG] }, { project: "examples", tests: ["basic_call", "waits", "attended_transfer"] }, { project: "examples", tests: ["basic_call"] }]) {
    let job = await call("POST", "/run", { ...what, wait: true });
    while (job.state !== "done") job = await call("GET", `/jobs/${job.job}?wait=true`);
  }
  await call("POST", "/schedules", { project: "examples", test: null, cron: "0 6 * * 1-5", zone: "Europe/Berlin" });
  await call("POST", "/schedules", { project: "trunk acceptance", test: "busy", cron: "*/15 * * * *", zone: "UTC", paused: true });
  for (const text of ['let alice = agent("alice")', 'let bob = agent("bob")', "alice.dial(bob)", 'await bob.event("CALL_INCOMING") within 5s', "bob.accept()", "await alice.established() within 5s"]) await call("POST", "/console/line", { text });
};
/** The last run of a test. */
const last = async ({ call }, test) => (await call("GET", "/runs?limit=100")).runs.find((run) => run.test.replace(/\.rhai$/, "") === test).run;

const escape = async (page) => page.keyboard.press("Escape");
/** Each screen: its address, what is done there, what has to be seen before the picture is taken. */
const SCREENS = [
  ["tests", "/p/examples", async (page) => page.getByRole("button", { name: "Run basic_call" }).first().waitFor()],
  ["tests-long-names", `/p/${encodeURIComponent("trunk acceptance")}`, async (page) => page.getByRole("link", { name: LONG }).waitFor()],
  ["tests-empty", `/p/${encodeURIComponent("an empty one")}`, async (page) => page.getByRole("heading", { name: "This project has no tests" }).waitFor()],
  ["tests-selected", "/p/examples", async (page) => {
    await page.getByLabel("Select basic_call", { exact: true }).first().click();
    await page.getByRole("button", { name: "More for basic_call", exact: true }).first().click();
    await page.getByRole("menuitem").first().waitFor();
  }],
  ["tests-new", "/p/examples", async (page) => {
    await page.getByRole("button", { name: "New test" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["palette", "/p/examples", async (page) => {
    await page.getByRole("button", { name: "New test" }).waitFor();
    await page.keyboard.press("Control+k");
    await page.getByRole("dialog").getByRole("combobox").fill("call");
    await page.getByRole("option", { name: /examples ›/ }).first().waitFor();
  }],
  ["keys-help", "/p/examples", async (page) => {
    await page.getByRole("button", { name: "New test" }).waitFor();
    await page.keyboard.press("?");
    await page.getByRole("dialog").waitFor();
  }],
  ["editor-testfile", "/p/examples/t/attended_transfer?side=compiled", async (page) => page.locator(".pane .cm-line").nth(5).waitFor()],
  ["editor-problems", `/p/${encodeURIComponent("trunk acceptance")}/t/mistakes`, async (page) => {
    await page.getByRole("region", { name: "Problems" }).getByRole("button").nth(1).waitFor();
    await page.locator(".cm-content").click();
    await page.keyboard.press("F8");
  }],
  ["editor-failed", `/p/${encodeURIComponent("trunk acceptance")}/t/busy`, async (page) => page.locator(".results .result.fail").waitFor()],
  ["editor-passed", "/p/examples/t/basic_call", async (page) => page.locator(".results .result.done").first().waitFor()],
  ["editor-completion", "/p/examples/t/waits", async (page) => {
    await page.getByRole("textbox", { name: /^Text of/ }).click();
    await page.keyboard.press("Control+Home");
    await page.keyboard.press("Enter");
    await page.keyboard.press("ArrowUp");
    await page.keyboard.type("aw");
    await page.locator(".cm-tooltip-autocomplete li").first().waitFor();
  }],
  ["editor-versions", `/p/${encodeURIComponent("trunk acceptance")}/t/busy`, async (page) => {
    await page.getByRole("textbox", { name: /^Text of/ }).waitFor();
    await page.getByRole("button", { name: "Versions" }).click();
    await page.locator(".cm-changedLine").first().waitFor();
  }],
  ...["users", "sessions", "keys", "server", "about"].map((section) => [`settings-${section}`, `/settings/${section}`, async (page) => page.waitForLoadState("networkidle")]),
  ["runs", "/runs", async (page) => page.getByRole("row").nth(5).waitFor()],
  ["run-failed", async (api) => `/runs/${await last(api, "busy")}`, async (page) => page.getByRole("complementary", { name: "The chosen message" }).waitFor()],
  ["run-ladder", async (api) => `/runs/${await last(api, "attended_transfer")}`, async (page) => page.getByRole("option", { name: /REFER/ }).first().click()],
  ["run-brushed", async (api) => `/runs/${await last(api, "attended_transfer")}?t0=1000&t1=3400&tab=events`, async (page) => page.getByRole("option").nth(5).click()],
  ["run-recordings", async (api) => `/runs/${await last(api, "attended_transfer")}?tab=recordings`, async (page) => page.locator(".wave path[d^=M0]").nth(7).waitFor({ state: "attached" })],
  ["run-webhooks", async (api) => `/runs/${await last(api, "busy")}?tab=log`, async (page) => page.getByRole("region", { name: "Messages by webhooks" }).waitFor()],
  ["run-quality", async (api) => `/runs/${await last(api, "attended_transfer")}?tab=quality`, async (page) => page.locator("main svg path").first().waitFor({ state: "attached" })],
  ["run-source", async (api) => `/runs/${await last(api, "busy")}?tab=source`, async (page) => page.locator("li.bad").waitFor()],
  ["compare-flow", async (api) => `/compare/${await last(api, "basic_call")}/${await last(api, "busy")}`, async (page) => page.getByRole("region", { name: "Comparison, line by line" }).waitFor()],
  ["compare-sip", async (api) => `/compare/${await last(api, "basic_call")}/${await last(api, "busy")}?tab=sip`, async (page) => page.getByRole("option", { name: /486/ }).click()],
  ["compare-sound", async (api) => `/compare/${await last(api, "basic_call")}/${await last(api, "attended_transfer")}?tab=audio`, async (page) => page.getByRole("button", { name: "Spectrogram" }).click()],
  ["compare-numbers", async (api) => `/compare/${await last(api, "basic_call")}/${await last(api, "attended_transfer")}?tab=quality`, async (page) => page.getByRole("row").nth(8).waitFor()],
  ["history", "/p/examples/t/basic_call/history", async (page) => page.locator(".results a").first().waitFor()],
  ["console", "/console", async (page) => page.getByRole("option", { name: /ACK/ }).first().waitFor()],
  ["schedules", "/schedules", async (page) => page.getByRole("row").nth(2).waitFor()],
  ["schedule-new", "/schedules", async (page) => {
    await page.getByRole("button", { name: "New schedule" }).click();
    await page.getByText(/^Next:/).waitFor();
  }],
  ["settings-webhooks", "/settings/webhooks", async (page) => page.getByRole("row").nth(1).waitFor()],
  ["run-live", async (api) => {
    for (const { job } of (await api.call("GET", "/jobs")).jobs) await api.call("POST", `/jobs/${job}/stop`);
    const job = await api.call("POST", "/run", { project: "trunk acceptance", tests: ["hangs"] });
    return `/runs/${job.runs[0].run}`;
  }, async (page) => page.getByRole("status").filter({ hasText: "CALL_INCOMING at alice" }).waitFor()],
  ["tests-running", `/p/${encodeURIComponent("trunk acceptance")}`, async (page) => page.locator(".job").first().waitFor()],
  ["runs-queue", "/runs", async (page) => page.getByRole("region", { name: "Queue" }).waitFor()],
  ["run-menu", async (api) => `/runs/${await last(api, "busy")}`, async (page) => {
    await page.getByRole("button", { name: "Download" }).click();
    await page.getByRole("menuitem").first().waitFor();
  }],
  ["run-events", async (api) => `/runs/${await last(api, "busy")}?tab=events`, async (page) => page.getByRole("option").nth(8).waitFor()],
  ["run-log", async (api) => `/runs/${await last(api, "busy")}?tab=log`, async (page) => page.getByRole("listbox", { name: "Agents' logs" }).waitFor()],
  ["run-pins", async (api) => `/runs/${await last(api, "busy")}`, async (page) => {
    await page.getByRole("complementary", { name: "The chosen message" }).waitFor();
    await page.keyboard.press("p");
    await page.keyboard.press("k");
    await page.keyboard.press("p");
    await page.getByRole("dialog").waitFor();
  }],
  ["run-none", "/runs/20200101-000000-gone-0001", async (page) => page.getByRole("alert").waitFor()],
  ["runs-nothing-fits", "/runs?q=nothing-is-called-that", async (page) => page.getByRole("heading", { name: "No run matches the filter" }).waitFor()],
  ["compare-log", async (api) => `/compare/${await last(api, "basic_call")}/${await last(api, "busy")}?tab=log`, async (page) => page.getByRole("region", { name: "Comparison, line by line" }).waitFor()],
  ["history-none", `/p/${encodeURIComponent("trunk acceptance")}/t/mistakes/history`, async (page) => page.getByRole("heading", { name: "This test has not been run yet" }).waitFor()],
  ["console-agent", "/console", async (page) => {
    await page.getByRole("button", { name: "Start an agent" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["console-save", "/console", async (page) => {
    await page.getByRole("button", { name: "Save as a test" }).click();
    await page.getByRole("dialog").locator("pre").waitFor();
  }],
  ["tests-import", "/p/examples", async (page) => {
    await page.getByRole("button", { name: "Project examples" }).click();
    await page.getByRole("menuitem", { name: "Import" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["tests-delete", "/p/examples", async (page) => {
    await page.getByRole("button", { name: "Project examples" }).click();
    await page.getByRole("menuitem", { name: "Delete" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["editor-empty", `/p/${encodeURIComponent("trunk acceptance")}/t/nothing`, async (page) => page.getByRole("button", { name: "Several tests in a file" }).waitFor()],
  ["settings-key-new", "/settings/keys", async (page) => {
    await page.getByRole("button", { name: "New key" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["settings-user-new", "/settings/users", async (page) => {
    await page.getByRole("button", { name: "New user" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["webhook-new", "/settings/webhooks", async (page) => {
    await page.getByRole("button", { name: "New webhook" }).click();
    await page.getByRole("dialog").waitFor();
  }],
  ["nothing", "/nothing/here", async (page) => page.getByRole("heading", { name: "Page not found" }).waitFor()],
];
const KINDS = [
  ["light", { colorScheme: "light", viewport: { width: 1280, height: 800 } }],
  ["dark", { colorScheme: "dark", viewport: { width: 1280, height: 800 } }],
  ["phone", { colorScheme: "light", viewport: { width: 390, height: 844 } }],
  ["phone-dark", { colorScheme: "dark", viewport: { width: 390, height: 844 } }],
];

const [browser, server] = await Promise.all([launch(), serve()]);
try {
  const api = await client(server);
  await fill(api);
  const [name, value] = api.cookie.split("=");
  for (const [kind, options] of KINDS) {
    const context = await browser.newContext({ baseURL: server.url, ...options });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    await page.goto("/login");
    await page.getByLabel("User").waitFor();
    await page.screenshot({ path: `${folder}/login-${kind}.png` });
    await context.addCookies([{ name, value, url: server.url, httpOnly: true, sameSite: "Strict" }]);
    for (const [screen, path, ready] of SCREENS) {
      await page.goto(typeof path === "string" ? path : await path(api));
      await ready(page).catch((error) => console.error(`${screen}-${kind}: ${error.message.split("\n")[0]}`));
      await still(page);
      await page.screenshot({ path: `${folder}/${screen}-${kind}.png` });
      await escape(page);
    }
    await context.close();
  }
} finally {
  await browser.close();
  await server.end();
}
