// Webhooks and what became of their messages, in words.
import type { Delivery } from "./api/run";
import type { HookKind } from "./api/webhooks";

export const KINDS: [kind: HookKind, word: string][] = [["teams", "Microsoft Teams"], ["teams-card", "Microsoft Teams, adaptive card (Workflows)"], ["slack", "Slack"], ["json", "JSON, for programs"]];
export const kindWord = (kind: string): string => KINDS.find(([name]) => name === kind)?.[1] ?? kind;

export const outcome = ({ state, error }: Delivery): { status: string; word: string } => {
  if (state === "sent") return { status: "pass", word: "Delivered" };
  if (state === "failed") return { status: "fail", word: "Not delivered" };
  return { status: "queued", word: error === null ? "Waits" : "Tries again" };
};

/** Merges known deliveries with new messages: of two states of one delivery, the later, whatever their order. */
export const merged = (known: Delivery[], told: Delivery[]): Delivery[] => {
  const all = new Map(known.map((one) => [one.id, one]));
  for (const one of told) {
    const before = all.get(one.id);
    if (!before || (before.ended === null && one.attempts >= before.attempts)) all.set(one.id, one);
  }
  return [...all.values()].sort((a, b) => a.id - b.id);
};
