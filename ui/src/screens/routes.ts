// Every screen: its path, and what loads it. A screen is loaded when somebody goes there.
import type { Component } from "svelte";
import type { IconName } from "../parts/Icon.svelte";
import type { Pattern } from "../lib/router";
import Tests from "./tests/Tests.svelte";

/** A screen gets the parameters of its path; what stands in the query it reads from `place.query`. */
export type Screen = Component<{ params: Record<string, string> }>;
export interface Route {
  title: string;
  load: () => Promise<{ default: Screen | Component }>;
  /** Which entry of the navigation it belongs to. */
  nav?: string;
}

const route = (path: string, title: string, load: Route["load"], nav?: string): Pattern<Route> => ({ path, to: { title, load, nav } });
// Nearly everybody comes here first: in the first chunk it saves a way to the server.
const tests = async () => ({ default: Tests });
const settings = () => import("./settings/Settings.svelte");

export const ROUTES: Pattern<Route>[] = [
  route("/", "Tests", tests, "/"),
  route("/p/:project", "Tests", tests, "/"),
  route("/runs", "Runs", () => import("./runs/Runs.svelte"), "/runs"),
  route("/runs/:id", "Run", () => import("./run/Run.svelte"), "/runs"),
  route("/compare/:a/:b", "Compare", () => import("./compare/Compare.svelte"), "/runs"),
  route("/p/:project/t/:test", "Editor", () => import("./editor/Editor.svelte"), "/"),
  route("/p/:project/t/:test/history", "History", () => import("./history/History.svelte"), "/"),
  route("/console", "Console", () => import("./console/Console.svelte"), "/console"),
  route("/schedules", "Schedules", () => import("./schedules/Schedules.svelte"), "/schedules"),
  route("/settings", "Settings", settings, "/settings"),
  route("/settings/:section", "Settings", settings, "/settings"),
];

/** The navigation at the left: in this order; `keys` go there from anywhere. */
export const NAV: { path: string; text: string; icon: IconName; keys: string }[] = [
  { path: "/", text: "Tests", icon: "tests", keys: "g t" },
  { path: "/runs", text: "Runs", icon: "runs", keys: "g r" },
  { path: "/console", text: "Console", icon: "console", keys: "g c" },
  { path: "/schedules", text: "Schedules", icon: "clock", keys: "g s" },
  { path: "/settings", text: "Settings", icon: "settings", keys: "g ," },
];
