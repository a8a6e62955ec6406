// What is marked in a text: the names of `_define` in their colours, the last run's reasons at their lines.
import { RangeSet, StateEffect, StateField, type Extension } from "@codemirror/state";
import { Decoration, EditorView, gutter, GutterMarker, ViewPlugin, type DecorationSet, type ViewUpdate } from "@codemirror/view";
import { uses } from "./defines";

/** So many colours there are (`.def-0` …); the next name begins anew. */
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

/** Why the last run did not pass, at a line. */
export interface Mark {
  line: number;
  tone: "fail" | "error" | "warn";
  title: string;
  open: () => void;
}

class ResultMarker extends GutterMarker {
  constructor(private mark: Mark) {
    super();
  }
  override eq(other: ResultMarker) {
    return other.mark.title === this.mark.title && other.mark.tone === this.mark.tone;
  }
  override toDOM() {
    const button = document.createElement("button");
    button.type = "button";
    button.className = `result ${this.mark.tone}`;
    button.textContent = this.mark.tone === "fail" ? "✗" : "!";
    button.title = this.mark.title;
    button.setAttribute("aria-label", `Line ${this.mark.line}: ${this.mark.title}`);
    button.onclick = this.mark.open;
    return button;
  }
}

const setMarks = StateEffect.define<Mark[]>();
// Marks move with their lines while somebody types.
const field = StateField.define<RangeSet<ResultMarker>>({
  create: () => RangeSet.empty,
  update(set, transaction) {
    let next = set.map(transaction.changes);
    for (const effect of transaction.effects) {
      if (!effect.is(setMarks)) continue;
      const { doc } = transaction.state;
      const there = effect.value.filter(({ line }) => line >= 1 && line <= doc.lines);
      next = RangeSet.of(there.map((mark) => new ResultMarker(mark).range(doc.line(mark.line).from)), true);
    }
    return next;
  },
});

export const resultGutter: Extension = [field, gutter({ class: "results", markers: (view) => view.state.field(field), initialSpacer: () => new ResultMarker({ line: 1, tone: "warn", title: "", open: () => {} }) })];
export const showMarks = (view: EditorView, marks: Mark[]) => view.dispatch({ effects: setMarks.of(marks) });
