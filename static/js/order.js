// The list of sites keeps its order, those needing attention first, while statuses change and sites
// come and go. No row moves under the pointer or the focus of the keyboard: that waits until both have
// left the list and its menus are closed. The focus that a click leaves behind keeps nobody waiting.

const LIST = "site-list";
let isDue = false; // to be fetched anew
let newest = null; // the last request for it, its own or the filter's
let isOutdated = false; // something has changed since that began

const isUnderHand = (list) => list.matches(":hover") || list.querySelector(":focus-visible, details[open]") !== null;

const rank = ({ dataset: { order: one } }, { dataset: { order: other } }) =>
  (one === other ? 0 : one < other ? -1 : 1);

const putInOrder = () => {
  const list = document.getElementById(LIST);
  if (!list || isUnderHand(list)) return;
  if (isDue) htmx.trigger(list, "sse:list");
  isDue = false;
  const rows = [...list.querySelectorAll("[data-row]")];
  const ordered = rows.toSorted(rank);
  if (ordered.some((row, index) => row !== rows[index])) rows[0].parentElement.append(...ordered);
};

// What the list asks for by itself waits, and so does an answer that finds a hand there. What a person
// types into the filter does not.
const hold = (event) => {
  event.preventDefault();
  isDue = true;
};
const isOwn = ({ requestConfig }) => requestConfig.elt.id === LIST;

document.addEventListener("htmx:beforeRequest", (event) => {
  const { target, xhr } = event.detail;
  if (target.id !== LIST) return;
  if (isOwn(event.detail) && isUnderHand(target)) return hold(event);
  newest = xhr;
  isOutdated = false;
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (isOwn(event.detail) && isUnderHand(event.detail.target)) hold(event);
});

// An answer may be older than a row that came while it was on its way, or than one that has come before
// it. Where it brings a row that it does not show as it is now, the chips alone have been told.
for (const change of ["htmx:sseBeforeMessage", "sse:summary"]) {
  document.addEventListener(change, () => { isOutdated = true; });
}
document.addEventListener("htmx:afterRequest", ({ detail: { target, xhr } }) => {
  if (target.id !== LIST || (xhr === newest && !isOutdated)) return;
  isDue = true;
  putInOrder();
});

document.addEventListener("htmx:load", putInOrder);
document.addEventListener("pointerover", ({ target }) => { if (!target.closest(`#${LIST}`)) putInOrder(); });
document.documentElement.addEventListener("pointerleave", putInOrder);
document.addEventListener("focusout", () => setTimeout(putInOrder));
