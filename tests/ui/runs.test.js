// Runs, live and after: from a red row to the message that says why, the whole screen, long and hostile records.
import assert from "node:assert/strict";
import { before } from "node:test";
import { usable } from "./browser.js";
import { longRun, retold } from "./records.js";
import { begin, project, talks } from "./support.js";

const FAILS = `let alice = agent("alice", #{ audio: "alice.wav" });
let bob = agent("bob");
step("call", || {
  alice.dial(bob);
  await bob.event("CALL_INCOMING") within 5s;
  bob.hangup(486, "Busy Here");
  await alice.event("CALL_ESTABLISHED") within 1s;
});
`;
const TALKS = talks("1500ms");
const HANGS = `let alice = agent("alice");\nalice.cmd("uuid");\nawait alice.event("CALL_INCOMING") within 2m;\n`;
const LONG = "20250101-000000-long-0001";
const HOSTILE = "20250101-000000-hostile-0001";
const MARKUP = `<img src=x onerror="document.title='owned'">`;

const { server, call, ui } = await begin();
const runs = {};
before(async () => {
  await project(call, "p", { fails: FAILS, talks: TALKS, hangs: HANGS });
  const job = await call("POST", "/run", { project: "p", tests: ["talks", "fails"], wait: true });
  for (const { test, run } of job.runs) runs[test] = run;
  longRun(server.folder, LONG, 50_000);
  retold(server.folder, runs.fails, HOSTILE, { alice: MARKUP, "Busy": "<script>document.title='owned'</script>", "CALL_ESTABLISHED": `"><svg onload=alert(1)>` });
});
const ladder = (page) => page.getByRole("listbox", { name: "SIP messages" });
const message = (page) => page.getByRole("complementary", { name: "The chosen message" });
const chosen = (page) => ladder(page).getByRole("option", { selected: true });

ui("from the red row to the message that says why in one click", async (page) => {
  await page.goto("/p/p");
  await page.getByRole("row").filter({ hasText: "fails" }).getByRole("link", { name: "Fail", exact: true }).click();
  await message(page).getByRole("heading", { name: "486 Busy" }).waitFor();
  assert.match(await chosen(page).textContent(), /486 Busy/);
  assert.match(page.url(), /msg=\d+/);
});

ui("the reason leads to the moment, the keys through the messages", async (page) => {
  await page.goto(`/runs/${runs.fails}?tab=log`);
  await page.getByText("no CALL_ESTABLISHED at alice, and it can't come any more").first().waitFor();
  await page.getByRole("button", { name: "Show the moment" }).click();
  await message(page).getByRole("heading", { name: "486 Busy" }).waitFor();
  await page.keyboard.press("j");
  await message(page).getByRole("heading", { name: "ACK" }).waitFor();
  await page.keyboard.press("f");
  await message(page).getByRole("heading", { name: "486 Busy" }).waitFor();
  for (const title of ["180 Ringing", "INVITE", "INVITE"]) {
    await page.keyboard.press("k");
    await message(page).getByRole("heading", { name: title, exact: true }).waitFor();
  }
  assert.deepEqual((await message(page).getByRole("list").last().getByRole("button").allTextContents()).map((text) => text.replace(/^[\d.]+ /, "")), ["alice → bob INVITE", "bob → alice 180 Ringing", "bob → alice 486 Busy Here", "alice → bob ACK"]);
  const headers = await message(page).getByRole("rowheader").allTextContents();
  for (const name of ["Via", "From", "To", "Call-ID", "CSeq"]) assert.ok(headers.includes(name), `${name} in ${headers}`);
  await message(page).getByRole("button", { name: "Raw" }).click();
  assert.match(await message(page).getByLabel("The message as it was on the wire").textContent(), /^INVITE sip:bob@.*\r?\n.*v=0/s);
  await page.keyboard.press("Escape");
  await message(page).waitFor({ state: "detached" });
});

