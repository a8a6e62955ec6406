import { StringStream } from "@codemirror/language";
import { Text } from "@codemirror/state";
import { expect, test } from "vitest";
import { placed } from "./assist";
import { uses } from "./defines";
import { parsers } from "./languages";
import { offsetOf, placeOf } from "./positions";

/** Each piece of a text that has a kind, as "text:kind". */
const pieces = (kind: keyof typeof parsers, text: string): string[] => {
  const parser = parsers[kind] as { startState(): unknown; token(stream: StringStream, state: unknown): string | null };
  const state = parser.startState();
  const found: string[] = [];
  for (const line of text.split("\n")) {
    const stream = new StringStream(line, 4, 4);
    while (!stream.eol()) {
      stream.start = stream.pos;
      const style = parser.token(stream, state);
      if (stream.pos === stream.start) throw new Error(`no progress in ${line}`);
      if (style) found.push(`${stream.current()}:${style}`);
    }
  }
  return found;
};

test("Rhai: words, numbers with their units, calls, comments that nest", () => {
  const found = pieces("rhai", 'await bob.event("CALL_CLOSED") within 500ms; // x\n/* a /* b */ c */ let CALL_X = calls::up(1.5, true);');
  expect(found).toContain("await:keyword");
  expect(found).toContain("event:variableName.function");
  expect(found).toContain("within:keyword");
  expect(found).toContain("500ms:number");
  expect(found).toContain("// x:comment");
  expect(found).toContain(" a /* b */ c */:comment");
  expect(found).toContain("let:keyword");
  expect(found).toContain("CALL_X:atom");
  expect(found).toContain("calls:namespace");
  expect(found).toContain("true:bool");
});

test("Rhai: what stands in ${…} is code again, and a string over lines goes on", () => {
  const found = pieces("rhai", "let a = `x ${ if b { \"}\" } else { 1 } } y\nz`; let c = 2;");
  expect(found).toContain("if:keyword");
  expect(found).toContain('"}":string');
  expect(found).toContain("z`:string");
  expect(found.filter((piece) => piece === "let:keyword").length).toBe(2);
  expect(pieces("rhai", '"open\nlet a')).toContain("let:keyword");
});

test("a testfile: directives, targets, commands, waits, parameters", () => {
  const found = pieces("testfile", "# note\n_accept CALL_CLOSED\nuanew <sip:a@b>;regint=0 | 0s\nsip:a@b:dial 123 | 500ms | hangup");
  expect(found).toEqual(expect.arrayContaining(["# note:comment", "_accept:meta", "CALL_CLOSED:atom", "uanew:keyword", "<sip:a@b>:string", ";regint=:propertyName", "0s:number"]));
  expect(found).toEqual(expect.arrayContaining(["sip:a@b::labelName", "dial:keyword", "123:string", "500ms:number", "hangup:keyword", "|:operator"]));
});

const named = (text: string) => uses(text).map(({ from, to, name }) => `${text.slice(from, to)}=${name}`);

test("each name of a _define is found where it is replaced: after its line, the longest first, not in directives", () => {
  expect(named("ua dial\n_define ua x\nua:dial ua")).toEqual(["ua=0", "ua=0", "ua=0"]);
  expect(named("_define FOO 1\n_define FOOBAR 2\nFOOBAR FOO")).toEqual(["FOO=0", "FOOBAR=1", "FOOBAR=1", "FOO=0"]);
  expect(named("_define a 1\n# a\n_accept a\n_DEFINE b 2\nb")).toEqual(["a=0", "b=1", "b=1"]);
  expect(named("_define ü x\nxüy")).toEqual(["ü=0", "ü=0"]);
  expect(named("_define a 1\n_define a 2\na")).toEqual(["a=0", "a=0", "a=0"]);
});

test("places count characters, offsets what they are made of", () => {
  const doc = Text.of(["a😀b", "", "cd"]);
  expect(offsetOf(doc, 1, 3)).toBe(3);
  expect(placeOf(doc, 3)).toEqual({ line: 1, column: 3 });
  expect(offsetOf(doc, 1, 99)).toBe(4);
  expect(offsetOf(doc, 3, 2)).toBe(7);
  expect(offsetOf(doc, 9, 1)).toBe(8);
  for (const offset of [0, 1, 3, 4, 5, 6, 7, 8]) {
    const { line, column } = placeOf(doc, offset);
    expect(offsetOf(doc, line, column)).toBe(offset);
  }
});

test("a diagnostic is placed at its text, at its word, or at the top", () => {
  const doc = Text.of(["let a = dail(b);"]);
  const at = (more: object) => placed(doc, { line: 1, column: 9, severity: "error", message: "m", ...more });
  expect(at({})).toMatchObject({ from: 8, to: 12, message: "m" });
  expect(at({ end: { line: 1, column: 16 }, advice: "do" })).toMatchObject({ from: 8, to: 15, message: "m\ndo" });
  expect(at({ line: null, column: null })).toMatchObject({ from: 0, to: 3 });
  expect(at({ line: 7 })).toMatchObject({ from: 16, to: 16 });
});
