// Dialogs open from a button with data-open, from a link to their id, and from an address that ends in it.

const dialogOf = (hash) => {
  const element = document.getElementById(hash.replace(/^#/, ""));
  return element instanceof HTMLDialogElement ? element : null;
};

export const openDialog = (dialog) => {
  if (!dialog || dialog.matches(":modal")) return;
  dialog.close(); // one that was drawn open, for its errors, is not modal yet
  dialog.showModal();
  dialog.querySelector(".field input, .field textarea")?.focus();
};

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open], a[href*='#']");
  const isHere = opener && (opener.dataset.open || opener.pathname === location.pathname);
  const wanted = isHere ? dialogOf(opener.dataset.open ?? opener.hash) : null;
  if (wanted) {
    event.preventDefault();
    openDialog(wanted);
    return;
  }
  const dialog = event.target.closest("dialog");
  if (dialog && (event.target === dialog || event.target.closest("[data-close]"))) {
    event.preventDefault();
    dialog.close();
  }
});

// A browser that has loaded a page goes to the place that its address names, and takes the focus off.
const openLinked = () => openDialog(document.querySelector("dialog[open]") ?? dialogOf(location.hash));
if (document.readyState === "complete") openLinked();
else addEventListener("load", () => setTimeout(openLinked));
