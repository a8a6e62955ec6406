// The editor: what the checker says as one types, saving beside others, versions, and runs of what is not saved.
import assert from "node:assert/strict";
import { before } from "node:test";
import { usable } from "./browser.js";
import { badge, begin, QUICK } from "./support.js";

const { call, ui } = await begin();
before(async () => {
  await call("POST", "/projects", { name: "p" });
});

const FILE = `_define ua1 sip:alice@127.0.0.1\n_define ua2 sip:bob@127.0.0.1\nuanew <ua1>;regint=0\nua1:dial ua2 | 1s\n`;
const make = (name, text, kind = "rhai") => call("POST", "/projects/p/tests", { name, kind, text });
const saved = async (name) => (await call("GET", `/projects/p/tests/${encodeURIComponent(name)}`)).text;
const open = async (page, name, query = "") => {
  await page.goto(`/p/p/t/${encodeURIComponent(name)}${query}`);
  const text = page.getByRole("textbox", { name: `Text of ${name}` });
  await text.waitFor();
  return text;
};
const end = (page) => page.keyboard.press("Control+End");
const problems = (page) => page.getByRole("region", { name: "Problems" });
const last = (page) => page.getByRole("region", { name: "Last run" });

ui("a mistake is underlined as it is typed, listed, and F8 goes to it", async (page) => {
  await make("mistake", QUICK);
  await open(page, "mistake");
  await problems(page).getByText("none").waitFor();
  await end(page);
  await page.keyboard.type("alice.dail(bob);");
  const entry = problems(page).getByRole("button", { name: /dail/ });
  await entry.waitFor();
  await page.locator(".cm-lintRange-error").filter({ hasText: "dail" }).waitFor();
  await page.keyboard.press("Control+Home");
  await page.keyboard.press("F8");
  await page.locator(".cm-activeLine").filter({ hasText: "dail" }).waitFor();
  assert.match(await entry.innerText(), /8:7\s.*dail/s);
  await page.keyboard.press("Control+Home");
  await entry.click();
  await page.locator(".cm-activeLine").filter({ hasText: "dail" }).waitFor();
});

ui("the server completes, and explains what the pointer is on", async (page) => {
  await make("help", QUICK);
  await open(page, "help");
  await end(page);
  await page.keyboard.type("alice.hang");
  await page.locator(".cm-tooltip-autocomplete li").filter({ hasText: "hangup" }).first().click();
  await page.locator(".cm-line").filter({ hasText: "alice.hangup" }).waitFor();
  await page.locator(".cm-line span").filter({ hasText: /^dial$/ }).first().hover();
  assert.match(await page.locator(".hover-help").innerText(), /dial/);
});

for (const key of ["Control+s", "Alt+s"]) {
  ui(`${key} saves`, async (page) => {
    const name = `save by ${key}`;
    await make(name, QUICK);
    await open(page, name);
    await end(page);
    await page.keyboard.type("// more");
    await page.getByText("unsaved", { exact: false }).first().waitFor();
    await page.keyboard.press(key);
    await page.getByText(/version 2/).waitFor();
    assert.equal(await saved(name), `${QUICK}// more`);
  });
}

ui("what is not saved stays when one looks elsewhere, and leaving the page is asked about", async (page) => {
  await make("draft", QUICK);
  await open(page, "draft");
  await end(page);
  await page.keyboard.type("// not yet");
  await page.getByText("● unsaved").waitFor();
  await page.getByRole("navigation", { name: "Where this is" }).getByRole("link", { name: "p" }).click();
  await page.getByRole("row", { name: /draft/ }).getByText("unsaved").waitFor();
  await page.getByRole("link", { name: "draft", exact: true }).click();
  await page.locator(".cm-line").filter({ hasText: "// not yet" }).waitFor();
  let asked = false;
  page.on("dialog", (dialog) => {
    asked = dialog.type() === "beforeunload";
    void dialog.accept();
  });
  await page.reload();
  assert.ok(asked);
  await page.locator(".cm-line").filter({ hasText: "await alice.closed" }).waitFor();
  assert.equal(await page.locator(".cm-line").filter({ hasText: "// not yet" }).count(), 0);
});

