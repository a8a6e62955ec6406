// Who comes in, how, and what is around every screen.
import assert from "node:assert/strict";
import { test } from "node:test";
import { usable, withPage } from "./browser.js";
import { serve } from "./program.js";
import { begin } from "./support.js";

const { browser, server, ui } = await begin();

const login = async (page, password) => {
  await page.getByLabel("User").fill("telefonist");
  await page.getByLabel("Password").fill(password);
  await page.getByRole("button", { name: "Log in" }).click();
};

ui("a deep link leads over the login and back to where it meant", async (page) => {
  await page.goto("/settings/keys?x=1");
  await page.waitForURL("**/login?next=**");
  await login(page, "wrong");
  await page.getByRole("alert").filter({ hasText: "wrong" }).waitFor();
  await login(page, server.password);
  await page.waitForURL("**/settings/keys?x=1");
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  assert.equal(await page.title(), "Settings – telefonist");
  await page.getByRole("button", { name: "Log out" }).click();
  await page.waitForURL("**/login?next=**");
  await page.goto("/settings/users");
  await page.waitForURL("**/login?next=**");
}, { login: false, refusals: true });

ui("a login leads to no other site", async (page) => {
  await page.goto("/login?next=//elsewhere.example/");
  await login(page, server.password);
  await page.getByRole("navigation", { name: "Main" }).waitFor();
  assert.equal(new URL(page.url()).origin, server.url);
}, { login: false });

