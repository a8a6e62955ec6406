// What somebody meets who has this open all day: sleeping computers, other people's changes, ways back, paper, old addresses.
import assert from "node:assert/strict";
import { begin, menu, project, QUICK } from "./support.js";

const { server, call, ui } = await begin();

const tested = async (request) => {
  let job = await call("POST", "/run", { ...request, wait: true });
  while (job.state !== "done") job = await call("GET", `/jobs/${job.job}?wait=true`);
  return job.runs[0].run;
};
await project(call, "daily", { quick: QUICK });
const run = await tested({ project: "daily", tests: ["quick"] });
const textbox = (page) => page.getByRole("textbox", { name: /^Text of/ });
const notice = (page, text) => page.getByRole("region", { name: "Notices" }).getByText(text);
/** Opens a test in the editor and writes at its beginning. */
const write = async (page, test, text) => {
  await page.goto(`/p/daily/t/${encodeURIComponent(test)}`);
  await page.getByText("Connected").waitFor();
  await textbox(page).click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type(text);
  await page.getByText("● unsaved").waitFor();
};
const add = (name, text = "// as it was\n") => call("POST", "/projects/daily/tests", { name, kind: "rhai", text });

ui("a connection that says nothing is none: after a sleep the page comes back by itself", async (page) => {
  await page.clock.install();
  const sockets = [];
  let silent = false;
  await page.routeWebSocket(/\/ws$/, (socket) => {
    const server = socket.connectToServer();
    sockets.push(socket);
    const first = sockets.length === 1;
    server.onMessage((message) => !(silent && first) && socket.send(message));
    socket.onMessage((message) => !(silent && first) && server.send(message));
  });
  await page.goto("/p/daily");
  await page.getByText("Connected").waitFor();
  silent = true;
  await page.clock.fastForward(40_000);
  await page.getByText("Connected").waitFor();
  assert.equal(sockets.length, 1, "a ping may be late");
  await add("while it slept");
  await page.clock.fastForward(20_000);
  await page.clock.fastForward(5_000);
  await page.getByRole("link", { name: "while it slept" }).waitFor();
  assert.equal(sockets.length, 2);
});

ui("a message is copied where browsers have no clipboard for pages: over plain http", async (page, context) => {
  await context.grantPermissions(["clipboard-read"]);
  await page.addInitScript(() => {
    const read = navigator.clipboard.readText.bind(navigator.clipboard);
    Object.defineProperty(navigator, "clipboard", { value: undefined });
    globalThis.clipped = read;
  });
  await page.goto(`/runs/${run}`);
  await page.getByRole("option", { name: /^.*INVITE/ }).first().click();
  const copy = page.getByRole("button", { name: "Copy" });
  await copy.click();
  await notice(page, "The message is in the clipboard").waitFor();
  assert.match(await page.evaluate(() => globalThis.clipped()), /^INVITE sip:bob@/);
  assert.ok(await copy.evaluate((button) => button === document.activeElement), "the focus stays");
});

ui("a test that is renamed meanwhile is edited on under its new name", async (page) => {
  await add("old name");
  await write(page, "old name", "// mine\n");
  await call("PATCH", "/projects/daily/tests/old%20name", { name: "new name" });
  await page.waitForURL("**/p/daily/t/new%20name");
  await notice(page, "old name is called new name now").waitFor();
  await page.getByText("● unsaved").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("version 2").waitFor();
  assert.equal((await call("GET", "/projects/daily/tests/new%20name")).text, "// mine\n// as it was\n");
});

ui("a test whose project is renamed meanwhile is edited on there", async (page) => {
  await project(call, "was so", { one: "// one\n" });
  await page.goto("/p/was%20so/t/one");
  await page.getByText("Connected").waitFor();
  await textbox(page).waitFor();
  await call("PATCH", "/projects/was%20so", { name: "is so" });
  await page.waitForURL("**/p/is%20so/t/one");
  await page.getByRole("link", { name: "is so" }).waitFor();
});

ui("saving creates a test again that was deleted meanwhile", async (page) => {
  await add("deleted");
  await page.goto("/p/daily/t/deleted");
  await page.getByText("Connected").waitFor();
  await textbox(page).waitFor();
  await call("DELETE", "/projects/daily/tests/deleted");
  await notice(page, "deleted was deleted by somebody else").waitFor();
  await page.getByText("● unsaved").waitFor();
  await page.keyboard.press("Control+s");
  await page.getByText("version 1").waitFor();
  assert.equal((await call("GET", "/projects/daily/tests/deleted")).text, "// as it was\n");
});

