// The list of sites keeps its order, those needing attention first, while statuses change and sites
// come and go. No row moves under the pointer or the focus of the keyboard: that waits until both have
// left the list. The focus that a click leaves behind keeps nobody waiting.

const LIST = "site-list";
let isDue = false; // to be fetched anew

const isUnderHand = (list) => list.matches(":hover") || list.querySelector(":focus-visible") !== null;

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

document.addEventListener("htmx:beforeRequest", (event) => {
  if (event.target.id !== LIST || !isUnderHand(event.target)) return;
  event.preventDefault();
  isDue = true;
});
document.addEventListener("htmx:load", putInOrder);
document.addEventListener("pointerover", ({ target }) => { if (!target.closest(`#${LIST}`)) putInOrder(); });
document.documentElement.addEventListener("pointerleave", putInOrder);
document.addEventListener("focusout", () => setTimeout(putInOrder));