ui("two messages are pinned and compared word by word", async (page) => {
  await page.goto(`/runs/${runs.talks}`);
  await ladder(page).getByRole("option", { name: /^.*200 Answering/ }).first().click();
  await page.keyboard.press("p");
  await ladder(page).getByRole("option", { name: /INVITE/ }).first().click();
  await page.keyboard.press("p");
  const dialog = page.getByRole("dialog", { name: "Two messages" });
  await dialog.waitFor();
  assert.match(await dialog.getByRole("row").nth(1).textContent(), /SIP\/2\.0 200 Answering.*INVITE sip:bob/s);
  const changes = () => dialog.locator("tr.changed, tr.removed, tr.added").count();
  const all = await changes();
  for (const name of ["ids", "ports"]) await dialog.getByRole("button", { name }).click();
  assert.ok((await changes()) < all, "what is masked is not a change");
  await usable(page, "two messages");
});

ui("the brush filters what is below; a link has it", async (page) => {
  await page.goto(`/runs/${runs.talks}`);
  await ladder(page).getByRole("option").first().waitFor();
  const all = Number(await ladder(page).getByRole("option").first().getAttribute("aria-setsize"));
  const box = await page.locator(".track").boundingBox();
  await page.mouse.move(box.x + box.width * 0.5, box.y + 10);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width - 1, box.y + 12, { steps: 4 });
  await page.mouse.up();
  await page.waitForURL(/t0=\d+&t1=\d+/);
  await page.getByText(/^\d+ found$/).waitFor();
  const some = Number(await ladder(page).getByRole("option").first().getAttribute("aria-setsize"));
  assert.ok(some > 0 && some < all, `${some} of ${all}`);
  await page.reload();
  await ladder(page).getByRole("option").first().waitFor();
  assert.equal(Number(await ladder(page).getByRole("option").first().getAttribute("aria-setsize")), some);
  await page.getByRole("slider", { name: "Start of the shown period" }).press("ArrowLeft");
  await page.getByRole("button", { name: "show all times" }).click();
  await page.getByRole("searchbox", { name: "Search in this run" }).fill("bye");
  await page.getByText(/^\d+ found$/).waitFor();
  assert.ok((await ladder(page).getByRole("option").allTextContents()).every((text) => /BYE|200/.test(text)));
});

ui("events, log, recordings, quality, the text", async (page) => {
  await page.goto(`/runs/${runs.talks}?tab=events`);
  const events = page.getByRole("listbox", { name: "Events" });
  await page.getByRole("searchbox", { name: "Search in this run" }).fill("call_incoming bob");
  await events.getByRole("option").filter({ hasText: "incoming ·" }).first().click();
  await page.locator(".whole pre").filter({ hasText: '"type": "CALL_INCOMING"' }).waitFor();
  await usable(page, "events");
  await page.getByRole("link", { name: "Log" }).click();
  await page.getByRole("searchbox", { name: "Search in this run" }).fill("call established");
  assert.match(await page.getByRole("listbox", { name: "Agents' logs" }).getByRole("option").first().textContent(), /established/i);
  await page.getByRole("link", { name: "Recordings" }).click();
  const sound = page.getByRole("region", { name: "alice-1.wav" });
  await sound.locator(".wave path[d^=M0]").first().waitFor({ state: "attached" });
  assert.match(await sound.locator(".wave path").first().getAttribute("d"), /^M0 [\d.]+L.*Z$/);
  await sound.getByRole("button", { name: "Play alice-1.wav" }).click();
  const slider = sound.getByRole("slider", { name: "alice-1.wav: where in it", exact: true });
  await page.waitForFunction((slider) => Number(slider.getAttribute("aria-valuenow")) > 0.2, await slider.elementHandle());
  await sound.getByRole("button", { name: "Pause" }).click();
  await slider.press("Home");
  assert.equal(await slider.getAttribute("aria-valuenow"), "0");
  await usable(page, "recordings");
  // What alice received is what bob sent: it stands beside it, as long as the call, with the same cursor.
  const beside = sound.getByRole("combobox", { name: "Beside alice-1.wav" });
  assert.equal(await beside.inputValue(), "bob.wav");
  assert.equal(await beside.locator("option:checked").textContent(), "bob.wav, sent by bob");
  const sent = sound.getByRole("slider", { name: "bob.wav beside alice-1.wav: where in it" });
  await sound.locator(".wave").nth(1).locator("path").first().and(page.locator("[d^=M0]")).waitFor({ state: "attached" });
  assert.ok(Number(await sent.getAttribute("aria-valuemax")) <= Number(await slider.getAttribute("aria-valuemax")));
  await slider.press("ArrowRight");
  assert.equal(await sent.getAttribute("aria-valuenow"), "1");
  await sound.getByRole("button", { name: "Play bob.wav" }).click();
  await page.waitForFunction((slider) => Number(slider.getAttribute("aria-valuenow")) > 1.1, await slider.elementHandle());
  // It ends where the recording does.
  await sound.getByRole("button", { name: "Play bob.wav" }).waitFor();
  assert.equal(await sent.getAttribute("aria-valuenow"), "0");
  await beside.selectOption("charlie.wav");
  await sound.getByRole("slider", { name: "charlie.wav beside alice-1.wav" }).waitFor();
  await usable(page, "a recording beside a sound");
  await beside.selectOption("");
  assert.equal(await sound.getByRole("slider").count(), 1);
  await page.getByRole("link", { name: "Quality" }).click();
  assert.match(await page.getByRole("row").filter({ hasText: "alice 1" }).first().textContent(), /PCMU.*\d+ \/ \d+/);
  await usable(page, "quality");
  await page.getByRole("link", { name: "Test", exact: true }).click();
  assert.match(await page.getByRole("region", { name: "The test's text as it ran" }).textContent(), /alice\.dial\(bob\)/);
});

