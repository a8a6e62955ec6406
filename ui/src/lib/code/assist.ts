// What the server's checker knows, as the editor wants it: diagnostics, completion, hover.
import { autocompletion, type CompletionContext, type CompletionResult } from "@codemirror/autocomplete";
import { linter, lintGutter, type Diagnostic as Lint } from "@codemirror/lint";
import type { Extension, Text } from "@codemirror/state";
import { hoverTooltip, type EditorView } from "@codemirror/view";
import type { Diagnostic } from "../api/client";
import type { Item } from "../api/tests";
import { offsetOf, placeOf } from "./positions";

const LINT_DELAY = 350;

/** A diagnostic without a place stands at the top; one without an end takes the word it begins at. */
export const placed = (doc: Text, diagnostic: Diagnostic): Lint => {
  const from = offsetOf(doc, diagnostic.line ?? 1, diagnostic.column ?? 1);
  const line = doc.lineAt(from);
  const word = /^(\w+|.)/u.exec(line.text.slice(from - line.from))?.[0].length ?? 0;
  const to = diagnostic.end ? offsetOf(doc, diagnostic.end.line, diagnostic.end.column) : from + word;
  const message = diagnostic.advice ? `${diagnostic.message}\n${diagnostic.advice}` : diagnostic.message;
  return { from, to: Math.max(from, to), severity: diagnostic.severity, message, source: diagnostic.code ?? undefined };
};

export interface Sources {
  check: (text: string) => Promise<Diagnostic[]>;
  complete: (text: string, line: number, column: number) => Promise<Item[]>;
  hover: (text: string, line: number, column: number) => Promise<Item | null>;
  /** What was found (null: nobody could be asked). */
  checked: (found: Diagnostic[] | null) => void;
}

const completion = (sources: Sources) => async (context: CompletionContext): Promise<CompletionResult | null> => {
  const word = context.matchBefore(/[\p{L}\p{N}_]+/u);
  const before = context.state.doc.sliceString(Math.max(0, context.pos - 1), context.pos);
  if (!context.explicit && !word && !/[.:_"]/.test(before)) return null;
  const { line, column } = placeOf(context.state.doc, context.pos);
  const items = await sources.complete(context.state.doc.toString(), line, column).catch(() => []);
  if (context.aborted || items.length === 0) return null;
  return {
    from: word?.from ?? context.pos,
    validFor: /^[\p{L}\p{N}_]*$/u,
    options: items.map((item, i) => ({
      label: item.text,
      detail: item.detail ?? undefined,
      info: item.docs ?? undefined,
      sortText: item.sort ?? undefined,
      // The server's order is the better one where what is typed fits both.
      boost: -Math.min(99, i / 4),
    })),
  };
};

const help = (item: Item): HTMLElement => {
  const box = document.createElement("div");
  box.className = "hover-help";
  const head = document.createElement("code");
  head.textContent = item.detail ?? item.text;
  box.append(head);
  if (item.docs) box.append(document.createTextNode(item.docs));
  return box;
};

const hover = (sources: Sources) =>
  hoverTooltip(async (view: EditorView, pos: number) => {
    const { doc } = view.state;
    const { line, column } = placeOf(doc, pos);
    const item = await sources.hover(doc.toString(), line, column).catch(() => null);
    if (!item || view.state.doc !== doc) return null;
    const word = view.state.wordAt(pos);
    return { pos: word?.from ?? pos, end: word?.to ?? pos, above: true, create: () => ({ dom: help(item) }) };
  });

export const assistance = (sources: Sources): Extension => [
  lintGutter(),
  linter(
    async (view) => {
      const { doc } = view.state;
      try {
        const found = await sources.check(doc.toString());
        if (view.state.doc === doc) sources.checked(found);
        return found.map((diagnostic) => placed(doc, diagnostic));
      } catch {
        sources.checked(null);
        return [];
      }
    },
    { delay: LINT_DELAY },
  ),
  autocompletion({ override: [completion(sources)], activateOnTypingDelay: 120 }),
  hover(sources),
];
