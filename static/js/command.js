// The command's field is looked at shortly after the last key. A click on a button beside it asks
// for the newest text as well, and its answer is not to be overtaken by the one to the keys.

let isAsked = false;

// In the capturing phase: not every such event bubbles.
document.addEventListener("input", (event) => {
  if (event.target.id === "command") isAsked = false;
}, true);
document.addEventListener("click", (event) => {
  if (event.target.closest("#look-command, #use-command")) isAsked = true;
}, true);
document.addEventListener("htmx:confirm", (event) => {
  if (isAsked && event.target.id === "command") event.preventDefault();
});
