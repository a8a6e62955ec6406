// The rules of this folder, as a test: what would make HTML of somebody's text, what is too long.
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const root = `${import.meta.dirname}/`;
const sources = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((name) => /\.(svelte|ts)$/.test(name) && !["rules.test.ts", "lib/api/schema.ts"].includes(name));
const FORBIDDEN = [/\{@html/, /\b(inner|outer)HTML\b/, /insertAdjacentHTML/, /document\.write/, /\beval\(/, /new Function\(/, /dangerously/, /srcdoc/];

const violations = (name: string, text: string): string[] => [
  ...FORBIDDEN.filter((forbidden) => forbidden.test(text)).map((forbidden) => `${name}: ${forbidden} makes HTML or code of a text; show it as text`),
  ...(text.split("\n").length > 300 ? [`${name}: more than 300 lines; split it`] : []),
];

test("the sources keep the rules", () => {
  expect(sources.length).toBeGreaterThan(20);
  expect(sources.flatMap((name) => violations(name, readFileSync(root + name, "utf8")))).toEqual([]);
});

test("each rule fires", () => {
  for (const sample of ["{@html name}", "a.innerHTML = b", "x.insertAdjacentHTML()", "eval(x)", "\n".repeat(301)]) expect(violations("x", sample).length).toBe(1);
});
