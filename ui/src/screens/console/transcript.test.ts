import { expect, test } from "vitest";
import { agentLine, Recall, Transcript } from "./transcript";

const message = (t: string, more: object) => ({ topic: "console", seq: 1, ts: 0, t, ...more });

test("a transcript takes lines and what came of them, and nothing else", () => {
  const transcript = new Transcript();
  expect(transcript.take(message("console.line", { text: "alice.dial(bob)", by: "eva" }))).toBe(true);
  transcript.take(message("console.out", { kind: "error", text: "<b>no</b>" }));
  transcript.take(message("console.out", { kind: "strange", text: "x" }));
  expect(transcript.take(message("console.busy", { busy: true }))).toBe(false);
  expect(transcript.entries.map(({ kind, text, by, bad }) => [kind, text, by, bad])).toEqual([["line", "alice.dial(bob)", "eva", false], ["error", "<b>no</b>", null, true], ["text", "x", null, false]]);
  for (let i = 0; i < 5000; i += 1) transcript.add("event", String(i));
  expect(transcript.entries.length).toBe(2000);
  expect(transcript.entries.at(-1)?.text).toBe("4999");
});

test("an agent's line is a script's, whatever its name", () => {
  expect(agentLine("alice", "")).toBe('let alice = agent("alice")');
  expect(agentLine("desk", "<sip:1@x>;auth_pass=a\"b")).toBe('let desk = agent("<sip:1@x>;auth_pass=a\\"b", #{ name: "desk" })');
  expect(agentLine('a"; exit()', "")).toBe('let phone = agent("a\\"; exit()")');
});

test("lines are recalled, and what was being typed comes back", () => {
  const recall = new Recall(["one"]);
  recall.push("two");
  recall.push("two");
  expect([recall.step(1, "dra"), recall.step(1, "two"), recall.step(1, "one"), recall.step(-1, "one"), recall.step(-1, "two"), recall.step(-1, "dra")]).toEqual(["two", "one", null, "two", "dra", null]);
});
