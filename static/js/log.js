// The log view: follows, pauses, filters and loads more of one log. Rows come ready from the server.

import { liveSource } from "./live.js";
import { applyFilter, count, linesIn, linesOf, refilter } from "./logfilter.js";
import { adopt, dropAgain, errorsIn, fetchEnd, fetchRows, isBefore, makeMark, numberOf, parse, plural, rows } from "./logrows.js";
import { addFresh, showCopy, showFollowing, showNewest, showState } from "./logstatus.js";

const MOST_LINES = 2_000;
const ROWS_A_FRAME = 150;
const AT_END = 24; // pixels

const view = document.getElementById("logview");
const at = (id) => document.getElementById(id);
const log = at("log"), scroller = at("log-scroll"), earlier = at("log-earlier"), pill = at("newpill");
const follow = at("follow"), filter = at("log-filter");
const { stream, lines: linesUrl, name } = view.dataset;

let before = view.dataset.before; // cursor of the first row
let following = Boolean(stream);
let isDetached = false; // the rows end before the newest lines: following loads the end anew
let unseen = 0, lastTop = 0, isLoading = false;
let waiting = []; // what has arrived and is inserted with the next frame
let isScheduled = false;

const atEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < AT_END;
const toEnd = () => { scroller.scrollTop = scroller.scrollHeight; };

/* ---- Rows ---- */

const makeGap = ({ count: missing, from }) => {
  const mark = makeMark(`${plural(missing, "line")} skipped.`);
  const button = document.createElement("button");
  button.className = "btn";
  button.type = "button";
  button.textContent = "Load";
  button.addEventListener("click", () => fillGap(mark, missing, from));
  mark.append(button);
  return mark;
};

// Whole batches only: the cursor behind a batch is what loading earlier lines starts from.
const dropOldest = () => {
  let excess = linesIn([...rows()]) - MOST_LINES;
  if (excess <= 0) return;
  const gone = document.createRange();
  gone.setStartAfter(earlier);
  for (let row = earlier.nextElementSibling; row; row = row.nextElementSibling) {
    if (row.classList.contains("log-line")) excess -= linesOf(row);
    if (excess > 0 || !row.cursor) continue;
    before = row.cursor;
    gone.setEndAfter(row);
    gone.deleteContents();
    break;
  }
  showEarlier();
};

const dropNewest = () => {
  let lines = 0;
  const first = [...rows()].find((row) => (lines += linesOf(row)) > MOST_LINES);
  if (!first) return;
  isDetached = true;
  setFollow(false);
  const gone = document.createRange();
  gone.setStartBefore(first);
  gone.setEndAfter(log.lastElementChild);
  gone.deleteContents();
};

const showEarlier = () => {
  earlier.hidden = before.endsWith(":0");
  at("log-earlier-link").href = `${linesUrl}?before=${encodeURIComponent(before)}`;
};

/* ---- What arrives ---- */

// Of a flood only what will stay is parsed at all.
const keepNewest = (items) => {
  let start = items.length;
  for (let size = 0; start > 0 && size <= MOST_LINES; size += items[start].size ?? 0) start -= 1;
  if (start === 0 || !following) return items;
  log.replaceChildren(earlier);
  before = items.slice(0, start).findLast((item) => item.cursor)?.cursor ?? before;
  showEarlier();
  return items.slice(start);
};

const flush = () => {
  isScheduled = false;
  waiting = keepNewest(waiting);
  let budget = ROWS_A_FRAME;
  while (waiting.length && budget > 0) {
    const item = waiting[0];
    if (item.mark) log.append(item.mark);
    if (item.isRotation) for (const row of log.querySelectorAll(".log-line[id]")) row.removeAttribute("id");
    if (item.html) budget -= appendRows(item, budget);
    if (!item.part?.childElementCount) waiting.shift();
  }
  if (following) dropOldest();
  count();
  if (waiting.length) schedule();
  if (following) toEnd();
  else if (unseen) {
    pill.hidden = false;
    pill.querySelector("span").textContent = plural(unseen, "new line");
  }
};

