// What a browser has to load: the first screen and all in all, compressed. More than is allowed fails the build.
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FIRST = 40_000;
const ALL = 300_000;
const dist = new URL("../dist/", import.meta.url);

const sizes = new Map();
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|html|svg)$/.test(name)) continue;
  sizes.set(name.replaceAll("\\", "/"), gzipSync(readFileSync(new URL(name, dist)), { level: 9 }).length);
}

// The first screen is the page and what it names: the tests' screen is in there.
const manifest = JSON.parse(readFileSync(new URL(".vite/manifest.json", dist), "utf8"));
const first = new Set(["index.html"]);
const take = (key) => {
  const chunk = manifest[key];
  if (first.has(chunk.file)) return;
  for (const file of [chunk.file, ...(chunk.css ?? [])]) first.add(file);
  for (const next of chunk.imports ?? []) take(next);
};
take("index.html");

const sum = (names) => [...names].reduce((total, name) => total + (sizes.get(name) ?? 0), 0);
const kb = (bytes) => `${(bytes / 1000).toFixed(1)} kB`;
const [firstSize, allSize] = [sum(first), sum(sizes.keys())];
console.log(`first screen ${kb(firstSize)} of ${kb(FIRST)}, all ${kb(allSize)} of ${kb(ALL)} (gzip)`);
if (firstSize > FIRST || allSize > ALL) {
  for (const [name, size] of [...sizes].sort((a, b) => b[1] - a[1])) console.error(`${kb(size).padStart(9)}  ${first.has(name) ? "first " : "later "} ${name}`);
  console.error("The UI has become too big: load it when it is needed (a screen's `load`), or do without.");
  process.exit(1);
}
