// The HTML report of real runs, in a real browser. The Rust tests (tests/html_report.rs) have written it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { launch, withReport } from "./browser.js";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const REPORT = `${target}/tmp/report.html`;
const HOSTILE = `${target}/tmp/hostile.html`;

let browser;
before(async () => {
  browser = await launch();
});
after(() => browser?.close());

const report = (name, act, options = {}, file = REPORT) => test(name, () => withReport(browser, file, options, act));

const focused = (page) => page.evaluate(() => document.activeElement.textContent);
const names = (page) => page.locator(".test:visible .name").allTextContents();

report("it says how it went, and opens what failed", async (page) => {
  assert.equal(await page.locator("h1").textContent(), "1 of 3 tests failed");
  assert.match(await page.title(), /^1 of 3 tests failed/);
  assert.deepEqual(await page.locator(".test[open] .name").allTextContents(), ["busy.rhai"]);
  const reason = page.locator(".test[open] .reason");
  assert.match(await reason.textContent(), /was refused: 486 .*\s+at to_bob\.rhai:6:7\s+no CALL_ESTABLISHED at alice, and it can't come any more: /);
  assert.match(await page.locator(".top .facts").textContent(), /baresip 4\.12\.0/);
});

report("f goes to the message that says why, j and k step from there", async (page) => {
  await page.keyboard.press("f");
  const detail = page.locator(".test[open] .detail");
  assert.equal(await detail.locator(".title").textContent(), "486 Busy Here");
  assert.match(await focused(page), /486 Busy Here/);
  await page.keyboard.press("j");
  assert.equal(await detail.locator(".title").textContent(), "ACK");
  await page.keyboard.press("k");
  await page.keyboard.press("k");
  await page.keyboard.press("k");
  assert.equal(await detail.locator(".title").textContent(), "INVITE (SDP)");
  await page.keyboard.press("k");
  assert.equal(await detail.locator(".title").textContent(), "INVITE (SDP)", "there is none before the first");
  await page.keyboard.press("ArrowDown");
  assert.equal(await detail.locator(".title").textContent(), "180 Ringing");
  assert.equal(await page.locator(".test[open] .row[aria-pressed=true]").count(), 1);
});

report("a message is shown parsed and raw, with its transaction", async (page) => {
  const body = page.locator("#t0");
  await body.locator("summary").first().click();
  await body.locator(".row", { hasText: "200" }).first().click();
  const detail = body.locator(".detail");
  assert.match(await detail.locator(".title").textContent(), /^200 /);
  const headers = await detail.locator(".headers th").allTextContents();
  for (const name of ["Via", "From", "To", "Call-ID", "CSeq", "Content-Type"]) assert.ok(headers.includes(name), `${name} in ${headers}`);
  assert.match(await detail.locator(".body-text").textContent(), /^v=0\no=.*m=audio \d+ RTP\/AVP/s);
  assert.match(await detail.textContent(), /sent by bob \+\d+\.\d+ s, received by alice \+\d+\.\d+ s/);
  assert.deepEqual(
    await detail.locator(".transaction button").allTextContents(),
    ["alice → bob  INVITE (SDP)", "bob → alice  180 Ringing", "bob → alice  200 Answering (SDP)", "alice → bob  ACK"],
  );
  assert.equal(await body.locator(".row.related").count(), 4);
  await detail.getByRole("button", { name: "Raw" }).click();
  assert.match(await detail.locator(".raw").textContent(), /^SIP\/2\.0 200 .*\nCSeq: \d+ INVITE\n.*\n\nv=0\n/s);
  await detail.getByRole("button", { name: "bob → alice 180 Ringing" }).click();
  assert.match(await detail.locator(".raw").textContent(), /^SIP\/2\.0 180 Ringing\n/, "it stays raw");
});

report("a recording is played, and its waveform leads into it", async (page) => {
  await page.locator("#t0 summary").first().click();
  const sound = page.locator("#t0 .sound").first();
  assert.match(await sound.textContent(), /recordings\/alice-1\.wav \d\.\d s, 8 kHz, mono, peak -\d+ dB/);
  const audio = sound.locator("audio");
  const seconds = Number(await sound.getAttribute("data-seconds"));
  assert.ok(seconds > 1.5, `${seconds} s of a call of 2 s`);
  const duration = await audio.evaluate(async (audio) => {
    audio.muted = true;
    await audio.play();
    return audio.duration;
  });
  assert.ok(Math.abs(duration - seconds) < 0.05, `${duration} s, not ${seconds} s`);
  await audio.evaluate((audio) => new Promise((done) => audio.addEventListener("timeupdate", () => audio.currentTime > 0 && done())));
  await audio.evaluate((audio) => audio.pause());
  const box = await sound.locator(".wave").boundingBox();
  await sound.locator(".wave").click({ position: { x: box.width * 0.75, y: 10 } });
  const at = await audio.evaluate((audio) => audio.currentTime);
  assert.ok(at > seconds * 0.7 && at < seconds, `${at} s of ${seconds} s`);
  const drawn = await sound.locator(".wave path:not([class])").evaluate((path) => path.getBBox().height);
  assert.ok(drawn > 5, "there is something to see of alice's greeting");
});

report("tests are filtered by text and by status", async (page) => {
  await page.keyboard.press("/");
  await page.keyboard.type("call_established");
  assert.deepEqual(await names(page), ["busy.rhai", "flaky.rhai"], "the reasons count");
  assert.equal(await page.locator(".filter .found").textContent(), "2 of 3");
  await page.locator(".filter .chip", { hasText: "FLAKY" }).click();
  assert.deepEqual(await names(page), ["flaky.rhai"]);
  await page.locator("#search").fill("nothing has that");
  assert.ok(await page.locator(".empty").isVisible());
  await page.locator("#search").fill("");
  await page.locator(".filter .chip", { hasText: "FLAKY" }).click();
  assert.equal((await names(page)).length, 3);
});

report("a flaky test has both attempts", async (page) => {
  const flaky = page.locator("#t2");
  await flaky.locator("summary").first().click();
  const shown = flaky.locator(".attempt:visible");
  assert.equal(await shown.count(), 1);
  assert.equal(await shown.locator(".reason").count(), 0, "the one that passed");
  await flaky.getByRole("button", { name: "Attempt 1" }).click();
  assert.match(await shown.locator(".reason").textContent(), /no CALL_ESTABLISHED/);
  await page.keyboard.press("j");
  assert.equal(await shown.locator(".detail .title").textContent(), "INVITE (SDP)");
});

report("the log is searched, and the timeline leads into it", async (page) => {
  const test = page.locator("#t0");
  await test.locator("summary").first().click();
  await test.locator("details.log summary").click();
  // the browser tells the page a moment later that it was opened
  await test.locator("details.log .found", { hasText: " of " }).waitFor();
  const lines = test.locator(".lines li:visible");
  const all = await lines.count();
  await test.locator(".log-filter input").fill("call_incoming bob");
  assert.ok((await lines.allTextContents()).every((line) => /CALL_INCOMING/i.test(line)));
  assert.ok((await lines.count()) >= 1 && (await lines.count()) < all);
  await test.locator(".log-filter input").fill("");
  await test.getByRole("button", { name: "Agents' logs" }).click();
  assert.ok((await lines.count()) > all + 20, "the agents' own lines come on top");
  await test.locator(".lane", { hasText: "alice" }).first().locator(".mark.command").last().click({ force: true });
  assert.match(await test.locator(".lines .target").textContent(), /alice\s*hangup/);
  await test.locator(".lines li.sip .link", { hasText: "180 Ringing" }).last().click();
  assert.equal(await test.locator(".detail .title").textContent(), "180 Ringing");
});

report("the timeline shows calls and media, and zooms", async (page) => {
  const timeline = page.locator("#t0 .timeline");
  await page.locator("#t0 summary").first().click();
  for (const kind of ["process", "ringing", "talking", "media"]) {
    assert.equal(await timeline.locator(`.bar.${kind}`).count(), 2, kind);
  }
  const width = () => timeline.locator(".lanes").evaluate((lanes) => lanes.scrollWidth);
  const before = await width();
  await timeline.getByRole("button", { name: "Zoom in" }).click();
  assert.ok((await width()) > 1.8 * before);
});

report("calls have their figures", async (page) => {
  const table = page.locator("#t0 .calls table");
  await page.locator("#t0 summary").first().click();
  assert.match(await table.locator("tbody tr").first().innerText(), /alice\s+1 outgoing\s+bob\s+\d\.\d s\s+PCMU RTP\/AVP\s+\d+ \/ \d+/);
});

report("n and p go from test to test, ? tells the keys", async (page) => {
  await page.keyboard.press("n");
  assert.match(await focused(page), /flaky\.rhai/, "after the one that is open");
  await page.keyboard.press("p");
  assert.match(await focused(page), /busy\.rhai/);
  await page.keyboard.press("?");
  assert.ok(await page.locator(".keys").isVisible());
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator(".keys").isVisible()));
});