ui("the line that failed is marked in the text", async (page) => {
  await page.goto(`/runs/${runs.fails}?tab=source`);
  const bad = page.locator("li.bad");
  await bad.waitFor();
  assert.match(await bad.textContent(), /CALL_ESTABLISHED.*✗ alice's call to bob was refused: 486/s);
});

ui("a run is watched while it goes on, and stopped", async (page) => {
  await page.goto("/p/p");
  const job = await call("POST", "/run", { project: "p", tests: ["hangs"] });
  await page.goto(`/runs/${job.runs[0].run}`);
  await page.getByRole("status").filter({ hasText: "CALL_INCOMING at alice" }).waitFor();
  await usable(page, "a run that goes on");
  await page.keyboard.press("Control+.");
  await page.locator("header").getByText("Cancelled").waitFor();
  await page.getByRole("button", { name: "Run again" }).waitFor();
});

ui("a run is watched from the queue to its end, without a touch", async (page) => {
  const first = await call("POST", "/run", { project: "p", tests: ["hangs"] });
  const second = await call("POST", "/run", { project: "p", tests: ["talks"] });
  const waits = second.state === "waiting" && (await call("GET", `/jobs/${second.job}`)).state === "waiting";
  await page.goto(`/runs/${second.runs[0].run}`);
  if (waits) await page.getByText("It waits for its turn").waitFor();
  await call("POST", `/jobs/${first.job}/stop`);
  await ladder(page).getByRole("option", { name: /INVITE/ }).first().waitFor();
  await page.locator("header").getByText("Pass").waitFor();
  await ladder(page).getByRole("option", { name: /BYE/ }).first().waitFor();
  assert.ok((await page.getByRole("listbox", { name: "Steps" }).getByRole("option").count()) > 3);
}, { refusals: true });

ui("50,000 events stay usable", async (page, context) => {
  const session = await context.newCDPSession(page);
  await page.addInitScript(() => {
    globalThis.tasks = [];
    new PerformanceObserver((list) => globalThis.tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask", buffered: true });
  });
  const begin = Date.now();
  await page.goto(`/runs/${LONG}`);
  await page.getByText("50000 events").waitFor({ timeout: 60_000 });
  const loaded = Date.now() - begin;
  const rows = await ladder(page).getByRole("option").count();
  assert.ok(rows < 120, `${rows} rows are in the page`);
  const timed = async (act) => {
    const from = Date.now();
    await act();
    return Date.now() - from;
  };
  const end = await timed(async () => {
    await ladder(page).press("End");
    await page.waitForFunction((list) => list.scrollTop > 100_000, await ladder(page).elementHandle());
  });
  const search = await timed(async () => {
    await page.getByRole("searchbox", { name: "Search in this run" }).fill("call-1234");
    await page.getByText(/^\d+ found$/).waitFor();
  });
  const step = await timed(async () => {
    await ladder(page).getByRole("option").first().click();
    await message(page).waitFor();
    await page.keyboard.press("j");
    await message(page).getByRole("heading", { name: "180 Ringing" }).waitFor();
  });
  await session.send("HeapProfiler.collectGarbage");
  const { usedSize } = await session.send("Runtime.getHeapUsage");
  const longest = Math.round(await page.evaluate(() => Math.max(0, ...globalThis.tasks)));
  console.log(`# 50,000 events: ${loaded} ms to load, longest task ${longest} ms, to the end ${end} ms, search ${search} ms, choose and step ${step} ms, ${Math.round(usedSize / 1e6)} MB`);
  assert.ok(usedSize < 200e6, `${usedSize} bytes`);
  await usable(page, "a long run");
});

ui("what a hostile run says is text", async (page) => {
  await page.goto(`/runs/${HOSTILE}`);
  await ladder(page).getByRole("option").first().waitFor();
  await ladder(page).getByRole("option").filter({ hasText: "486" }).first().click();
  await page.getByRole("button", { name: "All details" }).click();
  assert.ok((await message(page).textContent()).includes("<script>document.title='owned'</script>"));
  assert.ok((await page.locator(".timeline").textContent()).includes(MARKUP));
  for (const tab of ["events", "log", "recordings", "quality", "source"]) {
    await page.goto(`/runs/${HOSTILE}?tab=${tab}`);
    await page.locator(".timeline").waitFor();
  }
  await page.goto(`/runs/${HOSTILE}?tab=events`);
  assert.ok((await page.getByRole("listbox", { name: "Events" }).textContent()).includes(MARKUP));
  await page.goto(`/compare/${runs.fails}/${HOSTILE}?tab=sip`);
  await page.getByRole("region", { name: "Comparison, line by line" }).waitFor();
  assert.equal(await page.locator("main img, main script, main iframe, main object").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
});

ui("a run that is not there says so", async (page) => {
  await page.goto("/runs/20200101-000000-gone-0001");
  const alert = page.getByRole("alert");
  await alert.waitFor();
  assert.match(await alert.textContent(), /no such run.*gone/is);
  await usable(page, "no such run");
}, { refusals: true });

ui("the list: filtered, compared, deleted", async (page) => {
  await page.goto("/runs");
  await page.getByRole("row").filter({ hasText: "talks" }).first().waitFor();
  await usable(page, "runs");
  await page.getByLabel("Result").selectOption("fail");
  await page.waitForFunction(() => [...document.querySelectorAll("tbody tr")].every((row) => row.textContent.includes("Fail")));
  await page.getByRole("link", { name: "no filter" }).click();
  await page.getByRole("row").filter({ hasText: "talks" }).last().getByRole("checkbox").check();
  await page.getByRole("row").filter({ hasText: "fails" }).last().getByRole("checkbox").check();
  await page.getByRole("button", { name: "Compare two" }).click();
  await page.waitForURL("**/compare/**");
  await page.goBack();
  const gone = page.getByRole("row").filter({ hasText: "hangs" });
  await gone.first().waitFor();
  const before = await gone.count();
  await gone.first().getByRole("checkbox").check();
  await page.getByRole("button", { name: "Delete 1" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("1 run deleted").waitFor();
  assert.equal(await gone.count(), before - 1);
});

ui("two runs compared: flow, messages, sound, numbers, logs", async (page) => {
  await page.goto(`/compare/${runs.talks}/${runs.fails}`);
  const both = page.getByRole("region", { name: "Comparison, line by line" });
  await both.waitFor();
  await page.getByText("These are runs of two different tests").waitFor();
  assert.match(await both.locator("tr.removed, tr.changed").allTextContents().then((all) => all.join("\n")), /CALL_ESTABLISHED/);
  await page.keyboard.press("n");
  assert.ok(await page.evaluate(() => document.activeElement?.matches("tr.changed, tr.removed, tr.added")));
  await usable(page, "flows");
  await page.getByRole("link", { name: "SIP" }).click();
  const pairs = page.getByRole("listbox", { name: "Messages of both runs" });
  await pairs.getByRole("option").filter({ hasText: "486" }).click();
  assert.ok((await both.locator("mark").allTextContents()).some((text) => text.includes("486")));
  await usable(page, "messages");
  await page.getByRole("button", { name: "times" }).click();
  await page.waitForURL(/mask=/);
  await page.getByRole("link", { name: "Sound" }).click();
  await page.getByRole("button", { name: "Spectrogram" }).click();
  await page.locator("canvas").first().waitFor();
  // alice's call: what she received in A, nothing in B, and what bob sent.
  const sent = page.getByRole("region", { name: "Sent, bob.wav" });
  await sent.locator(".wave path[d^=M0]").first().waitFor({ state: "attached" });
  assert.match(await sent.innerText(), /by bob, [\d.]+ of 32\.00 s/);
  await page.getByRole("slider", { name: "A: where in it" }).press("ArrowRight");
  assert.equal(await sent.getByRole("slider").getAttribute("aria-valuenow"), "1");
  await page.getByRole("button", { name: "Hear what was sent" }).click();
  await page.getByRole("button", { name: "Play what was sent" }).click();
  await page.waitForFunction((slider) => Number(slider.getAttribute("aria-valuenow")) > 1.1, await page.getByRole("slider", { name: "A: where in it" }).elementHandle());
  await usable(page, "sound beside what was sent");
  await page.getByRole("combobox", { name: "Beside the recordings" }).selectOption("");
  await sent.waitFor({ state: "detached" });
  await page.getByRole("link", { name: "Numbers" }).click();
  assert.match(await page.getByRole("row").filter({ hasText: "Duration" }).textContent(), /ms.*ms.*[−+]\d/);
  await usable(page, "numbers");
  await page.getByRole("link", { name: "Log" }).click();
  await both.waitFor();
});

ui("compared with the last pass in one click; since when it fails", async (page) => {
  await call("POST", "/projects/p/tests", { name: "breaks", kind: "rhai", text: TALKS });
  const good = await call("POST", "/run", { project: "p", tests: ["breaks"], wait: true });
  const { version } = await call("GET", "/projects/p/tests/breaks");
  await call("PUT", "/projects/p/tests/breaks", { text: FAILS, based_on: version });
  const bad = await call("POST", "/run", { project: "p", tests: ["breaks"], wait: true });
  await page.goto(`/runs/${bad.runs[0].run}`);
  await page.getByRole("link", { name: "Compare with the last pass" }).click();
  await page.waitForURL(`**/compare/${good.runs[0].run}/${bad.runs[0].run}`);
  await page.goto("/p/p/t/breaks/history");
  await page.getByText("Failing since").waitFor();
  await usable(page, "history");
  await page.getByRole("link", { name: "Compare the first bad run with the last good one" }).click();
  await page.waitForURL(`**/compare/${good.runs[0].run}/${bad.runs[0].run}`);
});

for (const [where, options] of [["a phone", { viewport: { width: 390, height: 800 } }], ["the dark", { colorScheme: "dark" }]]) {
  ui(`all can use the screens of runs in ${where}`, async (page) => {
    for (const path of ["/runs", `/runs/${runs.fails}`, `/runs/${runs.talks}?tab=recordings`, `/runs/${runs.talks}?tab=quality`, `/compare/${runs.talks}/${runs.fails}`, `/compare/${runs.talks}/${runs.fails}?tab=sip`, "/p/p/t/talks/history"]) {
      await page.goto(path);
      await page.locator("main :is(.timeline, table, .sip)").first().waitFor();
      await usable(page, path);
    }
  }, options);
}
