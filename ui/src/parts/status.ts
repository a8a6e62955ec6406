// How a run's status looks: a colour, a sign and a word, never the colour alone.
import type { Status } from "../lib/api/runs";

export interface Look {
  word: string;
  sign: string;
  tone: "pass" | "fail" | "error" | "warn" | "running" | "idle";
}

const LOOKS: Record<Status, Look> = {
  pass: { word: "Pass", sign: "✓", tone: "pass" },
  fail: { word: "Fail", sign: "✗", tone: "fail" },
  error: { word: "Error", sign: "!", tone: "error" },
  cancelled: { word: "Cancelled", sign: "⊘", tone: "warn" },
  skipped: { word: "Skipped", sign: "»", tone: "idle" },
  running: { word: "Running", sign: "▸", tone: "running" },
  queued: { word: "Queued", sign: "…", tone: "idle" },
  broken: { word: "Broken", sign: "?", tone: "warn" },
  damaged: { word: "Damaged", sign: "?", tone: "warn" },
};

/** A status that this page does not know is shown as it is. */
export const look = (status: string): Look => LOOKS[status as Status] ?? { word: status, sign: "?", tone: "idle" };
