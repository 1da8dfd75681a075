// Ages go on while a page is open: every <time data-age>, by the server's clock.

const STEP = 5_000;
const ahead = Date.parse(document.documentElement.dataset.now) - Date.now();

// The same words as the server's, components/times.py. A day ago it became a date, which stays.
const words = (seconds) => {
  if (seconds < 5) return "just now";
  if (seconds < 60) return `${Math.floor(seconds)} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  return seconds < 86400 ? `${Math.floor(seconds / 3600)} h ago` : null;
};

const show = (time) => {
  const text = words((Date.now() + ahead - Date.parse(time.dateTime)) / 1000);
  if (text && time.textContent !== text) time.textContent = text;
};

setInterval(() => document.querySelectorAll("time[data-age]").forEach(show), STEP);

// An account has been read: what is shown of its sites is as old as that.
document.addEventListener("live:seen", ({ detail: { account, at } }) => {
  for (const time of document.querySelectorAll(`time[data-seen="${CSS.escape(account)}"]`)) {
    time.dateTime = at;
    time.title = `${at.slice(0, 19).replace("T", " ")} UTC`;
    show(time);
  }
});
