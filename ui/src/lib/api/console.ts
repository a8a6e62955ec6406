// The console: agents for trying things, shared by all browsers.
import { get, post, remove } from "./client";
import type { Kind } from "./runs";
import type { Shape } from "./sent";

export type Console = Shape<"Console">;

export const console = () => get<Console>("/console");
/** Answers when the line is done, which may take as long as what it waits for. */
export const line = (text: string) => post<Shape<"ConsoleDone">>("/console/line", { text });
export const stop = () => post<void>("/console/stop");
export const end = () => remove("/console");
export const history = () => get<{ lines: string[] }>("/console/history").then((answer) => answer.lines);
export const script = (kind: Kind) => get<{ text: string }>("/console/script", { kind }).then((answer) => answer.text);
export type Completion = Shape<"ConsoleItem">;
/** `start`: the column at which the word begins that an item replaces. */
export const complete = (text: string, line: number, column: number) => post<Shape<"ConsoleItems">>("/console/complete", { text, line, column });
