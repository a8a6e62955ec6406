// Tests as files.
import type { Kind } from "./api/runs";

/** The name and kind of a test in a file: `.rhai` says it is a script; a testfile has no extension. */
export const testOfFile = (file: string): { name: string; kind: Kind } => {
  const base = file.split(/[/\\]/).at(-1) ?? file;
  if (/\.rhai$/i.test(base)) return { name: base.replace(/\.rhai$/i, ""), kind: "rhai" };
  return { name: base.replace(/\.(txt|test|testfile)$/i, ""), kind: "testfile" };
};

export const fileOfTest = (name: string, kind: Kind): string => (kind === "rhai" ? `${name}.rhai` : name);

/** The name under which a run's test is saved: the run calls it by its file. */
export const testOfRun = (run: { test: string }): string => run.test.replace(/\.rhai$/, "");
