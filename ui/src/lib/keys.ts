// What can be done here: commands with a title and keys. The palette lists them, `?` shows their keys.

export interface Command {
  title: string;
  /** Where the palette and the key help file it: "Go to", "Editor", … */
  group: string;
  /** "Ctrl+S", "Alt+R", "F8", "j", "?", or one after the other: "g t". Ctrl is Cmd on a Mac. */
  keys?: string[];
  run: () => void;
  /** Not listed and not done while it says false. */
  enabled?: () => boolean;
  /** Keys that make sense in their place only (j, k): in the help, not in the palette. */
  hidden?: boolean;
}

const mac = typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform ?? "");

/** What was pressed, in the words of `Command.keys`. */
export const pressed = (event: KeyboardEvent): string => {
  let key = event.key;
  // With Alt some layouts give another letter (® for R): what counts is what stands on the key.
  if (event.altKey && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3).toLowerCase();
  const words = [];
  if (event.ctrlKey || (mac && event.metaKey)) words.push("Ctrl");
  if (event.altKey) words.push("Alt");
  if (event.shiftKey && (key.length > 1 || words.length > 0)) words.push("Shift");
  words.push(key.length === 1 && words.length > 0 ? key.toUpperCase() : key);
  return words.join("+");
};

const SEQUENCE_MS = 1200;

export class Keys {
  private sets = new Set<() => Command[]>();
  private first: { key: string; at: number } | null = null;
  private blocked = 0;

  constructor(private now: () => number = () => performance.now()) {}

  /** Adds commands until the function that is returned is called; later ones win over earlier ones with the same key. */
  register(commands: () => Command[]): () => void {
    this.sets.add(commands);
    return () => this.sets.delete(commands);
  }

  /** While a dialog is open only what has Ctrl or Alt in it, and the dialog's own keys, work. */
  block(): () => void {
    this.blocked += 1;
    return () => (this.blocked -= 1);
  }

  all(): Command[] {
    return [...this.sets].flatMap((commands) => commands()).filter((command) => command.enabled?.() ?? true);
  }

  /** Does what belongs to a key; says whether there was something. */
  handle(event: KeyboardEvent): boolean {
    if (event.defaultPrevented || event.isComposing) return false;
    const key = pressed(event);
    const plain = !/^(Ctrl|Alt|F\d)/.test(key);
    if (this.blocked > 0 || (plain && typing(event.target))) return false;
    const before = this.first && this.now() - this.first.at < SEQUENCE_MS ? `${this.first.key} ` : "";
    this.first = null;
    const commands = this.all().reverse();
    const found = (before && commands.find((command) => command.keys?.includes(before + key))) || commands.find((command) => command.keys?.includes(key));
    if (found) {
      event.preventDefault();
      found.run();
      return true;
    }
    if (commands.some((command) => command.keys?.some((keys) => keys.startsWith(`${key} `)))) this.first = { key, at: this.now() };
    return false;
  }
}

const typing = (target: EventTarget | null): boolean => {
  const element = target as HTMLElement | null;
  if (!element?.closest) return false;
  return element.isContentEditable || element.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable=true]") !== null;
};

export const keys = new Keys();
