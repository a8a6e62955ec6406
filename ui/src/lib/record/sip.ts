// A SIP message taken apart, for showing it. The server has parsed it already; here only its text is at hand.

export interface Parsed {
  start: string;
  headers: [name: string, value: string][];
  body: string;
}

const SHORT: Record<string, string> = {
  a: "Accept-Contact", b: "Referred-By", c: "Content-Type", d: "Request-Disposition", e: "Content-Encoding", f: "From", i: "Call-ID",
  j: "Reject-Contact", k: "Supported", l: "Content-Length", m: "Contact", n: "Identity-Info", o: "Event", r: "Refer-To", s: "Subject",
  t: "To", u: "Allow-Events", v: "Via", x: "Session-Expires", y: "Identity",
};

/** Start line, headers in their order (compact names spelled out, folded lines joined), body. */
export const parse = (raw: string): Parsed => {
  const end = /\r?\n\r?\n/.exec(raw);
  const head = end ? raw.slice(0, end.index) : raw;
  const [start = "", ...lines] = head.split(/\r?\n/);
  const headers: [string, string][] = [];
  for (const line of lines) {
    const last = headers.at(-1);
    if (/^[ \t]/.test(line) && last) {
      last[1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(":");
    const name = (colon < 0 ? line : line.slice(0, colon)).trim();
    if (name !== "") headers.push([SHORT[name.toLowerCase()] ?? name, colon < 0 ? "" : line.slice(colon + 1).trim()]);
  }
  return { start: start.trimEnd(), headers, body: end ? raw.slice(end.index + end[0].length) : "" };
};

/** The first header of that name; "" where there is none. */
export const header = (parsed: Parsed, name: string): string => parsed.headers.find(([is]) => is.toLowerCase() === name.toLowerCase())?.[1] ?? "";

export const hasSdp = (raw: string): boolean => /\r?\n(content-type|c)[ \t]*:[^\r\n]*(application\/sdp|multipart)/i.test(raw) && /(^|\n)m=/.test(raw);

const TYPES: Record<string, string> = {
  v: "version", o: "origin", s: "session", i: "information", u: "URI", e: "e-mail", p: "phone", c: "connection", b: "bandwidth", t: "time",
  r: "repeat", z: "zones", k: "key", a: "attribute", m: "media",
};

export interface SdpLine { type: string; value: string; means: string; media: number }

/** Lines of a session description; `media` counts its m= lines from 1, 0 before the first. */
export const sdp = (body: string): SdpLine[] => {
  let media = 0;
  return body.split(/\r?\n/).filter(Boolean).map((line) => {
    const type = line[1] === "=" ? (line[0] ?? "") : "";
    if (type === "m") media += 1;
    return { type, value: type ? line.slice(2) : line, means: TYPES[type] ?? "", media };
  });
};

/** "audio 10002 RTP/AVP PCMU PCMA · sendrecv": what a description comes to, a line for each medium. */
export const summary = (body: string): string[] => {
  const lines = sdp(body);
  const names = new Map(lines.filter(({ type, value }) => type === "a" && value.startsWith("rtpmap:")).map(({ media, value }) => {
    const [, number = "", name = ""] = /^rtpmap:(\d+) ([^/\s]+)/.exec(value) ?? [];
    return [`${media}:${number}`, name] as const;
  }));
  return lines.filter(({ type }) => type === "m").map(({ media, value }) => {
    const [kind = "", port = "", protocol = "", ...formats] = value.split(/\s+/);
    const way = lines.find((line) => line.media === media && line.type === "a" && /^(sendrecv|sendonly|recvonly|inactive)$/.test(line.value))?.value ?? "sendrecv";
    return `${kind} ${port} ${protocol} ${formats.map((format) => names.get(`${media}:${format}`) || format).join(" ")} · ${way}`;
  });
};