ui("what is merged is not lost by a click beside it or by Escape", async (page) => {
  await add("merged");
  await write(page, "merged", "// mine\n");
  await call("PUT", "/projects/daily/tests/merged", { text: "// theirs\n", based_on: 1 });
  await notice(page, "has saved version 2; your changes are kept").waitFor();
  await page.keyboard.press("Control+s");
  const mine = page.getByRole("dialog").getByRole("textbox", { name: "Yours" });
  await mine.click();
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("// MERGED\n");
  await page.mouse.click(4, 4);
  await mine.focus();
  for (let times = 0; times < 3; times += 1) await page.keyboard.press("Escape");
  await page.getByRole("dialog").getByRole("button", { name: "Save the right side" }).click();
  await page.getByText("version 3").waitFor();
  assert.match((await call("GET", "/projects/daily/tests/merged")).text, /^\/\/ MERGED\n/);
}, { refusals: true });

ui("back leads to where the list was", async (page) => {
  await project(call, "long list", Object.fromEntries(Array.from({ length: 60 }, (_, i) => [`t ${i}`, "// x\n"])));
  await page.goto("/p/long%20list");
  const link = page.getByRole("link", { name: "t 55", exact: true });
  await link.scrollIntoViewIfNeeded();
  const top = () => page.locator("main").evaluate((main) => main.scrollTop);
  const before = await top();
  assert.ok(before > 500, `${before}`);
  await link.click();
  await textbox(page).waitFor();
  await page.goBack();
  await page.waitForFunction((top) => Math.abs(document.getElementById("main").scrollTop - top) < 2, before);
  await page.goForward();
  await textbox(page).waitFor();
});

ui("the palette finds the tests of many projects", async (page) => {
  for (let i = 0; i < 25; i += 1) await call("POST", "/projects", { name: `p ${String(i).padStart(2, "0")}` });
  await project(call, "zz the last", { needle: "// x\n" });
  await page.goto("/settings/about");
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("needle");
  await page.getByRole("option", { name: /zz the last › needle/ }).click();
  await page.waitForURL("**/p/zz%20the%20last/t/needle");
});

