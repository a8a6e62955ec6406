// What a new test begins with, and snippets for an empty one.
import type { Kind } from "./api/runs";

export interface Template {
  title: string;
  about: string;
  kind: Kind;
  text: string;
}

export const TEMPLATES: Template[] = [
  {
    title: "A call",
    about: "Two agents on this machine: one calls, the other answers and hangs up.",
    kind: "rhai",
    text: `let alice = agent("alice");
let bob = agent("bob");

alice.dial(bob);
await bob.event("CALL_INCOMING") within 5s;
bob.accept();
await all([alice.established(), bob.established()]) within 5s;

bob.hangup();
await alice.closed() within 5s;
`,
  },
  {
    title: "A call through a trunk",
    about: "A registered account calls a number; addresses and the password come from outside.",
    kind: "rhai",
    text: `tags("trunk");
let domain = param("DOMAIN", "pbx.example.com");
let phone = agent(\`<sip:101@\${domain};transport=udp>;auth_pass=\${secret("PHONE_PASS")}\`, #{ name: "phone" });

await phone.registered() within 10s;
let call = phone.dial(\`sip:102@\${domain}\`);
await call.ringing() within 10s;
await call.established() within 30s;
call.hangup();
await call.closed() within 5s;
`,
  },
  {
    title: "Several tests in a file",
    about: "Each block runs and is judged separately; setup runs before each.",
    kind: "rhai",
    text: `let alice = agent("alice");
let bob = agent("bob");

setup {
    alice.dial(bob);
    await bob.event("CALL_INCOMING") within 5s;
}

test "bob answers" {
    bob.accept();
    await alice.established() within 5s;
    alice.hangup();
    await bob.closed() within 5s;
}

test "bob is busy" {
    bob.hangup(486);
    let end = await alice.closed() within 5s;
    assert(end.param.contains("486"), \`closed with \${end.param}\`);
}
`,
  },
  {
    title: "A testfile",
    about: "The classic language: a line is a chain of commands and waits.",
    kind: "testfile",
    text: `_define ua1 sip:alice@127.0.0.1
_define ua2 sip:bob@127.0.0.1
_accept CALL_INCOMING, CALL_RINGING, CALL_ESTABLISHED, CALL_CLOSED

uanew <ua1>;regint=0;input_wav=alice.wav | 0s
uanew <ua2>;regint=0;input_wav=bob.wav | 0s

ua1:dial ua2 | 500ms | ua2:accept | 2s
ua1:hangup | 500ms
`,
  },
  { title: "An empty script", about: "Rhai: docs/language.md teaches it in one sitting.", kind: "rhai", text: "" },
  { title: "An empty testfile", about: "For pasting a testfile that you already have.", kind: "testfile", text: "" },
];
