// The UI's types are those of the interface that the program has.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { typesOf } from "../../ui/scripts/types.mjs";
import { serve } from "./program.js";

test("the UI's types are made from this server's document", async () => {
  const server = await serve();
  try {
    const document = await (await fetch(`${server.url}/api/v1/openapi.json`)).json();
    const kept = readFileSync(new URL("../../ui/src/lib/api/schema.ts", import.meta.url), "utf8");
    assert.ok((await typesOf(document)) === kept, "ui/src/lib/api/schema.ts is old: cd ui && npm run types -- ADDRESS");
  } finally {
    await server.end();
  }
});
