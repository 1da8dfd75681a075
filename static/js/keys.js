// Single-letter shortcuts: never in a field, with a modifier or over a dialog, and to be turned off.

import { openDialog } from "./dialogs.js";

const SEQUENCE_TIME = 1_200;
const STORED = "sd-keys";
const FILTERS = "#filter, #log-filter";
const places = { s: "/", a: "/activity", c: "/accounts" };

const dialog = document.getElementById("shortcuts");
const toggle = dialog?.querySelector("[data-keys-toggle]");
const newSite = document.querySelector(".shell")?.dataset.newSite; // of who may make one
const isOn = () => localStorage.getItem(STORED) !== "off";
let begun = 0; // when `g` was pressed

const press = (selector, scope = document) => scope.querySelector(selector)?.click();
const focus = (element) => { element?.focus(); return Boolean(element); };

const move = (step) => {
  const links = [...document.querySelectorAll("[data-row-link]")];
  const at = links.indexOf(document.activeElement?.closest("[data-row]")?.querySelector("[data-row-link]"));
  return focus(links[Math.min(Math.max(at + step, 0), links.length - 1)]);
};

const act = (key) => {
  const row = document.activeElement?.closest?.("[data-row]");
  const scope = row ?? (document.querySelector("[data-row]") ? null : document);
  switch (key) {
    case "?": openDialog(dialog); return true;
    case "/": return focus(document.querySelector(FILTERS));
    case "j": return move(1);
    case "k": return move(-1);
    case "n": if (newSite) location.assign(newSite); return true;
    case "f": press("#follow"); return true;
    case "w": press("#wrap"); return true;
    case "r": if (scope) press("[data-reload]:not(:disabled)", scope); return true;
    case "t": if (scope) press("[role=switch]", scope); return true;
    case "l": if (scope) press(".btn-logs, .tabs a[href$='/logs']", scope); return true;
    default: return false;
  }
};

document.addEventListener("keydown", (event) => {
  const inField = event.target.matches("input:not([type=checkbox], [type=radio]), textarea, select");
  if (event.key === "Escape" && event.target.matches(FILTERS)) {
    event.preventDefault(); // the browser would empty the field
    event.target.blur();
    return;
  }
  if (!isOn() || event.ctrlKey || event.metaKey || event.altKey || inField) return;
  if (document.querySelector("dialog[open]")) return;
  if (event.timeStamp - begun < SEQUENCE_TIME && places[event.key]) {
    event.preventDefault();
    location.assign(places[event.key]);
    return;
  }
  begun = event.key === "g" ? event.timeStamp : 0;
  if (act(event.key)) event.preventDefault();
});

if (toggle) {
  toggle.checked = isOn();
  toggle.addEventListener("change", () => localStorage.setItem(STORED, toggle.checked ? "on" : "off"));
}
