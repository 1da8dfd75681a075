// The foot of the log view: the connection, how old things are, a summary for screen readers.

import { plural } from "./logrows.js";

const SUMMARY_EVERY = 10_000;

const at = (id) => document.getElementById(id);
const connection = at("conn");
const { login } = at("logview").dataset;

let isConnected = false, isFollowing = true;
let newestAt = null; // when the newest line was written
let readAt = null, problem = ""; // of a remote log: when it was read last, and why not since
const fresh = { error: 0, lines: 0 };

const timeOf = (age) => (age == null ? null : Date.now() - age * 1000);

const CONNECTED = { live: "Live", paused: "Paused, still receiving", stale: "Not up to date" };

export const showState = ({ state, seconds }) => {
  isConnected = state === "live";
  const words = connection.querySelector("span");
  let shown = "lost", text = seconds ? `Connecting again in ${seconds} s` : "Not connected";
  if (isConnected) {
    shown = problem ? "stale" : isFollowing ? "live" : "paused";
    text = CONNECTED[shown];
  }
  if (state === "signed-out") {
    text = document.createElement("a");
    text.href = login;
    text.textContent = "Signed out. Sign in again";
  }
  // A role=status is read out again whenever it is written.
  if (connection.dataset.c === shown && words.textContent === text) return;
  connection.dataset.c = shown;
  words.replaceChildren(text);
};

const ageOf = (seconds) => {
  if (seconds < 100) return `${Math.round(seconds)} s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3600)} h` : `${Math.round(seconds / 86_400)} days`;
};

const secondsSince = (time) => Math.max(0, Date.now() - time) / 1000;

const showAges = () => {
  at("log-age").textContent = newestAt === null ? "" : `Newest line ${ageOf(secondsSince(newestAt))} old`;
  if (readAt !== null) at("log-source").textContent = `Read ${ageOf(secondsSince(readAt))} ago`;
};

// `age` in seconds, null if there is no line yet.
export const showNewest = (age) => {
  newestAt = timeOf(age);
  showAges();
};

export const showCopy = (said) => {
  readAt = timeOf(said.age);
  problem = said.problem;
  at("log-problem").textContent = problem;
  if (readAt === null) at("log-source").textContent = "Not read yet";
  showAges();
  if (isConnected) showState({ state: "live" });
};

export const showFollowing = (on) => {
  isFollowing = on;
  if (isConnected) showState({ state: "live" });
};

export const addFresh = (lines, errors) => {
  fresh.lines += lines;
  fresh.error += errors;
};

const summarise = () => {
  if (!fresh.lines) return;
  const errors = fresh.error ? `${plural(fresh.error, "new error line")}, ` : "";
  at("log-summary").textContent = `${errors}${plural(fresh.lines, "new line")}`;
  fresh.error = fresh.lines = 0;
};

setInterval(showAges, 1000);
setInterval(summarise, SUMMARY_EVERY);
