// Texts that were changed and not saved: they stay while somebody looks at other screens, and the browser asks before it drops them.

export interface Draft {
  text: string;
  /** The version that was changed. */
  base: number;
}

let kept = $state.raw<ReadonlyMap<string, Draft>>(new Map());
const key = (project: string, test: string) => JSON.stringify([project, test]);

const warn = (event: BeforeUnloadEvent) => event.preventDefault();
const change = (act: (map: Map<string, Draft>) => void) => {
  const next = new Map(kept);
  act(next);
  kept = next;
  removeEventListener("beforeunload", warn);
  if (kept.size > 0) addEventListener("beforeunload", warn);
};

export const drafts = {
  get: (project: string, test: string): Draft | undefined => kept.get(key(project, test)),
  has: (project: string, test: string): boolean => kept.has(key(project, test)),
  keep: (project: string, test: string, draft: Draft) => change((map) => map.set(key(project, test), draft)),
  drop: (project: string, test: string) => kept.has(key(project, test)) && change((map) => map.delete(key(project, test))),
};
