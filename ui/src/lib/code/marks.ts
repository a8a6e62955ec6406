// What is marked in a text: the names of `_define` in their colours, what the last run did at its lines.
import { RangeSet, StateEffect, StateField, type Extension, type Text } from "@codemirror/state";
import { Decoration, EditorView, gutter, GutterMarker, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { uses } from "./defines";

/** Number of colours (`.def-0` …); the next name starts again with the first. */
export const COLOURS = 8;
const decorations = Array.from({ length: COLOURS }, (_, n) => Decoration.mark({ class: `def-${n}` }));
/** Beyond that size a text is shown without: it is looked through with each key. */
const LARGEST = 300_000;

const coloured = (text: string): DecorationSet =>
  text.length > LARGEST ? Decoration.none : Decoration.set(uses(text).map(({ from, to, name }) => (decorations[name % COLOURS] as Decoration).range(from, to)), true);

export const defineColours: Extension = ViewPlugin.fromClass(
  class {
    decorations: DecorationSet;
    constructor(view: EditorView) {
      this.decorations = coloured(view.state.doc.toString());
    }
    update(update: ViewUpdate) {
      if (update.docChanged) this.decorations = coloured(update.state.doc.toString());
    }
  },
  { decorations: (plugin) => plugin.decorations },
);

/** What came of a line in the last run. */
export interface Mark {
  line: number;
  tone: "done" | "now" | "fail" | "error" | "warn";
  title: string;
  open?: () => void;
}

const SIGN: Record<Mark["tone"], string> = { done: "✓", now: "▸", fail: "✗", error: "!", warn: "!" };

class ResultMarker extends GutterMarker {
  constructor(private mark: Mark) {
    super();
  }
  override eq(other: ResultMarker) {
    return other.mark.title === this.mark.title && other.mark.tone === this.mark.tone;
  }
  override toDOM() {
    const { tone, title, open } = this.mark;
    const sign = document.createElement(open ? "button" : "span");
    if (sign instanceof HTMLButtonElement) {
      sign.type = "button";
      // Those who go by keyboard or hear the page have it below the text: the gutter is hidden from them.
      sign.tabIndex = -1;
    }
    sign.className = `result ${tone}`;
    sign.textContent = SIGN[tone];
    sign.title = title;
    if (open) sign.onclick = open;
    return sign;
  }
}

/** A mark, where it is now, and the line as it ran: who writes in the line sees the mark go, and come again with undo. */
interface Placed {
  at: number;
  ran: string;
  marker: ResultMarker;
}
interface Marks {
  all: Placed[];
  shown: RangeSet<ResultMarker>;
}

const setMarks = StateEffect.define<Mark[]>();
const marksIn = (doc: Text, all: Placed[]): Marks => {
  const there = all.filter(({ at, ran }) => {
    const line = doc.lineAt(at);
    return line.from === at && line.text === ran;
  });
  return { all, shown: RangeSet.of(there.map(({ at, marker }) => marker.range(at)), true) };
};
const field = StateField.define<Marks>({
  create: () => ({ all: [], shown: RangeSet.empty }),
  update(marks, transaction) {
    const { changes, docChanged, state: { doc } } = transaction;
    let next = docChanged ? marksIn(doc, marks.all.map((mark) => ({ ...mark, at: changes.mapPos(mark.at, 1) }))) : marks;
    for (const effect of transaction.effects) {
      if (!effect.is(setMarks)) continue;
      const there = effect.value.filter(({ line }) => line >= 1 && line <= doc.lines);
      next = marksIn(doc, there.map((mark) => {
        const { from, text } = doc.line(mark.line);
        return { at: from, ran: text, marker: new ResultMarker(mark) };
      }));
    }
    return next;
  },
});

export const resultGutter: Extension = [field, gutter({ class: "results", markers: (view) => view.state.field(field).shown, initialSpacer: () => new ResultMarker({ line: 1, tone: "warn", title: "" }) })];
export const showMarks = (view: EditorView, marks: Mark[]) => view.dispatch({ effects: setMarks.of(marks) });
