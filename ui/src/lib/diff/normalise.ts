// What differs from run to run and means nothing: times, ids, addresses, ports. Each can be masked.

export type Mask = "time" | "ids" | "addresses" | "ports";
export const MASKS: { mask: Mask; word: string; title: string }[] = [
  { mask: "time", word: "times", title: "Times and durations" },
  { mask: "ids", word: "ids", title: "Call-IDs, tags, branches, CSeq numbers, SDP origins, SSRCs, nonces, lengths" },
  { mask: "addresses", word: "addresses", title: "IP addresses" },
  { mask: "ports", word: "ports", title: "Ports, including those of media" },
];

const RULES: Record<Mask, [RegExp, string][]> = {
  time: [
    [/^(Date|Timestamp)(\s*:\s*).*$/gim, "$1$2<time>"],
    [/\b\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?/g, "<time>"],
    [/\b\d\d:\d\d:\d\d(\.\d+)?\b/g, "<time>"],
    [/\b\d+(\.\d+)? ?(ms|msec|s|sec|seconds|us)\b/g, "<time>"],
  ],
  ids: [
    [/^(Call-ID|i)(\s*:\s*)\S.*$/gim, "$1$2<id>"],
    [/^(CSeq\s*:\s*)\d+/gim, "$1<n>"],
    // As long as the ids in the body are.
    [/^(Content-Length\s*:\s*)\d+/gim, "$1<n>"],
    [/^(RAck\s*:\s*)\d+ \d+/gim, "$1<n> <n>"],
    [/\b(branch|tag|from-tag|to-tag|nonce|cnonce|opaque|response|uniq|ob|instance|epid)=("[^"]*"|[^;,>\s]*)/gi, "$1=<id>"],
    [/^o=(\S+) \S+ \S+/gm, "o=$1 <id> <id>"],
    [/^a=(ssrc|ice-ufrag|ice-pwd|fingerprint|crypto|candidate|msid):.*$/gm, "a=$1:<id>"],
    [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, "<id>"],
    [/\b(?=[0-9a-f]*\d)[0-9a-f]{12,}\b/gi, "<id>"],
  ],
  addresses: [
    [/\b\d{1,3}(\.\d{1,3}){3}\b/g, "<address>"],
    [/\[[0-9a-f:.]*:[0-9a-f:.]*\]/gi, "<address>"],
  ],
  ports: [
    [/(\d{1,3}(?:\.\d{1,3}){3}|<address>|\]|\b[a-z][a-z0-9-]*(?:\.[a-z0-9-]+)+):\d{2,5}\b/gi, "$1:<port>"],
    [/^(m=\w+) \d+/gm, "$1 <port>"],
    [/\brport=\d+/g, "rport=<port>"],
    [/^(a=rtcp:)\d+/gm, "$1<port>"],
  ],
};
// Addresses last: a port is known by the address before it.
const ORDER: Mask[] = ["time", "ids", "ports", "addresses"];

export const normalise = (text: string, masks: ReadonlySet<Mask>): string =>
  ORDER.reduce((done, mask) => (masks.has(mask) ? RULES[mask].reduce((line, [pattern, by]) => line.replace(pattern, by), done) : done), text);

/** From and to the query: "time,ids". null is the default: all. */
export const masksOf = (query: string | null): Set<Mask> =>
  query === null ? new Set(MASKS.map(({ mask }) => mask)) : new Set(MASKS.map(({ mask }) => mask).filter((mask) => query.split(",").includes(mask)));
