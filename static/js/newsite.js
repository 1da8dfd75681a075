// The form of a new site: the template fills the command until somebody types one of their own.

const form = document.getElementById("new-site");
const field = (name) => form.elements[name];
let filled = field("command").value;

const chosen = () => form.querySelector("input[name=template]:checked");

const quoted = (text) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'"'"'`)}'`);

const fill = () => {
  const { command, application } = chosen().dataset;
  for (const steps of form.querySelectorAll("[data-steps]")) {
    steps.hidden = steps.dataset.steps !== chosen().value;
  }
  if (field("command").value !== filled) return; // typed by hand: left alone
  const folder = field("working_folder").value.trim();
  const virtualenv = field("virtualenv").value.trim().replace(/\/+$/, "");
  filled = !command || !folder || !virtualenv ? "" : command
    .replaceAll("{virtualenv}", quoted(virtualenv))
    .replaceAll("{folder}", quoted(folder))
    .replaceAll("{application}", quoted(field("application").value.trim() || application))
    .replaceAll("{{", "{").replaceAll("}}", "}");
  field("command").value = filled;
};

form.addEventListener("change", (event) => {
  if (event.target.name === "account_id") {
    location.assign(`/sites/new?account=${encodeURIComponent(event.target.value)}`);
  } else if (event.target.name === "template") {
    field("application").value = event.target.dataset.application;
    fill();
  }
});
for (const name of ["working_folder", "virtualenv", "application"]) {
  field(name).addEventListener("input", fill);
}
fill();