ui("two who save the same test see both and merge", async (page) => {
  await make("both", QUICK);
  await open(page, "both");
  await end(page);
  await page.keyboard.type("// mine");
  await call("PUT", "/projects/p/tests/both", { text: `// theirs\n${QUICK}`, based_on: 1 });
  await page.getByText(/has saved version 2/).waitFor();
  await page.keyboard.press("Control+s");
  const dialog = page.getByRole("dialog", { name: /has saved this test meanwhile/ });
  await dialog.locator(".cm-mergeView").waitFor();
  await usable(page, "a merge");
  await dialog.locator(".cm-merge-revert button").first().click();
  await dialog.getByRole("button", { name: "Save the right side" }).click();
  await page.getByText(/version 3/).first().waitFor();
  assert.equal(await saved("both"), `// theirs\n${QUICK}// mine`);
}, { refusals: true });

ui("who has changed nothing gets the new version at once", async (page) => {
  await make("follow", QUICK);
  await open(page, "follow");
  await problems(page).getByText("none").waitFor();
  await call("PUT", "/projects/p/tests/follow", { text: `// theirs\n${QUICK}`, based_on: 1 });
  await page.locator(".cm-line").filter({ hasText: "// theirs" }).waitFor();
  assert.equal(await page.getByText("● unsaved").count(), 0);
});

ui("versions are compared and restored", async (page) => {
  await make("versions", "// one\n");
  await call("PUT", "/projects/p/tests/versions", { text: "// two\n", based_on: 1 });
  await open(page, "versions");
  await page.keyboard.press("Alt+v");
  const dialog = page.getByRole("dialog", { name: "Versions of versions" });
  await dialog.locator(".cm-changedLine").first().waitFor();
  await usable(page, "versions");
  await dialog.getByRole("button", { name: /^1/ }).click();
  await dialog.getByRole("button", { name: "Restore version 1" }).click();
  // Until it is gone there are two texts.
  await dialog.waitFor({ state: "detached" });
  await page.locator(".cm-line").filter({ hasText: "// one" }).waitFor();
  await page.getByText(/version 3/).first().waitFor();
  assert.equal(await saved("versions"), "// one\n");
});

ui("a testfile has each name in its colour, and its Rhai beside it, in step", async (page) => {
  await make("classic", FILE, "testfile");
  await open(page, "classic");
  assert.equal(await page.locator(".def-0").count(), 3);
  assert.equal(await page.locator(".def-1").count(), 2);
  const colour = (name) => page.locator(name).first().evaluate((mark) => getComputedStyle(mark.querySelector("*") ?? mark).color);
  assert.notEqual(await colour(".def-0"), await colour(".def-1"));
  await page.getByRole("button", { name: "Compiled" }).click();
  await page.waitForURL("**?side=compiled");
  const compiled = page.getByRole("region", { name: "Compiled" });
  await compiled.locator(".cm-line").filter({ hasText: "dial" }).first().waitFor();
  await page.getByRole("textbox", { name: "Text of classic" }).click();
  await end(page);
  await page.keyboard.type("ua1:hangup");
  await compiled.locator(".from-here").filter({ hasText: "hangup" }).first().waitFor();
});