// As many rows of a batch as this frame has room for; the cursor stands behind its last one.
const appendRows = (item, most) => {
  item.part ??= parse(item.html);
  const some = [...item.part.children].slice(0, most);
  isDetached ||= !following && linesIn([...rows()]) + linesIn(some) > MOST_LINES;
  const gone = isDetached ? [] : dropAgain(some, log.lastElementChild);
  const lines = linesIn(some) - linesIn(gone);
  addFresh(lines, errorsIn(some) - errorsIn(gone));
  if (!following) unseen += lines;
  if (isDetached) for (const row of some) row.remove();
  else {
    adopt(some);
    if (some.length === item.part.childElementCount) some.at(-1).cursor = item.cursor;
    log.append(...some);
  }
  return some.length;
};

// A hidden page draws no frames, but its lines must not pile up.
const arrive = (item) => {
  waiting.push(item);
  schedule();
};

const schedule = () => {
  if (isScheduled) return;
  isScheduled = true;
  if (document.hidden) setTimeout(flush, 250);
  else requestAnimationFrame(flush);
};

// What is disabled while there is no log, until its first line arrives.
const allowDownload = () => {
  const link = at("log-download");
  if (link.href) return;
  link.href = link.dataset.href;
  for (const name of ["role", "aria-disabled", "title"]) link.removeAttribute(name);
};

const connect = () => {
  const source = liveSource(stream);
  source.addEventListener("lines", (event) => {
    showNewest(0);
    allowDownload();
    arrive({ html: event.data, cursor: event.lastEventId, size: event.data.split("<li ").length - 1 });
  });
  source.addEventListener("rotated", () => {
    arrive({ isRotation: true, mark: makeMark(`${name}.log began anew. Earlier lines may be in ${name}.log.1`) });
  });
  source.addEventListener("skipped", (event) => {
    const gap = JSON.parse(event.data);
    if (!isDetached && gap.count) arrive({ mark: makeGap(gap) });
  });
  source.addEventListener("hb", (event) => {
    showNewest(JSON.parse(event.data).age);
  });
  source.addEventListener("source", (event) => {
    showCopy(JSON.parse(event.data));
  });
  source.addEventListener("reset", () => loadEnd());
  source.addEventListener("state", ({ detail }) => showState(detail));
  if (source.source?.readyState === EventSource.OPEN) showState({ state: "live" });
};

/* ---- Loading more ---- */

// The end of the log anew: after a jump from far back, or when the place to resume at is gone.
const loadEnd = async () => {
  const source = liveSource(stream);
  source.disconnect();
  waiting = [];
  try {
    const page = await fetchEnd();
    log.replaceChildren(earlier);
    adopt(page.some);
    if (page.some.length) {
      page.some.at(-1).cursor = page.after;
      allowDownload();
    }
    log.append(...page.some);
    before = page.before;
    source.lastId = page.after;
    isDetached = false;
    showEarlier();
    count();
    if (following) toEnd();
    source.connect();
  } catch {
    source.failed();
  }
};

const loadEarlier = async () => {
  if (isLoading || before.endsWith(":0")) return false;
  isLoading = true;
  try {
    const page = await fetchRows(`?before=${encodeURIComponent(before)}`);
    const height = scroller.scrollHeight;
    const some = page.some.filter(isBefore(earlier.nextElementSibling));
    adopt(some);
    earlier.after(...some);
    before = page.before;
    showEarlier();
    dropNewest();
    count();
    scroller.scrollTop += scroller.scrollHeight - height;
    return page.some.length > 0;
  } catch {
    earlier.hidden = true;
    return false;
  } finally {
    isLoading = false;
  }
};

