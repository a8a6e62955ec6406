// The server itself: its version, its health, its settings.
import { get } from "./client";
import type { Shape } from "./sent";

export interface Version { version: string; baresip: string | null; api: string; ui: boolean }
export type Health = Shape<"Health">;
export type Agent = Shape<"LiveAgent">;

export const version = () => get<Version>("/version");
export const health = () => get<Health>("/health");
export const agents = () => get<{ agents: Agent[] }>("/agents").then((answer) => answer.agents);
