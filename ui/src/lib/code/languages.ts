// How the two languages are coloured: by words and signs, a line at a time; what is right or wrong the server knows.
import { HighlightStyle, StreamLanguage, syntaxHighlighting, type StreamParser } from "@codemirror/language";
import { tags } from "@lezer/highlight";
import type { Kind } from "../api/runs";

const KEYWORDS = new Set(
  "let const if else switch while loop for in do until fn return break continue throw try catch import export as this private await within during test setup teardown".split(" "),
);
const ATOMS = new Set(["true", "false"]);
const DURATION = /^\d+(ms|s|m)\b/;
const EVENT = /^[A-Z][A-Z0-9]*(_[A-Z0-9]+)+\b/;

interface RhaiState {
  /** How deep in block comments, which nest. */
  comment: number;
  /** What is open: a string's sign, or a brace of `${…}` in one. */
  open: ("`" | '"' | "{" | "${")[];
}

const inString = (stream: { next(): string | void; match(text: string): unknown; eol(): boolean }, state: RhaiState, sign: "`" | '"'): string => {
  while (!stream.eol()) {
    if (sign === "`" && stream.match("${")) {
      state.open.push("${");
      return "string";
    }
    const next = stream.next();
    if (next === "\\" && sign === '"') stream.next();
    else if (next === sign) {
      state.open.pop();
      return "string";
    }
  }
  // A string in quotes ends with its line, unless a backslash says otherwise.
  if (sign === '"') state.open.pop();
  return "string";
};

const rhai: StreamParser<RhaiState> = {
  name: "rhai",
  startState: () => ({ comment: 0, open: [] }),
  copyState: ({ comment, open }) => ({ comment, open: [...open] }),
  token(stream, state) {
    if (state.comment > 0) {
      while (!stream.eol() && state.comment > 0) {
        if (stream.match("*/")) state.comment -= 1;
        else if (stream.match("/*")) state.comment += 1;
        else stream.next();
      }
      return "comment";
    }
    const top = state.open.at(-1);
    if (top === "`" || top === '"') return inString(stream, state, top);
    if (stream.eatSpace()) return null;
    if (stream.match("//")) {
      stream.skipToEnd();
      return "comment";
    }
    if (stream.match("/*")) {
      state.comment = 1;
      return "comment";
    }
    if (stream.match(DURATION) || stream.match(/^\d[\d_]*(\.\d+)?([eE][+-]?\d+)?\b/) || stream.match(/^0[xob][\da-fA-F_]+/)) return "number";
    if (stream.match(EVENT)) return "atom";
    const word = stream.match(/^[\p{L}_][\p{L}\p{N}_]*/u) as RegExpMatchArray | null;
    if (word) {
      if (KEYWORDS.has(word[0])) return "keyword";
      if (ATOMS.has(word[0])) return "bool";
      if (stream.match(/^\s*\(/, false)) return "variableName.function";
      if (stream.match("::", false)) return "namespace";
      return "variableName";
    }
    const sign = stream.next() ?? "";
    if (sign === '"' || sign === "`") {
      state.open.push(sign);
      return inString(stream, state, sign);
    }
    if (sign === "{") state.open.push("{");
    if (sign === "}" && state.open.length > 0) return state.open.pop() === "${" ? "string" : "brace";
    if (sign === "#" && stream.peek() === "{") return "brace";
    return /[{}[\]()]/.test(sign) ? "brace" : /[-+*/%=<>!&|^~?]/.test(sign) ? "operator" : null;
  },
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } }, closeBrackets: { brackets: ["(", "[", "{", '"', "`"] }, indentOnInput: /^\s*\}$/ },
  indent: (state, after, context) => {
    const depth = state.open.filter((open) => open === "{").length - (/^\s*\}/.test(after) ? 1 : 0);
    return state.comment > 0 || state.open.at(-1) === "`" ? null : Math.max(0, depth) * context.unit;
  },
};

interface FileState {
  where: "start" | "value" | "chain" | "part";
}

const testfile: StreamParser<FileState> = {
  name: "testfile",
  startState: () => ({ where: "start" }),
  token(stream, state) {
    if (stream.sol()) state.where = "start";
    if (stream.eatSpace()) return null;
    if (state.where === "start") {
      if (stream.peek() === "#") {
        stream.skipToEnd();
        return "comment";
      }
      if (stream.match(/^(_\w+|hash:)/i)) {
        state.where = "value";
        return "meta";
      }
      state.where = "chain";
    }
    if (stream.eat("|")) {
      state.where = "chain";
      return "operator";
    }
    if (state.where === "value") {
      if (stream.match(EVENT)) return "atom";
      if (stream.match(/^\d+\b/)) return "number";
      if (stream.match(/^[^\s,|]+/)) return "string";
      stream.next();
      return null;
    }
    if (state.where === "chain") {
      state.where = "part";
      if (stream.match(/^\d+(ms|s|m)(?=\s*(\||$))/)) return "number";
      // "ua1:dial": cut at the last colon of the first word
      if (stream.match(/^[^\s|]*:(?=[a-z_]+(\s|\||$))/)) {
        state.where = "chain";
        return "labelName";
      }
      if (stream.match(/^[a-zA-Z_]\w*/)) return "keyword";
    }
    if (stream.match(/^<[^>|]*>?/)) return "string";
    if (stream.match(/^;[\w-]+=?/)) return "propertyName";
    if (stream.match(/^[^\s;|<]+/)) return "string";
    stream.next();
    return null;
  },
  languageData: { commentTokens: { line: "#" } },
};

const LANGUAGES = { rhai: StreamLanguage.define(rhai), testfile: StreamLanguage.define(testfile) };

const style = HighlightStyle.define([
  { tag: tags.comment, color: "var(--syn-comment)", fontStyle: "italic" },
  { tag: [tags.keyword], color: "var(--syn-keyword)" },
  { tag: [tags.meta], color: "var(--syn-meta)" },
  { tag: tags.string, color: "var(--syn-string)" },
  { tag: [tags.number, tags.bool], color: "var(--syn-number)" },
  { tag: tags.atom, color: "var(--syn-atom)" },
  { tag: tags.function(tags.variableName), color: "var(--syn-function)" },
  { tag: [tags.namespace, tags.labelName], color: "var(--syn-meta)" },
  { tag: tags.propertyName, color: "var(--syn-number)" },
  { tag: [tags.operator, tags.brace], color: "var(--dim)" },
]);

/** A language with its colours, for an editor's extensions. */
export const language = (kind: Kind) => [LANGUAGES[kind], syntaxHighlighting(style)];
/** For tests: what each piece of a text is. */
export const parsers = { rhai, testfile };