const fillGap = async (mark, missing, from) => {
  mark.querySelector("button").disabled = true;
  setFollow(false);
  try {
    const page = await fetchRows(`?after=${encodeURIComponent(from)}`);
    let left = missing + linesIn(dropAgain(page.some, mark.previousElementSibling));
    const isMissing = isBefore(mark.nextElementSibling);
    const some = page.some.filter((row) => (left -= linesOf(row)) >= 0 && isMissing(row));
    adopt(some);
    mark.before(...some);
    const isMore = left > 0 && some.length === page.some.length;
    if (isMore && some.length) mark.replaceWith(makeGap({ count: left, from: page.after }));
    else if (isMore) mark.textContent = `${plural(left, "line")} skipped. They are in ${name}.log.1`;
    else mark.remove();
    dropNewest();
    count();
  } catch {
    mark.textContent = `${plural(missing, "line")} skipped. They are no longer in the log.`;
  }
};

const showWhole = async (link) => {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!answer.ok) return;
  const code = link.parentElement;
  // Only what the server says is markup is read as markup: the rest is what a log holds.
  const isMarkup = answer.headers.get("content-type")?.startsWith("text/html");
  const text = await answer.text();
  code.replaceChildren(isMarkup ? parse(text) : text);
  applyFilter([code.closest(".log-line")]);
};

/* ---- Following ---- */

const setFollow = (on) => {
  following = on && Boolean(stream);
  if (!follow) return;
  follow.ariaPressed = String(following);
  const icon = follow.querySelector("use");
  icon.setAttribute("href", icon.getAttribute("href").replace(/#.*/, following ? "#pause" : "#play"));
  follow.querySelector("span").textContent = following ? "Pause" : "Follow";
  showFollowing(following);
  if (!following) return;
  unseen = 0;
  pill.hidden = true;
  if (isDetached) loadEnd();
  else toEnd();
};

/* ---- Permalinks ---- */

const openPermalink = async () => {
  const number = Number(/^#L(\d+)$/.exec(location.hash)?.[1]);
  if (!number) return false;
  const first = () => Number(rows()[0]?.querySelector("a")?.textContent ?? 0);
  while (number < first() && rows().length < MOST_LINES && (await loadEarlier()));
  const row = [...rows()].find((row) => numberOf(row) <= number && number < numberOf(row) + linesOf(row));
  if (!row) return false;
  setFollow(false);
  row.scrollIntoView({ block: "center" });
  return true;
};

/* ---- Controls ---- */

scroller.addEventListener("scroll", () => {
  const isUp = scroller.scrollTop < lastTop;
  lastTop = scroller.scrollTop;
  if (atEnd()) {
    if (!following && !isUp && stream) setFollow(true);
  } else if (following && isUp) setFollow(false);
  const isLong = scroller.scrollHeight > 1.5 * scroller.clientHeight; // not filtered down to little
  if (isUp && isLong && !following && scroller.scrollTop < 40) loadEarlier();
}, { passive: true });

view.addEventListener("click", (event) => {
  const control = event.target.closest("button, a");
  if (!control) return;
  if (control.matches("a.more")) { event.preventDefault(); showWhole(control); }
  else if (control.id === "log-earlier-link") { event.preventDefault(); loadEarlier(); }
  else if (control === follow) setFollow(!following);
  else if (control === pill) setFollow(true);
  else if (control.matches(".sev, #wrap, #stamps")) {
    control.ariaPressed = String(control.ariaPressed !== "true");
    if (control.id === "wrap") log.classList.toggle("wrap");
    else if (control.id === "stamps") log.classList.toggle("no-time");
    else refilter();
    if (following) toEnd();
  }
});

// Whoever reads a traceback does not want it to scroll away.
log.addEventListener("toggle", ({ target }) => { if (target.open) setFollow(false); }, true);
filter.addEventListener("input", () => requestAnimationFrame(() => {
  refilter();
  if (following) toEnd();
}));
new ResizeObserver(() => { if (following) toEnd(); }).observe(scroller);

const lastRow = rows()[rows().length - 1];
if (lastRow) lastRow.cursor = view.dataset.after;
showEarlier();
count();
if (stream) connect();
if (!(await openPermalink())) toEnd();
addEventListener("hashchange", openPermalink);
