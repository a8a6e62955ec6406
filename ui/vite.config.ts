import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { licences } from "./scripts/licences.mjs";

// `npm run dev` serves the sources and leaves the rest to a telefonist that runs: TELEFONIST=http://127.0.0.1:8080
const server = process.env.TELEFONIST ?? "http://127.0.0.1:8080";

// What the first screen is made of is one file: small files compress badly.
const FIRST = new RegExp(
  [
    "node_modules.svelte",
    "src.shell.(App|Frame|Nav)",
    "src.screens.(routes|tests.(Tests|TestTable|Filters|Projects|rows))",
    "src.lib.(api.(client|runs|tests|access)|place|router|keys|format|commands|now|resource|toasts|live|socket|session|theme|jobs|drafts)",
    "src.parts.(Icon|Badge|Empty|Failure|Skeleton|Menu.svelte|status|Spark)",
  ].join("|"),
);

export default defineConfig({
  plugins: [svelte(), licences()],
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox120", "safari17.5"],
    sourcemap: false,
    modulePreload: false,
    assetsInlineLimit: 0,
    manifest: true,
    rolldownOptions: { output: { codeSplitting: { groups: [{ name: "first", test: FIRST }] } } },
  },
  server: { proxy: { "/api": server, "/ws": { target: server, ws: true } } },
  resolve: process.env.VITEST ? { conditions: ["browser"] } : undefined,
  test: { environment: "node", include: ["src/**/*.test.ts"], reporters: ["default", "./scripts/counted.mjs"] },
});