ui("users are made, get passwords, and go", async (page) => {
  await page.goto("/settings/users");
  await page.getByRole("button", { name: "New user" }).click();
  await page.getByLabel("Name").fill("anna");
  await page.getByLabel("New password").fill("a long password");
  await page.getByLabel("Once more").fill("another one");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("alert").filter({ hasText: "differ" }).waitFor();
  await page.getByLabel("Once more").fill("a long password");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByRole("row", { name: /anna/ }).waitFor();
  await page.getByRole("button", { name: "Set password of anna" }).click();
  await page.getByLabel("New password").fill("one that is new");
  await page.getByLabel("Once more").fill("one that is new");
  await page.getByRole("button", { name: "Set the password" }).click();
  await page.getByText("The password of anna was changed").waitFor();
  await page.getByRole("button", { name: "Delete anna" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("row", { name: /anna/ }).waitFor({ state: "detached" });
  assert.ok(await page.getByRole("button", { name: "Delete telefonist" }).isDisabled(), "the last user stays");
});

ui("a key is shown once, works, and works no more when it is deleted", async (page) => {
  await page.goto("/settings/keys");
  await page.getByRole("button", { name: "New key" }).click();
  await page.getByLabel("Name").fill("jenkins");
  await page.getByRole("button", { name: "Make the key" }).click();
  const key = await page.getByRole("textbox", { name: "The key" }).inputValue();
  const status = async () => (await fetch(`${server.url}/api/v1/version`, { headers: { "x-api-key": key } })).status;
  assert.equal(await status(), 200);
  await page.getByRole("dialog").getByRole("button", { name: "Close", exact: true }).last().click();
  const row = page.getByRole("row", { name: /jenkins/ });
  assert.match(await row.innerText(), /read\s*run/);
  assert.ok(!(await page.content()).includes(key), "it is not in the page any more");
  await page.getByRole("button", { name: "Delete jenkins" }).click();
  await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
  await page.getByRole("heading", { name: "No keys yet" }).waitFor();
  assert.equal(await status(), 401);
});

ui("a session elsewhere can be ended", async (page, context) => {
  const other = await context.browser().newContext({ baseURL: server.url });
  const elsewhere = await other.newPage();
  await elsewhere.goto("/login");
  await login(elsewhere, server.password);
  await elsewhere.getByRole("navigation", { name: "Main" }).waitFor();
  await page.goto("/settings/sessions");
  await page.getByText("this one").waitFor();
  const ends = page.getByRole("button", { name: /^End/ });
  await ends.first().waitFor();
  for (let left = await ends.count(); left > 0; left -= 1) {
    await ends.first().click();
    await ends.nth(left - 1).waitFor({ state: "detached" });
  }
  await elsewhere.goto("/settings/about");
  await elsewhere.waitForURL("**/login?next=**");
  await other.close();
});

ui("about says what runs here, and whose work is in it", async (page) => {
  await page.goto("/settings/about");
  await page.getByRole("heading", { name: /^telefonist \d/ }).waitFor();
  await page.getByRole("row", { name: /svelte .* MIT/ }).waitFor();
  const texts = await page.request.get("/LICENCES.txt");
  assert.match(await texts.text(), /Permission is hereby granted/);
});

ui("the palette goes anywhere by some letters, ? tells the keys, and keys go there", async (page) => {
  await page.goto("/settings/about");
  await page.getByRole("heading", { name: "Settings" }).waitFor();
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox").fill("tes");
  await page.getByRole("option", { name: /^Tests/ }).waitFor();
  await page.keyboard.press("Enter");
  await page.waitForURL(`${server.url}/`);
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keys" }).getByText("Command palette").waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("dialog").waitFor({ state: "detached" });
  await page.keyboard.press("g");
  await page.keyboard.press(",");
  await page.waitForURL("**/settings/users");
  await page.goBack();
  await page.waitForURL(`${server.url}/`);
});

ui("the theme is the system's until somebody chooses", async (page) => {
  const background = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.goto("/settings/about");
  const theme = page.getByRole("button", { name: /^Theme/ });
  await theme.waitFor();
  assert.equal(await background(), "rgb(19, 21, 24)");
  await theme.click();
  assert.equal(await background(), "rgb(246, 246, 244)");
  await page.reload();
  await theme.waitFor();
  assert.equal(await background(), "rgb(246, 246, 244)");
}, { colorScheme: "dark" });

ui("an address that is none says so", async (page) => {
  await page.goto("/nothing/here");
  await page.getByRole("heading", { name: "Page not found" }).waitFor();
  await page.goto("/settings/nothing");
  await page.getByRole("heading", { name: "No such settings page" }).waitFor();
});

test("with the default password there is a warning that leads to where it is changed", async () => {
  const open = await serve({ password: null });
  try {
    await withPage(browser, open, async (page) => {
      await page.goto("/");
      await page.getByRole("link", { name: "Set a password" }).click();
      await page.getByRole("button", { name: "Set password of telefonist" }).click();
      await page.getByLabel("Current password").fill("telefonist");
      await page.getByLabel("New password").fill("nobody knows this");
      await page.getByLabel("Once more").fill("nobody knows this");
      await page.getByRole("button", { name: "Set the password" }).click();
      await page.getByRole("link", { name: "Set a password" }).waitFor({ state: "detached" });
    });
  } finally {
    await open.end();
  }
});

for (const colorScheme of ["light", "dark"]) {
  ui(`all can use the login and the settings (${colorScheme})`, async (page, context) => {
    for (const section of ["users", "sessions", "keys", "server", "about"]) {
      await page.goto(`/settings/${section}`);
      await page.locator("main .page").getByRole("heading", { name: "Settings" }).waitFor();
      await page.waitForLoadState("networkidle");
      await usable(page, section);
    }
    await page.keyboard.press("Control+k");
    await page.getByRole("option").first().waitFor();
    await usable(page, "the palette");
    await context.clearCookies();
    await page.goto("/login");
    await page.getByLabel("User").waitFor();
    await usable(page, "the login");
  }, { colorScheme });
}

ui("settings fit a phone", async (page) => {
  for (const section of ["users", "keys", "server", "about"]) {
    await page.goto(`/settings/${section}`);
    await page.waitForLoadState("networkidle");
    await usable(page, section);
  }
}, { viewport: { width: 390, height: 844 } });
