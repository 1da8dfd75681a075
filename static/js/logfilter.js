// What the filter and the severity chips leave of the rows of a log, and how much that is.

const LEVELS = ["error", "warning", "info", "other"];
const figures = new Intl.NumberFormat("en");
const view = document.getElementById("logview");
const log = document.getElementById("log"), filter = document.getElementById("log-filter");
const noMatch = document.getElementById("log-no-match");
const total = document.getElementById("log-total"), shown = document.getElementById("log-shown");
const chips = new Map(LEVELS.map((level) => [level, view.querySelector(`.sev[data-level=${level}]`)]));

let isFiltered = false; // some rows may be hidden or marked

// A folded traceback is one row and many lines.
export const linesOf = (row) => Number(row.dataset.lines ?? 1);
export const linesIn = (some) => some.reduce((lines, row) => lines + linesOf(row), 0);

const hiddenLevels = () => new Set(LEVELS.filter((level) => chips.get(level).ariaPressed === "false"));

const typedPattern = () => {
  const typed = filter.value.trim();
  return typed ? new RegExp(typed.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&"), "iu") : null;
};

const unmark = (row) => {
  const marks = row.querySelectorAll("mark");
  for (const mark of marks) mark.replaceWith(...mark.childNodes);
  if (marks.length) row.normalize();
};

const markMatches = (row, pattern) => {
  const walker = document.createTreeWalker(row.querySelector(".msg"), NodeFilter.SHOW_TEXT);
  const texts = [];
  while (walker.nextNode()) texts.push(walker.currentNode);
  for (let text of texts) {
    for (let found; (found = pattern.exec(text.data)); ) {
      const match = text.splitText(found.index);
      text = match.splitText(found[0].length);
      const mark = document.createElement("mark");
      match.replaceWith(mark);
      mark.append(match);
    }
  }
};

// Of a traceback the lines as written decide, not the words around them.
export const applyFilter = (some) => {
  const pattern = typedPattern(), hidden = hiddenLevels();
  if (!pattern && !hidden.size && !isFiltered) return;
  for (const row of some) {
    unmark(row);
    const matches = !pattern || pattern.test(row.querySelector("code, .written").textContent);
    row.hidden = !matches || hidden.has(row.dataset.level);
    if (pattern && !row.hidden) markMatches(row, pattern);
  }
};

export const refilter = () => {
  applyFilter(log.getElementsByClassName("log-line"));
  isFiltered = Boolean(filter.value.trim()) || hiddenLevels().size > 0;
  count();
};

// Chips count entries, the footer counts lines.
export const count = () => {
  const entries = { error: 0, warning: 0, info: 0, other: 0 };
  let all = 0, hidden = 0;
  for (const row of log.children) {
    if (!row.dataset.level) continue;
    entries[row.dataset.level] += 1;
    all += linesOf(row);
    if (row.hidden) hidden += linesOf(row);
  }
  total.textContent = figures.format(all);
  shown.textContent = figures.format(all - hidden);
  noMatch.hidden = all === 0 || hidden < all;
  for (const level of LEVELS) chips.get(level).querySelector(".n").textContent = figures.format(entries[level]);
};
