// The program under test: started with a data folder of its own on a port that the system gives, and ended as a service is.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const target = process.env.CARGO_TARGET_DIR ?? fileURLToPath(new URL("../../target", import.meta.url));
const PROGRAM = process.env.TELEFONIST ?? join(target, "debug", "telefonist");
export const PASSWORD = "a password of these tests";

/** Starts a server; on `address`, where it is to be where another one was. */
export const serve = async ({ folder = mkdtempSync(join(tmpdir(), "telefonist-ui-")), address = "127.0.0.1:0", password = PASSWORD, flags = [] } = {}) => {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: build it first (make)`);
  const environment = { ...process.env };
  if (password !== null) environment.TELEFONIST_UI_ADMIN_PASSWORD = password;
  const program = spawn(PROGRAM, ["serve", "--ui-address", address, "--data-dir", folder, ...flags], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  const ended = new Promise((done) => program.once("exit", (code, signal) => done({ code, signal })));
  const url = await new Promise((found, failed) => {
    const listen = (line) => {
      said.push(line);
      const at = /listens on (https?:\/\/\S+)/.exec(line);
      if (at) found(at[1]);
    };
    createInterface({ input: program.stdout }).on("line", listen);
    createInterface({ input: program.stderr }).on("line", (line) => said.push(line));
    program.once("error", failed);
    void ended.then(({ code }) => failed(new Error(`the server ended with ${code} at its start:\n${said.join("\n")}`)));
  });
  const stop = async () => {
    program.kill("SIGTERM");
    return ended;
  };
  const end = async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { url, folder, password: password ?? "telefonist", said, pid: program.pid, stop, end };
};

/** The REST interface as a browser that is logged in has it, for what a test needs beforehand. One session for all of a server's tests. */
export const client = (server) => (server.client ??= login(server));

const login = async (server) => {
  const headers = { "content-type": "application/json", origin: server.url };
  const answer = await fetch(`${server.url}/api/v1/login`, { method: "POST", headers, body: JSON.stringify({ user: "telefonist", password: server.password }) });
  if (answer.status !== 204) throw new Error(`login: ${answer.status} ${await answer.text()}`);
  const cookie = answer.headers.getSetCookie()[0].split(";")[0];
  const call = async (method, path, body) => {
    const answer = await fetch(`${server.url}/api/v1${path}`, { method, headers: { ...headers, cookie }, body: body === undefined ? undefined : JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text ? JSON.parse(text) : undefined;
  };
  return { cookie, call };
};