ui("what is deleted is named, also what a filter hides", async (page) => {
  await page.goto("/p/long%20list");
  await page.getByLabel("Select t 1", { exact: true }).click();
  await page.getByLabel("Select t 2", { exact: true }).click();
  await page.getByRole("searchbox").fill("t 59");
  await page.getByRole("link", { name: "t 1", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Delete 2" }).click();
  await page.getByRole("dialog", { name: "Delete 2 tests?" }).getByText("t 1, t 2.").waitFor();
  await page.keyboard.press("Escape");
});

ui("a tab is called by what is in it", async (page) => {
  const called = async (path, title) => {
    await page.goto(path);
    await page.waitForFunction((title) => document.title === title, title);
  };
  await called("/p/daily", "daily – Tests – telefonist");
  await called("/p/daily/t/quick", "quick – Editor – telefonist");
  await called("/p/daily/t/quick/history", "quick – History – telefonist");
  await called(`/runs/${run}`, "quick.rhai pass – telefonist");
  await page.getByRole("link", { name: "Events" }).click();
  await page.getByRole("listbox", { name: "Events" }).waitFor();
  assert.equal(await page.title(), "quick.rhai pass – telefonist", "whatever of it is looked at");
  await page.goto(`/compare/${run}/${run}`);
  await page.waitForFunction(() => /^quick.rhai .* \/ quick.rhai .* – Compare/.test(document.title));
});

ui("times are those of now", async (page) => {
  await page.clock.install();
  await page.goto("/p/daily");
  const ran = page.getByRole("row").filter({ has: page.getByRole("link", { name: "quick", exact: true }) });
  await ran.getByText("just now").first().waitFor();
  await page.clock.fastForward(3 * 60 * 60_000);
  await ran.getByText("3 h ago").first().waitFor();
});

ui("a schedule's times are those of its zone", async (page) => {
  const { id } = await call("POST", "/schedules", { project: "daily", test: null, cron: "0 6 * * *", zone: "Asia/Kathmandu" });
  await page.goto("/schedules");
  const next = page.getByRole("row").filter({ hasText: "Asia/Kathmandu" }).locator(".next");
  await next.waitFor();
  for (const time of (await next.innerText()).matchAll(/\d\d:\d\d/g)) assert.equal(time[0], "06:00");
  await menu(page, "More for daily, all tests", "Change");
  await page.getByRole("dialog").getByText(/^Next: .*06:00/).waitFor();
  await page.keyboard.press("Escape");
  await call("DELETE", `/schedules/${id}`);
}, { timezoneId: "America/New_York" });

ui("a part of the page that does not come says what to do", async (page) => {
  await page.route("**/assets/Schedules-*.js", (route) => route.fulfill({ status: 404, body: "" }));
  const toasts = page.waitForResponse("**/assets/Toasts-*.js");
  await page.goto("/p/daily");
  await (await toasts).finished();
  await page.getByRole("link", { name: "Schedules", exact: true }).click();
  await notice(page, "reload the page: telefonist may have been updated").waitFor();
}, { refusals: true });

ui("a page that waits for the server shows that it does", async (page) => {
  let free;
  const held = new Promise((resolve) => (free = resolve));
  await page.route("**/api/v1/me", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/p/daily");
  await page.getByRole("status", { name: "Loading" }).waitFor();
  free();
  await page.getByRole("link", { name: "quick", exact: true }).waitFor();
});

ui("what answers in telefonist's place is reported, not shown", async (page) => {
  await page.route("**/api/v1/projects", (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<h1>Log in to the guests' network</h1>" }));
  await page.goto("/p/daily");
  await page.getByRole("alert").filter({ hasText: "something else answers" }).waitFor();
});

ui("a double click starts a test once", async (page) => {
  await page.goto("/p/daily");
  const starts = [];
  page.on("request", (request) => request.method() === "POST" && request.url().endsWith("/run") && starts.push(request));
  const first = page.waitForResponse("**/api/v1/run");
  await page.getByRole("button", { name: "Run quick", exact: true }).dblclick();
  await first;
  await notice(page, "quick was started").waitFor();
  const again = page.waitForResponse("**/api/v1/run");
  await page.clock.install({ time: Date.now() + 60_000 });
  await page.getByRole("button", { name: "Run quick", exact: true }).click();
  await again;
  assert.equal(starts.length, 2, "the second is the third click's");
});

ui("a zip that is too large is refused, and not sent", async (page) => {
  await page.goto("/p/daily");
  await menu(page, "Project daily", "Import tests");
  // Larger than what a test can hand over: the page gets a small one that claims to be large.
  await page.evaluate(() => Object.defineProperty(File.prototype, "size", { get: () => 65 * 1024 * 1024 }));
  await page.getByLabel("Files").setInputFiles([{ name: "all.zip", mimeType: "application/zip", buffer: Buffer.from("PK") }]);
  await page.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByRole("dialog").getByText("all.zip: larger than 64 MiB").waitFor();
});

ui("on paper a run is whole, and nothing is on it that is clicked", async (page) => {
  await page.goto(`/runs/${run}?tab=log`);
  await page.getByRole("option").first().waitFor();
  const rows = () => page.getByRole("listbox", { name: "Agents' logs" }).getByRole("option").count();
  const seen = await rows();
  await page.emulateMedia({ media: "print" });
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const all = Number(await page.locator(".tabs [aria-current] .count").innerText());
  assert.ok(all > seen, `${seen} of ${all} are in sight`);
  await page.waitForFunction((all) => document.querySelectorAll(".main [role=option]").length === all, all);
  assert.ok(!(await page.getByRole("navigation", { name: "Main" }).isVisible()));
  assert.ok(!(await page.getByRole("button", { name: "Run again" }).isVisible()));
  const inside = await page.evaluate(() => [...document.querySelectorAll(".frame, .side, main, .body, .main, .fill, .lines, .list, .box")].filter((element) => element.scrollHeight > element.clientHeight + 1 && getComputedStyle(element).overflowY !== "visible").map((element) => element.className));
  assert.deepEqual(inside, [], "nothing is cut off");
  await page.emulateMedia({ media: "screen" });
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  await page.waitForFunction((all) => document.querySelectorAll(".main [role=option]").length < all, all);
});

ui("what a peer says turns nothing around but itself", async (page) => {
  await add("turned", 'let alice = agent("alice");\nfail("\u202Eturned");\n');
  await page.goto(`/runs/${await tested({ project: "daily", tests: ["turned"] })}`);
  const place = page.getByText("daily/turned.rhai:2").first();
  await place.waitFor();
  // Where its letters stand, in the order in which they are written.
  const lefts = await place.evaluate((element) => [...Array(6).keys()].map((at) => {
    const range = document.createRange();
    range.setStart(element.firstChild, at);
    range.setEnd(element.firstChild, at + 1);
    return range.getBoundingClientRect().left;
  }));
  assert.deepEqual(lefts, lefts.toSorted((a, b) => a - b));
});

ui("on a phone one can log out", async (page) => {
  await page.context().clearCookies();
  await page.goto("/login");
  await page.getByLabel("User").fill("telefonist");
  await page.getByLabel("Password").fill(server.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("link", { name: "Settings" }).click();
  await page.getByRole("link", { name: "Sessions" }).click();
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL("**/login**");
}, { viewport: { width: 390, height: 844 } });

ui("back in the runs all that was loaded is there again", async (page) => {
  await add("often", 'print("x");\n');
  await tested({ project: "daily", tests: ["often"], repeat: 60 });
  await page.goto("/runs?test=often.rhai");
  const rows = page.locator("tbody tr");
  await rows.nth(49).waitFor();
  assert.equal(await rows.count(), 50);
  await page.getByRole("button", { name: "Older runs" }).click();
  await rows.nth(59).locator("a.name").click();
  await page.getByRole("navigation", { name: "View of the run" }).waitFor();
  await page.goBack();
  await rows.nth(59).waitFor();
  await page.waitForFunction(() => document.getElementById("main").scrollTop > 500);
});

ui("the console shows what is printed", async (page) => {
  await page.goto("/console");
  const prompt = page.getByRole("combobox", { name: "A statement or a command" });
  await prompt.fill('print("said " + (20 + 22))');
  await prompt.press("Enter");
  await page.getByRole("log").getByText("said 42", { exact: true }).waitFor();
});

ui("who wants no motion gets none", async (page) => {
  await page.route("**/api/v1/projects", () => {});
  await page.goto("/p/daily");
  const bar = page.getByRole("status", { name: "Loading" }).locator("i").first();
  await bar.waitFor({ state: "attached" });
  assert.equal(await bar.evaluate((element) => getComputedStyle(element).animationIterationCount), "1");
}, { reducedMotion: "reduce" });

ui("a project that is renamed while it is looked at is not called empty", async (page) => {
  await project(call, "looked at");
  await page.goto("/p/looked%20at");
  await page.getByText("Connected").waitFor();
  await page.getByRole("button", { name: "Create the first test" }).waitFor();
  await call("PATCH", "/projects/looked%20at", { name: "looked on" });
  await page.getByRole("alert").filter({ hasText: "there is no project `looked at`" }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Create the first test" }).count(), 0);
  await page.getByRole("link", { name: /^looked on/ }).click();
  await page.getByRole("button", { name: "Create the first test" }).waitFor();
}, { refusals: true });

ui("the same error again is one notice", async (page) => {
  await page.goto("/p/daily");
  await page.route("**/api/v1/run", (route) => route.fulfill({ status: 503, contentType: "application/problem+json", body: '{"detail":"the disk is full"}' }));
  await page.clock.install();
  for (let times = 0; times < 3; times += 1) {
    const answer = page.waitForResponse("**/api/v1/run");
    await page.getByRole("button", { name: "Run quick", exact: true }).click();
    await (await answer).finished();
    await notice(page, "the disk is full").first().waitFor();
    await page.clock.fastForward(1000);
  }
  assert.equal(await notice(page, "the disk is full").count(), 1);
}, { refusals: true });

ui("a test that can't begin says where its mistake is", async (page) => {
  await project(call, "mistaken", { broken: "let a = ;\n", slip: "alice.dail();\n", fine: 'print("x");\n' });
  await page.goto("/p/mistaken");
  await page.getByText("Connected").waitFor();
  await page.getByRole("button", { name: "Run broken" }).click();
  await notice(page, /Nothing was started: .*mistaken\/broken\.rhai:1 `;` can't stand here/).waitFor();
  await page.getByRole("button", { name: "Run all" }).click();
  await notice(page, "2 of 3 tests could not begin").waitFor();
  await notice(page, /broken:1 `;` can't stand here; slip:1 /).waitFor();
}, { refusals: true });

ui("Escape leaves a search, and keys are keys again", async (page) => {
  for (const [path, name] of [["/runs", "Search in runs"], [`/runs/${run}`, "Search in this run"], ["/p/daily", /^Filter by/]]) {
    await page.goto(path);
    const search = page.getByRole("searchbox", { name });
    await search.waitFor();
    await page.keyboard.press("/");
    await page.waitForFunction(() => document.activeElement?.matches("[type=search]"));
    await page.keyboard.type("x");
    await page.keyboard.press("Escape");
    await page.keyboard.press("g");
    await page.keyboard.press("s");
    await page.waitForURL("**/schedules");
  }
});
