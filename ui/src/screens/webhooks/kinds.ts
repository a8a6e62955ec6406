// The kinds of webhooks in words.
import type { HookKind } from "../../lib/api/webhooks";

export const KINDS: [kind: HookKind, word: string][] = [["teams", "Microsoft Teams"], ["teams-card", "Microsoft Teams, adaptive card (Workflows)"], ["slack", "Slack"], ["json", "JSON, for programs"]];
