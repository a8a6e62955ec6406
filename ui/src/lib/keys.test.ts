// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import { Keys, pressed } from "./keys";
import { score } from "./score";

let now = 0;
let keys: Keys;
let done: string[];
beforeEach(() => {
  keys = new Keys(() => now);
  done = [];
});

const press = (key: string, more: KeyboardEventInit = {}, target: HTMLElement = document.body) => {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  Object.defineProperty(event, "target", { value: target });
  return keys.handle(event);
};
const command = (title: string, ...on: string[]) => ({ title, group: "x", keys: on, run: () => void done.push(title) });

test("a key has its name", () => {
  const name = (key: string, more: KeyboardEventInit = {}) => pressed(new KeyboardEvent("keydown", { key, ...more }));
  expect(name("s", { ctrlKey: true })).toBe("Ctrl+S");
  expect(name("®", { altKey: true, code: "KeyR" })).toBe("Alt+R");
  expect(name("?", { shiftKey: true })).toBe("?");
  expect(name("F8", { shiftKey: true })).toBe("Shift+F8");
  expect(name("Enter", { ctrlKey: true })).toBe("Ctrl+Enter");
  expect(name("j")).toBe("j");
});

test("the command that came last has a key first, and gives it back", () => {
  keys.register(() => [command("old", "j"), command("k", "k")]);
  const end = keys.register(() => [command("new", "j")]);
  press("j");
  end();
  press("j");
  press("k");
  expect(done).toEqual(["new", "old", "k"]);
  expect(press("x")).toBe(false);
});

test("two keys in a row are one command, if they come soon", () => {
  keys.register(() => [command("tests", "g t"), command("t", "t")]);
  press("g");
  press("t");
  press("g");
  now += 5000;
  press("t");
  expect(done).toEqual(["tests", "t"]);
});

test("what is typed into a field is no command, but Ctrl and F keys are", () => {
  keys.register(() => [command("j", "j"), command("save", "Ctrl+S"), command("next", "F8")]);
  const input = document.createElement("input");
  press("j", {}, input);
  press("s", { ctrlKey: true }, input);
  press("F8", {}, input);
  expect(done).toEqual(["save", "next"]);
});

test("nothing works behind a dialog, nor what is not enabled", () => {
  keys.register(() => [command("save", "Ctrl+S"), { ...command("off", "o"), enabled: () => false }]);
  const free = keys.block();
  press("s", { ctrlKey: true });
  free();
  press("o");
  expect(done).toEqual([]);
  expect(keys.all().map(({ title }) => title)).toEqual(["save"]);
});

test("letters find titles: a whole word before its letters, beginnings before middles", () => {
  const best = (typed: string, ...titles: string[]) =>
    titles.map((title) => ({ title, points: score(typed, title) })).filter(({ points }) => points !== null).sort((a, b) => b.points! - a.points!).map(({ title }) => title);
  expect(best("run", "Return", "Stop the run", "Run selected")).toEqual(["Run selected", "Stop the run", "Return"]);
  expect(best("rs", "Cursor", "Run selected")).toEqual(["Run selected", "Cursor"]);
  expect(score("xyz", "Run")).toBeNull();
});
