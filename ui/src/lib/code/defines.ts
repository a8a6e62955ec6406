// The names that a testfile's `_define` lines give, and where they are replaced.

export interface Use {
  from: number;
  to: number;
  /** Which of the names, in the order of their lines. */
  name: number;
}

const DEFINE = /^\s*_define\s+(\S+)/i;
const DIRECTIVE = /^\s*(_\w|#|hash:)/i;

/** Where names stand in a text: in the lines that make them, and wherever a later line has them, the longest first. */
export const uses = (text: string): Use[] => {
  const names: string[] = [];
  const found: Use[] = [];
  let start = 0;
  for (const line of text.split("\n")) {
    const made = DEFINE.exec(line);
    if (made?.[1]) {
      const at = names.indexOf(made[1]);
      const name = at < 0 ? names.push(made[1]) - 1 : at;
      const from = start + line.indexOf(made[1], made[0].length - made[1].length);
      found.push({ from, to: from + made[1].length, name });
    } else if (!DIRECTIVE.test(line)) found.push(...replaced(line, names).map((use) => ({ ...use, from: use.from + start, to: use.to + start })));
    start += line.length + 1;
  }
  return found;
};

const replaced = (line: string, names: string[]): Use[] => {
  const taken: Use[] = [];
  const longest = names.map((text, name) => ({ text, name })).sort((a, b) => b.text.length - a.text.length);
  for (const { text, name } of longest) {
    for (let at = line.indexOf(text); at >= 0; at = line.indexOf(text, at + text.length)) {
      const use = { from: at, to: at + text.length, name };
      if (taken.every((other) => use.to <= other.from || use.from >= other.to)) taken.push(use);
    }
  }
  return taken.sort((a, b) => a.from - b.from);
};
