// What a file of tests begins with: a browser, a server of its own, and what is done again and again on a page.
import { after, test } from "node:test";
import { launch, withPage } from "./browser.js";
import { client, serve } from "./program.js";

/** The browser and the server of a file, gone when its tests are over. `call`: the REST interface; `ui`: a test on a page (the options of `withPage`). */
export const begin = async () => {
  let browser;
  let server;
  after(async () => {
    await browser?.close();
    await server?.end();
  });
  [browser, server] = await Promise.all([launch(), serve()]);
  const { call } = await client(server);
  const ui = (name, act, options = {}) => test(name, () => withPage(browser, server, act, options));
  return { browser, server, call, ui };
};

/** Chooses an entry of a menu. */
export const menu = async (page, label, entry) => {
  await page.getByRole("button", { name: label, exact: true }).click();
  await page.getByRole("menuitem", { name: entry }).click();
};

/** How something ended, or how it goes. */
export const badge = (where, word) => where.locator(".badge", { hasText: word });
