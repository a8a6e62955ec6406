// Webhooks: where results are sent.
import { get, path, post, put, remove } from "./client";
import type { Shape } from "./sent";

export type HookKind = "teams" | "teams-card" | "slack" | "json";
/** `address`: scheme and host; the path is a secret. */
export type Webhook = Shape<"Webhook"> & { kind: HookKind };
/** `url` and `secret` left out: as they are. */
export interface WebhookText { project: string | null; kind: HookKind; url?: string; secret?: string; only_failures: boolean }

export const webhooks = () => get<{ webhooks: Webhook[] }>("/webhooks").then((answer) => answer.webhooks);
export const addWebhook = (webhook: WebhookText) => post<Webhook>("/webhooks", webhook);
export const saveWebhook = (id: number, webhook: WebhookText) => put<Webhook>(path`/webhooks/${id}`, webhook);
export const removeWebhook = (id: number) => remove(path`/webhooks/${id}`);
/** Sends a message that only tries, once. */
export const testWebhook = (id: number) => post<Shape<"Tried">>(path`/webhooks/${id}/test`);
