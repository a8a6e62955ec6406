// Places of the server (line and column from 1, columns in characters) and offsets of the editor (UTF-16).
import type { Text } from "@codemirror/state";

/** A place that is beyond the text is at its end. */
export const offsetOf = (doc: Text, line: number, column: number): number => {
  const found = doc.line(Math.max(1, Math.min(doc.lines, line)));
  if (line > doc.lines) return doc.length;
  let offset = 0;
  for (const character of found.text) {
    column -= 1;
    if (column < 1) break;
    offset += character.length;
  }
  return found.from + offset;
};

export const placeOf = (doc: Text, offset: number): { line: number; column: number } => {
  const line = doc.lineAt(offset);
  return { line: line.number, column: [...line.text.slice(0, offset - line.from)].length + 1 };
};
