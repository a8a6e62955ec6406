// Somebody without a mouse: Tab to what is meant, then keys; and what Tab reaches of a screen, and shows.
import assert from "node:assert/strict";

const FAR = 400;

/** Tabs to an element (or, with `back`, backwards); more Tabs than any screen has stops fail. */
export const reach = async (page, where, { back = false } = {}) => {
  await where.waitFor();
  for (let tabs = 0; tabs < FAR; tabs += 1) {
    if (await where.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press(back ? "Shift+Tab" : "Tab");
  }
  assert.fail(`Tab does not reach ${where}`);
};

/** Tabs to it and presses a key. */
export const press = async (page, where, key = "Enter") => {
  await reach(page, where);
  await page.keyboard.press(key);
};

/** Tabs to a field and writes into it, instead of what stands there. */
export const write = async (page, where, text) => {
  await press(page, where, "Control+a");
  await page.keyboard.type(text);
};

/** Tabs to a list of choices and goes to the one that is called so by its first letters, as browsers do. */
export const pick = async (page, where, label) => {
  await reach(page, where);
  await page.keyboard.type(label);
  assert.equal(await where.evaluate((select) => select.selectedOptions[0]?.label), label);
};

/** Opens a menu and goes down to an entry. */
export const pickMenu = async (page, label, entry) => {
  await press(page, page.getByRole("button", { name: label, exact: true }).first());
  const item = page.getByRole("menuitem", { name: entry });
  await item.waitFor();
  for (let steps = 0; steps < 30; steps += 1) {
    if (await item.evaluate((element) => element === document.activeElement)) return page.keyboard.press("Enter");
    await page.keyboard.press("ArrowDown");
  }
  assert.fail(`the arrows do not reach ${entry} in the menu ${label}`);
};

/** By the palette: some letters of a command, of a project, of a test. */
export const command = async (page, letters, option = new RegExp(`^${letters}`)) => {
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /^Find a command/ }).waitFor();
  await page.keyboard.type(letters);
  const selected = page.getByRole("dialog", { name: "Command palette" }).getByRole("option", { selected: true });
  await selected.filter({ hasText: option }).waitFor();
  await page.keyboard.press("Enter");
};

/** In the page: what can be used on it, and how the element with the focus looks with and without it. */
const instruments = () => {
  // What Svelte marks an element with that has handlers.
  const HANDLED = [...document.querySelectorAll("*")].flatMap((element) => Object.getOwnPropertySymbols(element)).find(({ description }) => description === "events");
  const USED = "a[href], button, input, select, textarea, summary, [role=button], [role=tab], [role=option], [role=menuitem], [role=slider], [contenteditable=true], [tabindex='0']";
  const COMPOSITE = "[role=listbox], [role=tablist], [role=menu], [role=tree], [role=grid]";
  const STYLES = ["outlineStyle", "outlineWidth", "boxShadow", "borderColor", "backgroundColor"];
  const reached = new Set();
  let before = null;
  let first = null;
  let known = 0;
  const usable = (element) => {
    if (element.matches(":disabled, input[type=hidden]") || element.closest("[inert], [aria-hidden=true]")) return false;
    const { width, height } = element.getBoundingClientRect();
    return width > 1 && height > 1 && element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  };
  const told = (element) => `${element.tagName.toLowerCase()}.${[...element.classList].join(".")} “${(element.getAttribute("aria-label") ?? element.innerText ?? "").trim().slice(0, 40)}”`;
  // The element itself, or what is around it: a field may show it by its frame.
  const look = (element) => [element, element.parentElement, element.parentElement?.parentElement].map((part) => part && STYLES.map((style) => getComputedStyle(part)[style]).join(" "));
  globalThis.keyboard = {
    /** The focus is here now; what it left must have looked another way. Says what showed nothing. */
    arrive: () => {
      const now = document.activeElement;
      let blind = null;
      if (before && before.element !== now && before.element.isConnected && look(before.element).every((style, i) => style === before.look[i])) blind = told(before.element);
      const seen = now && now !== document.body;
      const met = reached.has(now);
      if (seen) reached.add(now);
      // Once around, and nothing has come that was not there before: what is chosen on the way may open something.
      first ??= seen ? now : null;
      const done = seen && now === first && known === reached.size;
      if (seen && now === first) known = reached.size;
      before = seen ? { element: now, look: look(now) } : null;
      return { told: seen ? told(now) : null, done, blind, composite: seen && !met && now.matches(COMPOSITE), editor: seen && now.closest(".cm-editor") !== null };
    },
    /** Where a list with the focus says that it is. */
    active: () => document.activeElement?.getAttribute("aria-activedescendant") ?? null,
    missed: () => {
      const all = [...document.querySelectorAll(USED), ...[...document.querySelectorAll("canvas, svg")].filter((drawn) => HANDLED && drawn[HANDLED]?.click)].filter(usable);
      const within = (element) => {
        const around = element.parentElement?.closest(COMPOSITE);
        return around && (reached.has(around) || [...around.querySelectorAll("*")].some((part) => reached.has(part)));
      };
      const group = (element) => element.type === "radio" && [...reached].some((other) => other.type === "radio" && other.name === element.name);
      return { all: all.length, missed: all.filter((element) => !reached.has(element) && !within(element) && !group(element)).map(told) };
    },
  };
};

/** Every visible thing that can be used is reached by Tab, or by the arrows in a list that Tab reaches, and shows when it has the focus. */
export const reachable = async (page, what) => {
  await page.evaluate(instruments);
  const blind = new Set();
  const stuck = [];
  let stops = 0;
  for (; stops < FAR; stops += 1) {
    await page.keyboard.press("Tab");
    const now = await page.evaluate(() => globalThis.keyboard.arrive());
    if (now.blind) blind.add(now.blind);
    if (now.done) break;
    if (now.composite) {
      const from = await page.evaluate(() => globalThis.keyboard.active());
      for (const key of ["End", "Home"]) await page.keyboard.press(key);
      // A long list draws the row that it went to in its next frame.
      const moved = () => page.waitForFunction(() => globalThis.keyboard.active() !== null, undefined, { timeout: 5000 }).then(() => true, () => false);
      if (from === null && !(await moved())) stuck.push(now.told);
    }
    // In a text Tab is a character; Escape lets it go.
    if (now.editor) await page.keyboard.press("Escape");
  }
  assert.ok(stops < FAR, `Tab comes to no end: ${what}`);
  const { all, missed } = await page.evaluate(() => globalThis.keyboard.missed());
  assert.ok(all > 3, `${what}: ${all} things to use`);
  assert.deepEqual({ missed, blind: [...blind], stuck }, { missed: [], blind: [], stuck: [] }, what);
};
