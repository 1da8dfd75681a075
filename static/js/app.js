// What every page does: toasts, menus, copying, themes, and an answer to each click at once.
// Everything works without this file; it makes it pleasant.

import "./ages.js";
import "./dialogs.js";
import "./live.js";
import "./keys.js";

const $ = (selector, root = document) => root.querySelector(selector);
const $$ = (selector, root = document) => [...root.querySelectorAll(selector)];

const setIcon = (element, name) => {
  const use = $("use", element);
  use.setAttribute("href", use.getAttribute("href").replace(/#.*/, `#${name}`));
};

/* ---- Toasts: the server draws them; here they leave again ---- */

const TOAST_TIME = 6_000;
const MOST_TOASTS = 3;

const startToast = (toast) => {
  const { site } = toast.dataset;
  const isGood = toast.classList.contains("ok");
  for (const older of isGood && site ? $$(".toast.bad:not([data-final])", toasts) : []) {
    if (older.dataset.site === site) older.remove(); // what went wrong has been put right
  }
  if (toast.classList.contains("bad")) return; // errors stay until dismissed
  let timer;
  const run = () => { timer = setTimeout(() => toast.remove(), TOAST_TIME); };
  const hold = () => clearTimeout(timer);
  toast.addEventListener("pointerenter", hold);
  toast.addEventListener("pointerleave", run);
  toast.addEventListener("focusin", hold);
  toast.addEventListener("focusout", run);
  run();
};

const toasts = $("#toasts");
if (toasts) {
  new MutationObserver((records) => {
    for (const record of records) for (const node of record.addedNodes) {
      if (node.nodeType === Node.ELEMENT_NODE) startToast(node);
    }
    while (toasts.children.length > MOST_TOASTS) toasts.firstElementChild.remove();
  }).observe(toasts, { childList: true });
}

const say = (text, kind = "ok") => {
  const toast = $("#toast-draft").content.firstElementChild.cloneNode(true);
  toast.className = `toast ${kind}`;
  $("p", toast).textContent = text;
  if (kind === "bad") {
    toast.role = "alert";
    setIcon(toast, "alert");
  }
  toasts.append(toast);
};

/* ---- One click listener for the page ---- */

const THEME_AGE = 365 * 24 * 3600;

const switchTheme = () => {
  const root = document.documentElement;
  const forced = root.dataset.theme;
  const isDark = forced ? forced === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  root.dataset.theme = isDark ? "light" : "dark";
  document.cookie = `sd-theme=${root.dataset.theme}; path=/; max-age=${THEME_AGE}; samesite=lax`;
};

const copy = async (text) => {
  try {
    await navigator.clipboard.writeText(text);
    say("Copied");
  } catch {
    say("The browser did not allow copying. Select the text instead.", "bad");
  }
};

const showPassword = (button) => {
  const input = $(button.dataset.showPassword);
  const isHidden = input.type === "password";
  input.type = isHidden ? "text" : "password";
  button.ariaPressed = String(isHidden);
};

document.addEventListener("click", (event) => {
  for (const menu of $$("details.menu[open]")) if (!menu.contains(event.target)) menu.open = false;
  const control = event.target.closest("button, a");
  if (!control) return;
  if (control.closest(".menu-list")) control.closest("details.menu").open = false;
  if (control.matches("[data-theme-toggle]")) switchTheme();
  else if (control.matches("[data-copy]")) copy(control.dataset.copy);
  else if (control.matches("[data-show-password]")) showPassword(control);
  else if (control.matches("[data-dismiss]")) control.closest(".toast").remove();
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of $$("details.menu[open]")) {
    menu.open = false;
    $("summary", menu).focus();
  }
});

/* ---- A click is answered at once; the server's answer then replaces the guess ---- */

const STATUS_WORDS = { reloading: "Reloading", starting: "Starting", disabled: "Disabled" };

const expectStatus = (scope, status) => {
  for (const label of $$(".status[data-live]", scope)) {
    label.dataset.s = status;
    setIcon(label, status);
    $("span", label).textContent = STATUS_WORDS[status];
  }
};

const shownBefore = new Map(); // id of a row or head -> its markup before the guess

document.addEventListener("htmx:beforeRequest", (event) => {
  const form = event.target.closest("form.action");
  if (!form) return;
  const button = $("button", form);
  const scope = form.closest("[data-site]");
  shownBefore.set(scope.id, scope.outerHTML);
  button.ariaBusy = "true";
  if (button.matches("[data-reload]")) expectStatus(scope, "reloading");
  else if (button.role === "switch") {
    const on = button.ariaChecked !== "true";
    button.ariaChecked = String(on);
    expectStatus(scope, on ? "starting" : "disabled");
  }
});

const byId = (id) => document.getElementById(id);

const drawAnew = (scope, markup) => {
  const focused = scope.contains(document.activeElement) ? document.activeElement.id : "";
  scope.outerHTML = markup;
  htmx.process(byId(scope.id));
  byId(focused)?.focus();
};

// By now the row may have been replaced, and its form be in no document. Returns what is shown again.
const takeBack = (form) => {
  const id = form.closest("[data-site]")?.id;
  if (byId(id) && shownBefore.has(id)) drawAnew(byId(id), shownBefore.get(id));
  return byId(id);
};

// What was taken back may have come from the stream, and be newer than what is shown again.
const fetchTruth = async (taken) => {
  const text = await fetch(location.href).then((answer) => answer.text()).catch(() => "");
  const known = new DOMParser().parseFromString(text, "text/html").getElementById(taken.id);
  if (known && taken.isConnected) drawAnew(taken, known.outerHTML); // the stream was not sooner
};

// A refusal that brought no new row with it: a form that was replaced is not in the document.
document.addEventListener("htmx:responseError", ({ target }) => {
  if (target.closest("form.action")) takeBack(target);
});

// A web server in front may refuse with a page of its own, which is no row.
document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  const scope = detail.requestConfig.elt.closest("form.action")?.closest("[data-site]");
  if (!scope || !detail.isError || detail.serverResponse.includes(scope.id)) return;
  if (detail.xhr.getResponseHeader("hx-reswap")) return; // a toast of ours
  detail.shouldSwap = false;
  say(`The click was refused with ${detail.xhr.status}. Load the page again to see what is true.`, "bad");
});

