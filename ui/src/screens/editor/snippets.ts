// What "Insert" gives: `#{…}` are the places to fill in, one after the other by Tab.
import type { Kind } from "../../lib/api/runs";

export const SNIPPETS: Record<Kind, { title: string; text: string }[]> = {
  rhai: [
    { title: "Agent", text: 'let #{name} = agent("#{name}");\n' },
    { title: "Agent with an account", text: 'let #{phone} = agent("<sip:#{101}@#{pbx.example.com}>;auth_pass=" + secret("#{PHONE_PASS}"));\n' },
    { title: "Call that is answered", text: '#{alice}.dial(#{bob});\nawait #{bob}.event("CALL_INCOMING") within 5s;\n#{bob}.accept();\nawait #{alice}.established() within 5s;\n' },
    { title: "Call that is refused", text: 'await #{bob}.event("CALL_INCOMING") within 5s;\n#{bob}.hangup(486, "Busy Here");\nlet end = await #{alice}.closed() within 5s;\nassert(end.param.contains("486"), end.param);\n' },
    { title: "Wait for a request", text: 'let #{invite} = await #{bob}.sip("INVITE") within 5s;\nassert(#{invite}.headers["#{User-Agent}"].contains("#{baresip}"), "#{what is wrong}");\n' },
    { title: "Test block", text: 'test "#{name}" {\n    #{}\n}\n' },
    { title: "Setup and teardown", text: "setup {\n    #{}\n}\n\nteardown {\n}\n" },
    { title: "Step", text: 'step("#{name}", || {\n    #{}\n});\n' },
  ],
  testfile: [
    { title: "Agent", text: "_define #{ua1} sip:#{alice}@127.0.0.1\nuanew <#{ua1}>;regint=0;input_wav=alice.wav | 0s\n" },
    { title: "Registered agent", text: "uanew <sip:#{user}@#{domain};transport=udp>;auth_pass=#{secret} | 2s\n" },
    { title: "Call", text: "#{ua1}:dial #{ua2} | 1s | #{ua2}:accept | 3s\n#{ua1}:hangup | 500ms\n" },
    { title: "Hold and resume", text: "#{ua1}:hold | 2s | #{ua1}:resume | 2s\n" },
    { title: "Attended transfer", text: "#{ua2}:atransferstart #{ua3} | 2s | #{ua3}:accept | 3s\n#{ua2}:atransferexec | 3s\n" },
    { title: "Which events count", text: "_accept CALL_INCOMING, CALL_ESTABLISHED, CALL_CLOSED\n" },
  ],
};
