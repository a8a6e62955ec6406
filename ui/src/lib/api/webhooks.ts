// Webhooks: who is told of results.
import { get, path, post, put, remove } from "./client";
import type { Delivery } from "./run";

export type HookKind = "teams" | "teams-card" | "slack" | "json";
export interface Webhook { id: string | number; project: string | null; kind: HookKind; /** Scheme and host: the path is a secret. */ address: string; signed: boolean; only_failures: boolean; created: number; last: Delivery | null }
/** `url` and `secret` left out: as they are. */
export interface WebhookText { project: string | null; kind: HookKind; url?: string; secret?: string; only_failures: boolean }

export const webhooks = () => get<{ webhooks: Webhook[] }>("/webhooks").then((answer) => answer.webhooks);
export const addWebhook = (webhook: WebhookText) => post<Webhook>("/webhooks", webhook);
export const saveWebhook = (id: string | number, webhook: WebhookText) => put<Webhook>(path`/webhooks/${id}`, webhook);
export const removeWebhook = (id: string | number) => remove(path`/webhooks/${id}`);
/** Sends a message that only tries, once. */
export const testWebhook = (id: string | number) => post<{ sent: boolean; error: string | null }>(path`/webhooks/${id}/test`);
