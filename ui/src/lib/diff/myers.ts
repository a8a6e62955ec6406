// The shortest way from one list to another (Myers, in linear space), with a bound on the work for lists that have little in common.

export interface Op { kind: "same" | "removed" | "added"; a: number; b: number }

/** A part with more differences than this is shown as replaced: nobody reads it line by line, and time is n·d. */
const MOST = 1200;

/** Where a shortest way through a[a0..a1], b[b0..b1] crosses its middle; null if there is no short one. */
const middle = (same: (i: number, j: number) => boolean, a0: number, a1: number, b0: number, b1: number): [x: number, y: number] | null => {
  const [n, m] = [a1 - a0, b1 - b0];
  const delta = n - m;
  const most = Math.min(MOST, Math.ceil((n + m) / 2));
  const size = 2 * most + 2;
  const [forth, back] = [new Int32Array(2 * size + 1), new Int32Array(2 * size + 1)];
  for (let d = 0; d <= most; d += 1) {
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (forth[size + k - 1] as number) < (forth[size + k + 1] as number));
      let x = down ? (forth[size + k + 1] as number) : (forth[size + k - 1] as number) + 1;
      let y = x - k;
      while (x < n && y < m && y >= 0 && same(a0 + x, b0 + y)) [x, y] = [x + 1, y + 1];
      forth[size + k] = x;
      const other = delta - k;
      if (delta % 2 !== 0 && Math.abs(other) <= d - 1 && x + (back[size + other] as number) >= n) return [a0 + Math.min(x, n), b0 + Math.min(Math.max(y, 0), m)];
    }
    for (let k = -d; k <= d; k += 2) {
      const down = k === -d || (k !== d && (back[size + k - 1] as number) < (back[size + k + 1] as number));
      let x = down ? (back[size + k + 1] as number) : (back[size + k - 1] as number) + 1;
      let y = x - k;
      while (x < n && y < m && y >= 0 && same(a1 - 1 - x, b1 - 1 - y)) [x, y] = [x + 1, y + 1];
      back[size + k] = x;
      const other = delta - k;
      if (delta % 2 === 0 && Math.abs(other) <= d && x + (forth[size + other] as number) >= n) return [a0 + Math.max(n - x, 0), b0 + Math.min(Math.max(m - y, 0), m)];
    }
  }
  return null;
};

/** How `b` came of `a`: every index of both once, in order; what was removed stands before what was added in its place. */
export const diff = (a: readonly string[], b: readonly string[]): Op[] => {
  const removed = new Uint8Array(a.length).fill(1);
  const added = new Uint8Array(b.length).fill(1);
  const same = (i: number, j: number) => a[i] === b[j];
  const parts: [number, number, number, number][] = [[0, a.length, 0, b.length]];
  for (let part = parts.pop(); part; part = parts.pop()) {
    let [a0, a1, b0, b1] = part;
    for (; a0 < a1 && b0 < b1 && same(a0, b0); a0 += 1, b0 += 1) [removed[a0], added[b0]] = [0, 0];
    for (; a0 < a1 && b0 < b1 && same(a1 - 1, b1 - 1); a1 -= 1, b1 -= 1) [removed[a1 - 1], added[b1 - 1]] = [0, 0];
    if (a0 === a1 || b0 === b1) continue;
    const found = middle(same, a0, a1, b0, b1);
    // A way that crosses at a corner has nothing in common here.
    if (!found || (found[0] === a0 && found[1] === b0) || (found[0] === a1 && found[1] === b1)) continue;
    parts.push([a0, found[0], b0, found[1]], [found[0], a1, found[1], b1]);
  }
  return walk(removed, added);
};

const walk = (removed: Uint8Array, added: Uint8Array): Op[] => {
  const ops: Op[] = [];
  let [i, j] = [0, 0];
  while (i < removed.length || j < added.length) {
    if (i < removed.length && removed[i]) ops.push({ kind: "removed", a: i++, b: -1 });
    else if (j < added.length && added[j]) ops.push({ kind: "added", a: -1, b: j++ });
    else ops.push({ kind: "same", a: i++, b: j++ });
  }
  return ops;
};

/** A piece of a line, and whether the other line has it. */
export interface Piece { text: string; changed: boolean }

const WORDS = /[A-Za-z0-9_]+|\s+|[^A-Za-z0-9_\s]/g;
const pieces = (words: string[], changed: Set<number>): Piece[] => {
  const all: Piece[] = [];
  words.forEach((text, i) => {
    const last = all.at(-1);
    if (last?.changed === changed.has(i)) last.text += text;
    else all.push({ text, changed: changed.has(i) });
  });
  return all;
};

/** Two lines word by word; lines that are too long, or have nothing in common, are changed as a whole. */
export const words = (a: string, b: string): [Piece[], Piece[]] => {
  if (a === b) return [[{ text: a, changed: false }], [{ text: b, changed: false }]];
  const [left, right] = [a.slice(0, 4000).match(WORDS) ?? [], b.slice(0, 4000).match(WORDS) ?? []];
  if (a.length > 4000 || b.length > 4000) return [[{ text: a, changed: true }], [{ text: b, changed: true }]];
  const [gone, come] = [new Set<number>(), new Set<number>()];
  for (const op of diff(left, right)) {
    if (op.kind === "removed") gone.add(op.a);
    else if (op.kind === "added") come.add(op.b);
  }
  return [pieces(left, gone), pieces(right, come)];
};

/** A line of two texts side by side: the same, changed, or only on one side. */
export interface Pair { kind: "same" | "changed" | "removed" | "added"; a: number | null; b: number | null }

/** Removed lines stand beside those that were added in their place. */
export const paired = (ops: Op[]): Pair[] => {
  const all: Pair[] = [];
  for (let i = 0; i < ops.length; ) {
    const op = ops[i];
    if (op === undefined) break;
    if (op.kind === "same") {
      all.push({ kind: "same", a: op.a, b: op.b });
      i += 1;
      continue;
    }
    const gone: number[] = [];
    const come: number[] = [];
    for (; i < ops.length && ops[i]?.kind !== "same"; i += 1) {
      const { kind, a, b } = ops[i] as Op;
      if (kind === "removed") gone.push(a);
      else come.push(b);
    }
    for (let k = 0; k < Math.max(gone.length, come.length); k += 1) {
      const [a = null, b = null] = [gone[k], come[k]];
      all.push({ kind: a === null ? "added" : b === null ? "removed" : "changed", a, b });
    }
  }
  return all;
};

export type Folded = { fold: true; from: number; count: number } | { fold: false; index: number };

/** Unchanged lines that are far from every change become one fold; `open` has the beginnings of those that are shown nevertheless. */
export const folded = (pairs: Pair[], around: number, open: ReadonlySet<number>): Folded[] => {
  const near = new Uint8Array(pairs.length);
  pairs.forEach(({ kind }, i) => {
    if (kind !== "same") near.fill(1, Math.max(0, i - around), Math.min(pairs.length, i + around + 1));
  });
  const all: Folded[] = [];
  for (let i = 0; i < pairs.length; ) {
    let end = i;
    while (end < pairs.length && !near[end]) end += 1;
    // One line is not worth a fold.
    if (end - i > 1 && !open.has(i)) all.push({ fold: true, from: i, count: end - i });
    else for (let k = i; k < end; k += 1) all.push({ fold: false, index: k });
    if (end === i) all.push({ fold: false, index: end++ });
    i = end;
  }
  return all;
};
