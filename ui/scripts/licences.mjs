// What of others is in the bundle: LICENCES.txt with the full texts, licences.json for the page that lists them.
import { readdirSync, readFileSync } from "node:fs";

const packageOf = (id) => {
  const at = id.lastIndexOf("/node_modules/");
  if (at < 0) return null;
  const parts = id.slice(at + "/node_modules/".length).split("/");
  const name = parts[0].startsWith("@") ? `${parts[0]}/${parts[1]}` : parts[0];
  return { name, folder: id.slice(0, at + "/node_modules/".length) + name };
};

const read = ({ name, folder }) => {
  const { version, license, homepage, repository } = JSON.parse(readFileSync(`${folder}/package.json`, "utf8"));
  const file = readdirSync(folder).find((file) => /^licen[cs]e/i.test(file));
  if (!license || !file) throw new Error(`${name} has no licence: it can't be shipped`);
  const home = homepage ?? (typeof repository === "string" ? repository : repository?.url)?.replace(/^git\+/, "").replace(/\.git$/, "");
  return { name, version, licence: license, home: home ?? null, text: readFileSync(`${folder}/${file}`, "utf8").trim() };
};

export const licences = () => ({
  name: "licences",
  apply: "build",
  generateBundle(_, bundle) {
    const found = new Map();
    for (const chunk of Object.values(bundle)) {
      for (const id of chunk.type === "chunk" ? Object.keys(chunk.modules) : []) {
        const own = packageOf(id.split("?")[0].replaceAll("\\", "/"));
        if (own) found.set(own.name, own);
      }
    }
    const all = [...found.values()].map(read).sort((a, b) => a.name.localeCompare(b.name));
    const head = "telefonist's web UI contains work of others, under their licences:\n";
    const texts = all.map(({ name, version, licence, text }) => `${"=".repeat(78)}\n${name} ${version} (${licence})\n\n${text}\n`);
    this.emitFile({ type: "asset", fileName: "LICENCES.txt", source: [head, ...texts].join("\n") });
    this.emitFile({ type: "asset", fileName: "licences.json", source: JSON.stringify(all.map(({ text: _, ...rest }) => rest)) });
  },
});
