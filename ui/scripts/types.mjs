// The types of the REST interface, from the document that a server gives: node scripts/types.mjs ADDRESS (http://127.0.0.1:8080)
// Only what is sent: which path takes it stands in src/lib/api.
import { writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const HEAD = "// Made by `npm run types` from the server's openapi.json; not to be changed by hand.\n";

export const typesOf = async (document) => HEAD + astToString(await openapiTS({ ...document, paths: {} }));

if (import.meta.url === `file://${process.argv[1]}`) {
  const answer = await fetch(`${process.argv[2] ?? "http://127.0.0.1:8080"}/api/v1/openapi.json`);
  writeFileSync(new URL("../src/lib/api/schema.ts", import.meta.url), await typesOf(await answer.json()));
}
