// What a run's screen and the list of webhooks tell of messages: while they are on their way, and after.
import assert from "node:assert/strict";
import { createServer } from "node:http";
import { before } from "node:test";
import { usable } from "./browser.js";
import { begin, project } from "./support.js";

const { call, ui } = await begin();
before(async () => {
  for (const name of ["told", "listed", "quiet"]) await project(call, name, { t: "assert(1 < 2);\n" });
});
const run = async (project) => (await call("POST", "/run", { project, tests: ["t"], wait: true })).runs[0].run;
const messages = (page) => page.getByRole("region", { name: "Messages by webhooks" });
/** A receiver that lets each request wait for what the test answers. */
const receiver = async () => {
  const waiting = [];
  let came = () => {};
  const web = createServer((request, response) => {
    request.resume().on("end", () => {
      waiting.push(response);
      came();
    });
  });
  await new Promise((done) => web.listen(0, "127.0.0.1", done));
  const answer = async (status) => {
    while (waiting.length === 0) await new Promise((done) => (came = done));
    waiting.shift().writeHead(status).end();
  };
  const close = () => {
    web.closeAllConnections();
    web.close();
  };
  return { address: `http://127.0.0.1:${web.address().port}`, answer, close };
};

for (const colorScheme of ["light", "dark"]) {
  ui(`each message of a run is followed until it has arrived or is given up (${colorScheme})`, async (page) => {
    const [takes, refuses] = [await receiver(), await receiver()];
    const hooks = [];
    try {
      for (const { address } of [takes, refuses]) hooks.push(await call("POST", "/webhooks", { project: "told", kind: "json", url: `${address}/a/secret/path`, only_failures: false }));
      await page.goto(`/runs/${await run("told")}`);
      const summary = page.getByText("2 messages by webhooks: 2 waiting");
      await summary.click();
      const row = ({ address }) => messages(page).getByRole("row").filter({ hasText: address });
      assert.match(await row(takes).innerText(), /JSON.*Waits\s+0\s+not tried yet/s);
      await refuses.answer(410);
      await row(refuses).getByText("Not delivered").waitFor();
      assert.match(await row(refuses).innerText(), /1\s+it answered 410 Gone/);
      await takes.answer(200);
      await row(takes).getByText("Delivered").waitFor();
      await page.getByText("2 messages by webhooks: 1 delivered, 1 not delivered").waitFor();
      await usable(page, "messages by webhooks");
      // Who comes later sees the same: what did not arrive without a click.
      await page.reload();
      await row(refuses).getByText("it answered 410 Gone").waitFor();
      assert.match(await row(takes).innerText(), /Delivered\s+1\s+taken/);
      assert.ok(!(await page.content()).includes("secret/path"));
      await page.setViewportSize({ width: 390, height: 844 });
      await usable(page, "messages by webhooks on a phone");
    } finally {
      for (const { id } of hooks) await call("DELETE", `/webhooks/${id}`);
      takes.close();
      refuses.close();
    }
  }, { colorScheme });
}

ui("the list of webhooks follows the last message of each", async (page) => {
  const [one, other] = [await receiver(), await receiver()];
  const hooks = [];
  try {
    for (const { address } of [one, other]) hooks.push(await call("POST", "/webhooks", { project: "listed", kind: "json", url: `${address}/a/secret/path`, only_failures: false }));
    await page.goto("/settings/webhooks");
    const row = ({ address }) => page.getByRole("row").filter({ hasText: address });
    for (const hook of [one, other]) await row(hook).getByText("none yet").waitFor();
    await run("listed");
    for (const hook of [one, other]) await row(hook).getByText("Waits").waitFor();
    await one.answer(410);
    await row(one).getByText("it answered 410 Gone").waitFor();
    assert.match(await row(one).innerText(), /Not delivered/);
    assert.match(await row(other).innerText(), /Waits/);
    await other.answer(200);
    await row(other).getByText("Delivered").waitFor();
    await run("listed");
    await row(one).getByText("Waits").waitFor();
    await one.answer(200);
    await row(one).getByText("Delivered").waitFor();
    assert.ok(!(await row(one).innerText()).includes("410"));
    // A list that comes later than what the topic told is no newer.
    await page.reload();
    for (const hook of [one, other]) await row(hook).waitFor();
    assert.match(await row(one).innerText(), /Delivered/);
  } finally {
    for (const { id } of hooks) await call("DELETE", `/webhooks/${id}`);
    one.close();
    other.close();
  }
});

ui("a run without messages does not mention webhooks", async (page) => {
  const answered = page.waitForResponse(/\/deliveries$/);
  await page.goto(`/runs/${await run("quiet")}`);
  assert.deepEqual((await (await answered).json()).deliveries, []);
  await page.getByRole("heading", { name: "t.rhai" }).or(page.getByRole("heading", { name: "t", exact: true })).waitFor();
  assert.equal(await page.getByText("by webhooks").count(), 0);
});
