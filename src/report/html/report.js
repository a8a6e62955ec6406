// The report's script: filter, ladder, log search, waveforms. It builds elements with textContent only: nothing of a run is ever markup.
"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (selector, root = document) => root.querySelector(selector);

  /** An element with a class, and text or children. */
  const make = (tag, className, ...content) => {
    const element = document.createElement(tag);
    if (className) element.className = className;
    element.append(...content);
    return element;
  };

  // ---- tests: filter, attempts, going from one to another

  const tests = all(".test");
  const search = one("#search");
  const statusChips = all(".filter .chip");
  const pressed = (button) => button.getAttribute("aria-pressed") === "true";
  const press = (button, on) => button.setAttribute("aria-pressed", String(on));

  const filterTests = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = statusChips.filter(pressed).map((chip) => chip.dataset.status);
    let found = 0;
    for (const test of tests) {
      const fits =
        (wanted.length === 0 || wanted.includes(test.dataset.status)) &&
        words.every((word) => test.dataset.words.includes(word));
      test.hidden = !fits;
      if (fits) found += 1;
    }
    const filtered = words.length > 0 || wanted.length > 0;
    one(".filter .found").textContent = filtered ? `${found} of ${tests.length}` : "";
    one(".empty").hidden = found > 0 || tests.length === 0;
  };
  search.addEventListener("input", filterTests);
  one(".filter").addEventListener("submit", (event) => event.preventDefault());
  for (const chip of statusChips) {
    chip.addEventListener("click", () => {
      press(chip, !pressed(chip));
      filterTests();
    });
  }

  const showAttempt = (test, number) => {
    for (const attempt of all(".attempt", test)) attempt.hidden = attempt.dataset.attempt !== number;
    for (const tab of all(".tabs button", test)) press(tab, tab.dataset.attempt === number);
  };
  for (const test of tests) {
    const tabs = all(".tabs button", test);
    for (const tab of tabs) tab.addEventListener("click", () => showAttempt(test, tab.dataset.attempt));
    if (tabs.length > 0) showAttempt(test, tabs[tabs.length - 1].dataset.attempt);
  }

  const visibleTests = () => tests.filter((test) => !test.hidden);
  const calm = matchMedia("(prefers-reduced-motion: reduce)");
  const scrollTo = (element, block) => element.scrollIntoView({ block, behavior: calm.matches ? "auto" : "smooth" });
  const open = (test) => {
    test.open = true;
    one("summary", test).focus({ preventScroll: true });
    scrollTo(test, "start");
  };
  /** The test that the reader is at: the one with the focus, else the first open one on the screen. */
  const currentTest = () => {
    const focused = document.activeElement && document.activeElement.closest(".test");
    if (focused) return focused;
    const opened = visibleTests().filter((test) => test.open);
    return opened.find((test) => test.getBoundingClientRect().bottom > 80) || opened[0];
  };
  const stepTest = (by) => {
    const shown = visibleTests();
    const at = shown.indexOf(currentTest());
    const next = shown[at < 0 ? 0 : at + by];
    if (next) open(next);
  };
  const openHash = () => {
    const test = /^#t\d+$/.test(location.hash) && one(location.hash);
    if (test) open(test);
  };
  addEventListener("hashchange", openHash);

  // ---- the ladder and its messages

  /** Header names that have a short form (RFC 3261 section 7.3.3, RFC 3515, RFC 3891, RFC 6665). */
  const COMPACT = {
    i: "Call-ID", m: "Contact", e: "Content-Encoding", l: "Content-Length", c: "Content-Type", f: "From",
    s: "Subject", k: "Supported", t: "To", v: "Via", r: "Refer-To", o: "Event", u: "Allow-Events", b: "Referred-By", x: "Session-Expires",
  };

  /** A message's start line, headers (folded ones joined) and body. */
  const parse = (raw) => {
    const cut = raw.indexOf("\n\n");
    const head = (cut < 0 ? raw : raw.slice(0, cut)).split("\n");
    const headers = [];
    for (const line of head.slice(1)) {
      const colon = line.indexOf(":");
      if (/^[ \t]/.test(line) && headers.length > 0) headers[headers.length - 1][1] += ` ${line.trim()}`;
      else if (colon > 0) {
        const name = line.slice(0, colon).trim();
        headers.push([Object.hasOwn(COMPACT, name) ? COMPACT[name] : name, line.slice(colon + 1).trim()]);
      }
    }
    return { start: head[0], headers, body: cut < 0 ? "" : raw.slice(cut + 2) };
  };

  const loaded = new WeakMap();
  /** The messages of a ladder's section, read when they are first needed. */
  const messages = (section) => {
    if (!loaded.has(section)) loaded.set(section, JSON.parse(one(".messages", section).textContent));
    return loaded.get(section);
  };

  const span = (milliseconds) =>
    milliseconds < 10 ? `${milliseconds.toFixed(1)} ms` : milliseconds < 1000 ? `${Math.round(milliseconds)} ms` : `${(milliseconds / 1000).toFixed(2)} s`;
  const clock = (milliseconds) => `${milliseconds < 0 ? "-" : "+"}${(Math.abs(milliseconds) / 1000).toFixed(3)}`;

  const headerTable = (headers) => {
    const body = make("tbody");
    for (const [name, value] of headers) body.append(make("tr", "", make("th", "", name), make("td", "", value)));
    return make("table", "headers", body);
  };

  const transactionList = (section, list, index) => {
    const of = list.map((message, at) => [message, at]).filter(([message]) => message.transaction === list[index].transaction);
    const items = of.map(([message, at]) => {
      const link = make("button", "link", `${message.from} → ${message.to}  ${message.label}`);
      link.type = "button";
      link.addEventListener("click", () => select(section, at));
      const item = make("li", at === index ? "here" : "", make("time", "", clock(message.time)), link);
      if (message.retransmission) item.append(" ", make("em", "", "again"));
      return item;
    });
    const took = of[of.length - 1][0].time - of[0][0].time;
    return [make("h4", "", "Transaction ", make("small", "", `${of.length === 1 ? "1 message" : `${of.length} messages`}, ${span(took)}`)), make("ol", "transaction", ...items)];
  };

  const showMessage = (section, index) => {
    const list = messages(section);
    const message = list[index];
    const detail = one(".detail", section);
    const parsed = parse(message.raw);
    const title = make("header", "", make("h4", "title", message.label), make("p", "", `${message.from} → ${message.to}`));
    title.append(make("p", "where", `${message.transport} ${message.src} → ${message.dst}`));
    const seen = message.seen.map(([who, time]) => `${who} ${time} s`).join(", ");
    title.append(make("p", "where", `${index + 1} of ${list.length}${message.retransmission ? ", sent again" : ""}${seen ? ` · ${seen}` : ""}`));
    const readable = make("div", "parsed", make("code", "start", parsed.start), headerTable(parsed.headers));
    if (parsed.body.trim()) readable.append(make("h4", "", "Body"), make("pre", "body-text", parsed.body));
    const raw = make("pre", "raw", message.raw);
    const modes = make("div", "modes");
    modes.setAttribute("role", "group");
    const mode = (name, isRaw) => {
      const button = make("button", "", name);
      button.type = "button";
      button.addEventListener("click", () => setMode(isRaw));
      modes.append(button);
      return [button, isRaw];
    };
    const buttons = [mode("Parsed", false), mode("Raw", true)];
    const setMode = (isRaw) => {
      detail.dataset.raw = String(isRaw);
      raw.hidden = !isRaw;
      readable.hidden = isRaw;
      for (const [button, of] of buttons) press(button, of === isRaw);
    };
    if (message.raw) detail.replaceChildren(title, modes, readable, raw, ...transactionList(section, list, index));
    else detail.replaceChildren(title, make("p", "hint", "The text of this message is left out of the report."), ...transactionList(section, list, index));
    detail.scrollTop = 0;
    setMode(detail.dataset.raw === "true");
  };

  const select = (section, index, focus = true) => {
    const rows = all(".row", section);
    const row = rows[index];
    if (!row) return;
    const list = messages(section);
    for (const [at, other] of rows.entries()) {
      const here = at === index;
      press(other, here);
      other.tabIndex = here ? 0 : -1;
      other.classList.toggle("related", list[at].transaction === list[index].transaction);
    }
    showMessage(section, index);
    if (focus) row.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };

  const selected = (section) => all(".row", section).findIndex(pressed);
  const sections = all("section.sip");
  for (const section of sections) {
    one(".rows", section).addEventListener("click", (event) => {
      const row = event.target.closest(".row");
      if (row) select(section, Number(row.dataset.row));
    });
    one(".rows", section).addEventListener("keydown", (event) => {
      const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (by === undefined) return;
      event.preventDefault();
      stepMessage(section, by);
    });
    const toFailure = one(".to-failure", section);
    if (toFailure) toFailure.addEventListener("click", () => select(section, Number(section.dataset.failure)));
  }
  const stepMessage = (section, by) => {
    const at = selected(section);
    const last = all(".row", section).length - 1;
    select(section, at < 0 ? 0 : Math.min(Math.max(at + by, 0), last));
  };
  /** The ladder that keys are for. */
  const currentLadder = () => {
    const test = currentTest();
    return test && all(".attempt", test).filter((attempt) => !attempt.hidden).map((attempt) => one("section.sip", attempt)).find(Boolean);
  };
  /** Opens the first test that did not pass, at its message that comes nearest to why. */
  const firstFailure = () => {
    const bad = visibleTests().find((test) => ["fail", "error", "cancelled"].includes(test.dataset.status));
    const flaky = visibleTests().find((test) => test.dataset.status === "flaky");
    const test = bad || flaky;
    if (!test) return;
    open(test);
    if (!bad) showAttempt(test, "0");
    const attempt = all(".attempt", test).find((one) => !one.hidden);
    const section = attempt && one("section.sip[data-failure]", attempt);
    if (section) {
      select(section, Number(section.dataset.failure));
      scrollTo(one(".row[aria-pressed=true]", section), "center");
    }
  };

  // ---- the log

  for (const log of all("details.log")) {
    const lines = all("li[data-kind]", log);
    const input = one("input", log);
    const chips = all(".chip", log);
    const filterLog = () => {
      const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
      const kinds = chips.filter(pressed).map((chip) => chip.dataset.kind);
      let found = 0;
      for (const line of lines) {
        const text = words.length > 0 ? line.textContent.toLowerCase() : "";
        // what went wrong is shown whatever it is
        const wanted = kinds.includes(line.dataset.kind) || line.classList.contains("bad");
        line.hidden = !(wanted && words.every((word) => text.includes(word)));
        if (!line.hidden) found += 1;
      }
      one(".found", log).textContent = `${found} of ${lines.length}`;
    };
    input.addEventListener("input", filterLog);
    for (const chip of chips) {
      chip.addEventListener("click", () => {
        press(chip, !pressed(chip));
        filterLog();
      });
    }
    log.addEventListener("toggle", filterLog, { once: true });
  }

  // a message of the log leads to its place in the ladder
  for (const lines of all(".lines")) {
    lines.addEventListener("click", (event) => {
      const line = event.target.closest(".link") && event.target.closest("li");
      const section = line && one("section.sip", lines.closest(".attempt"));
      const row = section && one(`.row[data-events~="${CSS.escape(line.dataset.n)}"]`, section);
      if (row) select(section, Number(row.dataset.row));
    });
  }

  // a mark of the timeline leads to its line in the log
  for (const mark of all(".mark[data-event]")) {
    mark.addEventListener("click", () => {
      const log = one("details.log", mark.closest(".attempt"));
      const line = log && one(`li[data-n="${CSS.escape(mark.dataset.event)}"]`, log);
      if (!line) return;
      log.open = true;
      line.hidden = false;
      for (const other of all(".target", log)) other.classList.remove("target");
      line.classList.add("target");
      scrollTo(line, "center");
    });
  }

  // zoom: what is in the middle stays there
  for (const timeline of all(".timeline")) {
    const lanes = one(".lanes", timeline);
    const buttons = all(".zoom button", timeline);
    let zoom = 1;
    for (const button of buttons) {
      button.addEventListener("click", () => {
        const middle = (lanes.scrollLeft + lanes.clientWidth / 2) / lanes.scrollWidth;
        zoom = Math.min(Math.max(zoom * Number(button.dataset.by), 1), 64);
        lanes.style.setProperty("--zoom", String(zoom));
        lanes.scrollLeft = middle * lanes.scrollWidth - lanes.clientWidth / 2;
        buttons[0].disabled = zoom === 1;
        buttons[1].disabled = zoom === 64;
      });
    }
  }

  // ---- recordings: the waveform shows where the sound is, and takes it elsewhere

  for (const sound of all(".sound")) {
    const audio = one("audio", sound);
    const wave = one(".wave", sound);
    const seconds = Number(sound.dataset.seconds) || 1;
    const show = () => wave.style.setProperty("--at", String(Math.min(audio.currentTime / seconds, 1)));
    const follow = () => {
      show();
      if (!audio.paused) requestAnimationFrame(follow);
    };
    audio.addEventListener("play", follow);
    audio.addEventListener("seeked", show);
    audio.addEventListener("ended", show);
    wave.addEventListener("click", (event) => {
      const box = wave.getBoundingClientRect();
      const goal = ((event.clientX - box.left) / box.width) * seconds;
      // nothing is loaded before it is needed
      if (audio.readyState === 0) {
        audio.addEventListener("loadedmetadata", () => (audio.currentTime = goal), { once: true });
        audio.load();
      } else audio.currentTime = goal;
      audio.play().catch(() => {});
    });
  }

  // ---- times of day as the reader's clock shows them

  for (const time of all("time[datetime]")) {
    const date = new Date(time.dateTime);
    if (!Number.isNaN(date.getTime())) {
      time.title = time.dateTime;
      time.textContent = date.toLocaleString();
    }
  }

  // ---- keys

  const keys = one(".keys");
  one(".help-button").addEventListener("click", () => keys.showModal());
  const withLadder = (by) => {
    const section = currentLadder();
    if (section) stepMessage(section, by);
  };
  const actions = {
    j: () => withLadder(1),
    k: () => withLadder(-1),
    f: firstFailure,
    n: () => stepTest(1),
    p: () => stepTest(-1),
    "/": () => search.focus(),
    "?": () => keys.showModal(),
  };
  addEventListener("keydown", (event) => {
    if (event.target === search && event.key === "Escape") search.blur();
    const typing = event.target.closest && event.target.closest("input, textarea, select, dialog");
    if (typing || event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(actions, event.key)) return;
    event.preventDefault();
    actions[event.key]();
  });

  // paper can't be clicked: what failed is printed whole
  addEventListener("beforeprint", () => {
    for (const test of tests) if (["fail", "error", "cancelled", "flaky"].includes(test.dataset.status)) test.open = true;
  });

  openHash();
})();
