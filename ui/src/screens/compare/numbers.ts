// The numbers of two runs beside each other, with what they differ by.
import type { RunCall, RunDetail } from "../../lib/api/run";

export interface Number { about: string; what: string; a: number | null; b: number | null; unit: string; digits: number; /** Which direction is worse. */ worse: "more" | "less" | null }

const took = (from: number | null | undefined, to: number | null | undefined) => (from === null || from === undefined || to === null || to === undefined ? null : to - from);

const METRICS: { what: string; unit: string; digits: number; worse: Number["worse"]; of: (call: RunCall) => number | null | undefined }[] = [
  { what: "Post-dial delay", unit: "ms", digits: 0, worse: "more", of: ({ direction, invited, rung }) => (direction === "outgoing" ? took(invited, rung) : null) },
  { what: "Ringing", unit: "ms", digits: 0, worse: null, of: ({ rung, established }) => took(rung, established) },
  { what: "Talking", unit: "ms", digits: 0, worse: null, of: ({ established, closed }) => took(established, closed) },
  { what: "Packets sent", unit: "", digits: 0, worse: "less", of: ({ audio }) => audio?.packets?.[0] },
  { what: "Packets received", unit: "", digits: 0, worse: "less", of: ({ audio }) => audio?.packets?.[1] },
  { what: "Lost, sent", unit: "", digits: 0, worse: "more", of: ({ audio }) => audio?.lost?.[0] },
  { what: "Lost, received", unit: "", digits: 0, worse: "more", of: ({ audio }) => audio?.lost?.[1] },
  { what: "Jitter, sent", unit: "ms", digits: 2, worse: "more", of: ({ audio }) => audio?.jitter?.[0] },
  { what: "Jitter, received", unit: "ms", digits: 2, worse: "more", of: ({ audio }) => audio?.jitter?.[1] },
  { what: "Round trip", unit: "ms", digits: 2, worse: "more", of: ({ audio }) => audio?.rtt },
  { what: "MOS", unit: "", digits: 2, worse: "less", of: ({ audio }) => audio?.mos },
];

/** The run's own numbers, then those of each call that either has; what neither tells is left out. */
export const numbers = (a: RunDetail, b: RunDetail): Number[] => {
  const key = (call: RunCall) => `${call.agent}, call ${call.number}`;
  const [left, right] = [new Map(a.calls.map((call) => [key(call), call])), new Map(b.calls.map((call) => [key(call), call]))];
  const count = (what: string, x: number, y: number): Number => ({ about: "run", what, a: x, b: y, unit: "", digits: 0, worse: null });
  const all: Number[] = [
    { about: "run", what: "Duration", a: a.duration, b: b.duration, unit: "ms", digits: 0, worse: "more" },
    count("Agents", a.agents.length, b.agents.length), count("Calls", a.calls.length, b.calls.length), count("Events", a.events, b.events), count("Recordings", a.recordings.length, b.recordings.length),
  ];
  for (const about of new Set([...left.keys(), ...right.keys()])) {
    const [x, y] = [left.get(about), right.get(about)];
    for (const { of, ...metric } of METRICS) {
      const [one, other] = [(x && of(x)) ?? null, (y && of(y)) ?? null];
      if (one !== null || other !== null) all.push({ about, ...metric, a: one, b: other });
    }
  }
  return all;
};

/** "+12.5", "−3", "0"; null where one side has none. */
export const delta = ({ a, b, digits }: Number): string | null => {
  if (a === null || b === null) return null;
  const by = b - a;
  const shown = Math.abs(by).toFixed(digits);
  return Number(shown) === 0 ? "0" : `${by < 0 ? "−" : "+"}${shown}`;
};

export const isWorse = ({ a, b, worse }: Number): boolean => {
  if (a === null || b === null || worse === null || a === b) return false;
  // A tenth more or less is chance.
  return worse === "more" ? b > a * 1.1 + 1 : b < a * 0.9;
};