// No answer at all: back to what was shown, and loud about it. The banner tells of the rest.
document.addEventListener("htmx:beforeSend", ({ target, detail: { xhr } }) => {
  if (!target.closest("form[method=post]")) return;
  const lost = () => {
    const taken = takeBack(target);
    if (taken) fetchTruth(taken);
    say("Sitedeck does not answer. Whether the click has changed anything is shown when it is back.", "bad");
  };
  xhr.addEventListener("error", lost);
  xhr.addEventListener("timeout", lost);
});

// An undo is carried out by its toast, which has then done its work.
document.addEventListener("htmx:afterRequest", (event) => {
  const toast = event.target.closest?.(".toast");
  if (!toast) return;
  toast.remove();
  $(`[data-site="${toast.dataset.site}"] [role=switch]`)?.focus();
});

// What a process said last stands at the end.
document.addEventListener("htmx:load", () => {
  for (const lines of $$(".exit-lines")) lines.scrollTop = lines.scrollHeight;
});

/* ---- The connection to Sitedeck itself ---- */

const banner = $("#offline");
let lostAt = null;

document.addEventListener("live:state", ({ detail }) => {
  if (!banner) return;
  if (detail.state === "lost") {
    lostAt ??= new Date();
    if (Date.now() - lostAt < 2000) return; // a restart of the dashboard is shorter than this
    const since = lostAt.toTimeString().slice(0, 5);
    $("[data-offline-text]", banner).textContent =
      `Connection to Sitedeck lost. Showing the state of ${since}. Trying again in ${detail.seconds} s.`;
    $("[data-offline-retry]", banner).onclick = () => detail.source.retryNow();
    banner.hidden = false;
  } else if (detail.state === "signed-out") {
    location.assign(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
  } else {
    lostAt = null;
    banner.hidden = true;
  }
});
