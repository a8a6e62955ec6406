// A page of the UI that fails its test for whatever it complains of, and axe, which finds what somebody could not use.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { begun } from "../browser/begun.js";
import { client } from "./program.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];

export const launch = () => begun(() => chromium.launch({ executablePath: CHROMIUM, args: [...ARGUMENTS, "--autoplay-policy=no-user-gesture-required"] }));

/** The name of the browser's message for an answer that is no success: a test that provokes one says so. */
const isRefusal = (text) => /Failed to load resource: the server responded with a status of (401|403|404|409|422|429|503)/.test(text);
const isLoss = (text) => /WebSocket connection to|ERR_CONNECTION_REFUSED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE/.test(text);

/**
 * Opens a page, does something with it, and sees to it that it was quiet.
 * `login: false`: nobody is logged in. `refusals`: requests may be refused. `losses`: the server may be away.
 */
export const withPage = async (browser, server, act, { login = true, refusals = false, losses = false, ...options } = {}) => {
  const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 }, ...options });
  if (login) {
    const [name, value] = (await client(server)).cookie.split("=");
    await context.addCookies([{ name, value, url: server.url, httpOnly: true, sameSite: "Strict" }]);
  }
  const complaints = [];
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  page.on("console", (message) => {
    const text = message.text();
    if (!["error", "warning"].includes(message.type())) return;
    if ((refusals && isRefusal(text)) || (losses && isLoss(text))) return;
    complaints.push(`console ${message.type()}: ${text}`);
  });
  page.on("pageerror", (error) => complaints.push(`error: ${error.stack ?? error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(server.url) && !url.startsWith("data:") && !url.startsWith("blob:")) complaints.push(`request: ${url.slice(0, 200)}`);
  });
  try {
    await act(page, context);
    assert.deepEqual(complaints, []);
  } catch (error) {
    if (error instanceof Error) error.stack += `\nthe page at ${page.url()} said:\n${(await page.locator("body").innerText().catch(() => "")).slice(0, 3000)}`;
    if (complaints.length > 0 && error instanceof Error) error.message += `\nthe page complained:\n${complaints.join("\n")}`;
    throw error;
  } finally {
    await context.close();
  }
};

const AXE = readFileSync(fileURLToPath(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** What fades or slides in is there: a fade shows half a colour for a moment. */
export const still = (page) => page.evaluate(() => Promise.all(document.getAnimations().filter((animation) => animation.effect?.getTiming().iterations === 1).map((animation) => animation.finished.catch(() => {}))));

/** Everybody can use what is shown now (WCAG 2.1 AA), and it fits its screen. */
export const usable = async (page, what) => {
  await still(page);
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run({ runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }));
  const told = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 4).map((node) => `${node.target.join(" ")} ${node.any[0]?.message ?? ""}`).join("; ")}`);
  assert.deepEqual(told, [], what);
  const [inner, outer] = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(inner <= outer, `${what} is ${inner} px wide on a screen of ${outer} px`);
};
