// What stands beside a recording, to compare what was received with what was sent.
import type { Recording, RunDetail } from "./api/run";
import type { SoundFile } from "./api/sounds";

/** Who talked to the agent in the call that was recorded, and the sound that it sent; null where the run does not tell. */
export const sender = (run: Pick<RunDetail, "calls" | "agents">, recording: Recording | null): { name: string; sound: string } | null => {
  const call = run.calls.find(({ agent, number }) => agent === recording?.agent && number === recording.call);
  // An agent that was restarted is there twice: the later one counts.
  const peer = run.agents.findLast(({ name }) => name === call?.peer);
  return peer?.sound ? { name: peer.name, sound: peer.sound } : null;
};

/** The sound that was chosen, if it is there: "" is none, null is not chosen yet, then what was sent. */
export const reference = (sounds: SoundFile[], chosen: string | null, sent: string | null): (SoundFile & { seconds: number }) | null => {
  const found = sounds.find(({ name }) => name === (chosen ?? sent));
  return found && found.seconds !== null ? { ...found, seconds: found.seconds } : null;
};
