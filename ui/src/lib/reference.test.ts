import { expect, test } from "vitest";
import type { Recording, RunDetail } from "./api/run";
import { reference, sender } from "./reference";

const run = {
  agents: [{ name: "alice", sound: "alice.wav" }, { name: "bob", sound: "old.wav" }, { name: "bob", sound: "bob.wav" }, { name: "mute", sound: null }],
  calls: [{ agent: "alice", number: 1, peer: "bob" }, { agent: "alice", number: 2, peer: "mute" }, { agent: "alice", number: 3, peer: "sip:x@elsewhere" }],
} as unknown as RunDetail;
const recording = (call: number | null, agent = "alice") => ({ file: "a.wav", agent, call, seconds: 2, size: 1 }) as Recording;

test("what an agent received is what its peer in that call sent", () => {
  expect(sender(run, recording(1))).toEqual({ name: "bob", sound: "bob.wav" });
  for (const none of [recording(2), recording(3), recording(4), recording(null), recording(1, "bob"), null]) expect(sender(run, none)).toBeNull();
});

test("the peer's sound is the reference until another one is chosen, or none", () => {
  const sounds = [{ name: "alice.wav", size: 1, seconds: 32, built_in: true }, { name: "bob.wav", size: 1, seconds: 5, built_in: false }];
  expect(reference(sounds, null, "bob.wav")?.seconds).toBe(5);
  expect(reference(sounds, "alice.wav", "bob.wav")?.name).toBe("alice.wav");
  expect([reference(sounds, "", "bob.wav"), reference(sounds, null, "gone.wav"), reference(sounds, null, null), reference([], null, "bob.wav")]).toEqual([null, null, null, null]);
});
