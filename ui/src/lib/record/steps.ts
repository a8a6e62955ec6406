// What a test does, one step after the other, as the list beside its run shows it.
import type { At, Item } from "./events";

export interface Step {
  n: number;
  /** The last event that belongs to it. */
  last: number;
  time: number;
  end: number | null;
  kind: "command" | "wait" | "check" | "step" | "print" | "end";
  agent: string | null;
  text: string;
  at: At | null;
  state: "done" | "running" | "failed";
  depth: number;
}

/** Takes items in their order; a step ends where the next begins. */
export class Steps {
  all: Step[] = [];
  private depth = 0;
  private open: Step[] = [];

  add(item: Item) {
    const last = this.all.at(-1);
    if (last && item.sort !== "step" && last.state === "running") last.last = item.n;
    if (item.sort !== "step") {
      if (item.head === "agent lost") this.close(item, "failed");
      return;
    }
    switch (item.head) {
      case "answer": return;
      case "refused": {
        if (last?.kind === "command") last.state = "failed";
        return;
      }
      case "step": {
        this.close(item, "done");
        this.open.push(this.push(item, "step", item.text));
        this.depth += 1;
        return;
      }
      case "step ends":
      case "step failed": {
        this.close(item, "done");
        this.depth = Math.max(0, this.depth - 1);
        const step = this.open.pop();
        if (step) [step.end, step.state] = [item.time, item.bad ? "failed" : "done"];
        return;
      }
      case "check failed": return this.single(item, "check", item.text, "failed");
      case "print": return this.single(item, "print", item.text, "done");
      case "wait": {
        this.close(item, "done");
        this.push(item, "wait", item.text.replace(/^sleep, /, "sleep "));
        return;
      }
      default: {
        const isEnd = item.head.startsWith("the script");
        // What `uanew` sends when its agent is ready is no step of its own.
        if (!isEnd && item.at === null) return;
        this.close(item, isEnd && item.bad ? "failed" : "done");
        if (!isEnd) this.push(item, "command", `${item.head} ${item.text}`.trim());
        else if (item.bad) this.single(item, "end", item.text || item.head, "failed");
        for (const step of isEnd ? this.open.splice(0) : []) [step.end, step.state] = [item.time, item.bad ? "failed" : "done"];
      }
    }
  }

  /** What goes on now: the last step while it does. */
  get now(): Step | null {
    const last = this.all.at(-1);
    return last?.state === "running" ? last : null;
  }

  private push(item: Item, kind: Step["kind"], text: string): Step {
    const step: Step = { n: item.n, last: item.n, time: item.time, end: null, kind, agent: item.agent, text, at: item.at, state: "running", depth: this.depth };
    this.all.push(step);
    return step;
  }

  private single(item: Item, kind: Step["kind"], text: string, state: "done" | "failed") {
    this.close(item, "done");
    const step = this.push(item, kind, text);
    [step.end, step.state] = [item.time, state];
  }

  private close(item: Item, state: "done" | "failed") {
    const last = this.all.at(-1);
    if (last?.state === "running" && !this.open.includes(last)) [last.end, last.state, last.last] = [item.time, state, item.n];
  }
}
