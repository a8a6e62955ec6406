// A run over time, as lanes: the script (its waits), then each agent (its process, calls, sound, messages).
import type { Call } from "./calls";
import type { Item } from "./events";
import { closedWords } from "./ladder";
import type { Step } from "./steps";

export interface Bar { from: number; to: number; level: number; kind: "process" | "wait" | "sleep" | "step" | "ringing" | "unanswered" | "talking" | "hold" | "media"; label: string; title: string }
export interface Tick { time: number; kind: "sip" | "command" | "failed" | "event" | "step"; n: number; title: string }
export interface TimeLane { name: string; agent: boolean; levels: number; bars: Bar[]; ticks: Tick[] }

const LEVELS = 4;
/** Ticks nearer to each other than this part of the span are one. */
const RESOLUTION = 1500;

const TOLD = new Set(["REGISTER_OK", "CALL_DTMF_START", "TRANSFER", "MESSAGE", "REFER", "CALL_INCOMING", "CALL_OUTGOING"]);

const tick = (item: Item): Tick | null => {
  const made = (kind: Tick["kind"]): Tick => ({ time: item.time, kind, n: item.n, title: `${item.head} ${item.text}`.trim() });
  if (item.sort === "log") return null;
  if (item.bad) return made("failed");
  if (item.sort === "sip") return made("sip");
  if (item.sort === "event") return TOLD.has(item.head) ? made("event") : null;
  if (item.sort === "step" && item.agent !== null && item.head !== "answer") return made("command");
  return item.sort === "step" && (item.head === "step" || item.head === "print") ? made("step") : null;
};

/** One tick for each place on the screen, the failed one where there is one. */
const thinned = (ticks: Tick[], span: number): Tick[] => {
  const kept = new Map<string, Tick>();
  for (const one of ticks) {
    const place = `${one.kind === "failed" ? "" : one.kind}${Math.round((one.time * RESOLUTION) / span)}`;
    if (!kept.has(place)) kept.set(place, one);
  }
  return [...kept.values()];
};

/** Bars that are too short and too close to distinguish become one. */
const merged = (bars: Bar[], span: number): Bar[] => {
  const finest = span / RESOLUTION;
  const last = new Map<string, Bar>();
  const all: Bar[] = [];
  for (const bar of bars) {
    const key = `${bar.kind} ${bar.level}`;
    const before = last.get(key);
    const short = bar.to - bar.from < 8 * finest;
    if (before && short && bar.from - before.to < 4 * finest && bar.from >= before.from) {
      [before.to, before.label, before.title] = [Math.max(before.to, bar.to), "", "several, one after the other"];
      continue;
    }
    const own = { ...bar };
    all.push(own);
    last.set(key, own);
  }
  return all;
};

const callBars = (calls: Call[], end: number): { bars: Bar[]; levels: number } => {
  const taken: number[] = [];
  const bars: Bar[] = [];
  for (const call of calls) {
    const closed = call.closed ?? end;
    let level = taken.findIndex((until) => until <= call.begun);
    if (level < 0) level = taken.length < LEVELS ? taken.push(0) - 1 : LEVELS - 1;
    taken[level] = closed;
    const about = `call ${call.number}, ${call.direction} ${call.peer}`;
    const bar = (from: number, to: number, kind: Bar["kind"], what: string, label = "") => bars.push({ from, to, level, kind, label, title: `${about}: ${what}` });
    if (call.established === null) bar(call.begun, closed, "unanswered", call.closed === null ? "rings" : `never answered; ${call.why}`, call.peer);
    else {
      bar(call.begun, call.established, "ringing", "rings");
      bar(call.established, closed, "talking", call.closed === null ? "talks" : `talks; closed: ${closedWords(call.why)}`, call.peer);
    }
    for (const [from, to] of call.holds) bar(from, to ?? closed, "hold", "on hold");
    if (call.media !== null) bar(call.media, closed, "media", `receives sound${call.codec ? `, ${call.codec}` : ""}`);
  }
  return { bars, levels: taken.length };
};

const scriptBars = (steps: Step[], end: number): Bar[] =>
  steps.filter(({ kind, time, end: ended }) => (kind === "wait" || kind === "step") && (ended ?? end) - time >= 1).map((step) => ({
    from: step.time,
    to: step.end ?? end,
    level: 0,
    kind: step.kind === "step" ? "step" : step.text.startsWith("sleep") ? "sleep" : "wait",
    label: step.text,
    title: step.kind === "wait" ? `waits for ${step.text}` : step.text,
  }));

/** `items` are all of the run, or those of the time that is looked at. */
export const timeline = (items: Item[], calls: Call[], steps: Step[], from: number, to: number): TimeLane[] => {
  const ticks = new Map<string | null, Tick[]>([[null, []]]);
  const processes = new Map<string, Bar[]>();
  for (const item of items) {
    if (item.agent !== null && !ticks.has(item.agent)) ticks.set(item.agent, []);
    const one = tick(item);
    if (one) ticks.get(item.agent)?.push(one);
    if (item.sort === "host" && item.agent !== null) process(processes, item, to);
  }
  const span = Math.max(1, to - from);
  const lanes: TimeLane[] = [{ name: "script", agent: false, levels: 1, bars: merged(scriptBars(steps, to), span), ticks: thinned(ticks.get(null) ?? [], span) }];
  for (const [name, own] of ticks) {
    if (name === null) continue;
    const { bars, levels } = callBars(calls.filter((call) => call.agent === name), to);
    lanes.push({ name, agent: true, levels: Math.max(1, levels), bars: [...(processes.get(name) ?? []), ...merged(bars, span)], ticks: thinned(own, span) });
  }
  return lanes;
};

const process = (processes: Map<string, Bar[]>, item: Item, end: number) => {
  const agent = item.agent ?? "";
  const own = processes.get(agent) ?? [];
  if (item.head === "agent starts") own.push({ from: item.time, to: end, level: 0, kind: "process", label: "", title: item.text });
  else if (item.head === "agent stopped" || item.head === "agent lost") {
    const last = own.at(-1);
    if (last) last.to = item.time;
  }
  processes.set(agent, own);
};

/** Round places for an axis of about `wanted` labels: milliseconds since its beginning. */
export const axis = (length: number, wanted: number): number[] => {
  const rough = Math.max(1, length / Math.max(1, wanted));
  const clock = [60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400].map((seconds) => seconds * 1000).find((step) => step >= rough);
  if (rough > 30_000 && clock) return Array.from({ length: Math.floor(length / clock) + 1 }, (_, i) => i * clock);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((n) => n * power).find((step) => step >= rough) ?? rough;
  return Array.from({ length: Math.floor(length / step) + 1 }, (_, i) => i * step);
};
