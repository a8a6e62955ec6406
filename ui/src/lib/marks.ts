// What stands out in a sound, from the peaks that the server made of it.

export interface Mark { kind: "silence" | "clipping"; from: number; to: number }
export type Peak = [low: number, high: number];

/** Below it nobody hears anything: -64 dBFS and the peaks above it; the silence of codecs is softer. */
const SILENT = 0.0015;
/** A pause within a word is shorter, in seconds. */
const SHORTEST = 0.2;
/** The end of the scale, but for what rounding takes. */
const FULL = 0.985;

/** Silences, and where the sound reaches full scale, in seconds and in their order. */
export const marks = (peaks: Peak[], seconds: number): Mark[] => {
  const width = seconds / Math.max(1, peaks.length);
  const found: Mark[] = [];
  let open = null as Mark | null;
  for (const [i, [low, high]] of peaks.entries()) {
    const loudest = Math.max(Math.abs(low), Math.abs(high));
    const kind = loudest < SILENT ? "silence" : loudest >= FULL ? "clipping" : null;
    if (open?.kind !== kind) open = kind && { kind, from: i * width, to: 0 };
    if (!open) continue;
    open.to = (i + 1) * width;
    if (found.at(-1) !== open) found.push(open);
  }
  return found.filter(({ kind, from, to }) => kind === "clipping" || to - from >= SHORTEST);
};

/** For those who do not see them; the first few of each kind. */
export const inWords = (all: Mark[]): string => {
  const time = ({ from, to }: Mark) => (to - from < 0.1 ? from.toFixed(1) : `${from.toFixed(1)} to ${to.toFixed(1)}`);
  const list = (name: Mark["kind"], words: string) => {
    const some = all.filter(({ kind }) => kind === name);
    const more = some.length > 4 ? ` and ${some.length - 4} more` : "";
    return some.length === 0 ? [] : [`${words}: ${some.slice(0, 4).map(time).join(", ")} s${more}`];
  };
  return [...list("silence", "silence"), ...list("clipping", "full scale")].join(" · ");
};
