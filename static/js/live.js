// The page's one event stream, behind htmx's SSE extension and the log view alike.
//
// Browsers allow six connections to a host, so a hidden page gives its stream up and takes it again
// when it is shown. After a failure the plain EventSource would retry for ever or forget where it
// was; this one waits longer each time, resumes behind the last id, and stops when signed out.

const SILENCE = 35_000; // the server says something every 15 s
const HIDDEN_GRACE = 3_000;
const FIRST_WAIT = 1_000;
const LONGEST_WAIT = 15_000;

class LiveSource extends EventTarget {
  constructor(url) {
    super();
    this.url = url;
    this.lastId = "";
    this.wait = FIRST_WAIT;
    this.names = new Set(["hb", "bye"]);
    this.ended = false;
    this.onopen = null;
    this.onerror = null; // htmx sets it; reconnecting is done here instead
    document.addEventListener("visibilitychange", () => this.visibilityChanged());
    addEventListener("pagehide", () => this.disconnect());
    addEventListener("pageshow", (event) => { if (event.persisted) this.connect(); });
    addEventListener("online", () => this.retryNow());
    this.addEventListener("seen", ({ data }) => {
      document.dispatchEvent(new CustomEvent("live:seen", { detail: JSON.parse(data) }));
    });
    this.connect();
  }

  get readyState() { return this.ended ? EventSource.CLOSED : EventSource.OPEN; }

  addEventListener(name, listener) {
    super.addEventListener(name, listener);
    if (!this.names.has(name)) {
      this.names.add(name);
      this.source?.addEventListener(name, this.forward);
    }
  }

  connect() {
    // A tab opened in the background waits until it is shown.
    if (this.ended || this.source || document.hidden) return;
    clearTimeout(this.retry);
    const url = new URL(this.url, location.href);
    if (this.lastId) url.searchParams.set("after", this.lastId);
    this.source = new EventSource(url);
    this.source.onopen = () => this.opened();
    this.source.onerror = () => this.failed();
    for (const name of this.names) this.source.addEventListener(name, this.forward);
  }

  forward = (event) => {
    if (event.lastEventId) this.lastId = event.lastEventId;
    this.listenForSilence();
    if (event.type === "bye") this.failed();
    this.dispatchEvent(new MessageEvent(event.type, { data: event.data, lastEventId: event.lastEventId }));
  };

  opened() {
    this.wait = FIRST_WAIT;
    this.listenForSilence();
    this.say("live");
    this.onopen?.();
  }

  listenForSilence() {
    clearTimeout(this.silence);
    this.silence = setTimeout(() => this.failed(), SILENCE);
  }

  async failed() {
    this.disconnect();
    if (this.ended || document.hidden) return;
    const seconds = Math.ceil((this.wait * (0.75 + Math.random() / 2)) / 1000);
    this.wait = Math.min(this.wait * 2, LONGEST_WAIT);
    this.say("lost", seconds);
    this.retry = setTimeout(() => this.check(), seconds * 1000);
  }

  // An EventSource does not tell a 401 from a refused connection; a small request does.
  async check() {
    try {
      const answer = await fetch("/events/check", { cache: "no-store", signal: AbortSignal.timeout(5000) });
      if (answer.status === 401) return this.end("signed-out");
      if (!answer.ok) return this.failed();
    } catch {
      return this.failed();
    }
    this.connect();
  }

  retryNow() {
    if (this.source || this.ended) return;
    clearTimeout(this.retry);
    this.check();
  }

  visibilityChanged() {
    clearTimeout(this.hide);
    if (document.hidden) this.hide = setTimeout(() => this.disconnect(), HIDDEN_GRACE);
    else this.connect();
  }

  disconnect() {
    clearTimeout(this.silence);
    clearTimeout(this.retry);
    this.source?.close();
    this.source = null;
  }

  end(state) {
    this.ended = true;
    this.disconnect();
    this.say(state);
  }

  close() { this.end("closed"); }

  say(state, seconds = 0) {
    this.dispatchEvent(new CustomEvent("state", { detail: { state, seconds } }));
    document.dispatchEvent(new CustomEvent("live:state", { detail: { state, seconds, source: this } }));
  }
}

const sources = new Map();

// The stream of an address, shared by all who ask for it.
export const liveSource = (url) => {
  const known = sources.get(url);
  if (known && !known.ended) return known;
  const source = new LiveSource(url);
  sources.set(url, source);
  return source;
};

htmx.createEventSource = liveSource;
