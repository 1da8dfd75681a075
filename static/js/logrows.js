// The rows of the log view, which come ready from the server: fetching, finding and numbering them.

import { applyFilter } from "./logfilter.js";

const log = document.getElementById("log");
const { lines: linesUrl, line: lineUrl } = document.getElementById("logview").dataset;

export const plural = (count, word) => `${count.toLocaleString("en")} ${word}${count === 1 ? "" : "s"}`;
export const rows = () => log.getElementsByClassName("log-line");
export const numberOf = (row) => Number(row?.id.slice(1) || NaN); // NaN for what is no line of the newest file

export const parse = (html) => {
  const template = document.createElement("template");
  template.innerHTML = html;
  return template.content;
};

// A rotated log counts from 1 again: each number names one row of the page.
export const adopt = (some) => {
  for (const row of some) {
    if (row.id && document.getElementById(row.id)) row.removeAttribute("id");
    const more = row.querySelector("a.more");
    if (more) more.href = lineUrl + new URL(more.href, location.href).search;
  }
  applyFilter(some);
};

// A traceback that goes on comes whole again, in place of what there was of it. Gives that back.
export const dropAgain = (some, last) => {
  const gone = [], first = numberOf(some[0]);
  while (numberOf(last) >= first) {
    gone.push(last);
    last = last.previousElementSibling;
    gone.at(-1).remove();
  }
  const isOpen = gone.some((row) => row.querySelector("details[open]"));
  some[0]?.querySelector("details")?.toggleAttribute("open", isOpen);
  return gone;
};

export const isBefore = (next) => (row) => !(numberOf(row) >= numberOf(next));

export const makeMark = (text) => {
  const mark = document.createElement("li");
  mark.className = "log-mark";
  mark.append(text);
  return mark;
};

export const errorsIn = (some) => some.filter((row) => row.dataset.level === "error").length;

export const fetchRows = async (query) => {
  const answer = await fetch(linesUrl + query, { headers: { "HX-Request": "true" }, cache: "no-store" });
  if (!answer.ok) throw new Error(`The log answered ${answer.status}`);
  const list = parse(await answer.text()).querySelector("ol");
  return { some: [...list.querySelectorAll(".log-line")], before: list.dataset.before, after: list.dataset.after };
};

// The page itself holds the last lines with their cursors.
export const fetchEnd = async () => {
  const answer = await fetch(location.pathname + location.search, { cache: "no-store" });
  const page = parse(await answer.text());
  const { before, after } = page.querySelector("#logview").dataset;
  return { some: [...page.querySelectorAll("#log > .log-line")], before, after };
};