const axe = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");
for (const colorScheme of ["light", "dark"]) {
  report(`all can use it (WCAG 2.1 AA, ${colorScheme})`, async (page) => {
    await page.evaluate(() => document.querySelectorAll("details").forEach((details) => (details.open = true)));
    await page.keyboard.press("f");
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
    const told = violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(" ")).slice(0, 3).join(", ")}`);
    assert.deepEqual(told, []);
  }, { colorScheme });
}

const fitsItsScreen = async (page) => {
  await page.keyboard.press("f");
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inner <= outer, `the page is ${inner} px wide on a screen of ${outer} px`);
};
report("it fits a phone", fitsItsScreen, { viewport: { width: 360, height: 740 } });
report("it fits a desk", fitsItsScreen);

report("it is dark where the system is", async (page) => {
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  assert.equal(background, "rgb(19, 21, 24)");
}, { colorScheme: "dark" });

report("without its script it still tells what failed", async (page) => {
  assert.match(await page.locator("#t1 .reason").textContent(), /no CALL_ESTABLISHED/);
  assert.ok(await page.locator("#t1 .row", { hasText: "486 Busy Here" }).isVisible());
}, { javaScriptEnabled: false });

report("what a hostile run says is text", async (page) => {
  const hostile = `"'><img src=x onerror="document.title='owned'">`;
  await page.keyboard.press("f");
  for (const details of await page.locator(".test > .body details > summary").all()) if (await details.isVisible()) await details.click();
  assert.ok((await page.locator(".name").first().textContent()).startsWith(hostile));
  assert.ok((await page.locator(".detail:visible .headers").first().textContent()).includes(hostile));
  assert.ok((await page.locator(".lines:visible").first().textContent()).includes(hostile));
  assert.equal(await page.locator("img, iframe, object, embed").count(), 0);
  assert.doesNotMatch(await page.title(), /^owned/);
}, {}, HOSTILE);
