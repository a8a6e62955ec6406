// Chromium without a network, and a page in it that fails its test for whatever it complains of or asks for.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { chromium } from "playwright-core";
import { begun } from "./begun.js";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";

const ARGUMENTS = [
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--autoplay-policy=no-user-gesture-required",
];

export const launch = () => begun(() => chromium.launch({ executablePath: CHROMIUM, args: ARGUMENTS }));

/** Opens a report that the Rust tests wrote, does something with it, and sees to it that it was quiet. */
export const withReport = async (browser, file, options, act) => {
  assert.ok(existsSync(file), `${file} is missing: the Rust tests write it, run them first (make test)`);
  const context = await browser.newContext({ offline: true, viewport: { width: 1280, height: 900 }, ...options });
  const complaints = [];
  const page = await context.newPage();
  page.setDefaultTimeout(10_000);
  page.on("console", (message) => complaints.push(`console ${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => complaints.push(`error: ${error.message}`));
  page.on("dialog", (dialog) => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", (request) => {
    const url = request.url();
    if (url !== `file://${file}` && !url.startsWith("data:")) complaints.push(`request: ${url.slice(0, 200)}`);
  });
  try {
    await page.goto(`file://${file}`);
    await act(page);
    assert.deepEqual(complaints, []);
  } finally {
    await context.close();
  }
};
