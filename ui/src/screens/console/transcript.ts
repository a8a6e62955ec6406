// What was typed into the console and what came of it, by whichever browser.
import type { Message } from "../../lib/socket";

export interface Entry { id: number; kind: "line" | "value" | "error" | "text" | "event"; text: string; by: string | null; bad: boolean }

/** The most lines that are kept; the session's run has all of them. */
const MOST = 2000;

export class Transcript {
  entries: Entry[] = [];
  private last = 0;

  add(kind: Entry["kind"], text: string, by: string | null = null, bad = kind === "error") {
    this.entries.push({ id: ++this.last, kind, text, by, bad });
    if (this.entries.length > MOST) this.entries.splice(0, this.entries.length - MOST);
  }

  /** A message of the topic `console`; says whether it is to be seen here. */
  take(message: Message): boolean {
    if (message.t === "console.line") this.add("line", String(message.text ?? ""), typeof message.by === "string" ? message.by : null);
    else if (message.t === "console.out") {
      const kind = message.kind === "value" || message.kind === "error" ? message.kind : "text";
      this.add(kind, String(message.text ?? "").trimEnd());
    } else return false;
    return true;
  }
}

/** A text as it stands in a script. */
export const quoted = (text: string): string => `"${text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")}"`;

/** The line that makes an agent: by its name alone a local one, else with an account line as baresip has it. */
export const agentLine = (name: string, account: string): string => {
  const variable = /^[a-z_][A-Za-z0-9_]*$/i.test(name) ? name : "phone";
  const options = account === "" ? quoted(name) : `${quoted(account)}, #{ name: ${quoted(name)} }`;
  return `let ${variable} = agent(${options})`;
};

/** Lines that were typed, walked through by the arrows; what is being typed is not lost meanwhile. */
export class Recall {
  private at = -1;
  private draft = "";
  constructor(private lines: string[] = []) {}

  set(lines: string[]) {
    [this.lines, this.at] = [lines, -1];
  }

  push(line: string) {
    if (this.lines.at(-1) !== line) this.lines = [...this.lines, line];
    this.at = -1;
  }

  /** The line before (1) or after (−1) the one that is shown; null where there is none. */
  step(by: number, typed: string): string | null {
    const next = this.at + by;
    if (next < -1 || next >= this.lines.length) return null;
    if (this.at === -1) this.draft = typed;
    this.at = next;
    return next === -1 ? this.draft : (this.lines[this.lines.length - 1 - next] ?? null);
  }
}