ui("the text that is not saved is run, and what failed is marked at its line", async (page) => {
  await make("unsaved", QUICK);
  await open(page, "unsaved");
  await end(page);
  await page.keyboard.type("await alice.established() within 300ms;");
  await page.keyboard.press("Control+Enter");
  await badge(last(page), "Fail").waitFor();
  await page.locator(".results .result.fail").waitFor();
  assert.equal(await saved("unsaved"), QUICK);
  const reason = last(page).locator(".reason").first();
  assert.match(await reason.innerText(), /:8\s+alice's call to bob was refused: 486/);
  assert.match(await reason.getByRole("link").getAttribute("href"), /^\/runs\/[^?]+(\?msg=\d+)?$/);
  await page.keyboard.press("Control+Home");
  await reason.getByRole("button").click();
  await page.locator(".cm-activeLine").filter({ hasText: "established" }).waitFor();
});

ui("each line that the last run reached is marked, until it is edited", async (page) => {
  await make("marks", `${QUICK}await alice.established() within 300ms;\nalice.dial(bob);\n`);
  await open(page, "marks");
  const marked = (tone, count) => page.waitForFunction(([tone, count]) => document.querySelectorAll(`.results .result.${tone}`).length === count, [tone, count]);
  await page.keyboard.press("Alt+r");
  await badge(last(page), "Fail").waitFor();
  await marked("fail", 1);
  await marked("done", 7);
  assert.equal(await page.locator(".results .result.done").first().getAttribute("title"), "passed in the last run");
  assert.match(await page.locator(".results .result.fail").getAttribute("title"), /alice's call to bob was refused: 486/);
  assert.match(await last(page).innerText(), /8 lines reached/);
  await usable(page, "marks of a run");
  // Whoever opens the test sees them too.
  await page.reload();
  await marked("done", 7);
  await page.locator(".cm-line").filter({ hasText: "hangup(486)" }).click();
  await page.keyboard.press("End");
  await page.keyboard.type(" // changed");
  await marked("done", 6);
  await page.keyboard.press("Control+z");
  await marked("done", 7);
  // A new line above them moves them.
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("// new\n");
  await page.locator(".cm-line").filter({ hasText: "// new" }).waitFor();
  await marked("done", 7);
  await marked("fail", 1);
  const [mark, line] = await Promise.all([page.locator(".results .result.fail"), page.locator(".cm-line").filter({ hasText: "established() within" })].map((one) => one.boundingBox()));
  assert.ok(Math.abs(mark.y - line.y) < 8, `${mark.y} beside ${line.y}`);
});

ui("a testfile's lines are marked too, and of a run that goes on the line that it is at", async (page) => {
  await make("going on", `${FILE}ua1:hangup | 60s\nua1:dial ua2 | 0s\n`, "testfile");
  await open(page, "going on");
  await page.keyboard.press("Alt+r");
  const now = page.locator(".results .result.now");
  const here = page.locator(".cm-line").filter({ hasText: "hangup | 60s" });
  await page.waitForFunction(() => {
    const mark = document.querySelector(".results .result.now");
    const line = [...document.querySelectorAll(".cm-line")].find((line) => line.textContent.includes("hangup | 60s"));
    return mark && line && Math.abs(mark.getBoundingClientRect().y - line.getBoundingClientRect().y) < 8;
  });
  await here.waitFor();
  assert.equal(await now.getAttribute("title"), "runs now");
  await page.keyboard.press("Control+.");
  await badge(last(page), "Cancelled").waitFor();
  await page.waitForFunction(() => document.querySelectorAll(".results .result.done").length >= 2);
  assert.equal(await now.count(), 0);
});

ui("a saved test is run by Alt+R, and its hash is written into it", async (page) => {
  await make("hash", QUICK);
  await open(page, "hash");
  await page.keyboard.press("Alt+r");
  await badge(last(page), "Pass").waitFor();
  await page.getByRole("button", { name: "Write its hash into the test" }).click();
  await page.locator(".cm-line").filter({ hasText: /hash\("/ }).waitFor();
  assert.match(await saved("hash"), /hash\("[0-9a-f]{16}/);
});

ui("?line= leads to a line", async (page) => {
  await make("lines", QUICK);
  await open(page, "lines", "?line=6");
  await page.locator(".cm-activeLine").filter({ hasText: "hangup(486)" }).waitFor();
});

ui("an empty test offers what to begin with", async (page) => {
  await make("empty", "");
  await open(page, "empty");
  await page.getByRole("button", { name: "Several tests in a file" }).click();
  await page.locator(".cm-line").filter({ hasText: "bob is busy" }).waitFor();
  await page.getByRole("button", { name: "Block" }).click();
  await page.getByRole("menuitem", { name: "bob answers" }).waitFor();
});

ui("what a hostile text makes the checker say is text", async (page) => {
  await make("hostile", `let a = agent("a");\na.event("<img src=x onerror=document.title='owned'>");\na["<b>"];\nlet x = <script>;\n`);
  await open(page, "hostile");
  await problems(page).getByRole("button").first().waitFor();
  assert.equal(await page.locator("main img, main script, main iframe").count(), 0);
  assert.doesNotMatch(await page.title(), /owned/);
});

for (const colorScheme of ["light", "dark"]) {
  ui(`all can use the editor (${colorScheme})`, async (page) => {
    await make(`axe ${colorScheme}`, `${FILE}# a comment\n_accept CALL_CLOSED\nua1:dail ua2\n`, "testfile");
    await open(page, `axe ${colorScheme}`, "?side=compiled");
    await page.getByRole("region", { name: "Compiled" }).locator(".cm-line").nth(3).waitFor();
    await usable(page, "a testfile with its Rhai");
    await make(`rhai ${colorScheme}`, `// a comment\nlet a = agent("a"); let n = 5s;\nif true { a.dial("x \${n}", \`\${n}\`); }\nawait a.event("CALL_CLOSED") within 5s;\na.dail();\n`);
    await open(page, `rhai ${colorScheme}`);
    await problems(page).getByRole("button").first().waitFor();
    await usable(page, "a script");
    await page.setViewportSize({ width: 390, height: 844 });
    await usable(page, "a script on a phone");
  }, { colorScheme });
}
