// Compresses what is built, as the program then serves it, and looks at how much a browser has to load: for the first screen and all in
// all. More than is allowed fails the build.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const FIRST = 40_000;
const ALL = 300_000;
const dist = new URL("../dist/", import.meta.url);

const sizes = new Map();
for (const name of readdirSync(dist, { recursive: true })) {
  if (!/\.(js|css|html|svg|txt|json)$/.test(name) || name.startsWith(".")) continue;
  const packed = gzipSync(readFileSync(new URL(name, dist)), { level: 9 });
  writeFileSync(new URL(`${name}.gz`, dist), packed);
  // Licences are read by those who ask for them, and are no part of the page.
  if (!/licences/i.test(name)) sizes.set(name.replaceAll("\\", "/"), packed.length);
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
