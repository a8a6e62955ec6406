// How editors look: the design's colours, in both themes by its variables.
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { bracketMatching, indentOnInput, indentUnit } from "@codemirror/language";
import { closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { highlightSelectionMatches, searchKeymap } from "@codemirror/search";
import { EditorState, type Extension } from "@codemirror/state";
import { drawSelection, EditorView, highlightActiveLine, highlightActiveLineGutter, highlightSpecialChars, keymap, lineNumbers, rectangularSelection } from "@codemirror/view";

const theme = EditorView.theme({
  // The border is there without the focus too, so that nothing moves; an outline would be below the line numbers.
  "&": { height: "100%", border: "2px solid transparent", backgroundColor: "var(--card)", color: "var(--text)", fontSize: "13px" },
  "&.cm-focused": { outline: "none" },
  "&:has(> .cm-scroller > .cm-content:focus-visible)": { borderColor: "var(--accent)" },
  ".cm-scroller": { fontFamily: "var(--mono)", lineHeight: "1.55" },
  ".cm-content": { caretColor: "var(--text)", padding: "6px 0" },
  ".cm-cursor, .cm-dropCursor": { borderLeftColor: "var(--text)" },
  ".cm-gutters": { backgroundColor: "var(--card)", color: "var(--dim)", border: "0" },
  ".cm-activeLine": { backgroundColor: "var(--line-active)" },
  ".cm-activeLineGutter": { backgroundColor: "var(--line-active)", color: "var(--text)" },
  "&.cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground, .cm-selectionBackground": { background: "var(--selection)" },
  ".cm-selectionMatch": { backgroundColor: "var(--selection-match)" },
  "&.cm-focused .cm-matchingBracket": { backgroundColor: "var(--selection)", outline: "1px solid var(--line-strong)" },
  ".cm-searchMatch": { backgroundColor: "var(--warn-bg)", outline: "1px solid var(--warn)" },
  ".cm-panels": { backgroundColor: "var(--sunk)", color: "var(--text)", borderColor: "var(--line)" },
  ".cm-panel.cm-search": { padding: "6px 8px", fontFamily: "var(--sans)" },
  ".cm-panel.cm-search label": { fontSize: "12.5px" },
  ".cm-textfield": { backgroundColor: "var(--card)", border: "1px solid var(--line-strong)", borderRadius: "5px", fontSize: "13px" },
  ".cm-button": { backgroundImage: "none", backgroundColor: "var(--card)", border: "1px solid var(--line)", borderRadius: "5px", fontSize: "12.5px" },
  ".cm-tooltip": { border: "1px solid var(--line)", borderRadius: "6px", backgroundColor: "var(--card)", boxShadow: "var(--shadow)", maxWidth: "min(560px, 90vw)", overflow: "hidden" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul": { fontFamily: "var(--mono)", fontSize: "12.5px", maxHeight: "15em" },
  ".cm-tooltip.cm-tooltip-autocomplete > ul > li": { padding: "2px 8px", lineHeight: "1.5" },
  ".cm-tooltip-autocomplete ul li[aria-selected]": { backgroundColor: "var(--accent-bg)", color: "var(--text)" },
  ".cm-completionDetail": { color: "var(--dim)", fontStyle: "normal" },
  ".cm-completionMatchedText": { textDecoration: "none", fontWeight: "700" },
  ".cm-completionInfo": { padding: "6px 10px", fontSize: "12.5px", whiteSpace: "pre-wrap", fontFamily: "var(--sans)" },
  ".cm-diagnostic": { padding: "5px 10px", fontSize: "12.5px", fontFamily: "var(--sans)", whiteSpace: "pre-wrap", overflowWrap: "anywhere" },
  ".cm-diagnostic-error": { borderLeft: "3px solid var(--fail)" },
  ".cm-diagnostic-warning": { borderLeft: "3px solid var(--warn)" },
  ".cm-gutter-lint": { width: "14px" },
  ".cm-lint-marker": { width: "10px", height: "10px", content: "none", borderRadius: "50%" },
  ".cm-lint-marker-error": { content: "none", backgroundColor: "var(--fail)", borderRadius: "2px" },
  ".cm-lint-marker-warning": { content: "none", backgroundColor: "var(--warn)" },
  ".cm-lintRange-error": { backgroundImage: "none", textDecoration: "underline wavy var(--fail) 1px", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
  ".cm-lintRange-warning": { backgroundImage: "none", textDecoration: "underline wavy var(--warn) 1px", textUnderlineOffset: "3px", textDecorationSkipInk: "none" },
  ".cm-specialChar": { color: "var(--fail)" },
  ".cm-mergeView": { height: "100%" },
  ".cm-changedLine": { backgroundColor: "var(--diff-line) !important" },
  ".cm-changedText, .cm-deletedText": { background: "var(--diff-text) !important" },
  // The signs around them are in few fonts.
  ".cm-collapsedLines:before, .cm-collapsedLines:after": { content: '"⋯" !important' },
  ".cm-collapsedLines": { backgroundImage: "none", backgroundColor: "var(--sunk)", color: "var(--dim)", fontSize: "12px", fontFamily: "var(--sans)" },
});

/** A text to be read: with a label for those who hear it, numbers, and the search of the browser's kind. */
export const readable = (label: string): Extension => [
  theme,
  lineNumbers(),
  highlightSpecialChars(),
  EditorView.lineWrapping,
  EditorView.contentAttributes.of({ "aria-label": label }),
  EditorState.tabSize.of(4),
  indentUnit.of("    "),
];

export const readOnly: Extension = [EditorState.readOnly.of(true), keymap.of(searchKeymap)];

/** A text to be written. Ctrl-Enter is left to the page: there it runs the text. Escape, then Tab, leaves the editor. */
export const editable: Extension = [
  history(),
  drawSelection(),
  rectangularSelection(),
  highlightActiveLine(),
  highlightActiveLineGutter(),
  highlightSelectionMatches(),
  bracketMatching(),
  closeBrackets(),
  indentOnInput(),
  keymap.of([
    ...closeBracketsKeymap,
    ...completionKeymap,
    ...defaultKeymap.filter(({ key }) => key !== "Mod-Enter"),
    ...searchKeymap,
    ...historyKeymap,
    indentWithTab,
  ]),
];
